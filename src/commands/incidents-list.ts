import type { IncidentFilter } from '../attempts/incident/filter.ts';
import type { Incident, IncidentState } from '../attempts/incident/incident.ts';
import { type IncidentOrder, listIncidents } from '../attempts/incident/query.ts';
import { incidentView } from '../attempts/incident/view.ts';
import { createPrinter, type Format } from '../attempts/print.ts';
import { latestBatch } from '../attempts/query.ts';
import type { Database } from '../attempts/store.ts';
import { withDatabase } from './database.ts';
import { write } from './pipe.ts';
import { labelled, type Surroundings, screenOf } from './reviewing.ts';

export type ListFlags = Pick<
  IncidentFilter,
  'client' | 'service' | 'severity' | 'since' | 'until' | 'loose'
> & {
  readonly database: string;
  readonly state?: readonly IncidentState[];
  readonly all?: true;
  readonly order: IncidentOrder;
  readonly limit: number;
  readonly json?: true;
  readonly csv?: true;
};

/** Rows read at once: however many are printed, memory stays small. */
const PAGE = 500;

export async function listIncidentsTo(flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const { openForReading } = await import('../attempts/store.ts');
  await withDatabase(flags.database, openForReading, (db) => list(db, flags, surroundings));
}

async function list(db: Database, flags: ListFlags, surroundings: Surroundings): Promise<void> {
  const { order, limit, json, csv } = flags;
  const filter = filterOf(flags);
  const format: Format = json ? 'json' : csv ? 'csv' : 'table';
  const print = createPrinter(incidentView, format, screenOf(surroundings));
  let left = limit;
  let page: readonly Incident[] = [];
  do {
    page = listIncidents(db, filter, order, Math.min(PAGE, left), page.at(-1));
    await write(surroundings.stdout, print(labelled(db, page)));
    left -= page.length;
  } while (page.length > 0 && left > 0);
  const remark = remarkOn(db, flags, filter, limit - left, page.at(-1));
  if (remark !== undefined) await write(surroundings.stderr, `${remark}\n`);
}

function filterOf(flags: ListFlags): IncidentFilter {
  const { client, service, severity, since, until, loose, state, all } = flags;
  const states = state ?? (['new', 'reopened'] as const);
  return {
    ...(client ? { client } : {}),
    ...(service === undefined ? {} : { service }),
    ...(severity ? { severity } : {}),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(loose ? { loose } : {}),
    ...(all ? {} : { states }),
  };
}

/** What to do next where there is less to see, or more, than was asked for. */
function remarkOn(
  db: Database,
  { order, limit, all, state }: ListFlags,
  filter: IncidentFilter,
  shown: number,
  last: Incident | undefined,
): string | undefined {
  if (shown === limit && listIncidents(db, filter, order, 1, last).length > 0) {
    return `These are the first ${limit}; --limit all shows every one.`;
  }
  if (shown > 0) return undefined;
  if (latestBatch(db) === 0) {
    return 'No attempt is recorded yet; let clients use the resolver that `tunnelwarden serve` runs.';
  }
  if (listIncidents(db, {}, order, 1).length === 0) {
    return 'There is no incident yet; `tunnelwarden attempts` lists what was seen.';
  }
  const isDefault = !all && state === undefined && Object.keys(filter).length === 1;
  return isDefault
    ? 'Nothing waits for review; --all also lists what was acknowledged or closed.'
    : 'No incident matches; leave out a filter, add --all, or choose an earlier --since.';
}
