import { ROOT } from '../policy/name.ts';
import { addressFromOctets } from '../policy/network.ts';
import type { StoredAttempt } from './attempt.ts';
import { type Condition, conditionOf, type Filter, indexFor } from './filter.ts';
import { type Cursor, readAttempts } from './rows.ts';
import { searchAttempts } from './search/attempts.ts';
import type { Database } from './store.ts';

export type { Cursor } from './rows.ts';

/** One page of attempts, the newest (by their first time) first. */
export function listAttempts(
  db: Database,
  filter: Filter,
  limit: number,
  behind?: Cursor,
): readonly StoredAttempt[] {
  return searchAttempts(db, filter, limit, behind).rows;
}

/** Number of the last write so far; `changedAttempts` tells what came behind it. */
export function latestBatch(db: Database): number {
  return db
    .prepare<[], number>('SELECT ifnull(max(batch), 0) FROM attempts')
    .pluck()
    .get() as number;
}

/** The attempts that are new or have grown since a batch, the oldest first, and the latest batch. */
export function changedAttempts(
  db: Database,
  filter: Filter,
  since: number,
): { readonly attempts: readonly StoredAttempt[]; readonly batch: number } {
  const { sql, values } = conditionOf(filter);
  const changed = db.transaction(() => {
    const batch = latestBatch(db);
    // Numbers begin again in a database that retention has emptied.
    const from = batch < since ? 0 : since;
    const attempts = readAttempts(db, {
      sql: `WHERE attempts.id IN
              (SELECT id FROM attempts INDEXED BY attempts_by_batch WHERE batch > ? AND ${sql})
            ORDER BY first, attempts.id`,
      values: [from, ...values],
    });
    return { attempts, batch };
  });
  return changed();
}

/** How many rows there are, and how many attempts were folded into them. */
export type Tally = { readonly rows: number; readonly attempts: number };

export function countAttempts(db: Database, filter: Filter): Tally {
  const { sql, values } = conditionOf(filter);
  return db
    .prepare<unknown[], Tally>(
      `SELECT count(*) AS rows, ifnull(sum(count), 0) AS attempts FROM attempts WHERE ${sql}`,
    )
    .get(...values) as Tally;
}

export const GROUPINGS = ['client', 'name', 'service', 'rule'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** All attempts of one client, name, service or rule; `key` is undefined for "of no service" or "no name". */
export type Group = {
  readonly key: string | undefined;
  readonly attempts: number;
  readonly first: number;
  readonly last: number;
};

/** The groups with the most attempts first. */
export function groupAttempts(
  db: Database,
  by: Grouping,
  filter: Filter,
  limit: number,
): readonly Group[] {
  const { sql, values } = groupingOf(by, filter);
  const groups = db
    .prepare<unknown[], Omit<Group, 'key'> & { key: string | Uint8Array | null }>(
      `${sql} ORDER BY attempts DESC, key LIMIT ?`,
    )
    .all(...values, limit);
  return groups.map(({ key, ...figures }) => ({
    key: key instanceof Uint8Array ? addressFromOctets(key) : (key ?? undefined),
    ...figures,
  }));
}

function groupingOf(by: Grouping, filter: Filter): Condition {
  const { sql, values } = conditionOf(filter);
  const sumsBy = (column: 'client' | 'name' | 'kind') => {
    // One pass over the index that has the rows in the order of the groups takes a fraction of a
    // second whatever the filter. SQLite would rather sort a million rows it found by the filter.
    const index = indexFor(filter, `attempts_by_${column}`);
    return `SELECT ${column} AS part, sum(count) AS attempts, min(first) AS first, max(last) AS last
            FROM attempts ${index} WHERE ${sql} GROUP BY ${column}`;
  };
  const sumsOfKinds = (column: 'service' | 'rule') =>
    `SELECT kinds.${column} AS key, sum(attempts) AS attempts, min(first) AS first, max(last) AS last
     FROM (${sumsBy('kind')}) JOIN kinds ON kinds.id = part GROUP BY kinds.${column}`;
  switch (by) {
    case 'client':
      return {
        sql: `SELECT part AS key, attempts, first, last FROM (${sumsBy('client')})`,
        values,
      };
    case 'name':
      return {
        sql: `SELECT nullif(names.name, '${ROOT}') AS key, attempts, first, last
              FROM (${sumsBy('name')}) JOIN names ON names.id = part`,
        values,
      };
    default:
      return { sql: sumsOfKinds(by), values };
  }
}
