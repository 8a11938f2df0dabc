import { networkKey } from '../policy/match.ts';
import { type Address, octetsOfAddress } from '../policy/network.ts';

export type CrowdLimits = {
  /** How many connections may wait at once, and how many of one client. */
  readonly total: number;
  readonly perClient: number;
};

/** Connections that have not said enough yet. A crowd of them must not keep others out. */
export type Crowd = {
  /** Takes one in. To make room, the one that has waited longest is sent away by its own `onEvicted`. */
  readonly enter: (client: Address, onEvicted: () => void) => Waiting;
  readonly size: () => number;
};

export type Waiting = {
  /** Milliseconds it may wait: `most`, or less the more there are. */
  readonly patience: (most: number) => number;
  readonly leave: () => void;
};

type Entry = { readonly key: string; readonly onEvicted: () => void };

/** What is left of a deadline where the crowd has this share of its room, the fullest first. */
const PATIENCE: readonly (readonly [share: number, left: number])[] = [
  [0.8, 0.1],
  [0.5, 0.3],
  [0, 1],
];
/** An IPv6 client has a /64 to choose addresses from. */
const IPV6_CLIENT = 64;

export function createCrowd({ total, perClient }: CrowdLimits): Crowd {
  // Both in the order of arrival.
  const all = new Set<Entry>();
  const byClient = new Map<string, Set<Entry>>();

  function leave(entry: Entry): void {
    const own = byClient.get(entry.key);
    all.delete(entry);
    own?.delete(entry);
    if (own?.size === 0) byClient.delete(entry.key);
  }

  function evictFirst(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      leave(entry);
      entry.onEvicted();
      return;
    }
  }

  return {
    enter: (client, onEvicted) => {
      const entry = { key: keyOf(client), onEvicted };
      const own = byClient.get(entry.key) ?? new Set();
      if (own.size >= perClient) evictFirst(own);
      else if (all.size >= total) evictFirst(all);
      byClient.set(entry.key, own.add(entry));
      all.add(entry);
      return {
        patience: (most) => {
          const [, left] = PATIENCE.find(([share]) => all.size >= share * total) ?? [0, 1];
          return most * left;
        },
        leave: () => leave(entry),
      };
    },
    size: () => all.size,
  };
}

function keyOf(client: Address): string {
  const octets = octetsOfAddress(client);
  return octets.length === 4 ? client : networkKey(octets, IPV6_CLIENT);
}
