import { ROOT } from '../../policy/name.ts';
import { addressFromOctets } from '../../policy/network.ts';
import type { Traits } from '../step.ts';
import type { Database } from '../store.ts';
import { countOf, createStretches, sightingOf } from './fold.ts';
import { prepareInsert } from './save.ts';
import { severityOf } from './severity.ts';

/** A kind with what rows of it have in common. */
type Kind = Omit<Traits, 'name' | 'port'>;

/** Row after row of one client: first, last, count, kind, whether it has a name, port. */
type Row = readonly [number, number, number, number, 0 | 1, number | null];

/**
 * Makes the incidents of the attempts that are there, in a database that has none yet. One client after
 * the other, and each client's rows in the order of time, so that memory holds no more than the incidents
 * of one client, however many rows there are.
 */
export function backfillIncidents(db: Database): void {
  const kinds = readKinds(db);
  const insert = prepareInsert(db);
  const nextClient = db
    .prepare<[Uint8Array], Uint8Array>(
      'SELECT client FROM attempts WHERE client > ? ORDER BY client LIMIT 1',
    )
    .pluck();
  const rows = db
    .prepare<unknown[], Row>(
      `SELECT first, last, count, kind, name IS NOT (SELECT id FROM names WHERE name = ?), port
       FROM attempts INDEXED BY attempts_by_client WHERE client = ? ORDER BY first`,
    )
    .raw();
  let client = nextClient.get(new Uint8Array());
  while (client !== undefined) {
    const address = addressFromOctets(client);
    const { add, stretches } = createStretches();
    for (const [first, last, count, kind, isNamed, port] of rows.iterate(ROOT, client)) {
      const traits = traitsOf(kinds.get(kind) as Kind, isNamed === 1, port);
      const sighting = sightingOf({ ...traits, client: address }, { first, last, count });
      if (sighting !== undefined) add(sighting);
    }
    for (const facts of stretches()) {
      insert({ ...facts, count: countOf(facts), severity: severityOf(facts) });
    }
    client = nextClient.get(client);
  }
}

function traitsOf(kind: Kind, isNamed: boolean, port: number | null): Traits {
  // Which name it is tells no way, only that there is one.
  return { ...kind, ...(isNamed ? { name: ROOT } : {}), ...(port === null ? {} : { port }) };
}

function readKinds(db: Database): ReadonlyMap<number, Kind> {
  type Nullable = { readonly [K in keyof Kind]-?: Kind[K] | null } & { readonly id: number };
  const rows = db
    .prepare<[], Nullable>(
      'SELECT id, point, role, service, rule, verdict, type, transport, lead FROM kinds',
    )
    .all();
  return new Map(
    rows.map(({ id, ...kind }) => [
      id,
      Object.fromEntries(Object.entries(kind).filter(([, value]) => value !== null)) as Kind,
    ]),
  );
}
