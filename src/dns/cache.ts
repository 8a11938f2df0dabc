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
  readonly type: number;
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
  readonly stats: () => { readonly entries: number; readonly octets: number };
};

/** Octets an entry takes beside those of its answer: objects, map slot, strings (heap growth over 200,000 of them). */
const OVERHEAD = 1150;

/**
 * All that is kept of one name and set of flags: few types, so a list. An NXDOMAIN answers every type
 * (RFC 2308 section 5) and stands alone.
 */
type Node = { readonly key: string; kept: Cached[]; missing: boolean; seen: boolean };

/**
 * Answers by question, bounded by bytes. Nodes leave in the order they came, but one that was asked
 * for since its last turn gets another (second chance): a flood of names asked once passes through
 * without pushing out what an office uses all day.
 */
export function createCache(limit: number): Cache {
  const nodes = new Map<string, Node>();
  let octets = 0;
  let entries = 0;

  function drop(gone: readonly Cached[]): void {
    for (const { octets: size } of gone) octets -= size;
    entries -= gone.length;
  }
  function makeRoom(): void {
    for (const node of nodes.values()) {
      if (octets <= limit) return;
      nodes.delete(node.key);
      if (node.seen) {
        node.seen = false;
        nodes.set(node.key, node);
      } else drop(node.kept);
    }
  }
  return {
    get: (key) => {
      const node = nodes.get(keyText(key));
      const cached = node?.missing
        ? node.kept[0]
        : node?.kept.find(({ type }) => type === key.type);
      if (node && cached) node.seen = true;
      return cached;
    },
    put: (key, answer, now) => {
      const text = keyText(key);
      const size = sizeOf(answer) + text.length + OVERHEAD;
      // An answer to one question that would push out a quarter of all others is not worth its keep.
      if (size > limit / 4) return;
      let node = nodes.get(text);
      if (!node) {
        node = { key: text, kept: [], missing: false, seen: false };
        nodes.set(text, node);
      }
      const { type } = key;
      // Behind a CNAME the name itself exists, and has at least that one type.
      const missing = answer.rcode === RCODE.NXDOMAIN && answer.sections.answers === 0;
      const replacesAll = missing || node.missing;
      drop(replacesAll ? node.kept : node.kept.filter((old) => old.type === type));
      const others = replacesAll ? [] : node.kept.filter((old) => old.type !== type);
      const expiresAt = now + answer.ttl * 1000;
      node.kept = [...others, { type, answer, storedAt: now, expiresAt, hits: 0, octets: size }];
      node.missing = missing;
      octets += size;
      entries += 1;
      makeRoom();
    },
    stats: () => ({ entries, octets }),
  };
}

function keyText({ name, dnssecOk, checkingDisabled }: CacheKey): string {
  return `${dnssecOk ? 'd' : ''}${checkingDisabled ? 'c' : ''} ${name}`;
}

function sizeOf({ sections, withoutEch, inSight, leads, extended }: Answer): number {
  const texts = extended.reduce((sum, { text }) => sum + text.length, 0);
  const forms = new Set([sections, withoutEch ?? sections, inSight ?? sections]);
  const octets = [...forms].reduce((sum, { octets }) => sum + octets.length, 0);
  return octets + leads.length * 80 + texts;
}
