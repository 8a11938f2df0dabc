import { parseName } from '../policy/name.ts';
import { ParseError } from '../policy/problem.ts';

/** The domain of e-mail addresses, `example.com`; a leading `@` is as good. Throws ParseError. */
export function parseEmailDomain(text: string): string {
  const name = parseName(text.replace(/^@/, ''));
  if (/^[a-z0-9.-]+\.[a-z0-9-]+$/.test(name)) return name;
  throw new ParseError(
    `"${text}" is not a domain of e-mail addresses; write one such as example.com`,
  );
}

/** One person's address, without the oddities that RFC 5322 allows. Throws ParseError. */
export function parseEmail(text: string): string {
  const [, local, domain] = /^([A-Za-z0-9.!#$%&*+/=?^_{|}~-]+)@([^@]+)$/.exec(text) ?? [];
  if (local === undefined || domain === undefined) {
    throw new ParseError(`"${text}" is not an e-mail address; write one such as kim@example.com`);
  }
  return `${local}@${parseEmailDomain(domain)}`;
}
