import { LISTED_EXACT, LISTED_SUBTREE, type NameList } from './list.ts';
import { labelsOf, type Name } from './name.ts';
import { addName, createNameTable, type NameTable, valueHere, walkSuffixes } from './nametable.ts';
import { type Address, contains, type Network, octetsOfAddress } from './network.ts';
import { compareSpecificity, covers, type NamePattern } from './pattern.ts';
import type { Origin, Rule } from './ruleset.ts';

/** A ruleset's rules, filed so that a name finds those about it in one pass over its labels. */
export type MatchIndex = {
  /** The anchors of all name rules; the value is the bucket's number, counted from 1. */
  readonly anchors: NameTable;
  readonly buckets: readonly (readonly NameRule[])[];
  readonly lists: readonly { readonly rule: Rule; readonly list: NameList }[];
  /** Network rules without ports by prefix length, then by the prefix as `networkKey` writes it. */
  readonly networks: readonly {
    readonly length: number;
    readonly family: 4 | 16;
    readonly rules: ReadonlyMap<string, readonly Rule[]>;
  }[];
};

export type NameRule = { readonly rule: Rule; readonly pattern: NamePattern };

/** A rule about what was asked, for this client: `narrowness` is -1 for everyone, else prefix bits. */
export type Match = {
  readonly rule: Rule;
  /** What the rule covers the name by; a list entry gets a pattern of its own. */
  readonly pattern?: NamePattern;
  readonly narrowness: number;
};

const RANK: Readonly<Record<Origin, number>> = {
  ingress: 8,
  exception: 7,
  written: 6,
  signal: 5,
  service: 4,
  resolver: 3,
  others: 2,
  implied: 1,
  list: 0,
};

/** Files the rules. A port rule says nothing about names or answers, so none is in the index. */
export function createMatchIndex(rules: readonly Rule[]): MatchIndex {
  const byAnchor = new Map<Name, NameRule[]>();
  const lists: { rule: Rule; list: NameList }[] = [];
  const byLength = new Map<
    string,
    { length: number; family: 4 | 16; rules: Map<string, Rule[]> }
  >();
  for (const rule of rules) {
    const { target } = rule;
    if (target.kind === 'name')
      push(byAnchor, target.pattern.anchor, { rule, pattern: target.pattern });
    else if (target.kind === 'list') lists.push({ rule, list: target.list });
    else if (target.ports.length === 0) {
      const { octets, length } = target.network;
      const key = `${octets.length}/${length}`;
      const group = byLength.get(key) ?? {
        length,
        family: octets.length as 4 | 16,
        rules: new Map(),
      };
      byLength.set(key, group);
      push(group.rules, networkKey(octets, length), rule);
    }
  }
  const anchors = createNameTable(byAnchor.size);
  const buckets = [...byAnchor.values()];
  [...byAnchor.keys()].forEach((anchor, i) => {
    addName(anchors, anchor, i + 1);
  });
  return { anchors, buckets, lists, networks: [...byLength.values()] };
}

const NONE: readonly Match[] = [];
const NONE_ABOUT: readonly NameRule[] = [];

/** All rules about a name for a client, the deciding one first. */
export function matchName(index: MatchIndex, client: Address, name: Name): readonly Match[] {
  const found = rulesAbout(index, name);
  if (found.length === 0) return NONE;
  return signalFirst(
    decide(client, found).sort(
      (a, b) =>
        precedence(b.rule) - precedence(a.rule) ||
        compareSpecificity(a.pattern as NamePattern, b.pattern as NamePattern) ||
        compareClients(a, b),
    ),
  );
}

/** What decides before any target is compared: the sanctioned way, then what somebody is excepted for. */
function precedence({ origin }: Rule): number {
  if (origin === 'ingress') return 2;
  return origin === 'exception' ? 1 : 0;
}

/**
 * Where any rule blocks a name that a signal blocks too, the signal's answer is the one to give: an
 * own block or a list may say `sinkhole`, and an address is a yes.
 */
function signalFirst(matches: readonly Match[]): readonly Match[] {
  const signal = matches.find(({ rule }) => rule.origin === 'signal' && rule.action === 'block');
  if (!signal || signal === matches[0] || matches[0]?.rule.action !== 'block') return matches;
  return [signal, ...matches.filter((match) => match !== signal)];
}

/** All rules about a name, for whatever clients, in no order. */
export function rulesAbout(index: MatchIndex, name: Name): readonly NameRule[] {
  let found: NameRule[] | undefined;
  walkSuffixes(name, (start, depth) => {
    const bucket = valueHere(index.anchors);
    if (bucket > 0) {
      const labels = labelsOf(name);
      for (const entry of index.buckets[bucket - 1] as readonly NameRule[]) {
        if (covers(entry.pattern, name, labels)) {
          found ??= [];
          found.push(entry);
        }
      }
    }
    for (const { rule, list } of index.lists) {
      const listed = valueHere(list.table);
      const whole = start === 0 && (listed & LISTED_EXACT) !== 0;
      if (!whole && (listed & LISTED_SUBTREE) === 0) continue;
      const suffix = name.slice(start) as Name;
      const scope = whole ? 'exact' : 'subtree';
      found ??= [];
      found.push({ rule, pattern: { name: suffix, scope, anchor: suffix, depth } });
    }
  });
  return found ?? NONE_ABOUT;
}

/** All rules about an address that an answer holds, for a client, the deciding one first. */
export function matchAddress(
  index: MatchIndex,
  client: Address,
  address: Address,
): readonly Match[] {
  const found = rulesAboutAddress(index, address);
  if (found.length === 0) return NONE;
  const lengths = new Map(found.map(({ rule, length }) => [rule, length]));
  return decide(client, found).sort(
    (a, b) =>
      (lengths.get(b.rule) as number) - (lengths.get(a.rule) as number) || compareClients(a, b),
  );
}

/** All rules about an address, for whatever clients, with the length of the prefix that holds it. */
export function rulesAboutAddress(
  index: MatchIndex,
  address: Address,
): readonly { readonly rule: Rule; readonly length: number }[] {
  if (index.networks.length === 0) return [];
  const octets = octetsOfAddress(address);
  return index.networks.flatMap(({ length, family, rules }) => {
    const about = family === octets.length ? rules.get(networkKey(octets, length)) : undefined;
    return about?.map((rule) => ({ rule, length })) ?? [];
  });
}

/** Keeps the rules that are about this client, with how narrowly each of them names it. */
function decide(client: Address, found: readonly { rule: Rule; pattern?: NamePattern }[]): Match[] {
  let octets: Uint8Array | undefined;
  const matches: Match[] = [];
  for (const { rule, pattern } of found) {
    let narrowness: number | undefined = -1;
    if (rule.clients !== 'everyone') {
      octets ??= octetsOfAddress(client);
      narrowness = narrownessFor(rule.clients, octets);
    }
    if (narrowness !== undefined)
      matches.push(pattern ? { rule, narrowness, pattern } : { rule, narrowness });
  }
  return matches;
}

function narrownessFor(clients: readonly Network[], octets: Uint8Array): number | undefined {
  const lengths = clients
    .filter((network) => contains(network, octets))
    .map(({ length }) => length);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

/** Only lists can still disagree at the end: a name that one blocks and another watches is blocked. */
function compareClients(a: Match, b: Match): number {
  return (
    b.narrowness - a.narrowness ||
    RANK[b.rule.origin] - RANK[a.rule.origin] ||
    Number(b.rule.action === 'block') - Number(a.rule.action === 'block')
  );
}

/** How strongly a rule speaks among those of one target and one set of clients. */
export function rankOf(origin: Origin): number {
  return RANK[origin];
}

/** The octets of a prefix, its host bits left out, as the key of a map: one for each length. */
export function networkKey(octets: Uint8Array, length: number): string {
  let key = '';
  for (let i = 0; i * 8 < length; i++) {
    const kept = Math.min(8, length - i * 8);
    key += String.fromCharCode((octets[i] as number) & (0xff << (8 - kept)));
  }
  return key;
}

/** The narrowest of the networks that holds the address. */
export function narrowest<T extends { readonly network: Network }>(
  entries: readonly T[],
  octets: Uint8Array,
): T | undefined {
  return entries
    .filter(({ network }) => contains(network, octets))
    .reduce<T | undefined>(
      (best, entry) => (best && best.network.length >= entry.network.length ? best : entry),
      undefined,
    );
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
