import type { Part } from './style.ts';

type Row = readonly Part[];

/** Rows `from` to before `to` that go up by so many, or down where negative. */
export type Scroll = { readonly from: number; readonly to: number; readonly by: number };

/** Fewer rows than this are painted as fast as they are moved. */
const WORTH = 4;

/** Further than this, a list has been left rather than moved. */
const FURTHEST = 3;

/** What has only moved, so that a terminal can move it by itself: a list that goes on by a row. */
export function scrollOf(before: readonly Row[], after: readonly Row[]): Scroll | undefined {
  const [old, wanted] = [before.map(keyOf), after.map(keyOf)];
  let best: Scroll | undefined;
  for (let by = -FURTHEST; by <= FURTHEST; by++) {
    const found = by === 0 ? undefined : longestRun(old, wanted, by);
    if (found && (!best || found.to - found.from > best.to - best.from)) best = found;
  }
  return best;
}

const keyOf = (row: Row) => row.map(({ codes, text }) => `${codes}m${text}`).join('\x1b');

/** The longest stretch of rows that stood `by` rows further down, and are not what stands there now. */
function longestRun(
  old: readonly string[],
  wanted: readonly string[],
  by: number,
): Scroll | undefined {
  let [best, start, gained]: [Scroll | undefined, number, number] = [undefined, -1, 0];
  for (let y = 0; y <= wanted.length; y++) {
    const isMoved = y < wanted.length && wanted[y] !== undefined && wanted[y] === old[y + by];
    if (isMoved) {
      if (start < 0) [start, gained] = [y, 0];
      if (wanted[y] !== old[y]) gained += 1;
      continue;
    }
    if (
      start >= 0 &&
      gained >= WORTH &&
      (!best || y - start > best.to - best.from - Math.abs(by))
    ) {
      best = { from: Math.min(start, start + by), to: Math.max(y, y + by), by };
    }
    start = -1;
  }
  return best;
}

/** What a terminal shows after the scroll. */
export function afterScroll(rows: readonly Row[], { from, to, by }: Scroll): readonly Row[] {
  return rows.map((row, y) => {
    if (y < from || y >= to) return row;
    const source = y + by;
    return source >= from && source < to ? (rows[source] as Row) : [];
  });
}

/**
 * The same for the terminal: lines of a region deleted or inserted at its top, and the whole screen again.
 * Every terminal since the VT102 knows these; the console of Linux does not know how to scroll.
 */
export function scrollOctets({ from, to, by }: Scroll): string {
  const lines = `\x1b[${Math.abs(by)}${by > 0 ? 'M' : 'L'}`;
  return `\x1b[${from + 1};${to}r\x1b[${from + 1};1H${lines}\x1b[r`;
}
