import { factsOf } from '../attempts/facts.ts';
import type { Incident } from '../attempts/incident/incident.ts';
import { actsOf, readIncident } from '../attempts/incident/query.ts';
import { reasonsFor } from '../attempts/incident/severity.ts';
import { stepsOf } from '../attempts/incident/steps.ts';
import { listAttempts } from '../attempts/query.ts';
import type { Database } from '../attempts/store.ts';
import { parseNetwork } from '../policy/network.ts';
import { withDatabase } from './database.ts';
import { type Detail, detailJson, detailText } from './incidents-detail.ts';
import { write } from './pipe.ts';
import { labelled, noIncident, type Surroundings, screenOf } from './reviewing.ts';

/** Attempts that are shown with an incident. */
const ATTEMPTS = 5;

/** Exit 1 where there is no such incident. */
export async function showIncidents(
  ids: readonly number[],
  { database, json }: { readonly database: string; readonly json?: true },
  surroundings: Surroundings,
): Promise<void> {
  const { openForReading } = await import('../attempts/store.ts');
  const { stdout, stderr } = surroundings;
  await withDatabase(database, openForReading, async (db) => {
    for (const [i, id] of [...new Set(ids)].entries()) {
      const incident = readIncident(db, id);
      if (incident === undefined) {
        await write(stderr, noIncident(id));
        process.exitCode = 1;
        continue;
      }
      const detail = detailOf(db, incident);
      const text = json ? detailJson(detail) : detailText(detail, screenOf(surroundings));
      await write(stdout, i > 0 && !json ? `\n${text}` : text);
    }
  });
}

function detailOf(db: Database, incident: Incident): Detail {
  const { client, service, first, last } = incident;
  const attempts = listAttempts(
    db,
    {
      client: parseNetwork(client),
      ...(service === undefined ? { noService: true } : { service }),
      since: first,
      until: last + 1,
      unsanctioned: true,
    },
    ATTEMPTS,
  );
  return {
    incident: labelled(db, [incident])[0] as Detail['incident'],
    reasons: reasonsFor(incident),
    facts: factsOf(db, client),
    steps: stepsOf(db, incident),
    acts: actsOf(db, incident.id),
    attempts,
  };
}
