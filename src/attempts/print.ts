import { csvCell, jsonLine } from '../text.ts';
import { createTable, type Screen } from './table.ts';
import type { View } from './view.ts';

export type Format = 'table' | 'json' | 'csv';

/** Turns rows into text, piece by piece; titles stand before the first piece only. */
export function createPrinter<Row>(
  view: View<Row>,
  format: Format,
  screen: Screen,
): (rows: readonly Row[]) => string {
  const lines = { table: tableLines, json: jsonLines, csv: csvLines }[format](view, screen);
  const end = format === 'csv' ? '\r\n' : '\n'; // RFC 4180
  return (rows) =>
    lines(rows)
      .map((line) => line + end)
      .join('');
}

type Lines<Row> = (rows: readonly Row[]) => readonly string[];

function tableLines<Row>({ columns }: View<Row>, screen: Screen): Lines<Row> {
  return createTable(columns(screen.width), screen);
}

function jsonLines<Row>({ fields }: View<Row>): Lines<Row> {
  return (rows) =>
    rows.map((row) =>
      jsonLine(Object.fromEntries(fields.map(({ name, value }) => [name, value(row)]))),
    );
}

function csvLines<Row>({ fields }: View<Row>): Lines<Row> {
  const line = (cells: readonly string[]) => cells.map(csvCell).join(',');
  let titled = false;
  return (rows) => {
    const titles = titled ? [] : [line(fields.map(({ name }) => name))];
    titled = true;
    return [
      ...titles,
      ...rows.map((row) => line(fields.map(({ value }) => String(value(row) ?? '')))),
    ];
  };
}
