import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type Name, nameFromWire, parseName } from '../../src/policy/name.ts';
import {
  addAscii,
  addName,
  compact,
  createNameTable,
  type NameTable,
  valueHere,
  walkSuffixes,
} from '../../src/policy/nametable.ts';
import { createRandom } from './support/random.ts';

/** Each suffix of a name, with its value in the table. */
function valuesAlong(table: NameTable, name: Name): Record<string, number> {
  const values: Record<string, number> = {};
  walkSuffixes(name, (start, depth) => {
    const suffix = name.slice(start) || '.';
    assert.equal(
      depth,
      labelsOf((suffix === '.' ? '.' : suffix) as Name).length,
      `${suffix} in ${name}`,
    );
    values[suffix] = valueHere(table);
  });
  return values;
}

const suffixes = [
  { when: 'plain', name: 'a.b.example', are: ['.', 'example', 'b.example', 'a.b.example'] },
  { when: 'one label', name: 'example', are: ['.', 'example'] },
  { when: 'the root', name: '.', are: ['.'] },
  { when: 'a dot inside a label', name: 'a\\.b.example', are: ['.', 'example', 'a\\.b.example'] },
  {
    when: 'a backslash at the end of a label',
    name: 'a\\\\.b.example',
    are: ['.', 'example', 'b.example', 'a\\\\.b.example'],
  },
  {
    when: 'decimal escapes',
    name: '\\000.\\255.example',
    are: ['.', 'example', '\\255.example', '\\000.\\255.example'],
  },
];
for (const { when, name, are } of suffixes) {
  test(`walkSuffixes: ${when}`, () => {
    assert.deepEqual(Object.keys(valuesAlong(createNameTable(1), parseName(name))), are);
  });
}

test('a name is found at its own suffix only', () => {
  const table = createNameTable(4);
  addName(table, parseName('b.example'), 1);
  addName(table, parseName('a\\.b.example'), 2);
  assert.deepEqual(valuesAlong(table, parseName('a.b.example')), {
    '.': 0,
    example: 0,
    'b.example': 1,
    'a.b.example': 0,
  });
  assert.equal(valuesAlong(table, parseName('x.a\\.b.example'))['a\\.b.example'], 2);
});

test('the root can be in a table', () => {
  const table = createNameTable(1);
  addName(table, parseName('.'), 3);
  assert.deepEqual(valuesAlong(table, parseName('example')), { '.': 3, example: 0 });
});

test('values of one name add up as bits, and only the first time is new', () => {
  const table = createNameTable(2);
  assert.equal(addName(table, parseName('example.com'), 1), true);
  assert.equal(addName(table, parseName('EXAMPLE.com'), 2), false);
  const bytes = Buffer.from('Example.Com');
  assert.equal(addAscii(table, bytes, 0, bytes.length, 4), false);
  assert.equal(valuesAlong(table, parseName('example.com'))['example.com'], 7);
});

test('a name has one hash, read from text with or without escapes or from ASCII', () => {
  const random = createRandom(64);
  const octets = [...Buffer.from('abcXYZ019-_')];
  for (let round = 0; round < 5000; round++) {
    const labels = Array.from({ length: 1 + random.below(5) }, () =>
      Array.from({ length: 1 + random.below(9) }, () => random.pick(octets)),
    );
    const ascii = Buffer.from(labels.map((label) => String.fromCharCode(...label)).join('.'));
    const name = parseName(ascii.toString());
    const table = createNameTable(1);
    addAscii(table, ascii, 0, ascii.length, 1);
    assert.equal(addName(table, name, 1), false, name);
    // The road for escapes has to agree where a name has none in this label and some in the next.
    const odd = nameFromWire(
      Uint8Array.of(1, 0x2e, ...labels.flatMap((label) => [label.length, ...label]), 0),
      0,
      9999,
    );
    assert.equal(valuesAlong(table, odd)[name], 1, odd);
    assert.equal(valuesAlong(table, odd)[odd], 0, odd);
  }
});

test('a table is full of different names and still finds each, and no other', () => {
  const count = 20_000;
  const table = createNameTable(count);
  const name = (i: number) => parseName(`host${i}.zone${i % 97}.example`);
  for (let i = 0; i < count; i++) assert.ok(addName(table, name(i), (i % 7) + 1));
  for (let i = 0; i < count; i++) assert.equal(valuesAlong(table, name(i))[name(i)], (i % 7) + 1);
  for (let i = count; i < 2 * count; i++) assert.equal(valuesAlong(table, name(i))[name(i)], 0);
});

test('compact keeps every name', () => {
  const roomy = createNameTable(50_000);
  for (let i = 0; i < 1000; i++) addName(roomy, parseName(`h${i}.example`), 1 + (i % 2));
  const table = compact(roomy, 1000);
  assert.ok(table.words.byteLength <= 24 * 1000);
  for (let i = 0; i < 1000; i++) {
    const name = parseName(`h${i}.example`);
    assert.equal(valuesAlong(table, name)[name], 1 + (i % 2));
  }
});
