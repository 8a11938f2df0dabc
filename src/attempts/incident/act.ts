import type { Database } from '../store.ts';
import type { Act } from './incident.ts';
import { actsOf, readIncident } from './query.ts';
import { rankOf } from './severity.ts';
import { stateOf, undoneOf } from './state.ts';

/** What a person does about incidents, and who it is. */
export type Deed = Pick<Act, 'author' | 'note' | 'exception'> & {
  readonly kind: Exclude<Act['kind'], 'undo'>;
};

/**
 * Does it about each of the incidents at `now` (milliseconds since the epoch), in one transaction, and
 * gives the ids of the acts, for `undoActs`. One that is not there any more is passed over. An exception
 * must be stored before.
 */
export function actOn(
  db: Database,
  incidents: readonly number[],
  deed: Deed,
  now: number,
): readonly number[] {
  const write = prepareAct(db);
  return inOneTransaction(db, () =>
    [...new Set(incidents)].flatMap((id) => write(id, deed, now) ?? []),
  );
}

/** Takes acts back and gives the ids of the acts that say so; what is taken back already is passed over. */
export function undoActs(
  db: Database,
  acts: readonly number[],
  author: string,
  now: number,
): readonly number[] {
  const write = prepareAct(db);
  const incidentOfAct = db
    .prepare<[number], number>('SELECT incident FROM incident_acts WHERE id = ?')
    .pluck();
  return inOneTransaction(db, () =>
    [...new Set(acts)].flatMap((undoes) => {
      const incident = incidentOfAct.get(undoes);
      if (incident === undefined || undoneOf(actsOf(db, incident)).has(undoes)) return [];
      return write(incident, { kind: 'undo', author, undoes }, now) ?? [];
    }),
  );
}

/** When exceptions end, or ended early, by their ids. */
export function endsOf(db: Database, acts: readonly Act[]): ReadonlyMap<number, number> {
  const read = db
    .prepare<[number], number>(
      'SELECT min(until, ifnull(revoked, until)) FROM exceptions WHERE id = ?',
    )
    .pluck();
  return new Map(
    acts.flatMap(({ exception }) => {
      const end = exception === undefined ? undefined : read.get(exception);
      return exception === undefined || end === undefined ? [] : [[exception, end] as const];
    }),
  );
}

function prepareAct(
  db: Database,
): (
  incident: number,
  act: Omit<Deed, 'kind'> & Pick<Act, 'kind' | 'undoes'>,
  now: number,
) => number | undefined {
  const insert = db
    .prepare<unknown[], number>(
      `INSERT INTO incident_acts (incident, time, author, kind, note, severity, exception, undoes)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    )
    .pluck();
  const setState = db.prepare('UPDATE incidents SET state = ? WHERE id = ?');
  return (id, { author, kind, note, exception, undoes }, now) => {
    const incident = readIncident(db, id);
    if (incident === undefined) return undefined;
    const severity = rankOf(incident.severity);
    const act = insert.get(id, now, author, kind, note, severity, exception, undoes) as number;
    const acts = actsOf(db, id);
    setState.run(stateOf(incident, acts, endsOf(db, acts)), id);
    return act;
  };
}

function inOneTransaction<T>(db: Database, work: () => T): T {
  // Immediate: a lock that cannot be had is noticed before anything is read.
  return db.transaction(work).immediate();
}
