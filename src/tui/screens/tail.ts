import { type List, withRows, withRowsKept } from '../list.ts';
import type { KnownAttempt, Page } from '../source.ts';

/** Attempts as they come in, the newest first; more of the past is found by looking further back. */
export type Tail = {
  readonly list: List<KnownAttempt>;
  /** How far back was looked, where that is further than the last row: milliseconds since the epoch. */
  readonly lookedTo: number | undefined;
  readonly reading: string | undefined;
  /** Rows that came while the cursor was not at the top; infinite where nobody counted. */
  readonly newer: number;
};

/** The tail with its newest part looked at anew. */
export function withNewest<State extends Tail>(
  state: State,
  page: Page<KnownAttempt>,
  lookedTo: number | undefined,
): State {
  const { list } = state;
  const [newest, last] = [list.rows[0], page.rows.at(-1)];
  const isCut = !page.isAll && lookedTo === undefined && last !== undefined;
  if (newest && isCut && isBehind(newest, last)) {
    // More came than one page holds. Who reads further down is left in peace, and told.
    if (list.at > 0) return { ...state, newer: Number.POSITIVE_INFINITY };
    return { ...state, lookedTo, list: rowsOf(state, page.rows, false), newer: 0 };
  }
  const rest = page.isAll ? [] : list.rows.filter((row) => isBeyond(row, last, lookedTo));
  const isAll = page.isAll || (list.isKnown && list.isAll);
  const next = rowsOf(state, [...page.rows, ...rest], isAll);
  const came = newest ? page.rows.filter((row) => isBehind(newest, row)).length : 0;
  return {
    ...state,
    list: next,
    lookedTo: isAll ? undefined : reachOf(state.lookedTo, lookedTo, rest.length > 0),
    newer: next.at === 0 ? 0 : state.newer + came,
  };
}

/** At the top the newest is followed, but not away from what is being read. */
function rowsOf(
  { list, reading }: Tail,
  rows: readonly KnownAttempt[],
  isAll: boolean,
): List<KnownAttempt> {
  const keep = reading === undefined ? withRows : withRowsKept;
  return keep(list, rows, isAll, ({ id }) => id);
}

function isBehind(row: KnownAttempt, other: KnownAttempt): boolean {
  return row.first < other.first || (row.first === other.first && row.id < other.id);
}

/** True for what was found where the newest part does not reach. */
function isBeyond(
  row: KnownAttempt,
  last: KnownAttempt | undefined,
  lookedTo: number | undefined,
): boolean {
  if (lookedTo !== undefined) return row.first < lookedTo;
  return last === undefined || isBehind(row, last);
}

function reachOf(before: number | undefined, now: number | undefined, isMoreKnown: boolean) {
  if (before !== undefined) return Math.min(before, now ?? Number.POSITIVE_INFINITY);
  return isMoreKnown ? undefined : now;
}
