import type { Name } from '../policy/name.ts';
import type { Network } from '../policy/network.ts';
import type { RuleId } from '../policy/ruleset.ts';
import type { Role, ServiceId } from '../policy/service.ts';
import type { AttemptVerdict, Point } from './attempt.ts';
import { LONGEST_WINDOW } from './fold.ts';
import { reversedName, subtreeRange } from './reversed.ts';

/** Which attempts are meant: those to which all of it applies. */
export type Filter = {
  readonly client?: Network;
  readonly name?: { readonly name: Name; readonly scope: 'exact' | 'subtree' };
  readonly service?: ServiceId;
  readonly rule?: RuleId;
  readonly role?: Role;
  readonly verdict?: AttemptVerdict;
  /** Leaves out who used the sanctioned way. */
  readonly unsanctioned?: true;
  readonly type?: string;
  readonly point?: Point;
  /** Where the client meant to go. */
  readonly destination?: Network;
  readonly ja4?: string;
  /** Only what can be a step of a story. */
  readonly steps?: true;
  /** Milliseconds since the epoch: seen at this time or later. */
  readonly since?: number;
  /** Seen before this time. */
  readonly until?: number;
};

/** A piece of SQL with the values of its question marks. */
export type Condition = { readonly sql: string; readonly values: readonly unknown[] };

const OF_KIND = ['rule', 'service', 'role', 'verdict', 'type', 'point'] as const;

/** The filter as a condition on the columns of `attempts`. */
export function conditionOf(filter: Filter): Condition {
  const { client, name, destination, ja4, since, until } = filter;
  const parts = [
    client && networkCondition('client', client),
    name && nameCondition(name),
    kindCondition(filter),
    // Said as well, because the index holds only rows that have one.
    destination && condition('destination IS NOT NULL'),
    destination && networkCondition('destination', destination),
    ja4 !== undefined && condition('ja4 IS NOT NULL AND ja4 = ?', ja4),
    // As a NOT IN it tempts no index, so the newest rows are still read in the order of time.
    filter.unsanctioned &&
      condition("kind NOT IN (SELECT id FROM kinds WHERE verdict = 'sanctioned')"),
    filter.steps &&
      condition(
        "kind IN (SELECT id FROM kinds WHERE verdict <> 'sanctioned' AND (point <> 'resolver' OR role IN ('session', 'bypass')))",
      ),
    // The first part is implied by the longest window; it is what an index can serve.
    since !== undefined && condition('first > ? AND last >= ?', since - LONGEST_WINDOW, since),
    until !== undefined && condition('first < ?', until),
  ].filter((part) => typeof part === 'object');
  return {
    sql: parts.length === 0 ? 'TRUE' : parts.map((part) => part.sql).join(' AND '),
    values: parts.flatMap((part) => part.values),
  };
}

/** True where the filter names one client or one name: few rows, whatever else it says. */
export function isNarrow({ client, name }: Filter): boolean {
  return (client !== undefined && isSingle(client)) || name?.scope === 'exact';
}

/** The index to read rows by, as SQL: `other`, where the filter asks for nothing that is rare. */
export function indexFor(filter: Filter, other: string): string {
  if (isNarrow(filter)) return '';
  if (filter.destination) return 'INDEXED BY attempts_by_destination';
  return `INDEXED BY ${filter.ja4 === undefined ? other : 'attempts_by_ja4'}`;
}

function isSingle({ octets, length }: Network): boolean {
  return length === octets.length * 8;
}

function networkCondition(column: 'client' | 'destination', network: Network): Condition {
  const { octets, length } = network;
  if (isSingle(network)) return condition(`${column} = ?`, octets);
  const last = octets.map((octet, i) => octet | (0xff >> Math.min(8, Math.max(0, length - i * 8))));
  // The length keeps the families apart: 10.0.0.0/8 is no part of the IPv6 addresses under 0a00::/8.
  return condition(
    `${column} BETWEEN ? AND ? AND length(${column}) = ?`,
    octets,
    last,
    octets.length,
  );
}

function nameCondition({ name, scope }: NonNullable<Filter['name']>): Condition {
  return scope === 'exact'
    ? condition('name = (SELECT id FROM names WHERE reversed = ?)', reversedName(name))
    : condition(
        'name IN (SELECT id FROM names WHERE reversed >= ? AND reversed < ?)',
        ...subtreeRange(name),
      );
}

function kindCondition(filter: Filter): Condition | undefined {
  const columns = OF_KIND.filter((column) => filter[column] !== undefined);
  if (columns.length === 0) return undefined;
  const wanted = columns.map((column) => `${column} = ?`).join(' AND ');
  return condition(
    `kind IN (SELECT id FROM kinds WHERE ${wanted})`,
    ...columns.map((column) => filter[column]),
  );
}

function condition(sql: string, ...values: readonly unknown[]): Condition {
  return { sql, values };
}
