import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  LISTED_EXACT,
  LISTED_SUBTREE,
  type NameList,
  parseNameList,
} from '../../src/policy/list.ts';
import { parseName } from '../../src/policy/name.ts';
import { valueHere, walkSuffixes } from '../../src/policy/nametable.ts';

const read = (content: string | Uint8Array): NameList =>
  parseNameList(
    'names.txt',
    'names.txt',
    typeof content === 'string' ? Buffer.from(content) : content,
  );

/** How the list holds the very name: `subtree`, `exact`, both or not at all. */
function scopeIn(list: NameList, text: string): string {
  const name = parseName(text);
  let value = 0;
  walkSuffixes(name, (start) => {
    if (start === 0) value = valueHere(list.table);
  });
  return [value & LISTED_SUBTREE ? 'subtree' : '', value & LISTED_EXACT ? 'exact' : '']
    .filter(Boolean)
    .join('+');
}

type Case = {
  when: string;
  line: string;
  holds: Record<string, string>;
  count?: number;
  skipped?: number;
};
const lines: readonly Case[] = [
  { when: 'a plain domain', line: 'example.com', holds: { 'example.com': 'subtree' } },
  { when: 'upper case', line: 'Example.COM', holds: { 'example.com': 'subtree' } },
  { when: 'a final dot', line: 'example.com.', holds: { 'example.com': 'subtree' } },
  { when: 'white space around', line: ' \texample.com \t', holds: { 'example.com': 'subtree' } },
  { when: 'a line of Windows', line: 'example.com\r', holds: { 'example.com': 'subtree' } },
  { when: 'a comment behind', line: 'example.com # why', holds: { 'example.com': 'subtree' } },
  { when: 'a leading wildcard', line: '*.example.com', holds: { 'example.com': 'subtree' } },
  { when: 'an underscore', line: '_dns.example.com', holds: { '_dns.example.com': 'subtree' } },
  { when: 'an IDN', line: 'bücher.example', holds: { 'bücher.example': 'subtree' } },
  {
    when: 'an IDN whose letters end in ASCII octets',
    line: 'kůň.example',
    holds: { 'kůň.example': 'subtree', 'koh.example': '' },
  },
  { when: 'an A-label', line: 'xn--bcher-kva.example', holds: { 'bücher.example': 'subtree' } },
  {
    when: 'an escaped dot',
    line: 'a\\.b.example',
    holds: { 'a\\.b.example': 'subtree', 'a.b.example': '' },
  },
  { when: 'a decimal escape', line: 'a\\032b.example', holds: { 'a\\032b.example': 'subtree' } },
  { when: 'a blank line', line: '   ', holds: {}, count: 0 },
  { when: 'a comment', line: '# example.com', holds: { 'example.com': '' }, count: 0 },
  { when: 'a comment of adblock', line: '! example.com', holds: { 'example.com': '' }, count: 0 },

  { when: 'hosts form', line: '0.0.0.0 example.com', holds: { 'example.com': 'exact' } },
  {
    when: 'hosts form with tabs',
    line: '127.0.0.1\t\texample.com',
    holds: { 'example.com': 'exact' },
  },
  { when: 'hosts form with IPv6', line: ':: example.com', holds: { 'example.com': 'exact' } },
  {
    when: 'hosts form with a zone',
    line: 'fe80::1%lo0 example.com',
    holds: { 'example.com': 'exact' },
  },
  {
    when: 'hosts form with several names',
    line: '0.0.0.0 a.example b.example',
    holds: { 'a.example': 'exact', 'b.example': 'exact' },
    count: 2,
  },
  {
    when: 'hosts form and a comment',
    line: '0.0.0.0 a.example # b.example',
    holds: { 'a.example': 'exact', 'b.example': '' },
  },
  {
    when: 'hosts form and an IDN',
    line: '0.0.0.0 bücher.example',
    holds: { 'bücher.example': 'exact' },
  },
  {
    when: "the machine's own names",
    line: '127.0.0.1 localhost localhost.localdomain local ip6-loopback',
    holds: {},
    count: 0,
  },
  { when: 'a line of zeros', line: '0.0.0.0 0.0.0.0', holds: {}, count: 0 },
  {
    when: 'a name that begins like localhost',
    line: '0.0.0.0 localhost-tunnel.example',
    holds: { 'localhost-tunnel.example': 'exact' },
  },

  { when: 'adblock form', line: '||example.com^', holds: { 'example.com': 'subtree' } },
  { when: 'adblock form without ^', line: '||example.com', holds: { 'example.com': 'subtree' } },
  {
    when: 'adblock form with an option',
    line: '||example.com^$important',
    holds: { 'example.com': 'subtree' },
  },
  {
    when: 'adblock form with an IDN',
    line: '||bücher.example^',
    holds: { 'bücher.example': 'subtree' },
  },

  { when: 'one label', line: 'localhost', holds: {}, count: 0, skipped: 1 },
  { when: 'an address', line: '192.0.2.1', holds: { '192.0.2.1': '' }, count: 0, skipped: 1 },
  { when: 'an IPv6 address', line: '2001:db8::1', holds: {}, count: 0, skipped: 1 },
  { when: 'an address in adblock form', line: '||192.0.2.1^', holds: {}, count: 0, skipped: 1 },
  {
    when: 'a URL',
    line: 'https://example.com/path',
    holds: { 'example.com': '' },
    count: 0,
    skipped: 1,
  },
  { when: 'a path', line: 'example.com/path', holds: {}, count: 0, skipped: 1 },
  {
    when: 'an exception of adblock',
    line: '@@||example.com^',
    holds: { 'example.com': '' },
    count: 0,
    skipped: 1,
  },
  {
    when: 'an element of adblock',
    line: 'example.com##.banner',
    holds: { 'example.com': '' },
    count: 0,
    skipped: 1,
  },
  { when: 'a path of adblock', line: '||example.com/ads^', holds: {}, count: 0, skipped: 1 },
  {
    when: 'an option of adblock that narrows',
    line: '||example.com^$domain=example.net',
    holds: { 'example.com': '' },
    count: 0,
    skipped: 1,
  },
  { when: 'a heading', line: '[Adblock Plus 2.0]', holds: {}, count: 0, skipped: 1 },
  { when: 'a wildcard in the middle', line: 'a.*.example.com', holds: {}, count: 0, skipped: 1 },
  { when: 'a name with commas', line: 'example.com,example.net', holds: {}, count: 0, skipped: 1 },
  {
    when: 'two names without address',
    line: 'a.example b.example',
    holds: {},
    count: 0,
    skipped: 1,
  },
  { when: 'two dots', line: 'a..example', holds: {}, count: 0, skipped: 1 },
  {
    when: 'a label of 64 octets',
    line: `${'a'.repeat(64)}.example`,
    holds: {},
    count: 0,
    skipped: 1,
  },
  { when: 'a name of 254 octets', line: 'a.'.repeat(127).slice(0, -1), holds: {}, count: 1 },
  { when: 'a name too long', line: `${'a.'.repeat(127)}a`, holds: {}, count: 0, skipped: 1 },
  { when: 'a bad escape', line: 'a\\999.example', holds: {}, count: 0, skipped: 1 },
  { when: 'a NUL', line: 'a\0b.example', holds: {}, count: 0, skipped: 1 },
  {
    when: 'a good name beside a bad one',
    line: '0.0.0.0 a.example b..example',
    holds: { 'a.example': 'exact' },
    count: 1,
    skipped: 1,
  },
];
for (const { when, line, holds, count = 1, skipped = 0 } of lines) {
  test(`parseNameList: ${when}`, () => {
    for (const content of [line, `${line}\n`, `# before\n${line}\r\n\r\n`, `\ufeff${line}\n`]) {
      const list = read(content);
      assert.deepEqual({ count: list.count, skipped: list.skipped }, { count, skipped });
      for (const [name, scope] of Object.entries(holds))
        assert.equal(scopeIn(list, name), scope, name);
    }
  });
}

test('octets that are no UTF-8 are a malformed line', () => {
  const list = read(Uint8Array.of(0xff, 0xfe, 0x2e, 0x61, 0x0a));
  assert.deepEqual([list.count, list.skipped], [0, 1]);
});

test('an empty file is an empty list', () => {
  assert.deepEqual([read('').count, read('').skipped, read('\ufeff').count], [0, 0, 0]);
});

test('a name in both forms is one name with both scopes', () => {
  const list = read('example.com\n0.0.0.0 example.com\n||EXAMPLE.com^\n');
  assert.equal(list.count, 1);
  assert.equal(scopeIn(list, 'example.com'), 'subtree+exact');
});

test('the same IDN twice is one name', () => {
  assert.equal(read('bücher.example\nxn--bcher-kva.example\nBÜCHER.example\n').count, 1);
});

test('malformed lines are told with number and text, the first few of them', () => {
  const list = read(`good.example\n${'bad line\n'.repeat(9)}`);
  assert.equal(list.skipped, 9);
  assert.equal(list.examples.length, 5);
  assert.deepEqual(list.examples[0], { line: 2, text: 'bad line' });
});

test('many names on lines that are partly malformed all fit', () => {
  const text = Array.from(
    { length: 2000 },
    (_, i) => `0.0.0.0 a${i}.example b${i}.example bad..example`,
  ).join('\n');
  const list = read(text);
  assert.deepEqual([list.count, list.skipped], [4000, 2000]);
  assert.equal(scopeIn(list, 'b1999.example'), 'exact');
});

test('a hundred thousand names take at most 24 bytes each', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `host-${i}.zone${i % 1000}.example`);
  const forms = [
    names.join('\n'),
    names.map((name) => `0.0.0.0 ${name}`).join('\r\n'),
    names.map((name) => `||${name}^`).join('\n'),
    [...names, ...names].join('\n'),
  ];
  for (const form of forms) {
    const list = read(form);
    assert.equal(list.count, names.length);
    assert.ok(
      list.table.words.byteLength / list.count <= 24,
      `${list.table.words.byteLength / list.count}`,
    );
    assert.notEqual(scopeIn(list, names[99_999] as string), '');
  }
});
