import stringWidth from 'string-width';

/** Enough of a terminal to see what octets make of it: it throws on any sequence that it does not know. */
export type Emulator = {
  readonly write: (octets: string) => void;
  /** Row by row, without the spaces at the end: each cell with the SGR codes it was written in. */
  readonly rows: () => readonly string[];
  readonly text: () => readonly string[];
};

type Cell = { readonly text: string; readonly codes: string };
const BLANK: Cell = { text: ' ', codes: '' };

export function createEmulator(width: number, height: number): Emulator {
  const blankRow = (): Cell[] => Array<Cell>(width).fill(BLANK);
  const cells: Cell[][] = Array.from({ length: height }, blankRow);
  let [row, column, codes] = [0, 0, ''];
  let [top, bottom] = [0, height];

  const put = (letter: string) => {
    const wide = stringWidth(letter);
    if (column + wide > width) throw new Error(`"${letter}" is written behind column ${width}`);
    const line = cells[row];
    if (!line) throw new Error(`row ${row} is not there`);
    line[column] = { text: letter, codes };
    for (let i = 1; i < wide; i++) line[column + i] = { text: '', codes };
    column += wide;
  };
  const scroll = (by: number) => {
    if (row < top || row >= bottom) return;
    const region = cells.slice(row, bottom);
    const moved = region.map((_, y) => region[y + by] ?? blankRow());
    cells.splice(row, bottom - row, ...moved);
  };
  const sequence = (parameters: string, final: string) => {
    const [a = 1, b = 1] = parameters.split(';').map((part) => Number(part) || 1);
    if (final === 'm') codes = parameters.replace(/^0;/, '').replace(/^0$/, '');
    else if (final === 'H') [row, column] = [a - 1, b - 1];
    else if (final === 'K') cells[row]?.fill(BLANK, column);
    else if (final === 'J' && parameters === '2') for (const line of cells) line.fill(BLANK);
    else if (final === 'r') {
      [top, bottom] = parameters === '' ? [0, height] : [a - 1, b];
      [row, column] = [0, 0];
    } else if (final === 'M') scroll(a);
    else if (final === 'L') scroll(-a);
    else if (!/^\?2026$/.test(parameters)) throw new Error(`CSI ${parameters}${final}`);
  };
  return {
    write: (octets) => {
      let rest = octets;
      while (rest !== '') {
        const csi = /^\x1b\[([\d;?]*)([A-Za-z])/.exec(rest);
        if (csi) sequence(csi[1] as string, csi[2] as string);
        else if (rest[0] === '\r') column = 0;
        else if (rest[0] === '\n') row += 1;
        else if (/^\p{Cc}/u.test(rest))
          throw new Error(`control ${JSON.stringify(rest.slice(0, 8))}`);
        const letter = csi || rest[0] === '\r' || rest[0] === '\n' ? undefined : firstOf(rest);
        if (letter !== undefined) put(letter);
        rest = rest.slice(csi?.[0].length ?? letter?.length ?? 1);
      }
    },
    rows: () =>
      cells.map((line) =>
        line
          .map(({ text, codes }) => (codes === '' ? text : `<${codes}>${text}`))
          .join('')
          .trimEnd(),
      ),
    text: () =>
      cells.map((line) =>
        line
          .map(({ text }) => text)
          .join('')
          .trimEnd(),
      ),
  };
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function firstOf(text: string): string {
  return graphemes.segment(text)[Symbol.iterator]().next().value?.segment ?? '';
}
