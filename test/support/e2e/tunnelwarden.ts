import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Ended, end, run, type Scope, type StartOptions, start } from './process.ts';

/** The program under test: what `npm run build` has made. */
export const CLI = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

/** An empty folder that goes with the test. */
export function folder(scope: Scope): string {
  const path = mkdtempSync(join(tmpdir(), 'tunnelwarden-'));
  scope.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Writes a file of a test, and gives its path. */
export function write(path: string, file: string, text: string): string {
  writeFileSync(join(path, file), text);
  return join(path, file);
}

/** Runs `tunnelwarden` with some words to its end. */
export function tunnelwarden(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return run(process.execPath, [CLI, ...args], options);
}

/** The attempts in a database to which some filters apply, as `tunnelwarden attempts` prints them. */
export async function attempts(
  database: string,
  ...filters: readonly string[]
): Promise<readonly AttemptLine[]> {
  const { code, stdout, stderr } = await tunnelwarden([
    ...['attempts', '--database', database, '--json', '--limit', 'all'],
    ...filters,
  ]);
  if (code !== 0) throw new Error(`attempts exits ${code}: ${stderr}`);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

export type AttemptLine = Readonly<Record<string, string | number>>;

/** One line of the program's log. */
export type Entry = { readonly level: string; readonly event: string } & Readonly<
  Record<string, unknown>
>;

/** A running `tunnelwarden serve`. */
export type Server = {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Where it listens, as `ADDRESS:PORT`, in the order it told. */
  readonly endpoints: readonly string[];
  readonly port: number;
  readonly log: () => readonly Entry[];
  /** The first line of the log, from the one numbered `from`, that tells of an event. */
  readonly told: (event: string, from?: number) => Promise<Entry>;
  readonly reload: () => Promise<Entry>;
  /** Sends SIGTERM; resolves with the exit code. */
  readonly stop: () => Promise<number | null>;
};

/** Starts `tunnelwarden serve`, or a gate alone, and waits until it is ready. */
export async function serve(
  scope: Scope,
  args: readonly string[],
  options: StartOptions = {},
  command: 'serve' | 'gate' = 'serve',
): Promise<Server> {
  const child = start(scope, process.execPath, [CLI, command, ...args], options);
  const entries: Entry[] = [];
  const rest: string[] = [];
  const listeners = new Set<() => void>();
  let partial = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) {
      if (line.startsWith('{')) entries.push(JSON.parse(line));
      else rest.push(line);
    }
    for (const listener of listeners) listener();
  });
  child.once('exit', () => {
    for (const listener of listeners) listener();
  });

  const told = (event: string, from = 0) =>
    new Promise<Entry>((resolve, reject) => {
      const look = () => {
        const found = entries.slice(from).find((entry) => entry.event === event);
        const ended = child.exitCode !== null || child.signalCode !== null;
        if (!found && !ended) return;
        listeners.delete(look);
        clearTimeout(late);
        if (found) resolve(found);
        else reject(new Error(`ended before "${event}":\n${saidSoFar()}`));
      };
      const late = setTimeout(() => {
        listeners.delete(look);
        reject(new Error(`20 s without "${event}":\n${saidSoFar()}`));
      }, 20_000);
      listeners.add(look);
      look();
    });
  const saidSoFar = () =>
    [...entries.map((entry) => JSON.stringify(entry)), ...rest, partial].join('\n');

  await told('ready');
  const endpoints = entries
    .filter(({ event }) => event === 'listening')
    .map(({ address }) => String(address));
  return {
    child,
    pid: child.pid as number,
    endpoints,
    port: Number(/\d+$/.exec(endpoints[0] ?? '')?.[0]),
    log: () => entries,
    told,
    reload: () => {
      const from = entries.length;
      child.kill('SIGHUP');
      return told('reloaded', from);
    },
    stop: async () => {
      await end(child, 15_000);
      return child.exitCode;
    },
  };
}
