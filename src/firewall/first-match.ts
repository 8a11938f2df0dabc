import { labelsOf, type Name, parentOf, ROOT } from '../policy/name.ts';
import type { NamePattern } from '../policy/pattern.ts';
import type { NameEntry } from './backend.ts';
import { oncePer } from './once.ts';

/** How a pattern can be looked up: a whole name, an ending, or only by comparing each. */
export type Kind = 'exact' | 'subtree' | 'wildcard';

export function kindOf({ name, anchor, scope }: NamePattern): Kind {
  return name !== anchor || name === ROOT ? 'wildcard' : scope;
}

/** Neighbours in order of precedence that say the same, in one way. */
export type Run = {
  readonly ingress: boolean;
  readonly depth: number;
  readonly kind: Kind;
  readonly action: NameEntry['action'];
  readonly entries: readonly NameEntry[];
};

const ACTIONS = ['allow', 'watch', 'block'] as const;
const KINDS = ['exact', 'subtree', 'wildcard'] as const;

/** The sanctioned ingress decides before everything else, whatever the target. */
export function isIngress({ id, action }: NameEntry): boolean {
  return action === 'allow' && id.startsWith('ingress/');
}

/** Without the rules that never decide, as all they cover belongs to the sanctioned ingress. */
export const withoutMoot = oncePer((names: readonly NameEntry[]): readonly NameEntry[] => {
  const domains = new Set(
    names
      .filter((entry) => isIngress(entry) && entry.pattern.scope === 'subtree')
      .map(({ pattern }) => pattern.name),
  );
  if (domains.size === 0) return names;
  const kept = names.filter(
    (entry) => isIngress(entry) || !isBelowAny(entry.pattern.name, domains),
  );
  // The same list again, so that what is worked out for it is found again.
  return kept.length === names.length ? names : kept;
});

function isBelowAny(name: Name, domains: ReadonlySet<Name>): boolean {
  for (let at = name; at !== ROOT; at = parentOf(at)) if (domains.has(at)) return true;
  return domains.has(ROOT);
}

/**
 * The entries for a dialect where the first match decides, so that the most specific does: the
 * ingress, then more labels before fewer, whole names before endings, and a label written out
 * before a `*`. No two entries of an exact or subtree run cover the same name.
 */
export function runsOf(names: readonly NameEntry[]): readonly Run[] {
  return runsOfDeciding(withoutMoot(names));
}

const runsOfDeciding = oncePer((names: readonly NameEntry[]): readonly Run[] => {
  const groups = new Map<number, NameEntry[]>();
  for (const entry of names) {
    const key = placeOf(entry);
    const group = groups.get(key);
    if (group) group.push(entry);
    else groups.set(key, [entry]);
  }
  const places = [...groups.keys()].sort((a, b) => a - b);
  return places.flatMap((key) => split(groups.get(key) as NameEntry[]));
});

/** The smaller, the earlier an entry is asked; a name has at most 127 labels. */
function placeOf(entry: NameEntry): number {
  const { pattern } = entry;
  const kind = kindOf(pattern);
  // Wildcards of one depth may overlap each other, so their actions cannot be sorted apart.
  const action = kind === 'wildcard' ? 0 : ACTIONS.indexOf(entry.action);
  const depth = (isIngress(entry) ? 0 : 128) + 127 - pattern.depth;
  return (depth * KINDS.length + KINDS.indexOf(kind)) * ACTIONS.length + action;
}

/** The order of `runsOf` as one list. */
export function firstMatch(names: readonly NameEntry[]): readonly NameEntry[] {
  return runsOf(names).flatMap(({ entries }) => entries);
}

function split(group: readonly NameEntry[]): Run[] {
  const kind = kindOf((group[0] as NameEntry).pattern);
  const sorted = kind === 'wildcard' ? group.toSorted(compareWildcards) : group;
  const runs: { action: NameEntry['action']; entries: NameEntry[] }[] = [];
  for (const entry of sorted) {
    const last = runs.at(-1);
    if (last?.action === entry.action) last.entries.push(entry);
    else runs.push({ action: entry.action, entries: [entry] });
  }
  const { pattern } = group[0] as NameEntry;
  const ingress = isIngress(group[0] as NameEntry);
  return runs.map((run) => ({ ...run, ingress, depth: pattern.depth, kind }));
}

/** As `compareSpecificity`, and for patterns that share no name as well: a total order. */
function compareWildcards(a: NameEntry, b: NameEntry): number {
  const [left, right] = [labelsOf(a.pattern.name), labelsOf(b.pattern.name)];
  for (let i = left.length - 1; i >= 0; i--) {
    const [one, other] = [left[i] as string, right[i] as string];
    if (one === other) continue;
    if (one === '*' || other === '*') return one === '*' ? 1 : -1;
    return one < other ? -1 : 1;
  }
  return Number(a.pattern.scope !== 'exact') - Number(b.pattern.scope !== 'exact');
}
