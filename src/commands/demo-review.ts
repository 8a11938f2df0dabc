import { addException } from '../attempts/exceptions.ts';
import { actOn } from '../attempts/incident/act.ts';
import type { Incident } from '../attempts/incident/incident.ts';
import { listIncidents } from '../attempts/incident/query.ts';
import type { Database } from '../attempts/store.ts';
import { parseNetwork } from '../policy/network.ts';

const HOUR = 3_600_000;

/** What people have done about the incidents of the day: about half of them were looked at. */
export function reviewDemo(db: Database, now: number): void {
  const incidents = listIncidents(db, {}, 'latest', 1000).filter(({ last }) => last < now - HOUR);
  const those = (nth: number, of: number) =>
    incidents
      .filter(({ severity }, i) => severity !== 'high' && i % of === nth)
      .map(({ id }) => id);
  const author = 'lena';
  actOn(db, those(0, 4), { kind: 'acknowledge', author, note: 'asked them in chat' }, now - HOUR);
  actOn(db, those(1, 4), { kind: 'close', author: 'omar', note: 'uninstalled' }, now - HOUR / 2);
  const excepted = incidents.find(
    ({ severity, service }, i) => severity !== 'high' && service === 'ngrok' && i % 4 > 1,
  );
  if (excepted) except(db, excepted, now);
}

function except(db: Database, { id, client, service = 'ngrok' }: Incident, now: number): void {
  addException(
    db,
    {
      subject: { kind: 'service', service },
      clients: [parseNetwork(client)],
      duration: 8 * HOUR,
      reason: 'webhook test with a vendor, ticket 4471',
      author: 'lena',
      incident: id,
    },
    now - HOUR / 2,
  );
}
