import type { Member } from './pair.ts';
import { byTable, type Changes, type Drop, type Put, type SetWriter } from './writer.ts';

/** Time as the keeper of sets sees it; passed in, so that tests need not wait. */
export type Timers = {
  /** Milliseconds, never going back. */
  readonly now: () => number;
  /** Calls back after so many milliseconds, unless the returned function is called first. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
};

/** `missing` was never there; `lost` was, and is not any more or takes no more. */
export type TableEvent =
  | { readonly kind: 'missing' | 'lost'; readonly table: string; readonly message: string }
  | { readonly kind: 'filled'; readonly table: string; readonly addresses: number };

export type TablesParts = {
  readonly writer: SetWriter;
  readonly timers: Timers;
  readonly onEvent: (event: TableEvent) => void;
  /** An element as it should stand in a table for `least` milliseconds more; undefined where it should not. */
  readonly elementOf: (table: string, address: Member, least: number) => Put | undefined;
  /** Takes addresses that are to be written to a table once more. */
  readonly again: (addresses: Iterable<Member>) => void;
};

/** What is known of the packet filter's tables: which are there, and what should be in them. */
export type Tables = {
  readonly expect: (tables: readonly string[]) => void;
  readonly add: (table: string, address: Member) => void;
  readonly remove: (table: string, address: Member) => void;
  /** Milliseconds since a table was lost; -1 for one that is there, or never was. */
  readonly lostFor: (table: string) => number;
  /** True where a table that is there holds the address. */
  readonly isHeld: (address: Member) => boolean;
  /** Writes to the tables that are there. */
  readonly write: (changes: Changes) => Promise<void>;
  /** Finds out whether tables that were there have been emptied or removed. */
  readonly check: () => Promise<void>;
  /** Fills those that are not there and whose turn it is. */
  readonly fill: () => Promise<void>;
  /** Milliseconds until `fill` has something to do; Infinity where all is well. */
  readonly fillIn: () => number;
};

type Table = {
  readonly members: Set<Member>;
  state: 'new' | 'there' | 'missing' | 'lost';
  since: number;
  /** When it is tried again, and how long after that if it is still not there. */
  retryAt: number;
  pause: number;
  /** What was not dropped elsewhere since it could not be put here. */
  readonly owed: Drop[];
};

/** Milliseconds until a table that is not there is tried again: at once, then ever more rarely. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [50, 5_000];
/** Addresses that a table is filled with in its first transaction; the rest follows. */
const FIRST = 500;
/** Elements that a check is about have at least so many milliseconds left, or it might miss them. */
const ALIVE = 5_000;

export function createTables(parts: TablesParts): Tables {
  const { writer, timers, onEvent, elementOf, again } = parts;
  const known = new Map<string, Table>();

  function tableOf(name: string): Table {
    const found = known.get(name) ?? {
      members: new Set(),
      state: 'new',
      since: 0,
      retryAt: 0,
      pause: FIRST_PAUSE,
      owed: [],
    };
    known.set(name, found);
    return found;
  }
  const isThere = ({ table }: { readonly table: string }) => tableOf(table).state === 'there';

  /** What was known to be there is lost; what never was is missing, and nobody waits for it. */
  function fail(name: string, message: string): void {
    const table = tableOf(name);
    const now = timers.now();
    if (table.state === 'there' || table.state === 'new') {
      const kind = table.state === 'there' ? 'lost' : 'missing';
      table.state = kind;
      table.since = now;
      table.pause = FIRST_PAUSE;
      table.retryAt = kind === 'lost' ? now : now + table.pause;
      onEvent({ kind, table: name, message });
      return;
    }
    table.pause = Math.min(LONGEST_PAUSE, table.pause * 2);
    table.retryAt = now + table.pause;
  }

  async function write(changes: Changes): Promise<void> {
    const puts = changes.puts.filter(isThere);
    const drops = changes.drops.filter(isThere);
    if (puts.length + drops.length === 0) return;
    const fault = await writer.write({ clear: [], puts, drops });
    if (fault !== undefined) await writeSingly(puts, drops);
  }

  /** Where one table is at fault, the others still get what is theirs. */
  async function writeSingly(puts: readonly Put[], drops: readonly Drop[]): Promise<void> {
    const unplaced = new Map<Member, Table>();
    for (const [name, own] of byTable(puts)) {
      const fault = await writer.write({ clear: [], puts: own, drops: [] });
      if (fault === undefined) continue;
      fail(name, fault);
      for (const { address } of own) unplaced.set(address, tableOf(name));
    }
    for (const [name, own] of byTable(drops)) {
      const placed = own.filter(({ address }) => !unplaced.has(address));
      // An address that could not move stays where it is: the filter fails closed.
      for (const drop of own) unplaced.get(drop.address)?.owed.push(drop);
      if (placed.length === 0) continue;
      const fault = await writer.write({ clear: [], puts: [], drops: placed });
      if (fault !== undefined) fail(name, fault);
    }
  }

  async function check(): Promise<void> {
    const elements = [...known].flatMap(([name, { state, members }]) =>
      state === 'there' ? (lastingOf(name, members) ?? []) : [],
    );
    if (elements.length === 0 || (await writer.check(elements)) === undefined) return;
    for (const element of elements) {
      const fault = await writer.check([element]);
      if (fault !== undefined) fail(element.table, fault);
    }
  }

  function lastingOf(name: string, members: ReadonlySet<Member>): Put | undefined {
    for (const address of members) {
      const element = elementOf(name, address, ALIVE);
      if (element) return element;
    }
    return undefined;
  }

  async function fill(): Promise<void> {
    for (const [name, table] of known) {
      if (table.state !== 'there' && table.retryAt <= timers.now()) await fillOne(name, table);
    }
  }

  async function fillOne(name: string, table: Table): Promise<void> {
    const { state, members, owed } = table;
    const first = [...members].slice(0, FIRST);
    const puts = first.flatMap((address) => elementOf(name, address, 0) ?? []);
    // What an earlier process left is not known to this one, and would never be dropped.
    const clear = state === 'lost' ? [] : [name];
    const fault = await writer.write({ clear, puts, drops: [] });
    if (fault !== undefined) {
      fail(name, fault);
      return;
    }
    table.state = 'there';
    if (state !== 'new') onEvent({ kind: 'filled', table: name, addresses: members.size });
    again([...members].slice(FIRST));
    const drops = owed.splice(0).filter((drop) => !tableOf(drop.table).members.has(drop.address));
    if (drops.length > 0) await write({ clear: [], puts: [], drops });
  }

  return {
    expect: (tables) => {
      for (const name of tables) tableOf(name);
    },
    add: (name, address) => tableOf(name).members.add(address),
    remove: (name, address) => tableOf(name).members.delete(address),
    lostFor: (name) => {
      const { state, since } = tableOf(name);
      return state === 'lost' ? timers.now() - since : -1;
    },
    isHeld: (address) =>
      [...known.values()].some(
        ({ state, members, owed }) =>
          (state === 'there' && members.has(address)) ||
          owed.some((drop) => drop.address === address),
      ),
    write,
    check,
    fill,
    fillIn: () => {
      const waiting = [...known.values()].filter(({ state }) => state !== 'there');
      return Math.min(...waiting.map(({ retryAt }) => Math.max(0, retryAt - timers.now())));
    },
  };
}
