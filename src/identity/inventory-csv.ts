import type { Place, Problem } from '../policy/problem.ts';
import type { Row } from './inventory.ts';

type Cell = { readonly text: string; readonly place: Place };

/** The rows of an inventory in CSV (RFC 4180): the first line names the columns, an empty cell says nothing. */
export function csvRows(
  file: string,
  text: string,
  columns: readonly string[],
): { readonly rows: readonly Row[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const complain = (place: Place, path: string, message: string) => {
    problems.push({ severity: 'error', place, path, message });
  };
  const start: Place = { file, line: 1, column: 1 };
  const [titles = [], ...lines] = linesOf(file, text.replace(/^\ufeff/, ''), complain);
  const read = problems.length;
  if (titles.length === 0) {
    complain(start, '', `needs a first line that names the columns: some of ${columns.join(',')}`);
  }
  titles.forEach(({ text, place }, i) => {
    if (!columns.includes(text)) {
      const advice = /[;\t]/.test(text)
        ? 'separate columns by commas'
        : `write one of ${columns.join(', ')}`;
      complain(place, '', `"${text}" is not a known column; ${advice}`);
    } else if (titles.findIndex((title) => title.text === text) < i) {
      complain(place, text, 'stands twice; keep one of the columns');
    }
  });
  // Nobody can tell what the cells below are.
  if (problems.length > read) return { rows: [], problems };

  const rows = lines.flatMap((cells): readonly Row[] => {
    const [first] = cells as [Cell, ...Cell[]];
    if (cells.length !== titles.length) {
      const message = `has ${cells.length} cells where the first line has ${titles.length}`;
      complain(first.place, '', `${message}; put a value that holds a comma in quotes`);
      return [];
    }
    const said = cells.map((cell, i) => ({ ...cell, column: titles[i]?.text ?? '' }));
    return [{ place: first.place, cells: said.filter(({ text }) => text !== ''), isWhole: true }];
  });
  return { rows, problems };
}

/** The cells of each line that is not empty. A value in quotes may hold commas, line ends and doubled quotes. */
function linesOf(
  file: string,
  text: string,
  complain: (place: Place, path: string, message: string) => void,
): readonly (readonly Cell[])[] {
  const lines: Cell[][] = [];
  let cells: Cell[] = [];
  let [line, lineStart] = [1, 0];
  for (const match of text.matchAll(/("(?:[^"]|"")*"?|)([^,\r\n]*)(,|\r?\n|\r|$)/g)) {
    const [whole, quoted = '', plain = '', end = ''] = match;
    const place = { file, line, column: match.index - lineStart + 1 };
    const isOpen = quoted.split('"').length % 2 === 0;
    if (isOpen || (quoted !== '' && plain.trim() !== '')) {
      complain(place, '', 'has a quote that is not closed; double a quote inside quotes');
      return lines;
    }
    const value = quoted === '' ? plain : quoted.slice(1, -1).replaceAll('""', '"');
    cells.push({ text: value.trim(), place });
    const breaks = whole.split('\n').length - 1;
    if (breaks > 0) {
      line += breaks;
      lineStart = match.index + whole.lastIndexOf('\n') + 1;
    }
    if (end === ',') continue;
    if (cells.some(({ text }) => text !== '')) lines.push(cells);
    cells = [];
    if (match.index + whole.length >= text.length) break;
  }
  return lines;
}
