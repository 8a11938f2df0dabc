import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Mark, StateFile } from './loader.ts';

export const STATE_DIRECTORY = '/var/lib/tunnelwarden-firewall';

/** What was loaded, as far as we know. */
export type LoadedRecord = {
  readonly format: string;
  readonly mark: Mark;
  /** Of what the kernel listed right after the load. */
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly at: string;
};

/** A load that is taken back unless somebody confirms it. */
export type Pending = {
  readonly token: string;
  readonly format: string;
  /** ISO 8601. */
  readonly until: string;
  /** Which start of the machine it belongs to: rules do not outlive it. */
  readonly boot: string;
  readonly timer: string;
};

export type State = {
  readonly loaded?: LoadedRecord;
  readonly pending?: Pending;
  /** What `rollback` goes back to: `files` lie beside. Undefined where there is nothing to go back to. */
  readonly previous?: {
    readonly format: string;
    readonly files: readonly string[];
    readonly loaded?: LoadedRecord;
  };
  /** What happened last, for people. */
  readonly last?: { readonly what: string; readonly at: string };
};

/** The folder in which a gateway keeps what it needs to go back. */
export type StateStore = {
  readonly directory: string;
  readonly read: () => State;
  readonly write: (state: State) => void;
  readonly save: (files: readonly StateFile[]) => void;
  readonly saved: (names: readonly string[]) => readonly StateFile[];
  /** Runs something while nobody else changes anything; throws Busy where another does. */
  readonly alone: <T>(call: () => T) => T;
};

/** Another process is at work on the same state. */
export class Busy extends Error {
  override name = 'Busy';
}

/** The state directory cannot be trusted or used. */
export class StateFailure extends Error {
  override name = 'StateFailure';
}

/** Touches nothing before something is written. */
export function openState(directory: string): StateStore {
  const path = (name: string) => join(directory, name);
  const write = (name: string, text: string) => {
    prepare(directory);
    writeWhole(path(name), text);
  };
  return {
    directory,
    read: () => parse(path('state.json')),
    write: (state) => write('state.json', `${JSON.stringify(state, null, 2)}\n`),
    save: (files) => {
      for (const { name, text } of files) write(name, text);
    },
    saved: (names) => names.map((name) => ({ name, text: readFileSync(path(name), 'utf8') })),
    alone: (call) => {
      prepare(directory);
      lock(path('lock'));
      try {
        return call();
      } finally {
        rmSync(path('lock'), { force: true });
      }
    },
  };
}

/** What lies here is loaded as root: nobody else may write it, or have made the folder. */
function prepare(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const found = lstatSync(directory);
  const { uid, mode } = found;
  if (!found.isDirectory())
    throw new StateFailure(`${directory} is not a folder, or a link to one`);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own)
    throw new StateFailure(`${directory} belongs to another user (${uid}); give it to ${own}`);
  if ((mode & 0o022) !== 0)
    throw new StateFailure(`${directory} can be written by others; chmod 700 it`);
}

function parse(file: string): State {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return JSON.parse(text) as State;
  } catch (cause) {
    throw new StateFailure(`${file} is not JSON; move it away, then apply again`, { cause });
  }
}

/** The old text or the new, whatever happens in between. */
function writeWhole(file: string, text: string): void {
  const draft = `${file}.${process.pid}.tmp`;
  const handle = openSync(draft, 'w', 0o600);
  try {
    writeFileSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(draft, file);
}

/** A lock whose owner has died is nobody's. */
function lock(file: string): void {
  const draft = `${file}.${process.pid}`;
  writeWhole(draft, `${process.pid} ${startOf(process.pid) ?? ''}`);
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      if (link(draft, file)) return;
      const owner = ownerOf(file);
      if (owner?.alive)
        throw new Busy(`process ${owner.pid} is changing the rules just now; wait for it`);
      if (owner) dislodge(file, `${draft}.stale`, owner.text);
    }
    throw new Busy(`${file} is held by one process after another; try again`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a dead owner's lock away; one that another has taken meanwhile is put back. */
function dislodge(file: string, aside: string, text: string): void {
  try {
    renameSync(file, aside);
    if (readFileSync(aside, 'utf8') !== text) link(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // another was quicker
  } finally {
    rmSync(aside, { force: true });
  }
}

/** True where the link was made: it appears with its text in it, and only if nobody has one. */
function link(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

type Owner = { readonly pid: number; readonly alive: boolean; readonly text: string };

function ownerOf(file: string): Owner | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined; // just gone
  }
  const [pid = '', started = ''] = text.split(' ');
  return { pid: Number(pid), alive: isAlive(Number(pid), started), text };
}

function isAlive(pid: number, started: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // Numbers are used again: the same one with another start is somebody else.
  const now = startOf(pid);
  return now === undefined || started === '' || now === started;
}

/** When a process was started, in ticks of the machine; undefined where that cannot be known. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // A zombie holds no lock. The name in parentheses may hold anything, so count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'dead' : fields[19];
  } catch {
    return undefined;
  }
}
