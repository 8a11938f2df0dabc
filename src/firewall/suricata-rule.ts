import { hash } from 'node:crypto';
import type { NamePattern } from '../policy/pattern.ts';
import { printable } from '../text.ts';
import type { NameEntry } from './backend.ts';
import { kindOf } from './first-match.ts';
import { anyNameRegex, nameRegex } from './name-regex.ts';

/** Suricata reads a rules file by lines of at most 8192 octets; a rule's other words need some. */
export const LONGEST_RULE = 7900;

/** Free in the published allocations: below are vendors', from 10,000,000 others'. */
const BASE = 9_100_000;
const SPAN = 290_000;
/** Numbers of rules for addresses: what the three spans leave. */
export const ADDRESS_SIDS = BASE + 3 * SPAN;

/** Where a name is read. Each has its own numbers. */
export type Buffer = 'tls.sni' | 'dns.query' | 'quic.sni';
const BUFFERS: readonly Buffer[] = ['tls.sni', 'dns.query', 'quic.sni'];

/**
 * Numbers for rules, taken from their ids so that they stay when other rules come and go; where two
 * ids fall on one number, the one that is asked for later moves on. Undefined when all are used.
 */
export function createSids(): (id: string) => ((buffer: Buffer) => number) | undefined {
  const used = new Set<number>();
  return (id) => {
    if (used.size === SPAN) return undefined;
    let at = Number.parseInt(hash('sha256', id).slice(0, 8), 16) % SPAN;
    while (used.has(at)) at = (at + 1) % SPAN;
    used.add(at);
    return (buffer) => BASE + BUFFERS.indexOf(buffer) * SPAN + at;
  };
}

/** Text between the quotes of `msg`, where these four mean something unless escaped. */
export function ruleText(text: string): string {
  return printable(text).replace(/[\\";:]/g, '\\$&');
}

/** The options behind a buffer's word that match a name in it; `except` are patterns that are not meant. */
export function matchOf({ pattern }: NameEntry, except: readonly NamePattern[] = []): string {
  const { name, anchor } = pattern;
  const kind = kindOf(pattern);
  if (except.length === 0 && kind === 'subtree') {
    return `dotprefix; content:".${name}"; nocase; endswith;`;
  }
  if (kind === 'exact') return `bsize:${name.length}; content:"${name}"; nocase;`;
  // The expression is tried only where the written part is found.
  const not = except.length > 0 ? ` pcre:!"/${anyNameRegex(except)}/i";` : '';
  return `content:"${anchor}"; nocase; pcre:"/${nameRegex(pattern)}/i";${not}`;
}
