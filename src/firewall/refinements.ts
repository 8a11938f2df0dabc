import { labelsOf, type Name, parentOf, ROOT } from '../policy/name.ts';
import { compareSpecificity, type NamePattern } from '../policy/pattern.ts';
import type { NameEntry } from './backend.ts';
import { isIngress } from './first-match.ts';

const NONE: readonly NameEntry[] = [];

/**
 * For each entry, the others that decide differently for some of the names it covers. Dialects
 * without an order of their own need it: there an exception has to be cut out of the rule around
 * it. `names` are without moot ones.
 */
export function refinementsOf(
  names: readonly NameEntry[],
): (entry: NameEntry) => readonly NameEntry[] {
  const { subtrees, wildcards, aboveWildcards } = fileAway(names);
  const found = new Map<NameEntry, NameEntry[]>();
  const consider = (a: NameEntry, b: NameEntry) => {
    if (a.action === b.action || !overlap(a.pattern, b.pattern)) return;
    if (beats(a, b)) push(found, b, a);
    else push(found, a, b);
  };

  for (const entry of names) {
    const { name, anchor } = entry.pattern;
    const isWritten = name === anchor;
    for (let at = anchor; ; at = parentOf(at)) {
      // A wildcard meets its like from one side only, and written names from theirs.
      const subtree = isWritten ? subtrees.get(at) : undefined;
      if (subtree) consider(entry, subtree);
      for (const other of wildcards.get(at) ?? NONE) {
        if (isWritten || at !== anchor || entry.id < other.id) consider(entry, other);
      }
      if (at === ROOT) break;
    }
    if (isWritten) for (const other of aboveWildcards.get(name) ?? NONE) consider(entry, other);
  }
  return (entry) => found.get(entry) ?? NONE;
}

/** Subtrees without `*` by name, wildcards by what is right of their last `*`, and by all above that. */
function fileAway(names: readonly NameEntry[]) {
  const subtrees = new Map<Name, NameEntry>();
  const wildcards = new Map<Name, NameEntry[]>();
  const aboveWildcards = new Map<Name, NameEntry[]>();
  for (const entry of names) {
    const { name, anchor, scope } = entry.pattern;
    if (name === anchor) {
      if (scope === 'subtree') subtrees.set(name, entry);
      continue;
    }
    push(wildcards, anchor, entry);
    for (let at = anchor; at !== ROOT; ) {
      at = parentOf(at);
      push(aboveWildcards, at, entry);
    }
  }
  return { subtrees, wildcards, aboveWildcards };
}

function push<K>(map: Map<K, NameEntry[]>, key: K, entry: NameEntry): void {
  const list = map.get(key);
  if (list) list.push(entry);
  else map.set(key, [entry]);
}

function beats(a: NameEntry, b: NameEntry): boolean {
  const [one, other] = [isIngress(a), isIngress(b)];
  return one === other ? compareSpecificity(a.pattern, b.pattern) < 0 : one;
}

/** True when some name is covered by both. */
export function overlap(a: NamePattern, b: NamePattern): boolean {
  if (a.scope === 'exact' && a.depth < b.depth) return false;
  if (b.scope === 'exact' && b.depth < a.depth) return false;
  const [left, right] = [labelsOf(a.name), labelsOf(b.name)];
  const shared = Math.min(left.length, right.length);
  for (let i = 1; i <= shared; i++) {
    const [one, other] = [left.at(-i), right.at(-i)];
    if (one !== other && one !== '*' && other !== '*') return false;
  }
  return true;
}
