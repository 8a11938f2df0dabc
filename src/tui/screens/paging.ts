import { type List, movedTo, nearsEnd, stepOf, withMore } from '../list.ts';
import type { Key } from '../screen.ts';
import type { Page } from '../source.ts';

/** Rows asked for at once. */
export const PAGE = 100;
/** Rows that are looked at anew when something changes; what is further down stays as it was. */
const MOST_ANEW = 500;

/** How many rows to ask for from the top, so that those that are known are all looked at. */
export function limitFor({ rows }: List<unknown>): number {
  return Math.max(PAGE, Math.min(MOST_ANEW, rows.length));
}

type Keep<Row> = (
  list: List<Row>,
  rows: readonly Row[],
  isAll: boolean,
  keyOf: (row: Row) => unknown,
) => List<Row>;

/** The list with what was found from the top; behind it stays what was known to follow. */
export function withTop<Row>(
  list: List<Row>,
  { rows, isAll }: Page<Row>,
  keyOf: (row: Row) => unknown,
  keep: Keep<Row>,
): List<Row> {
  const last = rows.at(-1);
  if (isAll || last === undefined) return keep(list, rows, isAll, keyOf);
  const seam = list.rows.findIndex((row) => keyOf(row) === keyOf(last));
  const fresh = new Set(rows.map(keyOf));
  const rest = seam < 0 ? [] : list.rows.slice(seam + 1).filter((row) => !fresh.has(keyOf(row)));
  return keep(list, [...rows, ...rest], rest.length > 0 && list.isAll, keyOf);
}

/** The list with the page behind its last row; a row that has moved there meanwhile is not shown twice. */
export function withPage<Row>(
  list: List<Row>,
  { rows, isAll }: Page<Row>,
  keyOf: (row: Row) => unknown,
): List<Row> {
  const known = new Set(list.rows.map(keyOf));
  return withMore(
    list,
    rows.filter((row) => !known.has(keyOf(row))),
    isAll,
  );
}

/** The list after a key that moves its cursor; undefined for any other key. */
export function movedBy<Row>(list: List<Row>, key: Key, height: number): List<Row> | undefined {
  const step = stepOf(key, height);
  return step === undefined ? undefined : movedTo(list, list.at + step, height);
}

/**
 * What is under way. One question of a list is asked at a time, as the next would take its place: that
 * something has changed meanwhile is remembered.
 */
export type Asking = 'nothing' | 'top' | 'more';

/** What to ask next: the top anew where that is due, else more where the cursor nears the end. */
export function nextAsking(
  list: List<unknown>,
  { asking, isStale, height }: { asking: Asking; isStale: boolean; height: number },
): Asking {
  if (asking !== 'nothing') return 'nothing';
  if (isStale) return 'top';
  return list.isKnown && nearsEnd(list, height) ? 'more' : 'nothing';
}
