import { type Name, ROOT } from '../policy/name.ts';
import { type Address, addressFromOctets } from '../policy/network.ts';
import type { ServiceId } from '../policy/service.ts';
import type { AttemptVerdict, Point, StoredAttempt } from './attempt.ts';
import { LONGEST_WINDOW } from './fold.ts';
import type { Database } from './store.ts';

/** What a policy decides by, of one row. */
export type ScannedAttempt = Pick<
  StoredAttempt,
  'client' | 'name' | 'via' | 'destination' | 'point' | 'service' | 'verdict' | 'count'
> &
  Pick<StoredAttempt, 'first' | 'last'>;

/** From when to when, in milliseconds since the epoch; seen at `since` or later, and before `until`. */
export type Stretch = { readonly since: number; readonly until?: number };

type Row = readonly [
  id: number,
  client: string,
  name: number,
  kind: number,
  via: string | null,
  destination: string | null,
  count: number,
  first: number,
  last: number,
];

type Kind = {
  readonly id: number;
  readonly point: Point;
  readonly service: ServiceId | null;
  readonly verdict: AttemptVerdict;
};

/** Rows read at once. A page costs a fraction of what the same rows cost one by one. */
const PAGE = 5000;

/** Reads all attempts of a stretch of time, the oldest first, as fast as it goes. */
export function* scanAttempts(
  db: Database,
  { since, until = Number.MAX_SAFE_INTEGER }: Stretch,
): Generator<ScannedAttempt> {
  const kinds = readKinds(db);
  const nameOf = createNames(db);
  const addressOf = createAddresses();
  // In hexadecimal, since octets cost an object each. Names and kinds are put in afterwards: joined, they
  // would be read once for each row.
  const page = db
    .prepare<unknown[], Row>(
      `SELECT id, hex(client), name, kind, via, hex(destination), count, first, last
       FROM attempts INDEXED BY attempts_by_time
       WHERE (first, id) > (?, ?) AND first < ? AND last >= ? ORDER BY first, id LIMIT ${PAGE}`,
    )
    .raw();
  let behind: readonly [first: number, id: number] = [since - LONGEST_WINDOW, 0];
  for (;;) {
    const rows = page.all(...behind, until, since);
    for (const [, client, name, kind, via, destination, count, first, last] of rows) {
      const { point, service, verdict } = kinds.get(kind) as Kind;
      const known = nameOf(name);
      yield {
        ...{ client: addressOf(client), point, verdict, count, first, last },
        ...(known === ROOT && point !== 'resolver' ? {} : { name: known }),
        ...(via === null ? {} : { via }),
        ...(destination ? { destination: addressOf(destination) } : {}),
        ...(service === null ? {} : { service }),
      };
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < PAGE) return;
    behind = [end[7], end[0]];
  }
}

function readKinds(db: Database): ReadonlyMap<number, Kind> {
  const kinds = db.prepare<[], Kind>('SELECT id, point, service, verdict FROM kinds').all();
  return new Map(kinds.map((kind) => [kind.id, kind]));
}

function createNames(db: Database): (id: number) => Name {
  const read = db.prepare<[number], Name>('SELECT name FROM names WHERE id = ?').pluck();
  return remembering((id) => read.get(id) as Name);
}

function createAddresses(): (octets: string) => Address {
  return remembering((octets) => addressFromOctets(Buffer.from(octets, 'hex')));
}

function remembering<Key, Value>(find: (key: Key) => Value): (key: Key) => Value {
  const known = new Map<Key, Value>();
  return (key) => {
    const value = known.get(key) ?? find(key);
    known.set(key, value);
    return value;
  };
}
