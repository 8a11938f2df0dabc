import type { Database } from '../store.ts';
import { type IncidentFilter, incidentCondition, isNarrow } from './filter.ts';
import { type Act, type Incident, SEVERITIES, type Severity } from './incident.ts';
import {
  ACT_COLUMNS,
  type ActRow,
  actOf,
  INCIDENT_COLUMNS,
  type IncidentRow,
  incidentOf,
} from './row.ts';
import { rankOf } from './severity.ts';

/**
 * `newest` by when they began, `latest` by when they were last seen, `severest` what nobody has looked at
 * first, then by severity, then as `latest`.
 */
export const INCIDENT_ORDERS = ['severest', 'newest', 'latest'] as const;
export type IncidentOrder = (typeof INCIDENT_ORDERS)[number];

/** The columns that say where an incident stands, all of them descending, and the index that has them. */
const ORDERS: Readonly<Record<IncidentOrder, { columns: readonly string[]; index: string }>> = {
  newest: { columns: ['first', 'id'], index: 'incidents_by_first' },
  latest: { columns: ['last', 'id'], index: 'incidents_by_last' },
  severest: { columns: ['open', 'severity', 'last', 'id'], index: 'incidents_by_worth' },
};

/** True where nobody has looked at it yet, or not at what came since. */
export function isOpen({ state }: Pick<Incident, 'state'>): boolean {
  return state === 'new' || state === 'reopened';
}

/** One page of incidents; the next one begins behind the last of this one, as it was then. */
export function listIncidents(
  db: Database,
  filter: IncidentFilter,
  order: IncidentOrder,
  limit: number,
  behind?: Incident,
): readonly Incident[] {
  const { sql, values } = incidentCondition(filter);
  const { columns, index } = ORDERS[order];
  const marks = columns.map(() => '?').join(', ');
  const after = behind ? `AND (${columns.join(', ')}) < (${marks})` : '';
  return db
    .prepare<unknown[], IncidentRow>(
      `SELECT ${INCIDENT_COLUMNS} FROM incidents ${indexed(filter, index)} WHERE ${sql} ${after}
       ORDER BY ${columns.map((column) => `${column} DESC`).join(', ')} LIMIT ?`,
    )
    .all(...values, ...(behind ? placeOf(behind, order) : []), limit)
    .map(incidentOf);
}

/** In order, so that no more is read than is shown; the indexes hold only what is of a service. */
function indexed(filter: IncidentFilter, index: string): string {
  return filter.loose || isNarrow(filter) ? '' : `INDEXED BY ${index}`;
}

function placeOf(incident: Incident, order: IncidentOrder): readonly number[] {
  const { first, last, id } = incident;
  switch (order) {
    case 'newest':
      return [first, id];
    case 'latest':
      return [last, id];
    case 'severest':
      return [Number(isOpen(incident)), rankOf(incident.severity), last, id];
  }
}

export function readIncident(db: Database, id: number): Incident | undefined {
  const row = db
    .prepare<[number], IncidentRow>(`SELECT ${INCIDENT_COLUMNS} FROM incidents WHERE id = ?`)
    .get(id);
  return row && incidentOf(row);
}

/** What people did about an incident, the oldest first; also what they took back. */
export function actsOf(db: Database, id: number): readonly Act[] {
  return db
    .prepare<[number], ActRow>(
      `SELECT ${ACT_COLUMNS} FROM incident_acts WHERE incident = ? ORDER BY time, id`,
    )
    .all(id)
    .map(actOf);
}

/** How many nobody has looked at, by severity; those of no service are not counted. */
export function countOpen(db: Database): Readonly<Record<Severity, number>> {
  const counts: Record<Severity, number> = { info: 0, low: 0, medium: 0, high: 0 };
  const rows = db
    .prepare<[], { severity: number; count: number }>(
      `SELECT severity, count(*) AS count FROM incidents INDEXED BY incidents_by_worth
       WHERE service <> '' AND open = 1 GROUP BY severity`,
    )
    .all();
  for (const { severity, count } of rows) counts[SEVERITIES[severity] as Severity] = count;
  return counts;
}
