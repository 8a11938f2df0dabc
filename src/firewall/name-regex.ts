import { labelsOf } from '../policy/name.ts';
import type { NamePattern } from '../policy/pattern.ts';

/**
 * The pattern as a regular expression over a name's text, anchored at both ends, in the words that
 * PCRE, POSIX extended expressions and JavaScript share; without regard to case where the dialect
 * says so. Only for patterns that `isPlain`. A final dot is let pass on both sides of a policy: a
 * TLS client may send one (RFC 6066 forbids it, servers take it), and the name is the same.
 */
export function nameRegex(pattern: NamePattern): string {
  // Squid warns of an expression that begins with `.*`.
  if (pattern.depth === 0) return '^';
  return `^${body(pattern)}\\.?$`;
}

/** One expression for names that any of the patterns covers. */
export function anyNameRegex(patterns: readonly NamePattern[]): string {
  return patterns.length === 1
    ? nameRegex(patterns[0] as NamePattern)
    : `^(${patterns.map(body).join('|')})\\.?$`;
}

function body({ name, scope }: NamePattern): string {
  const labels = labelsOf(name).map((label) => (label === '*' ? '[^.]+' : label));
  return `${scope === 'subtree' ? '(.*\\.)?' : ''}${labels.join('\\.')}`;
}
