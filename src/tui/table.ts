import type { Glyphs } from './glyphs.ts';
import { beginningOf, type Line, padded, type Span, span, type Tone, widthOf } from './line.ts';

export type Column<Row> = {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly tone?: (row: Row) => Tone;
  readonly align?: 'right';
  /** Where what is too wide is cut: of a list or a sentence the beginning tells most, of a name both ends. */
  readonly cut?: 'end';
  /** Columns it is never narrower than. */
  readonly least: number;
  /** Columns it is never wider than; without it, it takes what is left. */
  readonly most?: number;
  /** Shown only where the table is at least so wide. */
  readonly from?: number;
};

const GAP = 2;

/**
 * A line of titles and a line for each row, `width` columns wide. Widths depend on the columns and the
 * width of the screen alone, never on the rows: what is live must not jump about.
 */
export function tableLines<Row>(
  columns: readonly Column<Row>[],
  rows: readonly (readonly [number, Row])[],
  chosen: number,
  { width, glyphs }: { readonly width: number; readonly glyphs: Glyphs },
): readonly Line[] {
  const shown = columns.filter(({ from }) => from === undefined || width >= from);
  const mark = widthOf(glyphs.chosen) + 1;
  const widths = widthsOf(shown, width - mark);
  const gap = span(' '.repeat(GAP));
  const joined = (cells: readonly Span[]) =>
    cells.flatMap((cell, i) => (i === 0 ? [cell] : [gap, cell]));
  const cell = (text: string, i: number, tone: Tone) => {
    const { cut, align } = shown[i] as Column<Row>;
    const width = widths[i] as number;
    const safe = span(text).text;
    const short = cut === 'end' ? cutEnd(safe, width, glyphs.ellipsis) : safe;
    return span(padded(short, width, glyphs.ellipsis, align ?? 'left'), tone);
  };
  const titles: Line = {
    spans: [span(' '.repeat(mark)), ...joined(shown.map(({ title }, i) => cell(title, i, 'dim')))],
  };
  return [
    titles,
    ...rows.map(([number, row]): Line => {
      const isChosen = number === chosen;
      return {
        spans: [
          span(isChosen ? `${glyphs.chosen} ` : ' '.repeat(mark), 'key'),
          ...joined(shown.map(({ text, tone }, i) => cell(text(row), i, tone?.(row) ?? 'plain'))),
        ],
        ...(isChosen ? { chosen: true } : {}),
      };
    }),
  ];
}

function cutEnd(text: string, width: number, ellipsis: string): string {
  if (widthOf(text) <= width) return text;
  return beginningOf(text, width - widthOf(ellipsis)) + ellipsis;
}

/** Every column has its least; what is left goes to each up to its most, the first ones first, and then to the open ones alike. */
function widthsOf<Row>(columns: readonly Column<Row>[], room: number): readonly number[] {
  const widths = columns.map(({ least }) => least);
  let left = room - GAP * (columns.length - 1) - widths.reduce((sum, width) => sum + width, 0);
  columns.forEach(({ least, most }, i) => {
    if (most === undefined) return;
    const more = Math.max(0, Math.min(left, most - least));
    widths[i] = least + more;
    left -= more;
  });
  const open = columns.flatMap(({ most }, i) => (most === undefined ? [i] : []));
  open.forEach((i, k) => {
    const share = Math.max(0, Math.floor(left / (open.length - k)));
    widths[i] = (widths[i] as number) + share;
    left -= share;
  });
  return widths;
}
