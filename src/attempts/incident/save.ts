import { octetsOfAddress } from '../../policy/network.ts';
import type { Gain } from '../fold.ts';
import type { Database } from '../store.ts';
import { endsOf } from './act.ts';
import type { IncidentChange } from './change.ts';
import { countOf, joined, QUIET_GAP, sightingOf, stretchesOf } from './fold.ts';
import {
  INCIDENT_STATES,
  type Incident,
  type IncidentFacts,
  type IncidentState,
  type Severity,
} from './incident.ts';
import { actsOf } from './query.ts';
import { INCIDENT_COLUMNS, type IncidentRow, incidentOf, waysText } from './row.ts';
import { rankOf, severityOf } from './severity.ts';
import { stateOf } from './state.ts';

/** Prepares the folding of gains into incidents, inside the transaction that stores them. */
export function prepareIncidents(
  db: Database,
): (gains: readonly Gain[]) => readonly IncidentChange[] {
  const { find, insert, grow, join } = prepareStatements(db);

  /** The incidents that a stretch is one with, the one that began first in front. */
  const touched = ({ client, service = '', first, last }: IncidentFacts): readonly Incident[] =>
    find
      .all(octetsOfAddress(client), service, first - QUIET_GAP, last + QUIET_GAP)
      .map(incidentOf)
      .sort((a, b) => a.first - b.first || a.id - b.id);

  const begin = (facts: IncidentFacts): Incident => {
    const begun = { ...facts, count: countOf(facts), severity: severityOf(facts) };
    return { ...begun, state: 'new', id: insert(begun) };
  };

  const extend = (incident: Incident, others: readonly Incident[], more: IncidentFacts) => {
    const { id } = incident;
    for (const other of others) join(other.id, id);
    const facts = [...others, more].reduce<IncidentFacts>(joined, incident);
    const grown = { ...facts, id, count: countOf(facts), severity: severityOf(facts) };
    const state = stateAfter(db, grown, [incident, ...others]);
    grow({ ...grown, state });
    return { ...grown, state };
  };

  return (gains) => {
    const changes = new Map<number, IncidentChange>();
    for (const facts of stretchesOf(sightingsOf(gains))) {
      const [oldest, ...others] = touched(facts);
      if (oldest === undefined) {
        const incident = begin(facts);
        changes.set(incident.id, { incident });
        continue;
      }
      // Of those, only the oldest can have been changed by an earlier stretch of this batch.
      const before = changes.get(oldest.id)?.before ?? oldest;
      const incident = extend(oldest, others, facts);
      changes.set(incident.id, { incident, before: worstOf([before, ...others]) });
    }
    return [...changes.values()];
  };
}

function sightingsOf(gains: readonly Gain[]) {
  return gains.flatMap((gain) => {
    const sighting = sightingOf(gain.attempt, gain);
    return sighting === undefined ? [] : [sighting];
  });
}

/** Where nobody decided anything about any of them, there is nothing to look up. */
function stateAfter(
  db: Database,
  grown: Pick<Incident, 'id' | 'last' | 'severity'>,
  parts: readonly Incident[],
): IncidentState {
  if (parts.every(({ state }) => state === 'new')) return 'new';
  const acts = actsOf(db, grown.id);
  return stateOf(grown, acts, endsOf(db, acts));
}

type Before = NonNullable<IncidentChange['before']>;

/** Of several that became one, the worst of each: what was told of a part is not news of the whole. */
function worstOf(befores: readonly Before[]): Before {
  return befores.reduce<Before>(
    (a, b) => ({
      severity: worse<Severity>(a.severity, b.severity, rankOf),
      state: worse<IncidentState>(a.state, b.state, (state) => -INCIDENT_STATES.indexOf(state)),
    }),
    { severity: 'info', state: 'closed' },
  );
}

function worse<T>(a: T, b: T, rank: (value: T) => number): T {
  return rank(b) > rank(a) ? b : a;
}

function prepareStatements(db: Database) {
  const find = db.prepare<unknown[], IncidentRow>(
    `SELECT ${INCIDENT_COLUMNS} FROM incidents INDEXED BY incidents_by_client
     WHERE client = ? AND service = ? AND last >= ? AND first <= ?`,
  );
  const update = db.prepare(
    'UPDATE incidents SET first = ?, last = ?, count = ?, ways = ?, severity = ?, state = ? WHERE id = ?',
  );
  const remove = db.prepare('DELETE FROM incidents WHERE id = ?');
  const moveActs = db.prepare('UPDATE incident_acts SET incident = ? WHERE incident = ?');
  return {
    find,
    insert: prepareInsert(db),
    grow({ id, first, last, count, ways, severity, state }: Incident) {
      update.run(first, last, count, waysText(ways), rankOf(severity), state, id);
    },
    /** Gives what people did about an incident to the one it is part of. */
    join(part: number, whole: number) {
      moveActs.run(whole, part);
      remove.run(part);
    },
  };
}

/** Prepares the insertion of new incidents, as nobody has looked at them; it gives their ids. */
export function prepareInsert(db: Database): (incident: Omit<Incident, 'id' | 'state'>) => number {
  const insert = db
    .prepare<unknown[], number>(
      `INSERT INTO incidents (client, service, first, last, count, ways, severity, state)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'new') RETURNING id`,
    )
    .pluck();
  return ({ client, service = '', first, last, count, ways, severity }) =>
    insert.get(
      ...[octetsOfAddress(client), service, first, last, count],
      ...[waysText(ways), rankOf(severity)],
    ) as number;
}
