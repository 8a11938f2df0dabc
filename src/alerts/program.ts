import { spawn } from 'node:child_process';
import { SinkError } from './sink.ts';

/** Octets of its complaints that are kept. */
const COMPLAINTS = 2_000;

/**
 * Runs a program with an input to its end. Rejects with SinkError where it does not end well; once aborted it is
 * killed, with all it has started.
 */
export function runProgram(
  [program, ...words]: readonly [string, ...string[]],
  input: string,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // The leader of a group of its own, so that the whole group can be ended.
  const child = spawn(program, words, { stdio: ['pipe', 'ignore', 'pipe'], detached: true });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {} // it has ended by itself
    reject(new SinkError('is not done in time and was ended'));
  };
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();

  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (complaints.length < COMPLAINTS) complaints += text;
  });
  // It may end without having read all of it.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  child.once('error', ({ message, code }: NodeJS.ErrnoException) => {
    const why = code === 'ENOENT' ? `${program} does not exist` : message;
    reject(new SinkError(`cannot be started: ${why}`));
  });
  // Not `close`: what it has left running may hold its output open for ever.
  child.once('exit', (code, died) => {
    child.stderr.destroy();
    if (code === 0) return resolve();
    const said = complaints.trim().split('\n')[0] ?? '';
    reject(new SinkError(`ended with ${died ?? code}${said === '' ? '' : `: ${said}`}`));
  });
  return promise.finally(() => signal.removeEventListener('abort', kill));
}
