import { portsText } from '../policy/fields.ts';
import { networkKey, rankOf } from '../policy/match.ts';
import { contains, type Network } from '../policy/network.ts';
import type { Rule } from '../policy/ruleset.ts';
import type { Port } from '../policy/service.ts';
import type { Deed } from './backend.ts';
import { portsMeet } from './ports.ts';

/** A rule about addresses as one audience meets it. */
export type Static = {
  readonly network: Network;
  readonly ports: readonly Port[];
  readonly rule: Rule;
  /** What it is filed under: rules of a group become one entry, unless others come between. */
  readonly group: Group;
  /** How many entries of other groups have to be asked before this one. */
  level: number;
};

export type Group = {
  readonly id: string;
  readonly note: string;
  readonly deed: Deed;
  readonly ports: readonly Port[];
  readonly sparesExempt: boolean;
  /** Written about single addresses: these are asked before the live sets. */
  readonly first: boolean;
  /** By the policy's own word, not because it only observes. */
  readonly watched: boolean;
};

/** The most specific first. */
export function compareStatics(a: Static, b: Static, client: Uint8Array): number {
  return (
    relativeLength(b.network) - relativeLength(a.network) ||
    Number(b.ports.length > 0) - Number(a.ports.length > 0) ||
    narrownessOf(b.rule, client) - narrownessOf(a.rule, client) ||
    rankOf(b.rule.origin) - rankOf(a.rule.origin) ||
    (a.rule.id < b.rule.id ? -1 : 1)
  );
}

/** IPv4 and IPv6 never meet; counted from the whole address, one order serves both. */
function relativeLength({ length, octets }: Network): number {
  return length + (octets.length === 4 ? 96 : 0);
}

function narrownessOf({ clients }: Rule, client: Uint8Array): number {
  if (clients === 'everyone') return -1;
  return Math.max(...clients.filter((n) => contains(n, client)).map(({ length }) => length));
}

/**
 * Lifts each above all that are more specific, lie inside it and say something else. What is met again
 * at the same network and ports was beaten, and is left out.
 */
export function raise(sorted: readonly Static[]): readonly Static[] {
  // Where all say the same nothing needs lifting, and only equals can beat each other.
  const isMixed = new Set(sorted.map(({ group }) => group.deed.kind)).size > 1;
  const lengths = isMixed ? [...new Set(sorted.map(({ network }) => network.length))] : [];
  const keys = sorted.map(({ network }) => ownKeyOf(network));
  const byNetwork = new Map<string, Static[]>();
  for (const [i, one] of sorted.entries()) {
    const key = keys[i] as string;
    const there = byNetwork.get(key);
    if (there) there.push(one);
    else byNetwork.set(key, [one]);
  }
  const beaten = new Set<Static>();
  for (const [i, one] of sorted.entries()) {
    const { octets, length: own } = one.network;
    for (const length of isMixed ? lengths : [own]) {
      if (length > own) continue;
      const same = length === own;
      const there = byNetwork.get(same ? (keys[i] as string) : keyOf(octets, length)) ?? [];
      // What stands before it at the same network has met it already.
      for (const wider of same ? there.slice(there.indexOf(one) + 1) : there) {
        if (wider.group.id === one.group.id) continue;
        if (same && portsText(wider.ports) === portsText(one.ports)) beaten.add(wider);
        // Between two refusals the order tells only which of them is counted.
        if (one.group.deed.kind === wider.group.deed.kind) continue;
        if (!portsMeet(one.ports, wider.ports)) continue;
        wider.level = Math.max(wider.level, one.level + 1);
      }
    }
  }
  return sorted.filter((one) => !beaten.has(one));
}

/** Nothing wider is looked for under a single address, so its text will do. */
function ownKeyOf({ text, octets, length }: Network): string {
  return length === octets.length * 8 ? text : keyOf(octets, length);
}

function keyOf(octets: Uint8Array, length: number): string {
  return `${octets.length} ${length} ${networkKey(octets, length)}`;
}
