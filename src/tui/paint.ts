import { SIMPLE, widthOf } from './line.ts';
import { afterScroll, scrollOctets, scrollOf } from './scroll-rows.ts';
import type { Part } from './style.ts';

/**
 * Gives what makes a terminal show other rows than it shows: only what has changed of each row, so that a
 * key costs a slow line a few hundred octets. Nothing but its own sequences, text and line ends is in it.
 */
export type Painter = {
  readonly paint: (rows: readonly (readonly Part[])[], width: number) => string;
  /** Forgets what is shown: the next rows are all painted. */
  readonly forget: () => void;
};

const RESET = '\x1b[m';
const CLEAR = `${RESET}\x1b[2J`;
const ERASE_REST = '\x1b[K';
/** Terminals that know of it show what stands between at once; the others pass over it. */
const [BEGIN, END] = ['\x1b[?2026h', '\x1b[?2026l'];
/** Shorter than this, what is written is shown at once anyway. */
const LONG = 512;

export function createPainter(): Painter {
  let shown: readonly (readonly Part[])[] | undefined;
  let shownWidth = 0;
  return {
    paint: (rows, width) => {
      const isAfresh = shown === undefined || shownWidth !== width || shown.length !== rows.length;
      const octets = isAfresh
        ? rowsOctets([], rows, width)
        : changedOctets(shown ?? [], rows, width);
      [shown, shownWidth] = [rows, width];
      const all = isAfresh ? CLEAR + octets : octets;
      return all.length < LONG ? all : BEGIN + all + END;
    },
    forget: () => {
      shown = undefined;
    },
  };
}

function changedOctets(
  before: readonly (readonly Part[])[],
  rows: readonly (readonly Part[])[],
  width: number,
): string {
  const scroll = scrollOf(before, rows);
  if (!scroll) return rowsOctets(before, rows, width);
  return scrollOctets(scroll) + rowsOctets(afterScroll(before, scroll), rows, width);
}

function rowsOctets(
  before: readonly (readonly Part[])[],
  rows: readonly (readonly Part[])[],
  width: number,
): string {
  let octets = '';
  let last = -2;
  rows.forEach((row, y) => {
    const change = changeOf(before[y] ?? [], row, width);
    if (!change) return;
    const isNext = last === y - 1 && change.column === 0;
    octets += isNext ? '\r\n' : `\x1b[${y + 1};${change.column + 1}H`;
    octets += change.octets;
    last = y;
  });
  return octets;
}

type Change = { readonly column: number; readonly octets: string };

/** From the first letter that is another to the last one. */
function changeOf(
  before: readonly Part[],
  after: readonly Part[],
  width: number,
): Change | undefined {
  const kept = commonStart(before, after);
  const end = commonEnd(before, after, kept.length);
  const middle = slice(after, kept.length, lengthOf(after) - end);
  const columns = columnsOf(after);
  const isShorter = columns < columnsOf(before);
  if (middle.length === 0 && !isShorter) return undefined;
  // Behind a letter in the last column the cursor still stands on it, and would erase it.
  const erase = isShorter && columns < width ? ERASE_REST : '';
  return { column: kept.columns, octets: styled(middle) + erase };
}

function styled(parts: readonly Part[]): string {
  let octets = '';
  let current = '';
  for (const { text, codes } of parts) {
    if (codes !== current) octets += current === '' ? `\x1b[${codes}m` : `\x1b[0;${codes}m`;
    octets += text;
    current = codes;
  }
  return (current === '' ? octets : octets + RESET).replaceAll('\x1b[0;m', RESET);
}

/** What both begin with: UTF-16 units, and the columns they take. */
function commonStart(
  before: readonly Part[],
  after: readonly Part[],
): { readonly length: number; readonly columns: number } {
  let [length, columns] = [0, 0];
  for (const [i, part] of after.entries()) {
    const other = before[i];
    if (other?.codes !== part.codes) break;
    if (other.text === part.text) {
      length += part.text.length;
      columns += widthOf(part.text);
      continue;
    }
    if (SIMPLE.test(part.text) && SIMPLE.test(other.text)) {
      const same = sameStart(part.text, other.text);
      length += same;
      columns += same;
    }
    break;
  }
  return { length, columns };
}

/** UTF-16 units that both end with, where they stand in the same columns; none behind `from`. */
function commonEnd(before: readonly Part[], after: readonly Part[], from: number): number {
  const isSimple = [...before, ...after].every(({ text }) => SIMPLE.test(text));
  const room = lengthOf(after) - from;
  if (!isSimple || lengthOf(before) !== lengthOf(after)) return 0;
  let length = 0;
  for (let i = 1; i <= Math.min(before.length, after.length); i++) {
    const [part, other] = [after.at(-i) as Part, before.at(-i) as Part];
    if (part.codes !== other.codes) break;
    if (part.text === other.text) {
      length += part.text.length;
      continue;
    }
    length += sameEnd(part.text, other.text);
    break;
  }
  return Math.min(length, room);
}

function sameStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

function sameEnd(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.at(-length - 1) === b.at(-length - 1)) {
    length += 1;
  }
  return length;
}

function slice(parts: readonly Part[], from: number, to: number): readonly Part[] {
  const found: Part[] = [];
  let at = 0;
  for (const { text, codes } of parts) {
    const piece = text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (piece !== '') found.push({ text: piece, codes });
    at += text.length;
  }
  return found;
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { text }) => sum + text.length, 0);
}

function columnsOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { text }) => sum + widthOf(text), 0);
}
