/**
 * Rows of which a window is seen and one is chosen. More may follow behind the last: they are asked for
 * as the cursor comes near the end.
 */
export type List<Row> = {
  readonly rows: readonly Row[];
  /** The chosen row. */
  readonly at: number;
  /** The first row seen. */
  readonly top: number;
  /** False where there may be more behind the last row. */
  readonly isAll: boolean;
  /** False until rows have come for the first time. */
  readonly isKnown: boolean;
};

export function emptyList<Row>(): List<Row> {
  return { rows: [], at: 0, top: 0, isAll: true, isKnown: false };
}

/**
 * The list with other rows. The chosen row stays the chosen one, and where it stood on the screen,
 * as long as it is among them; at the very top the cursor stays there, so that a live list is followed.
 */
export function withRows<Row>(
  list: List<Row>,
  rows: readonly Row[],
  isAll: boolean,
  keyOf: (row: Row) => unknown,
): List<Row> {
  const chosen = list.rows[list.at];
  const key = chosen === undefined ? undefined : keyOf(chosen);
  const found = list.at === 0 ? 0 : rows.findIndex((row) => keyOf(row) === key);
  const at = Math.max(0, Math.min(rows.length - 1, found < 0 ? list.at : found));
  const top = list.at === 0 ? 0 : Math.max(0, list.top + at - list.at);
  return { rows, at, top, isAll, isKnown: true };
}

/**
 * The list with other rows, whose cursor stays with its row wherever that goes, also from the very top:
 * where keys act on the chosen row, no other may slip under the cursor. A window at the top stays there.
 */
export function withRowsKept<Row>(
  list: List<Row>,
  rows: readonly Row[],
  isAll: boolean,
  keyOf: (row: Row) => unknown,
): List<Row> {
  const chosen = list.rows[list.at];
  const key = chosen === undefined ? undefined : keyOf(chosen);
  const found = chosen === undefined ? -1 : rows.findIndex((row) => keyOf(row) === key);
  const at = Math.max(0, Math.min(rows.length - 1, found < 0 ? list.at : found));
  const top = list.top === 0 ? 0 : Math.max(0, list.top + at - list.at);
  return { rows, at, top, isAll, isKnown: true };
}

/** The list with rows behind its last. */
export function withMore<Row>(list: List<Row>, more: readonly Row[], isAll: boolean): List<Row> {
  return { ...list, rows: [...list.rows, ...more], isAll };
}

/** Moves the cursor by so many rows, and the window of `height` rows no further than it must. */
export function moved<Row>(list: List<Row>, by: number, height: number): List<Row> {
  return movedTo(list, list.at + by, height);
}

export function movedTo<Row>(list: List<Row>, to: number, height: number): List<Row> {
  const at = Math.max(0, Math.min(list.rows.length - 1, to));
  return { ...list, at, top: topFor(list, at, height) };
}

function topFor({ top }: Pick<List<unknown>, 'top'>, at: number, height: number): number {
  if (at < top) return at;
  return at >= top + height ? at - height + 1 : top;
}

/** The rows seen in a window of `height` rows, with their numbers. */
export function seen<Row>(list: List<Row>, height: number): readonly (readonly [number, Row])[] {
  const top = topFor(list, list.at, Math.max(1, height));
  return list.rows.slice(top, top + height).map((row, i) => [top + i, row] as const);
}

/** True where it is time to ask for what comes behind the last row. */
export function nearsEnd<Row>({ rows, at, isAll }: List<Row>, height: number): boolean {
  return !isAll && at >= rows.length - 2 * height;
}

/** How far a key moves the cursor: arrows and vi's letters; undefined for any other key. */
export function stepOf(key: { readonly name: string }, height: number): number | undefined {
  switch (key.name) {
    case 'up':
    case 'k':
      return -1;
    case 'down':
    case 'j':
      return 1;
    case 'pageup':
    case 'ctrl+b':
      return -Math.max(1, height - 1);
    case 'pagedown':
    case 'ctrl+f':
      return Math.max(1, height - 1);
    case 'ctrl+u':
      return -Math.max(1, Math.floor(height / 2));
    case 'ctrl+d':
      return Math.max(1, Math.floor(height / 2));
    case 'home':
    case 'g':
      return Number.NEGATIVE_INFINITY;
    case 'end':
    case 'G':
      return Number.POSITIVE_INFINITY;
    default:
      return undefined;
  }
}
