import { labelsOf, type Name, parentOf, ROOT } from '../policy/name.ts';
import { compareSpecificity, type NamePattern } from '../policy/pattern.ts';
import type { NameEntry } from './backend.ts';
import { isIngress } from './first-match.ts';
import { oncePer } from './once.ts';

export type Refinements = (entry: NameEntry) => readonly NameEntry[];

const NONE: readonly NameEntry[] = [];

/**
 * For each entry, the others that decide differently for some of the names it covers. Dialects
 * without an order of their own need it: there an exception has to be cut out of the rule around
 * it. `names` are without moot ones.
 */
export const refinementsOf = oncePer((names: readonly NameEntry[]): Refinements => {
  const { subtrees, wildcards, aboveWildcards } = fileAway(names);
  const filedAbove = createFiledAbove((at) => subtrees.has(at) || wildcards.has(at));
  const found = new Map<NameEntry, NameEntry[]>();
  const consider = (a: NameEntry, b: NameEntry) => {
    if (a.action === b.action || !overlap(a.pattern, b.pattern)) return;
    if (beats(a, b)) push(found, b, a);
    else push(found, a, b);
  };

  for (const entry of names) {
    const { name, anchor } = entry.pattern;
    const isWritten = name === anchor;
    const around = filedAbove(anchor);
    for (let i = -1; i < around.length; i++) {
      const at = i < 0 ? anchor : (around[i] as Name);
      // A wildcard meets its like from one side only, and written names from theirs.
      const subtree = isWritten ? subtrees.get(at) : undefined;
      if (subtree) consider(entry, subtree);
      for (const other of wildcards.get(at) ?? NONE) {
        if (isWritten || at !== anchor || entry.id < other.id) consider(entry, other);
      }
    }
    if (isWritten) for (const other of aboveWildcards.get(name) ?? NONE) consider(entry, other);
  }
  return (entry) => found.get(entry) ?? NONE;
});

/** The names above one that something is filed under, the nearest first: neighbours share them. */
function createFiledAbove(isFiled: (name: Name) => boolean): (name: Name) => readonly Name[] {
  const known = new Map<Name, readonly Name[]>();
  const above = (name: Name): readonly Name[] => {
    if (name === ROOT) return [];
    const parent = parentOf(name);
    let found = known.get(parent);
    if (!found) {
      const rest = above(parent);
      found = isFiled(parent) ? [parent, ...rest] : rest;
      known.set(parent, found);
    }
    return found;
  };
  return above;
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
