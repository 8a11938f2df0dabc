import type { Name } from '../policy/name.ts';
import { type Address, isIpv4 } from '../policy/network.ts';
import type { Sighting, Sightings } from './addressbook.ts';

/** What a name resolved to, or that it has no such addresses, or that nobody would say. */
export type Looked =
  | { readonly kind: 'found'; readonly addresses: readonly Address[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed' };

export type Lookup = (name: Name, family: 4 | 6) => Promise<Looked>;

export type Refreshed = {
  readonly sightings: Sightings;
  /** Names that could not be resolved, sorted. */
  readonly failed: readonly Name[];
};

export type RefreshParts = {
  readonly lookup: Lookup;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/** Lookups under way at a time: an upstream should not take the round for a flood. */
const ABREAST = 8;
/** Milliseconds an address stays in the book that no answer holds any more. */
const KEPT = 86_400_000;

/**
 * Looks all names up anew. What a lookup that failed would have said is taken from the book, and an
 * address that is gone stays for a day: its name may be back with it in a minute. Names that are not
 * asked for any more are left out.
 */
export async function refreshSightings(
  before: Sightings,
  names: readonly Name[],
  { lookup, now }: RefreshParts,
): Promise<Refreshed> {
  const found = new Map<Name, readonly [Looked, Looked]>();
  const waiting = names.values();
  const work = async () => {
    // One iterator for all workers: each takes the next name that nobody has taken.
    for (const name of waiting) {
      found.set(name, await Promise.all([lookup(name, 4), lookup(name, 6)]));
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, work));

  const sightings = new Map<Name, Sighting>();
  const failed: Name[] = [];
  for (const name of names) {
    const looked = found.get(name) as readonly [Looked, Looked];
    if (looked.some(({ kind }) => kind === 'failed')) failed.push(name);
    const sighting = merge(before.get(name), looked, now);
    if (sighting) sightings.set(name, sighting);
  }
  return { sightings, failed };
}

function merge(
  before: Sighting | undefined,
  [four, six]: readonly [Looked, Looked],
  now: number,
): Sighting | undefined {
  const kept = (looked: Looked, isOfFamily: (address: Address) => boolean) => {
    if (looked.kind === 'found') return looked.addresses;
    return looked.kind === 'failed' ? (before?.addresses.filter(isOfFamily) ?? []) : [];
  };
  const addresses = [
    ...new Set([...kept(four, isIpv4), ...kept(six, (address) => !isIpv4(address))]),
  ].sort();
  const earlier = new Map(before?.earlier);
  for (const address of before?.addresses ?? []) earlier.set(address, before?.seen ?? now);
  for (const [address, seen] of earlier) {
    if (addresses.includes(address) || now - seen > KEPT) earlier.delete(address);
  }
  const silent = four.kind === 'failed' && six.kind === 'failed';
  // Nobody would say: what is known stays as old as it is.
  const seen = silent ? (before?.seen ?? now) : now;
  return addresses.length + earlier.size === 0 ? undefined : { addresses, seen, earlier };
}
