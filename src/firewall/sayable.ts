import type { NameEntry } from './backend.ts';
import { withoutMoot } from './first-match.ts';
import type { LeftOut } from './plain-name.ts';
import { refinementsOf } from './refinements.ts';

/**
 * The entries that a dialect can say, for one that knows exceptions. An exception it cannot say
 * takes the refusals around it along: they would refuse what is allowed.
 */
export function sayable(
  names: readonly NameEntry[],
  canSay: (entry: NameEntry) => boolean,
): { readonly said: readonly NameEntry[]; readonly leftOut: readonly LeftOut[] } {
  const deciding = withoutMoot(names);
  const refinements = refinementsOf(deciding);
  const said: NameEntry[] = [];
  const leftOut: LeftOut[] = [];
  for (const entry of deciding) {
    const { id, action } = entry;
    const lost = refinements(entry).find((other) => !canSay(other));
    if (!canSay(entry)) leftOut.push({ id, why: 'its name cannot be said here' });
    else if (action === 'block' && lost)
      leftOut.push({ id, why: `${lost.id} cannot be said here` });
    else said.push(entry);
  }
  // The same list again, so that what is worked out for it is found again.
  return { said: leftOut.length === 0 ? deciding : said, leftOut };
}
