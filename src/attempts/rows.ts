import { type Name, ROOT } from '../policy/name.ts';
import { addressFromOctets } from '../policy/network.ts';
import type { Role } from '../policy/service.ts';
import type { Attempt, AttemptTransport, AttemptVerdict, Point, StoredAttempt } from './attempt.ts';
import type { Condition } from './filter.ts';
import type { Database } from './store.ts';

/** Where a page ended: the next one begins behind this row. */
export type Cursor = Pick<StoredAttempt, 'first' | 'id'>;

type Row = {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly client: Uint8Array;
  readonly name: Name;
  readonly via: string | null;
  readonly destination: Uint8Array | null;
  readonly port: number | null;
  readonly ja4: string | null;
  readonly rule: string;
  readonly service: string | null;
  readonly role: Role | null;
  readonly verdict: AttemptVerdict;
  readonly type: string;
  readonly transport: AttemptTransport;
  readonly answer: string;
  readonly point: Point;
  readonly lead: NonNullable<Attempt['lead']> | null;
};

/** The attempts that a piece of SQL behind FROM finds, in its order. */
export function readAttempts(db: Database, { sql, values }: Condition): readonly StoredAttempt[] {
  const rows = db.prepare<unknown[], Row>(
    `SELECT attempts.id, first, last, count, client, names.name, via,
            destination, port, ja4, rule, service, role, verdict, type, transport, answer, point, lead
     FROM attempts JOIN names ON names.id = attempts.name JOIN kinds ON kinds.id = attempts.kind
     ${sql}`,
  );
  return rows.all(...values).map(attemptOf);
}

function attemptOf(row: Row): StoredAttempt {
  const { client, name, via, destination, port, ja4, service, role, lead, ...rest } = row;
  return {
    ...rest,
    client: addressFromOctets(client),
    ...(name === ROOT && row.point !== 'resolver' ? {} : { name }),
    ...(via === null ? {} : { via }),
    ...(destination === null ? {} : { destination: addressFromOctets(destination) }),
    ...(port === null ? {} : { port }),
    ...(ja4 === null ? {} : { ja4 }),
    ...(lead === null ? {} : { lead }),
    ...(service === null ? {} : { service }),
    ...(role === null ? {} : { role }),
  };
}
