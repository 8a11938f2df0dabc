import { payloadOf } from './payload.ts';
import { runProgram } from './program.ts';
import type { Sink } from './sink.ts';

/** Gives messages as one line of JSON to a program. */
export function createCommand(words: readonly [string, ...string[]]): Sink {
  return {
    name: `command ${words[0]}`,
    async send(message, signal) {
      await runProgram(words, `${payloadOf(message)}\n`, signal);
      return 'ended well';
    },
  };
}
