import { type Name, ROOT } from '../policy/name.ts';
import { type Address, addressFromOctets } from '../policy/network.ts';
import type { ServiceId } from '../policy/service.ts';
import type { AttemptVerdict, Point } from './attempt.ts';
import { conditionOf, type Filter } from './filter.ts';
import type { Database } from './store.ts';

/** All attempts that differ in nothing that a policy decides by. */
export type AttemptTally = {
  readonly client: Address;
  readonly name?: Name;
  /** The CNAME target, service target or address that the rule was about. */
  readonly via?: string;
  readonly destination?: Address;
  readonly point: Point;
  readonly service?: ServiceId;
  readonly verdict: AttemptVerdict;
  readonly attempts: number;
  /** Milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
};

type Row = {
  readonly client: Uint8Array;
  readonly name: number;
  readonly via: string | null;
  readonly destination: Uint8Array | null;
  readonly kind: number;
  readonly attempts: number;
  readonly first: number;
  readonly last: number;
};

type Kind = {
  readonly id: number;
  readonly point: Point;
  readonly service: ServiceId | null;
  readonly verdict: AttemptVerdict;
};

/** Reads the tallies of a filter, one by one: there may be nearly as many as attempts. */
export function* tallyAttempts(db: Database, filter: Filter): Generator<AttemptTally> {
  const { sql, values } = conditionOf(filter);
  const kinds = new Map(
    db
      .prepare<[], Kind>('SELECT id, point, service, verdict FROM kinds')
      .all()
      .map((kind) => [kind.id, kind]),
  );
  const nameOf = createNames(db);
  const addressOf = createAddresses();
  // Names and kinds are put in afterwards: joined, they would be read once for each row.
  const rows = db.prepare<unknown[], Row>(
    `SELECT client, name, via, destination, kind,
            sum(count) AS attempts, min(first) AS first, max(last) AS last
     FROM attempts WHERE ${sql} GROUP BY client, name, kind, via, destination`,
  );
  for (const { client, name, via, destination, kind, ...figures } of rows.iterate(...values)) {
    const { point, service, verdict } = kinds.get(kind) as Kind;
    const known = nameOf(name);
    yield {
      ...figures,
      ...{ client: addressOf(client), point, verdict },
      ...(known === ROOT && point !== 'resolver' ? {} : { name: known }),
      ...(via === null ? {} : { via }),
      ...(destination === null ? {} : { destination: addressOf(destination) }),
      ...(service === null ? {} : { service }),
    };
  }
}

function createNames(db: Database): (id: number) => Name {
  const read = db.prepare<[number], Name>('SELECT name FROM names WHERE id = ?').pluck();
  const known = new Map<number, Name>();
  return (id) => {
    const name = known.get(id) ?? (read.get(id) as Name);
    known.set(id, name);
    return name;
  };
}

/** Rows of one client stand together. */
function createAddresses(): (octets: Uint8Array) => Address {
  const known = new Map<string, Address>();
  return (octets) => {
    const key = Buffer.from(octets).toString('latin1');
    const address = known.get(key) ?? addressFromOctets(octets);
    known.set(key, address);
    return address;
  };
}
