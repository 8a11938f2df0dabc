import { LISTED_EXACT, LISTED_SUBTREE } from '../policy/list.ts';
import { rankOf } from '../policy/match.ts';
import { isAtOrBelow, labelsOf, type Name, parentOf, ROOT } from '../policy/name.ts';
import { formatPattern, type NamePattern, parsePattern } from '../policy/pattern.ts';
import { clientTexts } from '../policy/rule-text.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import { counted } from '../text.ts';
import type { Backend, Gap, NameEntry } from './backend.ts';

/** The names of each list rule by the rule's id, with the bits of `listedNames`. */
export type Listed = ReadonlyMap<string, ReadonlyMap<Name, number>>;

/** What a ruleset says of names to everyone, and what of it cannot be said. */
export type NamesSaid = { readonly names: readonly NameEntry[]; readonly gaps: readonly Gap[] };

/**
 * What a ruleset says of names to everyone. Of several rules for one name the deciding one is kept, so
 * that the more specific entry is always right. Without `wildcards` a `*` within a name becomes the
 * names known today.
 */
export function lowerNames(
  ruleset: Ruleset,
  listEntries: (rule: Rule) => readonly NameEntry[],
  wildcards: boolean,
): NamesSaid {
  const gaps: Gap[] = [];
  const rules = ruleset.rules.filter(({ target }) => target.kind !== 'network');
  const own = rules.filter(({ clients }) => clients !== 'everyone');
  if (own.length > 0) {
    const groups = [...new Set(own.flatMap(clientTexts))];
    const about = `${counted(own.length, 'rule')} for some clients only`;
    gaps.push({
      about,
      text: `this format knows no clients; the resolver decides for ${someOf(groups)}`,
    });
  }
  const byKey = new Map<string, { entry: NameEntry; rank: number }>();
  const put = (entry: NameEntry, rank: number) => {
    const key = `${entry.pattern.scope} ${entry.pattern.name}`;
    const rival = byKey.get(key);
    if (rival && !(rank > rival.rank || (rank === rival.rank && entry.action === 'block'))) return;
    byKey.set(key, { entry, rank });
  };
  const unlisted: { readonly pattern: NamePattern; readonly action: Rule['action'] }[] = [];
  for (const rule of rules) {
    if (rule.clients !== 'everyone') continue;
    const rank = rankOf(rule.origin);
    const { target } = rule;
    if (target.kind === 'list') for (const entry of listEntries(rule)) put(entry, rank);
    for (const pattern of patternsOf(rule, wildcards)) put(entryOf(ruleset, rule, pattern), rank);
    if (!wildcards && target.kind === 'name' && hasInnerWildcard(target.pattern)) {
      unlisted.push({ pattern: target.pattern, action: rule.action });
    }
  }
  // Where the whole domain is dealt with in the same way nothing is lost.
  const lost = unlisted.filter(({ pattern: { anchor }, action }) => {
    for (let above = anchor; above !== ROOT; above = parentOf(above)) {
      if (byKey.get(`subtree ${above}`)?.entry.action === action) return false;
    }
    return true;
  });
  if (lost.length > 0) {
    gaps.push({
      about: someOf(lost.map(({ pattern }) => formatPattern(pattern))),
      text: 'a * within a name cannot be said here: only the names known today are; the resolver knows all',
    });
  }
  return { names: inOrder([...byKey.values()].map(({ entry }) => entry)), gaps };
}

/** The names a rule is about that is not a list's, as far as they can be said. */
function patternsOf(rule: Rule, wildcards: boolean): readonly NamePattern[] {
  const { target } = rule;
  if (target.kind !== 'name') return [];
  const isSayable = wildcards || !hasInnerWildcard(target.pattern);
  return isSayable ? [target.pattern] : expansions(rule, target.pattern);
}

/** What a list's rule says of each of its names. */
export function entriesOfList(ruleset: Ruleset, rule: Rule, listed: Listed): readonly NameEntry[] {
  const names = listed.get(rule.id);
  if (!names) throw new Error(`the names of ${rule.id} were not read`);
  const entries: NameEntry[] = [];
  for (const [name, scopes] of names) {
    for (const pattern of listedPatterns(name, scopes)) {
      entries.push(entryOf(ruleset, rule, pattern));
    }
  }
  return entries;
}

/** The names of `lowerNames` as a backend can say them, with what it cannot. */
export function fitNames({ names, gaps }: NamesSaid, enforces: Backend['enforces']): NamesSaid {
  if (!enforces.includes('dns-name') && !enforces.includes('tls-name')) {
    return { names: [], gaps: [] };
  }
  const more: Gap[] = [];
  const fit = fitted(names, enforces, (about, text) => more.push({ about, text }));
  return { names: fit, gaps: [...gaps, ...more] };
}

/** Leaves out or softens what the backend has no words for. */
function fitted(
  entries: readonly NameEntry[],
  enforces: Backend['enforces'],
  gap: (about: string, text: string) => void,
): readonly NameEntry[] {
  let names = entries;
  if (!enforces.includes('watch')) {
    const watched = names.filter(({ action }) => action === 'watch');
    if (watched.length > 0) {
      gap(
        counted(watched.length, 'watched name'),
        'nothing is recorded by this format; the resolver does',
      );
      names = names.map((entry) =>
        entry.action === 'watch' ? { ...entry, action: 'allow' } : entry,
      );
    }
  }
  if (!enforces.includes('answer')) {
    const special = names.filter(
      ({ action, answer }) => action === 'block' && answer !== 'nxdomain',
    );
    if (special.length > 0 && enforces.includes('dns-name')) {
      gap(
        `${special.length} names with an answer of their own`,
        'this format has one answer for all',
      );
    }
  }
  if (!enforces.includes('exact')) {
    const isExactBlock = ({ action, pattern }: NameEntry) =>
      action === 'block' && pattern.scope === 'exact';
    const exact = names.filter(isExactBlock);
    if (exact.length > 0) {
      gap(
        someOf(exact.map(({ pattern }) => pattern.name)),
        'one name without those below it cannot be said here; the resolver refuses it',
      );
      names = names.filter((entry) => !isExactBlock(entry));
    }
  }
  if (!enforces.includes('exception')) {
    const holding = blocksWithExceptions(names);
    if (holding.size > 0) {
      gap(
        someOf([...holding].map(({ pattern }) => pattern.name)),
        'some names below these stay open, which cannot be said here: the names themselves are refused at the most; the resolver refuses the rest',
      );
      names = names.flatMap((entry) => (holding.has(entry) ? narrowed(entry, enforces) : [entry]));
    }
  }
  return names;
}

/** Blocked subtrees with an entry inside that is not blocked; `entries` are in order. */
function blocksWithExceptions(entries: readonly NameEntry[]): ReadonlySet<NameEntry> {
  const holding = new Set<NameEntry>();
  // In order, the subtrees above an entry are a stack that it stands on.
  const above: NameEntry[] = [];
  for (const entry of entries) {
    while (above.length > 0 && !isInside(entry, above.at(-1) as NameEntry)) above.pop();
    if (entry.action !== 'block') for (const block of above) holding.add(block);
    else if (entry.pattern.scope === 'subtree') above.push(entry);
  }
  return holding;
}

/** What is left of a block that holds exceptions: the name itself, where it is one. */
function narrowed(entry: NameEntry, enforces: Backend['enforces']): NameEntry[] {
  const { pattern } = entry;
  if (!enforces.includes('exact') || pattern.anchor !== pattern.name) return [];
  return [{ ...entry, pattern: { ...pattern, scope: 'exact' } }];
}

function isInside({ pattern }: NameEntry, outer: NameEntry): boolean {
  return isAtOrBelow(pattern.name, outer.pattern.anchor);
}

function entryOf(ruleset: Ruleset, rule: Rule, pattern: NamePattern): NameEntry {
  const { action, origin, reason, service, role } = rule;
  // Signals are answered no whatever the mode: else there is nothing to observe.
  const observed = ruleset.mode === 'observe' && action === 'block' && origin !== 'signal';
  return {
    id: rule.target.kind === 'list' ? `${rule.id}/${pattern.name}` : rule.id,
    pattern,
    action: observed ? 'watch' : action,
    answer: rule.answer ?? (origin === 'signal' ? 'nxdomain' : ruleset.refusal.answer),
    reason,
    ...(service === undefined ? {} : { service }),
    ...(role === undefined ? {} : { role }),
  };
}

function listedPatterns(name: Name, scopes: number): NamePattern[] {
  const depth = labelsOf(name).length;
  return [
    ...(scopes & LISTED_SUBTREE ? [{ name, scope: 'subtree', anchor: name, depth } as const] : []),
    ...(scopes & LISTED_EXACT ? [{ name, scope: 'exact', anchor: name, depth } as const] : []),
  ];
}

/** `*.example.com` is everything below a name, which any dialect of DNS can say. */
function hasInnerWildcard({ name, scope }: NamePattern): boolean {
  const star = labelsOf(name).lastIndexOf('*');
  return star > 0 || (star === 0 && scope === 'exact');
}

/** The pattern with each label that is known to stand for its first `*`. */
export function expansions({ known = [] }: Rule, { name, scope }: NamePattern): NamePattern[] {
  return known
    .map((label) => name.replace('*', label))
    .filter((text) => !text.includes('*'))
    .map((text) => parsePattern(scope === 'exact' ? `=${text}` : text));
}

/** By labels from the root, so that a name stands right before all below it. */
function inOrder(entries: readonly NameEntry[]): NameEntry[] {
  return entries
    .map((entry) => ({ entry, key: sortKey(entry.pattern) }))
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)))
    .map(({ entry }) => entry);
}

function sortKey({ name, scope }: NamePattern): string {
  // A final mark behind every label: `a.b` sorts before all below it, `a-x` after.
  return `${labelsOf(name).toReversed().join('\u0001')}\u0001${scope === 'subtree' ? '' : '\u0000'}`;
}

/** The first few, and how many more. */
export function someOf(texts: readonly string[]): string {
  const first = texts.slice(0, 3).join(', ');
  return texts.length <= 3 ? first : `${first} and ${texts.length - 3} more`;
}
