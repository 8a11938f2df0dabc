import { styleText } from 'node:util';
import { forTerminal } from '../text.ts';

export type Column<Row> = {
  readonly title: string;
  readonly text: (row: Row) => string;
  readonly align?: 'right';
  /** The least width it can be cut to where there is no room; without it, it is never cut. */
  readonly least?: number;
  readonly colour?: (row: Row) => 'red' | 'yellow' | 'cyan' | 'green';
};

/** Where a table is shown: how many columns of characters, and whether colour is welcome. */
export type Screen = { readonly width: number; readonly colour: boolean };

const GAP = '  ';

/**
 * A table that is printed in pieces: the title line comes with the first rows, and columns may
 * grow with later ones but never shrink.
 */
export function createTable<Row>(
  columns: readonly Column<Row>[],
  screen: Screen,
): (rows: readonly Row[]) => readonly string[] {
  let natural = columns.map(({ title }) => title.length);
  let titled = false;

  return (rows) => {
    if (rows.length === 0) return [];
    const cells = rows.map((row) => columns.map(({ text }) => forTerminal(text(row))));
    natural = natural.map((width, i) =>
      cells.reduce((most, line) => Math.max(most, (line[i] as string).length), width),
    );
    const widths = fit(natural, columns, screen.width);
    const lineOf = (texts: readonly string[], row?: Row): string =>
      texts
        .map((text, i) => cellOf(text, i, row))
        .join(GAP)
        .trimEnd();
    const cellOf = (text: string, i: number, row?: Row): string => {
      const { align, colour } = columns[i] as Column<Row>;
      const width = widths[i] as number;
      const short = cutMiddle(text, width);
      const padded = align === 'right' ? short.padStart(width) : short.padEnd(width);
      if (!screen.colour) return padded;
      if (!row) return styleText('bold', padded, { validateStream: false });
      return colour ? styleText(colour(row), padded, { validateStream: false }) : padded;
    };
    const titles = titled ? [] : [lineOf(columns.map(({ title }) => title))];
    titled = true;
    return [...titles, ...cells.map((line, i) => lineOf(line, rows[i]))];
  };
}

/** Takes what is too much from the widest column that can still give. */
function fit<Row>(
  natural: readonly number[],
  columns: readonly Column<Row>[],
  room: number,
): readonly number[] {
  const widths = [...natural];
  const slack = (i: number) =>
    (widths[i] as number) - (columns[i]?.least ?? Number.POSITIVE_INFINITY);
  const total = () => widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1));
  while (total() > room) {
    const givers = [...widths.keys()].filter((i) => slack(i) > 0);
    if (givers.length === 0) break;
    const widest = givers.reduce((a, b) => ((widths[b] as number) > (widths[a] as number) ? b : a));
    widths[widest] = (widths[widest] as number) - 1;
  }
  return widths;
}

/** The text with its middle left out: both ends of a name tell more than its beginning alone. */
function cutMiddle(text: string, width: number): string {
  if (text.length <= width) return text;
  const tail = Math.floor((width - 1) / 2);
  return `${text.slice(0, width - 1 - tail)}…${text.slice(text.length - tail)}`;
}
