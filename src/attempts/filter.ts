import type { Name } from '../policy/name.ts';
import type { Network } from '../policy/network.ts';
import type { RuleId } from '../policy/ruleset.ts';
import type { Role, ServiceId } from '../policy/service.ts';
import type { AttemptVerdict } from './attempt.ts';
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
  /** Milliseconds since the epoch: seen at this time or later. */
  readonly since?: number;
  /** Seen before this time. */
  readonly until?: number;
};

/** A piece of SQL with the values of its question marks. */
export type Condition = { readonly sql: string; readonly values: readonly unknown[] };

const OF_KIND = ['rule', 'service', 'role', 'verdict', 'type'] as const;

/** The filter as a condition on the columns of `attempts`. */
export function conditionOf(filter: Filter): Condition {
  const { client, name, since, until } = filter;
  const parts = [
    client && clientCondition(client),
    name && nameCondition(name),
    kindCondition(filter),
    // As a NOT IN it tempts no index, so the newest rows are still read in the order of time.
    filter.unsanctioned &&
      condition("kind NOT IN (SELECT id FROM kinds WHERE verdict = 'sanctioned')"),
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

function isSingle({ octets, length }: Network): boolean {
  return length === octets.length * 8;
}

function clientCondition(network: Network): Condition {
  const { octets, length } = network;
  if (isSingle(network)) return condition('client = ?', octets);
  const last = octets.map((octet, i) => octet | (0xff >> Math.min(8, Math.max(0, length - i * 8))));
  // The length keeps the families apart: 10.0.0.0/8 is no part of the IPv6 addresses under 0a00::/8.
  return condition('client BETWEEN ? AND ? AND length(client) = ?', octets, last, octets.length);
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
