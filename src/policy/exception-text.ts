import type { Exception, ExceptionSubject } from './exception.ts';
import { hintFor } from './expand-parts.ts';
import { type Network, parseNetwork } from './network.ts';
import { formatPattern, parsePattern } from './pattern.ts';
import { ParseError } from './problem.ts';
import { parseDuration } from './quantity.ts';
import type { ServiceId } from './service.ts';

// How exceptions are written and read by people, on command lines and in fields of the UI.

/** Milliseconds that an exception lasts at most: what is needed for longer belongs in the policy. */
export const LONGEST_EXCEPTION = 30 * 86_400_000;
/** Characters of a reason at most. */
const LONGEST_REASON = 500;

/**
 * Reads a name as policies write it, or the id of one of the services. A word without a dot is no name
 * here: `com` would be everything below it. Throws ParseError.
 */
export function parseExceptionSubject(
  text: string,
  services: ReadonlyMap<ServiceId, unknown>,
): ExceptionSubject {
  if (services.has(text)) return { kind: 'service', service: text };
  if (/^[^.=*]+$/.test(text)) {
    const hint = hintFor(text, [...services.keys()]);
    throw new ParseError(`"${text}" is neither a service nor a domain of two labels; ${hint}`);
  }
  return { kind: 'name', pattern: parseExceptionName(text) };
}

/** Reads a name alone. Throws ParseError. */
export function parseExceptionName(
  text: string,
): Extract<ExceptionSubject, { kind: 'name' }>['pattern'] {
  const pattern = parsePattern(text);
  if (pattern.scope === 'subtree' && pattern.depth < 2) {
    throw new ParseError(
      `"${text}" and all below it is too much; write a domain of two labels or more`,
    );
  }
  return pattern;
}

/** Reads `192.0.2.7, 2001:db8::/64`, or `everyone`, which gives none. Throws ParseError. */
export function parseExceptionClients(text: string): readonly Network[] {
  if (text.trim() === 'everyone') return [];
  return text.split(',').map((part) => parseNetwork(part.trim()));
}

/** Reads `90s`, `30m`, `12h`, `7d`, as milliseconds, up to 30 days. Throws ParseError. */
export function parseExceptionDuration(text: string): number {
  const duration = parseDuration(text);
  if (duration === 0)
    throw new ParseError(`"${text}" is no time at all; write one such as 30m or 12h`);
  if (duration > LONGEST_EXCEPTION) {
    throw new ParseError(
      `"${text}" is longer than 30 days; write at most 30d, or an \`allow\` with \`until\` in the policy`,
    );
  }
  return duration;
}

/** Reads why something is allowed: it has to be said. Throws ParseError. */
export function parseExceptionReason(text: string): string {
  const reason = text.trim();
  if (reason === '') throw new ParseError('say why: whoever looks at it later has to know');
  if (reason.length > LONGEST_REASON) {
    throw new ParseError(`the reason is too long; write at most ${LONGEST_REASON} characters`);
  }
  return reason;
}

/** What an exception is about, as people write it: a name, or a service's id. */
export function formatExceptionSubject({ subject }: Pick<Exception, 'subject'>): string {
  return subject.kind === 'name' ? formatPattern(subject.pattern) : subject.service;
}

/** Whom an exception is for, as people write it. */
export function formatExceptionClients({ clients }: Pick<Exception, 'clients'>): string {
  return clients.length === 0 ? 'everyone' : clients.map(({ text }) => text).join(', ');
}

/** `exception 12 by anna until 2026-11-21T18:00:00.000Z: a trial of the vendor's`. */
export function describeException({ id, author, until, reason }: Exception): string {
  return `exception ${id} by ${author} until ${new Date(until).toISOString()}: ${reason}`;
}
