import { listExceptions } from '../attempts/exceptions.ts';
import { labelsOf } from '../attempts/facts.ts';
import type { Incident } from '../attempts/incident/incident.ts';
import { listIncidents } from '../attempts/incident/query.ts';
import { readStates } from '../attempts/note.ts';
import { type Stretch, scanAttempts } from '../attempts/scan.ts';
import type { Database } from '../attempts/store.ts';
import type { ReportInput } from '../report/report.ts';
import { tallyOf } from '../report/tally.ts';

const PAGE = 1000;

/** What the database holds of a stretch of time, and of as long a time before. */
export function readReport(
  db: Database,
  { since, until }: Required<Stretch>,
): Omit<ReportInput, 'since' | 'until' | 'now' | 'steps'> {
  const tallies = tallyOf(scanAttempts(db, { since, until }));
  const before = tallyOf(scanAttempts(db, { since: since - (until - since), until: since }));
  const incidents = incidentsOf(db, { since, until });
  const states = readStates(db).map(({ state }) => state);
  const organisation = states.find((state) => state.organisation !== '')?.organisation;
  const exceptions = listExceptions(db, { all: true, now: until });
  return {
    ...(organisation === undefined ? {} : { organisation }),
    ...{ tallies, before, incidents, exceptions },
    labels: labelsOf(db, [...tallies.clients.keys(), ...incidents.map(({ client }) => client)]),
    caveats: [
      'Names that no rule is about are not recorded, and neither is what goes past resolver, gate and packet filter.',
      ...states.flatMap(({ program, mode, dropped }) => [
        ...(mode === 'observe'
          ? [`${program} observes: what it would refuse is recorded and let through.`]
          : []),
        ...(dropped > 0
          ? [`${program} could not store ${dropped} attempts since its start; they are missing.`]
          : []),
      ]),
    ],
  };
}

function incidentsOf(db: Database, stretch: Required<Stretch>): readonly Incident[] {
  const incidents: Incident[] = [];
  for (;;) {
    const page = listIncidents(db, stretch, 'latest', PAGE, incidents.at(-1));
    incidents.push(...page);
    if (page.length < PAGE) return incidents;
  }
}
