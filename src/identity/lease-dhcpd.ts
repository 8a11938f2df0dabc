import { withoutUndefined } from '../policy/defined.ts';
import { parseAddress } from '../policy/network.ts';
import { createTally, type Lease, type ParseLeases } from './lease.ts';
import { macOf } from './mac.ts';

/** A remark, a text in quotes, one of `{ } ;`, or a word. */
const TOKEN = /#[^\n]*|"(?:\\[\s\S]|[^"\\]){0,4096}"?|[{};]|[^\s{};"#]+/g;

/** What stands inside the braces of a lease: each statement by its first word. */
type Statements = Map<string, readonly string[]>;

/**
 * Reads `dhcpd.leases` of ISC dhcpd: a journal, in which each change of a lease is the whole lease once
 * more. Only IPv4: of IPv6 it keeps neither names nor MAC addresses.
 */
export const parseDhcpdLeases: ParseLeases = (text, now) => {
  const tally = createTally();
  const blocks: { readonly head: readonly string[]; readonly statements: Statements }[] = [];
  let words: string[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('#')) continue;
    if (token === '{') blocks.push({ head: words, statements: new Map() });
    else if (token === ';') blocks.at(-1)?.statements.set(keyOf(words), words);
    else if (token === '}') {
      const { head, statements } = blocks.pop() ?? { head: [], statements: new Map() };
      if (blocks.length === 0 && head[0] === 'lease') note(head[1] ?? '', statements);
    } else {
      words.push(token);
      continue;
    }
    words = [];
  }
  return tally.leases();

  function note(where: string, statements: Statements): void {
    try {
      tally.note(parseAddress(where), leaseOf(statements, now));
    } catch {} // no address, so no lease
  }
};

/** `set NAME = …` is about its name. */
function keyOf([first = '', second = '']: readonly string[]): string {
  return first === 'set' ? second : first;
}

function leaseOf(statements: Statements, now: number): Omit<Lease, 'address'> | undefined {
  const state = statements.get('binding')?.[2] ?? 'active';
  if (state !== 'active' || endOf(statements.get('ends')) <= now) return undefined;
  return withoutUndefined({
    host: quoted(statements.get('client-hostname')?.at(-1)),
    mac: macOf(statements.get('hardware')?.[2] ?? ''),
    vendor: quoted(statements.get('vendor-class-identifier')?.at(-1)),
  });
}

/** `ends 4 2026/11/26 22:00:00` in UTC, `ends epoch 1795730400`, or `ends never`. */
function endOf(words: readonly string[] = []): number {
  const [, first, date = '', time = ''] = words;
  if (first === 'never') return Number.POSITIVE_INFINITY;
  if (first === 'epoch') return Number(date) * 1000;
  return Date.parse(`${date.replaceAll('/', '-')}T${time}Z`);
}

/** What a text in quotes says: what is not printable stands there by its octets, `\303\244`. */
function quoted(token: string | undefined): string | undefined {
  if (!token?.startsWith('"')) return undefined;
  const parts = [...token.slice(1, -1).matchAll(/\\([0-3]?[0-7]{1,2})|\\([\s\S])|[^\\]+/g)];
  const octets = parts.map(([whole, octal, escaped]) =>
    octal === undefined ? Buffer.from(escaped ?? whole) : Buffer.of(Number.parseInt(octal, 8)),
  );
  return Buffer.concat(octets).toString('utf8') || undefined;
}
