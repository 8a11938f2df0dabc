import type { Port } from '../../policy/service.ts';
import type { Member, Pair } from './pair.ts';

/** What is to be in a table for so many seconds from now. */
export type Put = {
  readonly table: string;
  readonly address: Member;
  readonly seconds: number;
  /** Of a pair. */
  readonly note?: PairNote;
};
/** What is known of a pair beside whom it lets through where. */
export type PairNote = {
  /** The exception's number, which stands beside it and is read back. */
  readonly id: string;
  /** What its service is dialled at, for packet filters that have to name ports. */
  readonly ports: readonly Port[];
};
/** What is to be in a table no more, whether it is there or not. */
export type Drop = Pick<Put, 'table' | 'address'>;

/** Changes that come into force together, as far as the packet filter knows such a thing. */
export type Changes = {
  /** Tables that are emptied before all else. */
  readonly clear: readonly string[];
  readonly puts: readonly Put[];
  readonly drops: readonly Drop[];
};

/** What did not work, in the packet filter's own words; undefined where all did. */
export type Fault = string | undefined;

/** A pair with the number of the exception that stands beside it. */
export type Noted = { readonly pair: Pair; readonly id: string };

/** A packet filter's live tables of addresses. Calls may overlap; they take effect in their order. */
export type SetWriter = {
  /** The table in which an address of a set stands. */
  readonly tableOf: (set: string, address: Member) => string;
  /** All tables of a set. */
  readonly tablesOf: (set: string) => readonly string[];
  /** True where elements end by themselves, false where they have to be dropped. */
  readonly expires: boolean;
  readonly write: (changes: Changes) => Promise<Fault>;
  /** Gives a fault unless every one of these is where it is thought to be. */
  readonly check: (elements: readonly Put[]) => Promise<Fault>;
  /**
   * What a set of pairs holds, with what stands beside; nothing where it is not there. Undefined where the
   * packet filter knows no pairs.
   */
  readonly readPairs: ((set: string) => Promise<readonly Noted[]>) | undefined;
  readonly close: () => void;
};

/** Elements by their table, in the order of the tables. */
export function byTable<T extends { readonly table: string }>(
  elements: readonly T[],
): readonly (readonly [table: string, elements: readonly T[]])[] {
  const found = new Map<string, T[]>();
  for (const element of elements) {
    const there = found.get(element.table);
    if (there) there.push(element);
    else found.set(element.table, [element]);
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}
