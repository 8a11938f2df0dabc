import assert from 'node:assert/strict';
import test from 'node:test';
import { type Column, createTable } from '../../src/attempts/table.ts';

type Row = { readonly name: string; readonly count: number };

const columns: readonly Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name, least: 8 },
  { title: 'COUNT', text: ({ count }) => String(count), align: 'right', colour: () => 'red' },
];
const LONG = 'a-very-long-name.of-a-tunnel.example';

const cases: readonly {
  readonly when: string;
  readonly width: number;
  readonly rows: readonly Row[];
  readonly lines: readonly string[];
}[] = [
  { when: 'there are no rows', width: 80, rows: [], lines: [] },
  {
    when: 'all fits',
    width: 80,
    rows: [
      { name: 'a.example', count: 7 },
      { name: 'b.example.com', count: 100_000 },
    ],
    lines: ['NAME            COUNT', 'a.example           7', 'b.example.com  100000'],
  },
  {
    when: 'a name is too long, so its middle goes',
    width: 20,
    rows: [{ name: LONG, count: 7 }],
    lines: ['NAME           COUNT', 'a-very…xample      7'],
  },
  {
    when: 'there is less room than the least',
    width: 5,
    rows: [{ name: LONG, count: 7 }],
    lines: ['NAME      COUNT', 'a-ve…ple      7'],
  },
  {
    when: 'a name would act on the terminal',
    width: 80,
    rows: [{ name: '\x1b[2J\n', count: 7 }],
    lines: ['NAME         COUNT', '\\x1b[2J\\x0a      7'],
  },
];

for (const { when, width, rows, lines } of cases) {
  test(`createTable: ${when}`, () => {
    assert.deepEqual(createTable(columns, { width, colour: false })(rows), lines);
  });
}

test('createTable: later rows come without titles, and columns never shrink', () => {
  const table = createTable(columns, { width: 80, colour: false });
  table([{ name: 'b.example.com', count: 7 }]);
  assert.deepEqual(table([{ name: 'a', count: 1 }]), ['a                  1']);
});

test('createTable: colour changes no width', () => {
  const rows = [{ name: 'a', count: 1 }];
  const plain = createTable(columns, { width: 80, colour: false })(rows);
  const coloured = createTable(columns, { width: 80, colour: true })(rows);
  assert.match(coloured[1] ?? '', /\x1b\[31m {4}1\x1b\[39m/);
  assert.deepEqual(
    coloured.map((line) => line.replace(/\x1b\[\d+m/g, '')),
    plain,
  );
});
