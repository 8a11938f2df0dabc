import {
  type ExecFileSyncOptionsWithStringEncoding,
  execFileSync,
  spawnSync,
} from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './e2e/patience.ts';
import type { Scope } from './e2e/process.ts';
import { ENVIRONMENT } from './e2e/requirements.ts';

/** A real terminal: a pane of a tmux server of its own, in which one program runs. */
export type Terminal = {
  /** Presses keys, as tmux calls them: `Down`, `Enter`, `C-c`, `a`. */
  readonly press: (...keys: readonly string[]) => void;
  /** Types a text, letter by letter. */
  readonly type: (text: string) => void;
  /** Sends octets as they are, such as a mouse report. */
  readonly send: (octets: string) => void;
  /** What is seen, line by line, without colours. */
  readonly screen: () => string;
  /** The same with colours, as escape sequences. */
  readonly coloured: () => string;
  /** Waits until it shows something, and gives all that is seen then. */
  readonly shows: (what: string | RegExp, patience?: number) => Promise<string>;
  /** Waits until something is not to be seen any more. */
  readonly hides: (what: string | RegExp, patience?: number) => Promise<string>;
  readonly resize: (width: number, height: number) => void;
  /** Of the program that runs in it. */
  readonly pid: () => number;
  /** Waits until the program has ended; gives its exit code. */
  readonly ended: (patience?: number) => Promise<number>;
  /** What was copied last. */
  readonly clipboard: () => string;
  /** What tmux knows of the pane, such as `#{cursor_flag}` or `#{alternate_on}`. */
  readonly ask: (format: string) => string;
};

export type TerminalOptions = {
  readonly width: number;
  readonly height: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/**
 * Runs a program and says how it ended, where that can be seen: tmux itself knows of a dead pane, but now and
 * then not what it died of.
 */
const TELLING = '"$@"; printf "\\n[ended with %s]\\n" $?; exec sleep 1000';
const ENDED = /^\[ended with (\d+)\]$/m;

let servers = 0;

/** Starts a program in a terminal of so many columns and lines; both go with the test. */
export function openTerminal(
  scope: Scope,
  command: readonly string[],
  { width, height, cwd, env = {} }: TerminalOptions,
): Terminal {
  const server = `tw-${process.pid}-${++servers}`;
  // A tmux that ends leaves its socket behind.
  const sockets = mkdtempSync(join(tmpdir(), 'tw-tmux-'));
  const surroundings: ExecFileSyncOptionsWithStringEncoding = {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...ENVIRONMENT, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TMUX_TMPDIR: sockets },
  };
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-L', server, '-f', '/dev/null', ...args], surroundings);
  const stop = () => {
    spawnSync('tmux', ['-L', server, 'kill-server'], surroundings);
    rmSync(sockets, { recursive: true, force: true });
  };
  process.once('exit', stop);
  scope.after(() => {
    process.off('exit', stop);
    stop();
  });
  const words = Object.entries({ LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', ...env }).flatMap(
    ([name, value]) => ['-e', `${name}=${value}`],
  );
  // The server is told first, so that the pane has all lines.
  tmux(
    ...[
      'start-server',
      ';',
      'set',
      '-g',
      'status',
      'off',
      ';',
      'set',
      '-g',
      'remain-on-exit',
      'on',
    ],
    ...[
      ';',
      'set',
      '-g',
      'default-terminal',
      'tmux-256color',
      ';',
      'set',
      '-g',
      'escape-time',
      '0',
    ],
    ...[';', 'set', '-g', 'set-clipboard', 'on'],
    ...[';', 'new-session', '-d', '-x', String(width), '-y', String(height), ...words],
    ...(cwd === undefined ? [] : ['-c', cwd]),
    ...['--', 'bash', '-c', TELLING, 'bash', ...command],
  );
  const screen = () => tmux('capture-pane', '-p');
  const has = (text: string, what: string | RegExp) =>
    typeof what === 'string' ? text.includes(what) : what.test(text);
  const waited = async (what: string | RegExp, isThere: boolean, patience: number) => {
    let last = '';
    try {
      return await eventually(
        `${what}`,
        () => {
          last = screen();
          return has(last, what) === isThere && last;
        },
        patience,
      );
    } catch {
      throw new Error(`${patience} ms ${isThere ? 'without' : 'with'} ${what}; there is:\n${last}`);
    }
  };
  const ask = (format: string) => tmux('display-message', '-p', format).trim();
  return {
    press: (...keys) => void tmux('send-keys', '--', ...keys),
    type: (text) => void tmux('send-keys', '-l', '--', text),
    send: (octets) =>
      void tmux('send-keys', '-H', ...[...Buffer.from(octets)].map((octet) => octet.toString(16))),
    screen,
    coloured: () => tmux('capture-pane', '-p', '-e'),
    shows: (what, patience = 20_000) => waited(what, true, patience),
    hides: (what, patience = 20_000) => waited(what, false, patience),
    resize: (columns, rows) =>
      void tmux('resize-window', '-x', String(columns), '-y', String(rows)),
    pid: () => childOf(Number(ask('#{pane_pid}'))),
    ended: async (patience = 20_000) =>
      Number(ENDED.exec(await waited(ENDED, true, patience))?.[1]),
    clipboard: () => spawnSync('tmux', ['-L', server, 'show-buffer'], surroundings).stdout,
    ask,
  };
}

/** The program that a shell runs. */
export function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').at(-1));
}
