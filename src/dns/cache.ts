import type { Name } from '../policy/name.ts';
import { RCODE } from './constants.ts';
import type { Answer } from './message.ts';

/** What a question is kept under. The route a name takes follows from the name, so it is not here. */
export type CacheKey = {
  readonly name: Name;
  readonly type: number;
  readonly dnssecOk: boolean;
  readonly checkingDisabled: boolean;
};

export type Cached = {
  readonly answer: Answer;
  /** Milliseconds on the passed clock. */
  readonly storedAt: number;
  readonly expiresAt: number;
  /** Questions it has answered. */
  hits: number;
  readonly octets: number;
};

export type Cache = {
  /** What is kept for the question, fresh or expired: the caller looks at `expiresAt`. */
  readonly get: (key: CacheKey) => Cached | undefined;
  readonly put: (key: CacheKey, answer: Answer, now: number) => void;
  readonly clear: () => void;
  readonly stats: () => { readonly entries: number; readonly octets: number };
};

/** What an entry costs beside its octets: objects, map slots, key. Measured with a heap snapshot. */
const OVERHEAD = 600;

/** All that is kept of one name and set of flags. An NXDOMAIN answers every type (RFC 2308 section 5). */
type Node = { readonly key: string; types: Map<number, Cached>; missing?: Cached; seen: boolean };

/**
 * Answers by question, bounded by bytes. Nodes leave in the order they came, but one that was asked
 * for since its last turn gets another (second chance): a flood of names asked once passes through
 * without pushing out what an office uses all day.
 */
export function createCache(limit: number): Cache {
  const nodes = new Map<string, Node>();
  let octets = 0;
  let entries = 0;

  function drop(cached: Cached | undefined): void {
    if (!cached) return;
    octets -= cached.octets;
    entries -= 1;
  }
  function makeRoom(): void {
    for (const node of nodes.values()) {
      if (octets <= limit) return;
      nodes.delete(node.key);
      if (node.seen) {
        node.seen = false;
        nodes.set(node.key, node);
        continue;
      }
      drop(node.missing);
      for (const cached of node.types.values()) drop(cached);
    }
  }
  return {
    get: (key) => {
      const node = nodes.get(keyText(key));
      if (!node) return undefined;
      const cached = node.types.get(key.type) ?? node.missing;
      if (cached) node.seen = true;
      return cached;
    },
    put: (key, answer, now) => {
      const text = keyText(key);
      const size = sizeOf(answer) + text.length + OVERHEAD;
      // An answer to one question that would push out a quarter of all others is not worth its keep.
      if (size > limit / 4) return;
      const cached = { answer, storedAt: now, expiresAt: now + answer.ttl * 1000, hits: 0, octets: size };
      let node = nodes.get(text);
      if (!node) {
        node = { key: text, types: new Map(), seen: false };
        nodes.set(text, node);
      }
      // Behind a CNAME the name itself exists, and has at least that one type.
      if (answer.rcode === RCODE.NXDOMAIN && answer.sections.answers === 0) {
        drop(node.missing);
        for (const old of node.types.values()) drop(old);
        node.types.clear();
        node.missing = cached;
      } else {
        drop(node.types.get(key.type));
        drop(node.missing);
        delete node.missing;
        node.types.set(key.type, cached);
      }
      octets += size;
      entries += 1;
      makeRoom();
    },
    clear: () => {
      nodes.clear();
      octets = 0;
      entries = 0;
    },
    stats: () => ({ entries, octets }),
  };
}

function keyText({ name, dnssecOk, checkingDisabled }: CacheKey): string {
  return `${dnssecOk ? 'd' : ''}${checkingDisabled ? 'c' : ''} ${name}`;
}

function sizeOf({ sections, withoutEch, links }: Answer): number {
  return sections.octets.length + (withoutEch?.octets.length ?? 0) + links.length * 80;
}
