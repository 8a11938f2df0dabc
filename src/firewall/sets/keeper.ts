import { isPair, type Member } from './pair.ts';
import { createTables, type TableEvent, type Timers } from './tables.ts';
import type { Changes, Drop, PairNote, Put, SetWriter } from './writer.ts';

export type KeeperParts = {
  readonly writer: SetWriter;
  readonly timers: Timers;
  /** Milliseconds that somebody waits for addresses at most. */
  readonly patience: number;
  readonly onEvent: (event: TableEvent) => void;
};

/** Keeps the packet filter's tables as they are wanted, whatever becomes of them. */
export type Keeper = {
  /** Fills these sets with what is wanted so far, and from now on keeps them. */
  readonly open: (sets: readonly string[]) => Promise<void>;
  /** Wants a member in these sets and no other, until then; `atLeast` is when that is enough. */
  readonly want: (
    address: Member,
    sets: readonly string[],
    until: number,
    atLeast?: number,
    note?: PairNote,
  ) => void;
  /** True once what is wanted of these addresses is in force; false where that takes too long. */
  readonly settled: (addresses: readonly Member[]) => true | Promise<boolean>;
  readonly close: () => void;
};

/** Milliseconds between the beginnings of two transactions: what comes meanwhile shares the next. */
const GAP = 2;
/** Addresses changed in one transaction: 500 take nft about 10 ms, and the next wait behind them. */
const BATCH = 500;
/** Milliseconds between two looks whether the tables are still as they were left. */
const LOOK = 1_000;
/** An element with fewer milliseconds left is as good as gone. */
const NEARLY_GONE = 2_000;

type Wanted = Pick<Put, 'note'> & { readonly sets: readonly string[]; readonly until: number };
type Waiter = { readonly addresses: readonly Member[]; readonly done: (ready: boolean) => void };
/** Addresses to be written, each with the tables it leaves. */
type Due = Map<Member, Set<string>>;

export function createKeeper({ writer, timers, patience, onEvent }: KeeperParts): Keeper {
  const wanted = new Map<Member, Wanted>();
  /** Somebody may wait for the first; the second are there already and only stay longer. */
  const urgent: Due = new Map();
  const later: Due = new Map();
  const again = (addresses: Iterable<Member>) => {
    for (const address of addresses) if (!urgent.has(address)) later.set(address, new Set());
  };
  const tables = createTables({ writer, timers, onEvent, elementOf, again });
  let writing: ReadonlySet<Member> = new Set();
  const waiters = new Set<Waiter>();
  let state: 'shut' | 'idle' | 'busy' | 'closed' = 'shut';
  let started = Number.NEGATIVE_INFINITY;
  let checked = Number.NEGATIVE_INFINITY;
  let cancelTurn = () => {};

  function want(
    address: Member,
    sets: readonly string[],
    until: number,
    atLeast = until,
    note?: PairNote,
  ): void {
    const before = wanted.get(address);
    if (!before && sets.length === 0) return;
    const now = timers.now();
    const isSame = before !== undefined && before.sets.join() === sets.join();
    if (isSame && before.until >= atLeast) return;
    // Past its time it is in no table any more, unless tables here know no time.
    const isThere = before !== undefined && (before.until > now || !writer.expires);
    if (sets.length === 0) wanted.delete(address);
    else wanted.set(address, { sets, until, ...(note === undefined ? {} : { note }) });
    const left = (before?.sets ?? []).filter((set) => !sets.includes(set));
    for (const set of left) tables.remove(writer.tableOf(set, address), address);
    for (const set of sets) tables.add(writer.tableOf(set, address), address);
    const isDone = isThere ? isSame && !writer.expires : sets.length === 0;
    if (isDone) return;

    const leaves = urgent.get(address) ?? later.get(address) ?? new Set<string>();
    for (const set of left) leaves.add(writer.tableOf(set, address));
    for (const set of sets) leaves.delete(writer.tableOf(set, address));
    if (urgent.has(address) || !isSame || !isThere || before.until < now + NEARLY_GONE) {
      later.delete(address);
      urgent.set(address, leaves);
    } else later.set(address, leaves);
    turn();
  }

  /** Sees to it that there is a next step: soon where there is something to write. */
  function turn(): void {
    if (state !== 'idle') return;
    const now = timers.now();
    const writeIn = urgent.size + later.size > 0 ? 0 : Number.POSITIVE_INFINITY;
    const pause = Math.max(
      started + GAP - now,
      Math.min(writeIn, tables.fillIn(), checked + LOOK - now),
    );
    cancelTurn();
    // At once where nothing was written lately: a lone answer does not wait for others.
    if (pause <= 0) void step();
    else cancelTurn = timers.after(pause, () => void step());
  }

  async function step(): Promise<void> {
    if (state !== 'idle') return;
    state = 'busy';
    started = timers.now();
    if (tables.fillIn() <= 0) await tables.fill();
    if (started - checked >= LOOK) {
      checked = started;
      await tables.check();
    }
    await writeSome();
    // A table found lost is filled before anyone is told that it was.
    if (tables.fillIn() <= 0) await tables.fill();
    writing = new Set();
    for (const { addresses, done } of waiters) {
      const outlook = outlookOf(addresses);
      if (outlook !== 'waiting') done(outlook === 'ready');
    }
    if (isClosed()) return;
    state = 'idle';
    turn();
  }
  const isClosed = () => state === ('closed' as typeof state);

  async function writeSome(): Promise<void> {
    const first = take(urgent, BATCH);
    const rest = take(later, BATCH - first.length);
    writing = new Set(first.map(([address]) => address));
    if (first.length + rest.length > 0) await tables.write(changesOf([...first, ...rest]));
  }

  function changesOf(due: readonly (readonly [Member, ReadonlySet<string>])[]): Changes {
    const puts: Put[] = [];
    const drops: Drop[] = [];
    for (const [address, leaves] of due) {
      for (const set of wanted.get(address)?.sets ?? []) {
        const put = elementOf(writer.tableOf(set, address), address, 0);
        if (put) puts.push(put);
      }
      for (const table of leaves) drops.push({ table, address });
    }
    return { clear: [], puts, drops };
  }

  function elementOf(table: string, address: Member, least: number): Put | undefined {
    const { until = 0, note } = wanted.get(address) ?? {};
    const left = until - timers.now();
    if (left <= least) return undefined;
    // What lets somebody through must not outlast its exception, whatever becomes of us.
    const seconds = isPair(address) ? Math.floor(left / 1000) : Math.ceil(left / 1000);
    if (seconds === 0) return undefined;
    return { table, address, seconds, ...(note === undefined ? {} : { note }) };
  }

  const isUnwritten = (addresses: readonly Member[]) =>
    addresses.some((address) => urgent.has(address) || writing.has(address));

  /**
   * A set that was there and is not any more is waited for, since it may be about to come back. After
   * that it counts only where another set still holds the address: else the rules that asked it are
   * gone as well, and there is nothing left that an answer could be early for.
   */
  function outlookOf(addresses: readonly Member[]): 'ready' | 'waiting' | 'failed' {
    if (isUnwritten(addresses)) return 'waiting';
    const longest = Math.max(-1, ...addresses.map(lostFor));
    if (longest < 0) return 'ready';
    if (longest < patience) return 'waiting';
    return isHarmless(addresses) ? 'ready' : 'failed';
  }

  /** True where nothing but lost sets is waited for, and no other holds an address of these. */
  function isHarmless(addresses: readonly Member[]): boolean {
    return !isUnwritten(addresses) && !addresses.some((a) => lostFor(a) >= 0 && tables.isHeld(a));
  }

  /** Milliseconds since a set that the address belongs to was lost; -1 where all are there. */
  function lostFor(address: Member): number {
    const sets = wanted.get(address)?.sets ?? [];
    return Math.max(-1, ...sets.map((set) => tables.lostFor(writer.tableOf(set, address))));
  }

  function settled(addresses: readonly Member[]): true | Promise<boolean> {
    const outlook = outlookOf(addresses);
    if (outlook === 'ready') return true;
    if (outlook === 'failed' || isClosed()) return Promise.resolve(false);
    return new Promise((resolve) => {
      const done = (ready: boolean) => {
        cancel();
        waiters.delete(waiter);
        resolve(ready);
      };
      const waiter: Waiter = { addresses, done };
      const cancel = timers.after(patience, () => done(isHarmless(addresses)));
      waiters.add(waiter);
    });
  }

  return {
    want,
    settled,
    open: async (sets) => {
      tables.expect(sets.flatMap((set) => writer.tablesOf(set)));
      if (state !== 'shut') {
        turn();
        return;
      }
      // All of it is written when the tables are filled.
      urgent.clear();
      later.clear();
      state = 'idle';
      await step();
    },
    close: () => {
      state = 'closed';
      cancelTurn();
      for (const { done } of waiters) done(false);
      writer.close();
    },
  };
}

function take<K, V>(map: Map<K, V>, count: number): readonly (readonly [K, V])[] {
  const taken: (readonly [K, V])[] = [];
  for (const entry of map) {
    if (taken.length >= count) break;
    taken.push(entry);
    map.delete(entry[0]);
  }
  return taken;
}
