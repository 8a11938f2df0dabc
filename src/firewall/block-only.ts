import { type Name, parentOf } from '../policy/name.ts';
import type { NameEntry } from './backend.ts';
import { withoutMoot } from './first-match.ts';
import { oncePer } from './once.ts';
import { isPlain, type LeftOut } from './plain-name.ts';
import { refinementsOf } from './refinements.ts';

/** Names to refuse: the one, those below it, or both. */
export type Blocked = {
  readonly entry: NameEntry;
  readonly name: Name;
  readonly self: boolean;
  readonly below: boolean;
};

export type BlockOnly = {
  readonly blocked: readonly Blocked[];
  readonly leftOut: readonly LeftOut[];
};

/**
 * The blocked names for a list that has nothing but blocked names: where an exception lies inside a
 * blocked subtree, only what surely holds none is listed. What the list then lacks is told.
 */
export const blockOnly = oncePer((names: readonly NameEntry[]): BlockOnly => {
  const deciding = withoutMoot(names);
  const refinements = refinementsOf(deciding);
  const blocked: Blocked[] = [];
  const leftOut: LeftOut[] = [];
  for (const entry of deciding) {
    if (entry.action !== 'block') continue;
    const { form, why } = narrow(entry, refinements(entry));
    if (form) blocked.push(form);
    if (why !== undefined) leftOut.push({ id: entry.id, why });
  }
  return { blocked, leftOut };
});

function narrow(
  entry: NameEntry,
  exceptions: readonly NameEntry[],
): { readonly form?: Blocked; readonly why?: string } {
  const { name, scope } = entry.pattern;
  const wildcard = name.startsWith('*.');
  const base = wildcard ? parentOf(name) : name;
  if (!isPlain(base)) return { why: 'the name has characters that this format cannot hold' };
  if (base.includes('*')) return { why: 'no wildcard inside a name can be said here' };
  if (wildcard && scope === 'exact') return { why: 'a wildcard for one label cannot be said here' };

  if (exceptions.length === 0) {
    return { form: { entry, name: base, self: !wildcard, below: scope === 'subtree' } };
  }
  const free = exceptions.every(({ pattern }) => pattern.name === base);
  const self = !wildcard && !exceptions.some(({ pattern }) => pattern.name === base);
  const below = scope === 'subtree' && free;
  const allowed = exceptions.map(({ id }) => id);
  const list = `${allowed.slice(0, 3).join(', ')}${allowed.length > 3 ? ', …' : ''}`;
  return {
    ...(self || below ? { form: { entry, name: base, self, below } } : {}),
    ...(scope === 'subtree' && !below ? { why: `names below it, because of ${list}` } : {}),
  };
}
