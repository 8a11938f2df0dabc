import { execFile } from 'node:child_process';

/** Octets that a program may print. */
const MOST = 64 << 20;

/** What a program prints that runs to its end; nothing where it fails. */
export function output(program: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C' };
  return new Promise((resolve) => {
    execFile(program, args, { env, maxBuffer: MOST, timeout: 5_000 }, (error, stdout) =>
      resolve(error ? '' : stdout),
    );
  });
}
