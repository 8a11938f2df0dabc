import { KINDS } from './questions.ts';
import { MEASURES, type Row, type Size } from './results.ts';

const TITLES = {
  cached: 'Cached: 1000 names, asked before',
  refused: 'Refused: names of the list, half of them with a label in front',
  forwarded: 'Forwarded: names never asked before',
  floor: 'Floor: a Node program that sends each datagram back',
} as const;

const HEAD = ['', 'us/q', 'rounds', 'q/s', 'core', 'lost', '/unbound', '/dnsmasq', '/floor'];

/** The rows of one rate, as lines that fit 80 columns in all but odd cases. */
export function ratesTable(rows: readonly Row[], rate: Row['rate']): string {
  const shown = ([...KINDS, 'floor'] as const).flatMap((kind) => [
    [TITLES[kind]],
    ...rows.filter((row) => row.rate === rate && row.kind === kind).map(cellsOf),
  ]);
  return columns([HEAD, ...shown]);
}

function cellsOf({ server, names, cpu, least, most, perSecond, share, lost, wrong, ratios }: Row) {
  return [
    ` ${server}${names >= 1e6 ? ' 1M' : ''}`,
    figure(cpu),
    `${figure(least)}-${figure(most)}`,
    `${figure(perSecond / 1000)}k`,
    `${(share * 100).toFixed(0)}%`,
    wrong > 0 ? `${lost}, ${wrong} wrong` : String(lost),
    ...MEASURES.map((measure) => ratios[measure]?.toFixed(2) ?? ''),
  ];
}

/** Three digits that mean something. */
function figure(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}

export function sizesTable(sizes: readonly Size[]): string {
  const shown = sizes.map(({ server, names, ready, memory }) => [
    `  ${server}`,
    names.toLocaleString('en'),
    `${ready.toFixed(0)} ms`,
    `${memory.toFixed(0)} MiB`,
  ]);
  return columns([['', 'names', 'first refusal', 'memory'], ...shown]);
}

/** The first column starts at the left, the others end at the right; a lone cell is a title. */
function columns(rows: readonly (readonly string[])[]): string {
  const full = rows.filter(({ length }) => length > 1);
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...full.map((row) => row[i]?.length ?? 0)));
  const padded = (cell: string, i: number) =>
    i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  return rows
    .map((row) => (row.length > 1 ? row.map(padded) : row).join('  ').trimEnd())
    .join('\n');
}
