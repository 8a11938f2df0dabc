import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { ENVIRONMENT } from './requirements.ts';

/** Where the clean-up of a test is left: its context, or a list of one's own. */
export type Scope = { after(clean: () => unknown): void };

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type StartOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Words put in front of the command, such as `ip netns exec NAME`. */
  readonly within?: readonly string[];
};

/** Every process started here and not ended yet: none of them may outlive the test file. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
// The runner ends a file that takes too long by this signal; `exit` has its listeners called.
process.once('SIGTERM', () => process.exit(143));

/** Starts a program with both outputs and a message channel for programs that are Node. */
export function start(
  scope: Scope,
  command: string,
  args: readonly string[],
  { cwd, env, within = [] }: StartOptions = {},
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
): ChildProcess {
  const [program = command, ...words] = [...within, command, ...args];
  const child = spawn(program, words, {
    stdio,
    env: { ...ENVIRONMENT, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  scope.after(() => end(child));
  return child;
}

/** Asks a process to end, and makes it end where it does not. */
export async function end(child: ChildProcess, patience = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const late = delay(patience, 'late', { ref: false });
  if ((await Promise.race([exited, late])) !== 'late') return;
  child.kill('SIGKILL');
  await exited;
}

/** Runs a program to its end. */
export async function run(
  command: string,
  args: readonly string[],
  options: StartOptions & { readonly patience?: number } = {},
): Promise<Ended> {
  const cleaners: (() => unknown)[] = [];
  const child = start({ after: (clean) => cleaners.push(clean) }, command, args, options);
  const late = setTimeout(() => child.kill('SIGKILL'), options.patience ?? 60_000);
  try {
    const [[code, signal], stdout, stderr] = await Promise.all([
      once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>,
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
    ]);
    return { code, signal, stdout, stderr };
  } finally {
    clearTimeout(late);
    for (const clean of cleaners) await clean();
  }
}
