import { isAtOrBelow, labelsOf, type Name, parseDomain, ROOT } from './name.ts';
import { ParseError } from './problem.ts';

/**
 * Which names a rule is about. `*` stands for exactly one label, anywhere but at the right end.
 *
 *     example.com              the name and everything below it
 *     =example.com             that one name only
 *     connect.*.example.com    connect.eu.example.com and below it, not connect.example.com
 *     *.example.com            everything below example.com, not itself
 */
export type NamePattern = {
  /** The labels as canonical text, `*` for one label of any kind. */
  readonly name: Name;
  readonly scope: 'subtree' | 'exact';
  /** The part right of the last `*`, without wildcards: where the index files the pattern. */
  readonly anchor: Name;
  /** How many labels the pattern fixes or stands for. */
  readonly depth: number;
};

/** Reads the notation above. Throws ParseError. */
export function parsePattern(text: string): NamePattern {
  const exact = text.startsWith('=');
  const name = parseDomain(exact ? text.slice(1) : text, '*');
  const labels = labelsOf(name);
  const lastStar = labels.lastIndexOf('*');
  if (lastStar === labels.length - 1 && lastStar >= 0) {
    throw new ParseError(`"${text}" ends in a wildcard; put at least one label right of the *`);
  }
  if (/\\(?:\*|042)/.test(text) || labels.some((label) => label !== '*' && label.includes('*'))) {
    throw new ParseError(`"${text}" has a * inside a label; a * stands for one whole label`);
  }
  return {
    name,
    scope: exact ? 'exact' : 'subtree',
    anchor: labels.length === 0 ? ROOT : (labels.slice(lastStar + 1).join('.') as Name),
    depth: labels.length,
  };
}

/** The notation the pattern was read from. */
export function formatPattern(pattern: NamePattern): string {
  return pattern.scope === 'exact' ? `=${pattern.name}` : pattern.name;
}

function hasWildcard(pattern: NamePattern): boolean {
  return pattern.anchor !== pattern.name;
}

/** True when the pattern covers the name; `labels` are `labelsOf(name)`. */
export function covers(pattern: NamePattern, name: Name, labels: readonly string[]): boolean {
  if (pattern.scope === 'exact' ? labels.length !== pattern.depth : labels.length < pattern.depth) {
    return false;
  }
  if (!hasWildcard(pattern)) return isAtOrBelow(name, pattern.name);
  const wanted = labelsOf(pattern.name);
  const offset = labels.length - wanted.length;
  return wanted.every((label, i) => label === '*' || label === labels[offset + i]);
}

/** True when the pattern covers the domain or some name below it. */
export function reachesInto(pattern: NamePattern, domain: Name): boolean {
  const [wanted, labels] = [labelsOf(pattern.name), labelsOf(domain)];
  if (pattern.scope === 'exact' && wanted.length < labels.length) return false;
  const shared = Math.min(wanted.length, labels.length);
  const tail = shared === 0 ? [] : wanted.slice(-shared);
  return tail.every((label, i) => label === '*' || label === labels[labels.length - shared + i]);
}

/**
 * Sorts patterns that cover the same name, the more specific first: more labels, then a label
 * written out before a wildcard (compared from the root), then the one name before the subtree.
 */
export function compareSpecificity(a: NamePattern, b: NamePattern): number {
  if (a.depth !== b.depth) return b.depth - a.depth;
  if (a.name !== b.name) {
    const left = labelsOf(a.name);
    const right = labelsOf(b.name);
    for (let i = left.length - 1; i >= 0; i--) {
      if (left[i] !== right[i]) return left[i] === '*' ? 1 : -1;
    }
  }
  if (a.scope !== b.scope) return a.scope === 'exact' ? -1 : 1;
  return 0;
}
