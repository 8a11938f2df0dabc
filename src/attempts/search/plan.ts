import { type Condition, type Conjunct, checkOf, type KeyColumn, type Lane } from '../filter.ts';
import type { Database } from '../store.ts';
import type { Place } from './stream.ts';

/**
 * How all rows are found that meet one condition of several, by keys of indexes; `rest` are the others. `few`
 * are taken at once; of more the newest of each key are taken, as many times as it takes.
 */
export type Plan = {
  readonly keyed: readonly Keyed[];
  readonly rest: readonly Conjunct[];
  readonly isFew: boolean;
};

export type Keyed = { readonly column: KeyColumn; readonly keys: readonly unknown[] };

/** Where rows are looked for: behind a place, and not before a time. */
export type Range = { readonly start: Place; readonly least: number };

/** With more keys than this it takes longer to look at each, once or as a stream, than to go through time. */
const MOST_KEYS = 4000;
const MOST_STREAMS = 400;

/** Names that are gone through to find those that contain a text: some 30 ms of them. */
const MOST_NAMES = 200_000;

/** Rows that are few: a millisecond or two. */
const FEW = 5000;

/** Rows that stand for all, and of how many of them on it is better to look at all rows. */
const SAMPLE = 1000;
const MOST_OF_SAMPLE = 300;

/**
 * Finds the condition that leaves the fewest rows: by counting where they are few, and else by how many of
 * the newest rows meet it. Undefined where no index helps.
 */
export function planFor(
  db: Database,
  conjuncts: readonly Conjunct[],
  range: Range,
): Plan | undefined {
  let best: { readonly plan: Plan; readonly count: number } | undefined;
  for (const conjunct of conjuncts) {
    if (!conjunct.lanes) continue;
    // Asked first: where most rows meet it, finding its keys would be in vain.
    const ofSample = countOfSample(db, conjunct, range);
    if (ofSample >= MOST_OF_SAMPLE) continue;
    const keyed = keysOf(db, conjunct.lanes);
    if (!keyed) continue;
    const few = countFew(db, keyed, range);
    const isFew = few < FEW;
    if (!isFew && (best?.plan.isFew || sizeOf(keyed) > MOST_STREAMS)) continue;
    const count = isFew ? few - FEW : ofSample;
    if (count >= (best?.count ?? MOST_OF_SAMPLE)) continue;
    best = { plan: { keyed, rest: conjuncts.filter((other) => other !== conjunct), isFew }, count };
    if (few === 0) break;
  }
  return best?.plan;
}

/** The newest that each index of a plan finds, but no more than so many, where all of them are few. */
export function takeFew(
  db: Database,
  { keyed, rest }: Plan,
  range: Range,
  limit: number,
): readonly Place[] {
  const { sql, values } = rest.length === 0 ? { sql: 'TRUE', values: [] } : checkOf(rest);
  return keyed.flatMap((lane) => {
    const from = rowsOf(lane, range);
    return db
      .prepare<unknown[], Place>(
        `SELECT id, first FROM ${from.sql} AND ${sql} ORDER BY first DESC, id DESC LIMIT ?`,
      )
      .all(...from.values, ...values, limit);
  });
}

function keysOf(db: Database, lanes: readonly Lane[]): readonly Keyed[] | undefined {
  const keyed: Keyed[] = [];
  let left = MOST_KEYS;
  for (const { column, keys } of lanes) {
    if (column === 'name' && keys.sql.includes('instr') && hasManyNames(db)) return undefined;
    const found = db
      .prepare<unknown[], unknown>(`SELECT DISTINCT * FROM (${keys.sql}) LIMIT ?`)
      .pluck()
      .all(...keys.values, left + 1);
    left -= found.length;
    if (left < 0) return undefined;
    if (found.length > 0) keyed.push({ column, keys: found });
  }
  return keyed;
}

const sizeOf = (keyed: readonly Keyed[]) => keyed.reduce((sum, { keys }) => sum + keys.length, 0);

function hasManyNames(db: Database): boolean {
  const most = db.prepare<[], number>('SELECT ifnull(max(id), 0) FROM names').pluck().get();
  return (most as number) > MOST_NAMES;
}

/** How many rows the keys have, but no more than are few. */
function countFew(db: Database, keyed: readonly Keyed[], range: Range): number {
  let count = 0;
  for (const lane of keyed) {
    const { sql, values } = rowsOf(lane, range);
    count += db
      .prepare<unknown[], number>(`SELECT count(*) FROM (SELECT 1 FROM ${sql} LIMIT ?)`)
      .pluck()
      .get(...values, FEW - count) as number;
    if (count >= FEW) break;
  }
  return count;
}

/** How many of the newest rows meet a condition. */
function countOfSample(db: Database, conjunct: Conjunct, { start, least }: Range): number {
  const { sql, values } = checkOf([conjunct]);
  return db
    .prepare<unknown[], number>(
      `SELECT count(*) FROM
         (SELECT * FROM attempts INDEXED BY attempts_by_time
          WHERE (first, id) < (?, ?) AND first >= ? ORDER BY first DESC LIMIT ${SAMPLE}) AS attempts
       WHERE ${sql}`,
    )
    .pluck()
    .get(start.first, start.id, least, ...values) as number;
}

/** The rows of some keys, as SQL behind FROM that ends in a condition. */
function rowsOf({ column, keys }: Keyed, { start, least }: Range): Condition {
  const index = column === 'id' ? '' : `INDEXED BY attempts_by_${column}`;
  const isBlob = keys[0] instanceof Uint8Array;
  const listed = keys.map((key) =>
    key instanceof Uint8Array ? Buffer.from(key).toString('hex') : key,
  );
  return {
    // As one value, because there may be more keys than a statement has room for question marks.
    sql: `attempts ${index} WHERE ${column} IN
      (SELECT ${isBlob ? 'unhex(value)' : 'value'} FROM json_each(?))
      AND (first, id) < (?, ?) AND first >= ?`,
    values: [JSON.stringify(listed), start.first, start.id, least],
  };
}
