import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Address } from '../policy/network.ts';
import { InputError, ParseError, type Place } from '../policy/problem.ts';
import type { Fact } from './fact.ts';
import { parseHosts } from './hosts.ts';
import { type Inventory, parseInventory } from './inventory.ts';
import { factsIn, filed, type Known } from './known.ts';
import type { Lease } from './lease.ts';
import { parseLeases, partsOf, USUAL_LEASES } from './leases.ts';
import { type Neighbours, readNeighbours } from './neighbours.ts';

/** What to read on this machine. */
export type SourceSettings = {
  readonly neighbours: boolean;
  readonly hosts: boolean;
  /** Undefined is wherever DHCP servers usually keep them. */
  readonly leases?: readonly string[];
  readonly inventory?: InventorySource;
};

/** A file of the inventory, and where it is named. */
export type InventorySource = { readonly file: string; readonly from: Place };

/** What was found, and in a sentence each what could not be read. */
export type Looked = { readonly facts: readonly Fact[]; readonly problems: readonly string[] };

const HOSTS = '/etc/hosts';

/** Octets of a file at most. */
const LARGEST = 64 * 1024 ** 2;

/** Milliseconds for which what was read of a file counts while it stays as it is: leases end by themselves. */
const COUNTS = 60_000;

/** Reads the inventory. Throws InputError with all its faults. */
export function readInventory({ file, from }: InventorySource): Inventory {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    const message = `${file} ${why}; correct the path or remove the key`;
    throw new InputError([{ severity: 'error', place: from, path: 'identity.inventory', message }]);
  }
  return parseInventory(file, text);
}

/** What looks clients up in the sources of this machine. Throws InputError where the inventory has faults. */
export function createSources(settings: SourceSettings, time: () => number) {
  const inventory = settings.inventory ? readInventory(settings.inventory) : undefined;
  const readFiles = createFileReader(time);

  async function look(clients: readonly Address[]): Promise<Looked> {
    const problems: string[] = [];
    const attempt = <T>(read: () => T, otherwise: T): T => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
        problems.push(error.message);
        return otherwise;
      }
    };
    const now = time();
    const files = settings.leases ?? USUAL_LEASES;
    const leases = files.flatMap((file) =>
      attempt(() => readLeases(file, readFiles, settings.leases !== undefined), []),
    );
    const hosts = settings.hosts
      ? attempt(() => readFiles([HOSTS], parseHosts), undefined)
      : undefined;
    const neighbours = settings.neighbours
      ? await readNeighbours().catch((error): Neighbours => {
          if (!(error instanceof ParseError)) throw error;
          problems.push(error.message);
          return new Map();
        })
      : new Map();
    const known: Known = {
      ...{ neighbours, hosts: hosts ?? new Map(), ...filed(leases) },
      ...(inventory ? { inventory } : {}),
    };
    return { facts: clients.flatMap((client) => factsIn(known, client, now)), problems };
  }
  return { look };
}

/** Reads the text of files, one behind the other; undefined where none of them is there. Throws ParseError. */
type FileReader = <T>(
  files: readonly string[],
  parse: (text: string, now: number) => T,
) => T | undefined;

/** The leases of a file, which need not be there unless it was named. Throws ParseError. */
function readLeases(file: string, readFiles: FileReader, isNamed: boolean): readonly Lease[] {
  const leases = readFiles(partsOf(file), parseLeases);
  if (leases || !isNamed) return leases ?? [];
  throw new ParseError(`${file} does not exist; correct identity.leases`);
}

/** What was read a moment ago and has not changed since is not read again. */
function createFileReader(time: () => number): FileReader {
  const known = new Map<string, { key: string; at: number; value: unknown }>();
  return <T>(files: readonly string[], parse: (text: string, now: number) => T): T | undefined => {
    const now = time();
    const there = files.flatMap((file) => {
      const stats = told(file, () => statSync(file, { throwIfNoEntry: false }));
      return stats ? [{ file, stats }] : [];
    });
    if (there.length === 0) return undefined;
    const key = there.map(({ file, stats }) => `${file} ${keyOf(stats)}`).join(' ');
    const before = known.get(files.join(' '));
    if (before?.key === key && now - before.at < COUNTS) return before.value as T;
    const large = there.find(({ stats }) => stats.size > LARGEST);
    if (large) throw new ParseError(`${large.file} is larger than 64 MB; it is not read`);
    const text = there
      .map(({ file }) => told(file, () => readFileSync(file, 'utf8')) ?? '')
      .join('');
    const value = parse(text, now);
    known.set(files.join(' '), { key, at: now, value });
    return value;
  };
}

/** What the file system says of a file; undefined where that has gone, as while a server tidies up. Throws ParseError. */
function told<T>(file: string, ask: () => T): T | undefined {
  try {
    return ask();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === undefined) throw error;
    throw new ParseError(`${file} cannot be read (${code}); let this program's user read it`);
  }
}

const keyOf = ({ ino, size, mtimeMs }: Stats) => `${ino} ${size} ${mtimeMs}`;
