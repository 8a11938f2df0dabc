import { PassThrough, Writable } from 'node:stream';
import type { Terminal } from '../../src/tui/run.ts';

/** Streams that say they are a terminal: what is typed goes into one, what is drawn comes out of the other. */
export function fakeTerminal(
  size: { readonly columns: number; readonly rows: number },
  env: Terminal['env'] = {},
) {
  let octets = '';
  const raw: boolean[] = [];
  const stdout = Object.assign(
    new Writable({
      decodeStrings: false,
      write: (chunk: string, _encoding, done) => {
        octets += chunk;
        done();
      },
    }),
    { isTTY: true, ...size },
  );
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isOn: boolean) => {
      raw.push(isOn);
      return stdin;
    },
    ref: () => stdin,
    unref: () => stdin,
  });
  const terminal: Terminal = {
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    env,
  };
  return { terminal, stdin, octets: () => octets, raw };
}
