import type { Database } from './store.ts';

/**
 * What is kept as long as the attempts of its time, beside them. Each is a removal: it removes up to
 * `limit` rows that were over before `before` (milliseconds since the epoch), the oldest first.
 */
const REMOVALS: readonly string[] = [
  `DELETE FROM account_sessions WHERE rowid IN
     (SELECT rowid FROM account_sessions WHERE started < :before AND ifnull(stopped, started) < :before
      ORDER BY started LIMIT :limit)`,
  // What people did about an incident goes just before it, so nothing is ever without its incident.
  `DELETE FROM incident_acts WHERE id IN
     (SELECT incident_acts.id FROM incidents JOIN incident_acts ON incident = incidents.id
      WHERE last < :before LIMIT :limit)`,
  `DELETE FROM incidents WHERE id IN
     (SELECT id FROM incidents WHERE last < :before
      AND NOT EXISTS (SELECT 1 FROM incident_acts WHERE incident = incidents.id)
      ORDER BY last LIMIT :limit)`,
  // One that still holds stays, however little fits.
  `DELETE FROM exceptions WHERE id IN
     (SELECT id FROM exceptions WHERE min(until, ifnull(revoked, until)) < min(:before, :now) LIMIT :limit)`,
  `DELETE FROM minutes WHERE time IN
     (SELECT time FROM minutes WHERE time < :before ORDER BY time LIMIT :limit)`,
  `DELETE FROM service_events WHERE id IN
     (SELECT id FROM service_events WHERE time < :before ORDER BY time LIMIT :limit)`,
  // Whose incident it was must be told as long as there is one.
  `DELETE FROM client_facts WHERE (client, kind, source) IN
     (SELECT client, kind, source FROM client_facts WHERE time < :before
      AND NOT EXISTS (SELECT 1 FROM incidents WHERE incidents.client = client_facts.client)
      ORDER BY time LIMIT :limit)`,
];

/** Prepares the removals, each of which is a short transaction and returns how many rows went. */
export function prepareExpiry(
  db: Database,
  { limit, now }: { readonly limit: number; readonly now: number },
): readonly ((before: number) => number)[] {
  return REMOVALS.map((sql) => {
    const remove = db.prepare(sql);
    return (before) => remove.run({ before, limit, now }).changes;
  });
}
