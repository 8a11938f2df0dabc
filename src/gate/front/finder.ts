import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';

export type FinderParts = {
  /** Asks for a name; `found` is called with what comes of it. */
  readonly ask: (name: Name) => void;
  readonly after: (milliseconds: number, call: () => void) => () => void;
};

/** Where names lead, as somebody else finds it. */
export type Finder = {
  /** Resolves with nothing where nobody says it in time. */
  readonly find: (name: Name) => Promise<readonly Address[]>;
  readonly found: (name: Name, addresses: readonly Address[]) => void;
  /** Nobody will answer what was asked so far. */
  readonly forget: () => void;
};

/** Milliseconds that an answer serves the next who ask: the resolver behind it keeps to its TTL. */
const KEPT = 1_000;
/** Milliseconds that somebody waits. */
const PATIENCE = 5_000;
const NONE: readonly Address[] = [];

export function createFinder({ ask, after }: FinderParts): Finder {
  const known = new Map<Name, readonly Address[]>();
  const waiting = new Map<Name, ((addresses: readonly Address[]) => void)[]>();

  function found(name: Name, addresses: readonly Address[]): void {
    for (const resolve of waiting.get(name) ?? []) resolve(addresses);
    waiting.delete(name);
    if (addresses.length === 0) return;
    known.set(name, addresses);
    after(KEPT, () => known.delete(name));
  }

  return {
    find: (name) => {
      const addresses = known.get(name);
      if (addresses) return Promise.resolve(addresses);
      return new Promise((resolve) => {
        const others = waiting.get(name);
        if (others) {
          others.push(resolve);
          return;
        }
        waiting.set(name, [resolve]);
        after(PATIENCE, () => {
          if (waiting.get(name)?.includes(resolve)) found(name, NONE);
        });
        ask(name);
      });
    },
    found,
    forget: () => {
      for (const name of [...waiting.keys()]) found(name, NONE);
    },
  };
}
