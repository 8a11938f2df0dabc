import type { Name } from '../policy/name.ts';
import type { Address, Network } from '../policy/network.ts';
import { octetsOfAddress } from '../policy/network.ts';
import type { RuleId } from '../policy/ruleset.ts';
import type { Role, ServiceId } from '../policy/service.ts';
import type { AttemptVerdict, Point } from './attempt.ts';
import { LONGEST_WINDOW } from './fold.ts';
import { kindsCondition } from './kinds.ts';
import { reversedName, subtreeRange } from './reversed.ts';

/** Which attempts are meant: those to which all of it applies. */
export type Filter = KindFilter & {
  readonly ids?: readonly number[];
  readonly client?: Network;
  /** Any of these; none of them is nobody. */
  readonly clients?: readonly Address[];
  readonly name?: { readonly name: Name; readonly scope: 'exact' | 'subtree' };
  /** What the name contains, in lower case. */
  readonly nameHolds?: string;
  /** Where the client meant to go. */
  readonly destination?: Network;
  readonly ja4?: string;
  /** Milliseconds since the epoch: seen at this time or later. */
  readonly since?: number;
  /** Seen before this time. */
  readonly until?: number;
  /** Of each of these lists at least one applies. */
  readonly either?: readonly (readonly Filter[])[];
  /** None of these applies. */
  readonly not?: readonly Filter[];
};

/** What is said of the kind of thing that happened. */
export type KindFilter = {
  readonly service?: ServiceId;
  /** Only what is of no known service. */
  readonly noService?: true;
  /** What the service's id contains. */
  readonly serviceHolds?: string;
  readonly rule?: RuleId;
  readonly role?: Role;
  readonly verdict?: AttemptVerdict;
  /** Leaves out who used the sanctioned way. */
  readonly unsanctioned?: true;
  readonly type?: string;
  readonly point?: Point;
  /** Only what can be a step of a story. */
  readonly steps?: true;
};

/** A piece of SQL with the values of its question marks. */
export type Condition = { readonly sql: string; readonly values: readonly unknown[] };

/** The columns by which an index finds rows in the order of time. */
export type KeyColumn = 'id' | 'kind' | 'client' | 'name' | 'destination' | 'ja4';

/** Rows that an index finds: those whose column is one of what the SELECT gives. */
export type Lane = { readonly column: KeyColumn; readonly keys: Condition };

/** One of the conditions that a filter comes to. */
export type Conjunct = Condition & {
  /** The same, as it is fast where rows are looked at one by one and few of them at once. */
  readonly check?: Condition;
  /** How all rows that meet it are found, and no others. */
  readonly lanes?: readonly Lane[];
};

/** The filter as a condition on the columns of `attempts`. */
export function conditionOf(filter: Filter): Condition {
  return allOf(conjunctsOf(filter));
}

/** The filter as conditions all of which must be met. */
export function conjunctsOf(filter: Filter): readonly Conjunct[] {
  const { ids, client, clients, name, nameHolds, destination, ja4, since, until } = filter;
  return [
    ids && inKeys('id', condition('SELECT value FROM json_each(?)', JSON.stringify(ids))),
    client && networkConjunct('client', client),
    clients && inKeys('client', clientKeys(clients)),
    name && inNames(nameCondition(name)),
    nameHolds !== undefined && inNames(condition('instr(names.name, ?) > 0', nameHolds)),
    kindConjunct(filter),
    destination && networkConjunct('destination', destination),
    ja4 !== undefined && {
      ...condition('ja4 IS NOT NULL AND ja4 = ?', ja4),
      lanes: [{ column: 'ja4' as const, keys: condition('SELECT ?', ja4) }],
    },
    // The first part is implied by the longest window; it is what an index can serve.
    since !== undefined && condition('first > ? AND last >= ?', since - LONGEST_WINDOW, since),
    until !== undefined && condition('first < ?', until),
    ...(filter.either ?? []).filter((filters) => !filters.every(isOfKind)).map(anyOf),
    ...(filter.not ?? []).filter((other) => !isOfKind(other)).map(noneOf),
  ].filter((part) => typeof part === 'object');
}

/** True where the filter says nothing that the table of kinds does not tell. */
function isOfKind({ either = [], not = [], ...filter }: Filter): boolean {
  const { ids, client, clients, name, nameHolds, destination, ja4, since, until } = filter;
  const others = [ids, client, clients, name, nameHolds, destination, ja4, since, until];
  return others.every((part) => part === undefined) && [...either.flat(), ...not].every(isOfKind);
}

function kindConjunct({ either = [], not = [], ...filter }: Filter): Conjunct | undefined {
  const kinds = kindsOf({
    ...filter,
    either: either.filter((filters) => filters.every(isOfKind)),
    not: not.filter(isOfKind),
  });
  if (kinds === undefined) return undefined;
  return {
    ...inKeys('kind', condition(`SELECT id FROM kinds WHERE ${kinds.sql}`, ...kinds.values)),
    check: condition(
      `EXISTS (SELECT 1 FROM kinds WHERE kinds.id = attempts.kind AND ${kinds.sql})`,
      ...kinds.values,
    ),
  };
}

/** What a filter says of kinds, as a condition on the columns of `kinds`; undefined where it says nothing. */
function kindsOf({ either = [], not = [], ...filter }: Filter): Condition | undefined {
  const oneOf = (filters: readonly Filter[]) =>
    joined(
      filters.map((one) => kindsOf(one) ?? condition('TRUE')),
      'OR',
      'FALSE',
    );
  const parts = [
    ...kindsCondition(filter),
    ...either.map(oneOf),
    ...not.map((other) => negated(kindsOf(other) ?? condition('TRUE'))),
  ];
  return parts.length === 0 ? undefined : allOf(parts);
}

function anyOf(filters: readonly Filter[]): Conjunct {
  const parts = filters.map(conjunctsOf);
  // Rows are found by it only where each alternative is one condition and is found by something.
  const lanes = parts.map((conjuncts) =>
    conjuncts.length === 1 ? conjuncts[0]?.lanes : undefined,
  );
  return {
    ...joined(parts.map(allOf), 'OR', 'FALSE'),
    check: joined(parts.map(checkOf), 'OR', 'FALSE'),
    ...(lanes.every((lane) => lane !== undefined) ? { lanes: lanes.flat() } : {}),
  };
}

function noneOf(filter: Filter): Conjunct {
  const conjuncts = conjunctsOf(filter);
  return { ...negated(allOf(conjuncts)), check: negated(checkOf(conjuncts)) };
}

/** All of the conditions, each in the form that looks at rows one by one. */
export function checkOf(conjuncts: readonly Conjunct[]): Condition {
  return allOf(conjuncts.map((conjunct) => conjunct.check ?? conjunct));
}

function allOf(parts: readonly Condition[]): Condition {
  return joined(parts, 'AND', 'TRUE');
}

function joined(parts: readonly Condition[], by: 'AND' | 'OR', none: string): Condition {
  const sql = parts.map((part) => (by === 'OR' ? `(${part.sql})` : part.sql)).join(` ${by} `);
  if (parts.length === 0) return condition(none);
  return { sql: by === 'OR' ? `(${sql})` : sql, values: parts.flatMap((part) => part.values) };
}

const negated = ({ sql, values }: Condition): Condition => condition(`NOT (${sql})`, ...values);

/** True where the filter names one client or one name: few rows, whatever else it says. */
export function isNarrow({ client, name, ids }: Filter): boolean {
  return ids !== undefined || (client !== undefined && isSingle(client)) || name?.scope === 'exact';
}

/** The index to read rows by, as SQL: `other`, where the filter asks for nothing that is rare. */
export function indexFor(filter: Filter, other: string): string {
  if (isNarrow(filter)) return '';
  if (filter.destination) return 'INDEXED BY attempts_by_destination';
  return `INDEXED BY ${filter.ja4 === undefined ? other : 'attempts_by_ja4'}`;
}

export function isSingle({ octets, length }: Network): boolean {
  return length === octets.length * 8;
}

export function networkCondition(column: 'client' | 'destination', network: Network): Condition {
  const { octets } = network;
  if (isSingle(network)) return condition(`${column} = ?`, octets);
  // The length keeps the families apart: 10.0.0.0/8 is no part of the IPv6 addresses under 0a00::/8.
  return condition(
    `${column} BETWEEN ? AND ? AND length(${column}) = ?`,
    octets,
    lastOf(network),
    octets.length,
  );
}

function lastOf({ octets, length }: Network): Uint8Array {
  return octets.map((octet, i) => octet | (0xff >> Math.min(8, Math.max(0, length - i * 8))));
}

function networkConjunct(column: 'client' | 'destination', network: Network): Conjunct {
  const { sql, values } = networkCondition(column, network);
  return {
    // Said as well, because the index holds only rows that have one.
    ...condition(column === 'destination' ? `destination IS NOT NULL AND ${sql}` : sql, ...values),
    lanes: [{ column, keys: addressKeys(column, network) }],
  };
}

/** The addresses of a network that are there, one look at the index each. */
function addressKeys(column: 'client' | 'destination', network: Network): Condition {
  const { octets } = network;
  if (isSingle(network)) return condition('SELECT ?', octets);
  const last = lastOf(network);
  const next = (bound: string) =>
    `SELECT min(${column}) FROM attempts WHERE ${column} ${bound} ? AND ${column} <= ?`;
  return condition(
    `WITH RECURSIVE found (octets) AS (${next('>=')}
       UNION ALL SELECT (${next('>').replace('?', 'octets')}) FROM found WHERE octets IS NOT NULL)
     SELECT octets FROM found WHERE length(octets) = ?`,
    ...[octets, last, last, octets.length],
  );
}

/** As one value, because there may be more clients than a statement has room for question marks. */
function clientKeys(clients: readonly Address[]): Condition {
  const octets = clients.map((client) => Buffer.from(octetsOfAddress(client)).toString('hex'));
  return condition('SELECT unhex(value) FROM json_each(?)', JSON.stringify(octets));
}

function inKeys(column: KeyColumn, keys: Condition): Conjunct {
  return { ...condition(`${column} IN (${keys.sql})`, ...keys.values), lanes: [{ column, keys }] };
}

/** `which` is said of `names`. Which names those are may be many, so that a row is asked for its own. */
function inNames(which: Condition): Conjunct {
  return {
    ...inKeys('name', condition(`SELECT id FROM names WHERE ${which.sql}`, ...which.values)),
    check: condition(
      `EXISTS (SELECT 1 FROM names WHERE names.id = attempts.name AND ${which.sql})`,
      ...which.values,
    ),
  };
}

function nameCondition({ name, scope }: NonNullable<Filter['name']>): Condition {
  return scope === 'exact'
    ? condition('names.reversed = ?', reversedName(name))
    : condition('names.reversed >= ? AND names.reversed < ?', ...subtreeRange(name));
}

export function condition(sql: string, ...values: readonly unknown[]): Condition {
  return { sql, values };
}
