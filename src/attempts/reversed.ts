import { labelsOf, type Name } from '../policy/name.ts';

/**
 * The name with its labels turned round and each closed by a dot: `com.example.www.`. A name and
 * all below it begin with the same text, and no other name does, because canonical labels hold no
 * bare dot.
 */
export function reversedName(name: Name): string {
  return labelsOf(name)
    .toReversed()
    .map((label) => `${label}.`)
    .join('');
}

/** The reversed names of a name and all below it: from the first, up to but without the second. */
export function subtreeRange(name: Name): readonly [string, string] {
  const reversed = reversedName(name);
  // DEL sorts behind every character of a canonical name.
  return [reversed, `${reversed}\x7f`];
}
