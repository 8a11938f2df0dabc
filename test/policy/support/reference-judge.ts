import type { Asked } from '../../../src/policy/judge.ts';
import { LISTED_EXACT, LISTED_SUBTREE, type NameList } from '../../../src/policy/list.ts';
import { labelsOf, type Name, parseName } from '../../../src/policy/name.ts';
import { valueHere, walkSuffixes } from '../../../src/policy/nametable.ts';
import { type Address, type Network, octetsOfAddress } from '../../../src/policy/network.ts';
import type { Origin, Rule, Ruleset, Target } from '../../../src/policy/ruleset.ts';

/**
 * What a ruleset means, once more and as slowly as it is written in the documents: every rule is
 * looked at, labels are compared as texts and addresses as bits.
 */
export function referenceJudge(ruleset: Ruleset, asked: Asked): string {
  const candidates = ruleset.rules.flatMap((rule): Candidate[] => {
    const target =
      'name' in asked
        ? targetForName(rule.target, asked.name)
        : targetForAddress(rule.target, asked.address);
    const narrowness = narrownessOf(rule.clients, asked.client);
    return target === undefined || narrowness === undefined ? [] : [{ rule, target, narrowness }];
  });
  if (candidates.length === 0) return 'unmatched';
  const [first] = candidates.sort(compareCandidates) as [Candidate];
  const signal = candidates.find(({ rule }) => rule.origin === 'signal' && rule.action === 'block');
  if (first.rule.action === 'block' && signal) return `blocked by ${signal.rule.id}`;
  const observed = first.rule.action === 'block' && modeOf(ruleset, asked.client) === 'observe';
  const kind = { allow: 'allowed', watch: 'watched', block: observed ? 'observed' : 'blocked' }[
    first.rule.action
  ];
  return `${kind} by ${first.rule.id}`;
}

type Candidate = {
  readonly rule: Rule;
  readonly target: readonly string[];
  readonly narrowness: number;
};

const ORIGINS: readonly Origin[] = [
  'written',
  'signal',
  'service',
  'resolver',
  'others',
  'implied',
  'list',
];

/** The labels of what covers the name, from the root, and `=` behind them where it covers only that. */
function targetForName(target: Target, name: Name): readonly string[] | undefined {
  const labels = [...labelsOf(name)].reverse();
  if (target.kind === 'network') return undefined;
  if (target.kind === 'list') return listed(target.list, labels);
  const wanted = [...labelsOf(target.pattern.name)].reverse();
  if (
    wanted.length > labels.length ||
    !wanted.every((label, i) => label === '*' || label === labels[i])
  )
    return undefined;
  if (target.pattern.scope === 'subtree') return wanted;
  return wanted.length === labels.length ? [...wanted, '='] : undefined;
}

function listed(list: NameList, labels: readonly string[]): readonly string[] | undefined {
  const value = (count: number) => {
    let found = 0;
    const suffix = labels.slice(0, count).reverse().join('.');
    if (count > 0) {
      walkSuffixes(parseName(suffix), (start) => {
        if (start === 0) found = valueHere(list.table);
      });
    }
    return found;
  };
  if (value(labels.length) & LISTED_EXACT) return [...labels, '='];
  for (let count = labels.length; count > 0; count--)
    if (value(count) & LISTED_SUBTREE) return labels.slice(0, count);
  return undefined;
}

/** The bits of the prefix; a rule for ports says nothing of an answer. */
function targetForAddress(target: Target, address: Address): readonly string[] | undefined {
  if (target.kind !== 'network' || target.ports.length > 0) return undefined;
  return holds(target.network, address)
    ? bitsOf(target.network.octets).slice(0, target.network.length)
    : undefined;
}

function compareCandidates(a: Candidate, b: Candidate): number {
  const ingress = Number(b.rule.origin === 'ingress') - Number(a.rule.origin === 'ingress');
  const [left, right] = [
    a.target.filter((label) => label !== '='),
    b.target.filter((label) => label !== '='),
  ];
  const depth = right.length - left.length;
  const i = left.findIndex((label, i) => label !== right[i]);
  const wildcard = i < 0 ? 0 : Number(left[i] === '*') - Number(right[i] === '*');
  const exact = b.target.length - right.length - (a.target.length - left.length);
  const clients = b.narrowness - a.narrowness;
  const origin = ORIGINS.indexOf(a.rule.origin) - ORIGINS.indexOf(b.rule.origin);
  const action = Number(b.rule.action === 'block') - Number(a.rule.action === 'block');
  return ingress || depth || wildcard || exact || clients || origin || action;
}

function narrownessOf(clients: Rule['clients'], client: Address): number | undefined {
  if (clients === 'everyone') return -1;
  const lengths = clients.filter((network) => holds(network, client)).map(({ length }) => length);
  return lengths.length === 0 ? undefined : Math.max(...lengths);
}

function modeOf(ruleset: Ruleset, client: Address): string {
  const theirs = ruleset.modes.filter(({ network }) => holds(network, client));
  const narrowest = theirs.sort((a, b) => b.network.length - a.network.length)[0];
  return narrowest?.mode ?? ruleset.mode;
}

function holds(network: Network, address: Address): boolean {
  const octets = octetsOfAddress(address);
  if (octets.length !== network.octets.length) return false;
  const [bits, prefix] = [bitsOf(octets), bitsOf(network.octets)];
  return prefix.slice(0, network.length).every((bit, i) => bit === bits[i]);
}

function bitsOf(octets: Uint8Array): string[] {
  return [...Array.from(octets, (octet) => octet.toString(2).padStart(8, '0')).join('')];
}
