import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, join } from 'node:path';

/** A program of this run, and where its output went. */
export type Child = {
  readonly pid: number;
  readonly log: string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
};

const TERM_PATIENCE = 3_000;

const living = new Set<ChildProcess>();
const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-bench-'));

// Whatever ends this process (the end, a failure, Ctrl-C) ends its children and takes the folder along.
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => process.exit(128 + constants.signals[name]));
}

/** A new folder that is gone when this process is. */
export function makeFolder(name: string): string {
  const made = join(folder, name);
  mkdirSync(made);
  return made;
}

/** Starts a program in the foreground, on one core where a core is given. */
export function start(
  command: readonly string[],
  core: number | undefined,
  inFolder: string,
): Child {
  const log = join(inFolder, `${basename(command[0] ?? '')}.out`);
  // taskset becomes the program, so the pid is the program's own.
  const pinned = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const [file, ...args] = pinned as [string, ...string[]];
  const output = openSync(log, 'w');
  const child = spawn(file, args, { cwd: inFolder, stdio: ['ignore', output, output] });
  closeSync(output);
  const { pid } = child;
  // Without a process there is no pid, and a signal to pid 0 would reach ourselves.
  if (pid === undefined) throw new Error(`cannot start ${file}`);
  living.add(child);
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => {
      living.delete(child);
      resolve(code ?? signal ?? 'nothing');
    });
  });
  return { pid, log, ended };
}

/** Asks a program to end, and ends it if it does not. */
export async function stop({ pid, ended }: Child): Promise<void> {
  signal(pid, 'SIGTERM');
  const timer = setTimeout(() => signal(pid, 'SIGKILL'), TERM_PATIENCE);
  await ended;
  clearTimeout(timer);
}

/** What a program said, for the message about its failure. */
export function lastWords({ log }: Child): string {
  return readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n');
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
