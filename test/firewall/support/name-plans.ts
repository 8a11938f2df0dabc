import type { NameEntry, Plan } from '../../../src/firewall/backend.ts';
import { labelsOf, type Name } from '../../../src/policy/name.ts';
import {
  compareSpecificity,
  covers,
  formatPattern,
  parsePattern,
} from '../../../src/policy/pattern.ts';
import type { Prng } from '../../support/prng.ts';
import { samplePlan } from '../sample-plan.ts';

/** What `judge` says of a name where these entries are all there is: the meaning printers must keep. */
export function decided(
  entries: readonly NameEntry[],
  name: string,
): NameEntry['action'] | undefined {
  const labels = labelsOf(name as Name);
  const isIngress = ({ id }: NameEntry) => id.startsWith('ingress/');
  return entries
    .filter(({ pattern }) => covers(pattern, name as Name, labels))
    .sort(
      (a, b) =>
        Number(isIngress(b)) - Number(isIngress(a)) || compareSpecificity(a.pattern, b.pattern),
    )[0]?.action;
}

export function entryOf(
  text: string,
  action: NameEntry['action'],
  more: Partial<NameEntry> = {},
): NameEntry {
  return {
    id: `${action}/${text}`,
    pattern: parsePattern(text),
    action,
    answer: 'nxdomain',
    reason: 'tried here',
    ...more,
  };
}

const LABELS = ['a', 'b', 'c-1'] as const;
const ACTIONS = ['block', 'block', 'allow', 'watch'] as const;

/** Entries that lie in each other's way as often as can be, under a common ending. */
export function growEntries(
  prng: Prng,
  options: { readonly wildcards: boolean; readonly count?: number },
): readonly NameEntry[] {
  const entries = new Map<string, NameEntry>();
  for (let i = 0; i < (options.count ?? 14); i++) {
    const depth = prng.below(4);
    const labels = Array.from({ length: depth }, () =>
      options.wildcards && prng.below(4) === 0 ? '*' : prng.pick(LABELS),
    );
    const text = `${prng.pick(['', '', '='])}${[...labels, 'example', 'net'].join('.')}`;
    entries.set(text, entryOf(text, prng.pick(ACTIONS)));
  }
  if (prng.below(2) === 0) {
    const domain = `${prng.pick(LABELS)}.example.net`;
    entries.set(domain, entryOf(domain, 'allow', { id: `ingress/${domain}` }));
  }
  const key = ({ pattern }: NameEntry) =>
    `${labelsOf(pattern.name).toReversed().join(' ')} ${pattern.scope === 'exact' ? 1 : 0}`;
  return [...entries.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** Every name of up to four labels in front of the common ending, and some that only look like them. */
export const ASKED: readonly string[] = (() => {
  const names = ['example.net'];
  let last = names;
  for (let depth = 1; depth <= 4; depth++) {
    last = last.flatMap((name) => [...LABELS, 'd'].map((label) => `${label}.${name}`));
    names.push(...(depth < 4 ? last : last.filter((_, i) => i % 3 === 0)));
  }
  return [
    ...names,
    ...['net', 'example', 'xexample.net', 'example.net.com', 'a-example.net', 'example-net'],
    ...['aXexample.net', 'a.example.netx', 'b.a.examplexnet'].map((name) => name.toLowerCase()),
  ];
})();

export function planOf(names: readonly NameEntry[], more: Partial<Plan> = {}): Plan {
  return { ...samplePlan, names, ...more };
}

/** Names and reasons that are written to end a comment, a string or a line, or to begin a command. */
export const HOSTILE: readonly NameEntry[] = [
  'a"; drop database; #',
  "it's $HOME $\x7bx} `id` $(id)",
  'two\nlines\r\nand three\u2028four',
  '*/ --> %} ]] }}} \\',
  'ends in a backslash \\',
  'ünïcödé \u202e reversed \u0007 bell',
  '";) alert ip any any -> any any (msg:"',
  '---\n- a: &x *x !!js',
].map((reason, i) => entryOf(`n${i}.example.net`, 'block', { reason, id: `block/${reason}` }));

/** Names that are good DNS and no host: each octet may stand in a label. */
export const ODD_NAMES: readonly NameEntry[] = [
  'a\\032b.example.net',
  'a\\"b.example.net',
  'a\\;b.example.net',
  'a\\$b.example.net',
  'a\\.b.example.net',
  'a\\010b.example.net',
  "a'b.example.net",
  'a{b}.example.net',
  'a|b.example.net',
  'a/b.example.net',
  '=a#b.example.net',
].map((text) => {
  const exact = text.startsWith('=');
  const name = (exact ? text.slice(1) : text) as Name;
  return {
    ...entryOf('example.net', 'block'),
    id: `block/${text}`,
    pattern: { name, scope: exact ? 'exact' : 'subtree', anchor: name, depth: 3 } as const,
  };
});

export const titleOf = (entries: readonly NameEntry[]): string =>
  entries.map(({ action, pattern }) => `${action} ${formatPattern(pattern)}`).join(', ');
