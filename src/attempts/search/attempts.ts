import type { StoredAttempt } from '../attempt.ts';
import { type Condition, type Conjunct, checkOf, conjunctsOf, type Filter } from '../filter.ts';
import { LONGEST_WINDOW } from '../fold.ts';
import { type Cursor, readAttempts } from '../rows.ts';
import type { Database } from '../store.ts';
import { type Merged, mergeStreams } from './merge.ts';
import { type Plan, planFor, takeFew } from './plan.ts';
import { comparePlaces, type Place, prepareStreams, type Stream } from './stream.ts';

/** One page of what was looked for. */
export type Found = {
  readonly rows: readonly StoredAttempt[];
  readonly isAll: boolean;
  /**
   * Where the time was up: all rows that began then or later are known. The search goes on behind
   * `{ first: searchedTo, id: 0 }`.
   */
  readonly searchedTo?: number;
};

/** How often rows are looked at in the order of time before an index is asked: some thousands of them. */
const FIRST_LOOKS = 3;

/**
 * The newest attempts (by their first time) behind a place that need not be a row's. Looks for `budget`
 * milliseconds, give or take some 20, and then stops where it is; without one until the page is full.
 *
 * It looks at the newest rows one by one. Where that is not enough, it takes the newest of each key of the
 * index that finds the fewest rows; and where no index does, it goes on through time.
 */
export function searchAttempts(
  db: Database,
  filter: Filter,
  limit: number,
  behind?: Cursor,
  budget = Number.POSITIVE_INFINITY,
): Found {
  const end = performance.now() + budget;
  // One view of the database: a row that goes meanwhile would look like the last one.
  const search = db.transaction(() => {
    const { found, at, isAll } = find(db, filter, limit, startOf(filter, behind), () => {
      return performance.now() >= end;
    });
    const isCut = found.length > limit;
    const searchedTo = at.first + Number(at.id > 0);
    // Behind what is known there may be rows of other streams.
    const isPartial = !isCut && !isAll;
    const page = found.slice(0, limit).filter(({ first }) => !isPartial || first >= searchedTo);
    return {
      rows: rowsOf(db, page),
      isAll: isAll && !isCut,
      ...(isPartial ? { searchedTo } : {}),
    };
  });
  return search();
}

function startOf({ until }: Filter, behind?: Cursor): Place {
  const { first, id } = behind ?? { first: Number.MAX_SAFE_INTEGER, id: 0 };
  return until !== undefined && until <= first ? { first: until, id: 0 } : { first, id };
}

/** One row more than asked for tells whether that is all. */
function find(
  db: Database,
  filter: Filter,
  limit: number,
  start: Place,
  isLate: () => boolean,
): Merged {
  const least = (filter.since ?? 0) - LONGEST_WINDOW;
  const conjuncts = conjunctsOf(filter);
  const how = { limit: limit + 1, least };
  const time = prepareStreams(db, 'time', restOf(conjuncts))(undefined, start);
  let looks = 0;
  const newest = mergeStreams([time], [], { ...how, start, isLate: () => ++looks > FIRST_LOOKS });
  if (newest.isAll || newest.found.length > limit) return newest;

  const { at } = newest;
  const plan = planFor(db, conjuncts, { start: at, least });
  const onwards = { ...how, start: at, isLate };
  if (!plan) return mergeStreams([time], newest.found, onwards);
  if (!plan.isFew) return mergeStreams(streamsOf(db, plan, at), newest.found, onwards);
  const few = takeFew(db, plan, { start: at, least }, how.limit);
  // Found by several keys, or for several reasons, a row is one row.
  const found = few.toSorted(comparePlaces).filter(({ id }, i, all) => id !== all[i - 1]?.id);
  return { found: [...newest.found, ...found], at: { first: least, id: 0 }, isAll: true };
}

function streamsOf(db: Database, { keyed, rest }: Plan, start: Place): readonly Stream[] {
  return keyed.flatMap(({ column, keys }) => {
    const streamOf = prepareStreams(db, column, restOf(rest));
    return keys.map((key) => streamOf(key, start));
  });
}

function restOf(conjuncts: readonly Conjunct[]): Condition | undefined {
  return conjuncts.length === 0 ? undefined : checkOf(conjuncts);
}

function rowsOf(db: Database, page: readonly Place[]): readonly StoredAttempt[] {
  return readAttempts(db, {
    sql: `WHERE attempts.id IN (SELECT value FROM json_each(?))
          ORDER BY first DESC, attempts.id DESC`,
    values: [JSON.stringify(page.map(({ id }) => id))],
  });
}
