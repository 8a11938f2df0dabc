import type { Address } from '../../policy/network.ts';

/** An address that is to be in a table for so many seconds from now. */
export type Put = { readonly table: string; readonly address: Address; readonly seconds: number };
/** An address that is to be in a table no more, whether it is there or not. */
export type Drop = Omit<Put, 'seconds'>;

/** Changes that come into force together, as far as the packet filter knows such a thing. */
export type Changes = {
  /** Tables that are emptied before all else. */
  readonly clear: readonly string[];
  readonly puts: readonly Put[];
  readonly drops: readonly Drop[];
};

/** What did not work, in the packet filter's own words; undefined where all did. */
export type Fault = string | undefined;

/** A packet filter's live tables of addresses. Calls may overlap; they take effect in their order. */
export type SetWriter = {
  /** The table in which an address of a set stands. */
  readonly tableOf: (set: string, address: Address) => string;
  /** All tables of a set. */
  readonly tablesOf: (set: string) => readonly string[];
  /** True where elements end by themselves, false where they have to be dropped. */
  readonly expires: boolean;
  readonly write: (changes: Changes) => Promise<Fault>;
  /** Gives a fault unless every one of these is where it is thought to be. */
  readonly check: (elements: readonly Put[]) => Promise<Fault>;
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
