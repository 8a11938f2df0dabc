import { familyOf, type Member, type Pair } from '../../../src/firewall/sets/pair.ts';
import type { Timers } from '../../../src/firewall/sets/tables.ts';
import type { Changes, Noted, SetWriter } from '../../../src/firewall/sets/writer.ts';

/** Timers that a test turns by hand. */
export function createTimers(): Timers & {
  readonly pass: (milliseconds: number) => Promise<void>;
} {
  let now = 0;
  const due: { readonly at: number; readonly call: () => void }[] = [];
  // What a call has started by promises gets its turn before the next.
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => now,
    after: (milliseconds, call) => {
      const timer = { at: now + milliseconds, call };
      due.push(timer);
      return () => {
        if (due.includes(timer)) due.splice(due.indexOf(timer), 1);
      };
    },
    pass: async (milliseconds) => {
      const end = now + milliseconds;
      await settle();
      for (;;) {
        const next = due.toSorted((a, b) => a.at - b.at)[0];
        if (!next || next.at > end) break;
        due.splice(due.indexOf(next), 1);
        now = Math.max(now, next.at);
        next.call();
        await settle();
      }
      now = end;
    },
  };
}

type Options = { readonly tables: readonly string[]; readonly expires: boolean };

/** A packet filter in memory: a change that names a table it has not fails as a whole. */
export function createFakeFilter(timers: Timers, { tables, expires }: Options) {
  const known = new Map<string, Map<Member, number>>(tables.map((table) => [table, new Map()]));
  const written: Changes[] = [];
  let stalled: Promise<void> | undefined;
  let resume = () => {};
  /** Pairs of an earlier process. */
  const left: Noted[] = [];

  const fault = (names: readonly string[]) => {
    const absent = names.find((name) => !known.has(name));
    return absent === undefined ? undefined : `there is no ${absent}`;
  };
  const writer: SetWriter = {
    tableOf: (set, address) => `${set}${familyOf(address)}`,
    tablesOf: (set) => [`${set}4`, `${set}6`],
    expires,
    write: async (changes) => {
      await stalled;
      const { clear, puts, drops } = changes;
      const failed = fault([...clear, ...[...puts, ...drops].map(({ table }) => table)]);
      if (failed !== undefined) return failed;
      written.push(changes);
      for (const table of clear) known.get(table)?.clear();
      for (const { table, address, seconds } of puts) {
        known.get(table)?.set(address, timers.now() + seconds * 1000);
      }
      for (const { table, address } of drops) known.get(table)?.delete(address);
      return undefined;
    },
    check: async (elements) => {
      const gone = elements.find(({ table, address }) => !known.get(table)?.has(address));
      return gone && `${gone.address} is not in ${gone.table}`;
    },
    readPairs: async () => left,
    close: () => {},
  };
  return {
    writer,
    written,
    leave: (pair: string, id: string) => left.push({ pair: pair as Pair, id }),
    members: (table: string) =>
      new Set(
        [...(known.get(table) ?? [])]
          .filter(([, until]) => !expires || until > timers.now())
          .map(([address]) => address),
      ),
    put: (table: string, address: Member) => known.get(table)?.set(address, Infinity),
    create: (table: string) => known.set(table, new Map()),
    remove: (table: string) => known.delete(table),
    stall: () => {
      const held = Promise.withResolvers<void>();
      stalled = held.promise;
      resume = held.resolve;
    },
    resume: () => resume(),
  };
}
