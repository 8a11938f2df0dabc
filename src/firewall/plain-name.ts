import { type Name, ROOT } from '../policy/name.ts';
import type { NamePattern } from '../policy/pattern.ts';
import { printable } from '../text.ts';
import type { NameEntry } from './backend.ts';

/** A rule, or a part of it, that an artifact does not hold. */
export type LeftOut = { readonly id: string; readonly why: string };

/** Letters, digits, `-`, `_` and `*` for a whole label: what means itself in every dialect. */
const PLAIN = /^(?:[a-z0-9_-]+|\*)(?:\.(?:[a-z0-9_-]+|\*))*$/;

/** True where the name holds nothing that a format could take for syntax. The root is not plain. */
export function isPlain(name: Name): boolean {
  return PLAIN.test(name);
}

/** True for the one rule about every name there is. */
function isEverything({ name, scope }: NamePattern): boolean {
  return name === ROOT && scope === 'subtree';
}

/** The entries a format of plain names can hold, and the others. */
export function plainEntries(
  names: readonly NameEntry[],
  options: { readonly everything: boolean },
): { readonly plain: readonly NameEntry[]; readonly leftOut: readonly LeftOut[] } {
  const plain: NameEntry[] = [];
  const leftOut: LeftOut[] = [];
  for (const entry of names) {
    const { id, pattern } = entry;
    if (isPlain(pattern.name) || (options.everything && isEverything(pattern))) plain.push(entry);
    else if (pattern.name === ROOT) leftOut.push({ id, why: 'the root cannot be said here' });
    else leftOut.push({ id, why: 'the name has characters that this format cannot hold' });
  }
  // The same list again, so that what is worked out for it is found again.
  return { plain: leftOut.length === 0 ? names : plain, leftOut };
}

/** What is missing, as comment lines. */
export function leftOutLines(leftOut: readonly LeftOut[], mark: string): readonly string[] {
  if (leftOut.length === 0) return [];
  return [
    mark,
    `${mark} Left out:`,
    ...leftOut.map(({ id, why }) => printable(`${mark} - ${id}: ${why}`)),
  ];
}
