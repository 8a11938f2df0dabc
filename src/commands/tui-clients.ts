import { labelsOf } from '../attempts/facts.ts';
import { type IncidentFilter, incidentCondition } from '../attempts/incident/filter.ts';
import type { Database } from '../attempts/store.ts';
import { addressFromOctets } from '../policy/network.ts';
import type { AnswerTo, ClientRow, Questions } from '../tui/source.ts';
import { turn } from './tui-slices.ts';

export type Clients = {
  readonly answer: (
    ask: Questions['clients']['ask'],
    filter: IncidentFilter,
  ) => Promise<AnswerTo<'clients'>>;
  readonly forget: () => void;
};

type Row = Omit<ClientRow, 'client' | 'services'> & {
  readonly client: Uint8Array;
  readonly services: string;
};

/** Clients summed up in one go: some milliseconds' worth of incidents. */
const AT_ONCE = 100;

/** How long a list of clients is used, in milliseconds, and at least how often as long as it took to make. */
const FRESH = 5000;
const SHARE = 10;

/** Lists that are remembered: what is looked for changes with every key. */
const MOST_LISTS = 4;

type List = {
  readonly rows: Promise<readonly ClientRow[]>;
  fresh: number;
};

/**
 * The clients that have incidents, the last seen first. A page of them cannot be found without summing up
 * all, so that is done in slices, and remembered for a while.
 */
export function createClients(db: Database, now: () => number): Clients {
  const lists = new Map<string, List>();

  const listOf = (search: string, filter: IncidentFilter): Promise<readonly ClientRow[]> => {
    const known = lists.get(search);
    if (known && now() < known.fresh) return known.rows;
    const begun = performance.now();
    const list: List = { rows: sumUp(db, filter), fresh: Number.POSITIVE_INFINITY };
    lists.delete(search);
    lists.set(search, list);
    for (const oldest of lists.keys()) {
      if (lists.size <= MOST_LISTS) break;
      lists.delete(oldest);
    }
    list.rows.then(
      () => {
        list.fresh = now() + Math.max(FRESH, SHARE * (performance.now() - begun));
      },
      () => lists.delete(search),
    );
    return list.rows;
  };

  return {
    async answer({ search, behind, limit }, filter) {
      const rows = await listOf(search, filter);
      const from = behind ? firstBehind(rows, behind) : 0;
      const page = rows.slice(from, from + limit);
      const labels = labelsOf(
        db,
        page.map(({ client }) => client),
      );
      return {
        rows: page.map((row) => ({ ...row, ...labels.get(row.client) })),
        isAll: from + limit >= rows.length,
      };
    },
    forget: () => lists.clear(),
  };
}

function firstBehind(rows: readonly ClientRow[], behind: ClientRow): number {
  const from = rows.findIndex((row) => compareRows(row, behind) > 0);
  return from < 0 ? rows.length : from;
}

function compareRows(a: ClientRow, b: ClientRow): number {
  return b.last - a.last || (a.client < b.client ? -1 : Number(a.client > b.client));
}

async function sumUp(db: Database, filter: IncidentFilter): Promise<readonly ClientRow[]> {
  const { sql, values } = incidentCondition(filter);
  // Clients of which nothing fits are passed over inside the statement, and that may be all of them: the
  // slices are of clients, whether or not something of theirs fits.
  const clientsBehind = db
    .prepare<unknown[], Uint8Array>(
      `WITH RECURSIVE found (octets) AS (
         SELECT min(client) FROM incidents WHERE client > ?
         UNION ALL
         SELECT (SELECT min(client) FROM incidents WHERE client > octets) FROM found WHERE octets IS NOT NULL
         LIMIT ${AT_ONCE})
       SELECT max(octets) FROM found`,
    )
    .pluck();
  const sums = db.prepare<unknown[], Row>(
    `SELECT client, count(*) AS incidents, sum(open) AS open, sum(count) AS attempts,
       max(last) AS last, json_group_array(DISTINCT service) AS services
     FROM incidents INDEXED BY incidents_by_client
     WHERE client > ? AND client <= ? AND ${sql} GROUP BY client`,
  );
  const rows: ClientRow[] = [];
  let from: Uint8Array = new Uint8Array();
  for (;;) {
    const to = clientsBehind.get(from) as Uint8Array | null;
    if (to === null) return rows.sort(compareRows);
    rows.push(...sums.all(from, to, ...values).map(rowOf));
    from = to;
    await turn();
  }
}

function rowOf({ client, services, ...sums }: Row): ClientRow {
  const known = (JSON.parse(services) as readonly string[]).filter((service) => service !== '');
  return { ...sums, client: addressFromOctets(client), services: known.sort() };
}
