import type { Address } from '../policy/network.ts';
import type { Difference, Fate } from './replay.ts';

/** Attempts, clients and names of what would be otherwise. */
export type Sum = {
  readonly attempts: number;
  readonly clients: number;
  readonly names: number;
};

/** One service's or one client's part of it. */
export type Share<Key> = Sum & { readonly key: Key };

export type Change = {
  /** What would become of it. */
  readonly fate: Fate;
  readonly sum: Sum;
  /** The most attempts first. */
  readonly services: readonly Share<string | undefined>[];
  readonly clients: readonly Share<Address>[];
  readonly differences: readonly Difference[];
};

/** What would newly be refused, and what newly allowed. */
export function changesOf(differences: readonly Difference[]): readonly [Change, Change] {
  const change = (fate: Fate): Change => {
    const own = differences.filter((difference) => difference.fate === fate);
    return {
      ...{ fate, differences: own, sum: sumOf(own) },
      services: sharesOf(own, ({ service }) => service),
      clients: sharesOf(own, ({ client }) => client),
    };
  };
  return [change('refused'), change('allowed')];
}

function sharesOf<Key>(
  differences: readonly Difference[],
  keyOf: (difference: Difference) => Key,
): readonly Share<Key>[] {
  return [...Map.groupBy(differences, keyOf)]
    .map(([key, own]) => ({ key, ...sumOf(own) }))
    .sort((a, b) => b.attempts - a.attempts || (String(a.key) < String(b.key) ? -1 : 1));
}

function sumOf(differences: readonly Difference[]): Sum {
  return {
    attempts: differences.reduce((sum, { attempts }) => sum + attempts, 0),
    clients: new Set(differences.map(({ client }) => client)).size,
    names: new Set(differences.map(whatOf)).size,
  };
}

/** What was tried: the name, or the address where nobody knows one. */
export function whatOf({ name, via, destination }: Difference): string {
  const about = name ?? destination ?? '-';
  return via === undefined ? about : `${about} → ${via}`;
}
