import assert from 'node:assert/strict';
import test from 'node:test';
import { formatSearch } from '../../../src/attempts/search/format.ts';
import { parseSearch } from '../../../src/attempts/search/parse.ts';
import { FIELDS } from '../../../src/attempts/search/search.ts';
import { parseNetwork } from '../../../src/policy/network.ts';
import { ParseError } from '../../../src/policy/problem.ts';
import { createRandom, HOUR, NOON, pick } from '../support.ts';

const network = (text: string) => ({ kind: 'network', network: parseNetwork(text) });
const label = (text: string) => ({ kind: 'label', text });

const cases: readonly { when: string; text: string; terms: readonly unknown[] }[] = [
  { when: 'nothing', text: ' \t ', terms: [] },
  {
    when: 'an address',
    text: 'client:10.1.2.3',
    terms: [{ negated: false, field: 'client', values: [network('10.1.2.3')] }],
  },
  {
    when: 'a network and a label, one of which must apply',
    text: 'client:2001:db8::/32,Anna',
    terms: [{ negated: false, field: 'client', values: [network('2001:db8::/32'), label('Anna')] }],
  },
  {
    when: 'a bare address, also IPv6 that begins like a field',
    text: '10.0.0.0/8 fe80::1',
    terms: [
      { negated: false, field: 'client', values: [network('10.0.0.0/8')] },
      { negated: false, field: 'client', values: [network('fe80::1')] },
    ],
  },
  {
    when: 'a name with all below it, and itself',
    text: 'name:NGROK.com. name:=ngrok.com',
    terms: [
      { negated: false, field: 'name', values: [{ name: 'ngrok.com', scope: 'subtree' }] },
      { negated: false, field: 'name', values: [{ name: 'ngrok.com', scope: 'exact' }] },
    ],
  },
  {
    when: 'what is of no service, taken away',
    text: '-service:none',
    terms: [{ negated: true, field: 'service', values: [undefined] }],
  },
  {
    when: 'states by other words',
    text: 'state:open,acked',
    terms: [{ negated: false, field: 'state', values: ['new', 'reopened', 'acknowledged'] }],
  },
  {
    when: 'bare words that mean something, upper case too',
    text: '-acked NEW watched high,medium',
    terms: [
      { negated: true, field: 'state', values: ['acknowledged'] },
      { negated: false, field: 'state', values: ['new'] },
      { negated: false, field: 'verdict', values: ['watched'] },
      { negated: false, field: 'severity', values: ['high', 'medium'] },
    ],
  },
  {
    when: 'bare words that are text, among them some that mean something',
    text: 'new,foo "acked" -x%',
    terms: [
      { negated: false, field: 'text', values: ['new', 'foo'] },
      { negated: false, field: 'text', values: ['acked'] },
      { negated: true, field: 'text', values: ['x%'] },
    ],
  },
  {
    when: 'a severity that is compared',
    text: 'severity>=medium severity<low -severity>low',
    terms: [
      { negated: false, field: 'severity', values: ['medium', 'high'] },
      { negated: false, field: 'severity', values: ['info'] },
      { negated: true, field: 'severity', values: ['medium', 'high'] },
    ],
  },
  {
    when: 'times',
    text: 'since:1h until:2026-01-15T12:00Z',
    terms: [
      { negated: false, field: 'since', values: [{ written: '1h', time: NOON - HOUR }] },
      { negated: false, field: 'until', values: [{ written: '2026-01-15T12:00Z', time: NOON }] },
    ],
  },
  {
    when: 'other words for fields, and a type as it is written everywhere',
    text: 'via:doh TYPE:type65,tls',
    terms: [
      { negated: false, field: 'way', values: ['doh'] },
      { negated: false, field: 'type', values: ['HTTPS', 'TLS'] },
    ],
  },
  {
    when: 'quotes, in which all is text',
    text: 'client:"anna, of ""sales""" "a:b"',
    terms: [
      { negated: false, field: 'client', values: [label('anna, of "sales"')] },
      { negated: false, field: 'text', values: ['a:b'] },
    ],
  },
  {
    when: 'numbers of rows',
    text: 'id:1,42',
    terms: [{ negated: false, field: 'id', values: [1, 42] }],
  },
];
for (const { when, text, terms } of cases) {
  test(`parseSearch: ${when}`, () => {
    const search = parseSearch(text, NOON);
    assert.deepEqual(search.terms, terms);
    assert.deepEqual(parseSearch(formatSearch(search), NOON), search);
  });
}

const faults: readonly { when: string; text: string; message: RegExp }[] = [
  {
    when: 'a field that is none',
    text: 'new foo:bar',
    message: /^word 2, foo:bar: there is no field "foo"; write one of client, /,
  },
  {
    when: 'a field without a value',
    text: 'client:',
    message: /^word 1, client:: has no value; write one right behind the colon, as client:10/,
  },
  {
    when: 'a network that is none',
    text: 'client:10.1.2',
    message: /^word 1, client:10.1.2: "10.1.2" is not a network; write one/,
  },
  { when: 'host bits', text: 'client:10.1.2.3/8', message: /did you mean 10\.0\.0\.0\/8\?$/ },
  {
    when: 'a value that is missing',
    text: 'service:ngrok,',
    message: /^word 1, service:ngrok,: has no value where/,
  },
  { when: 'an empty text', text: '""', message: /^word 1, "": has no value/ },
  { when: 'a minus alone', text: '-', message: /takes nothing away; write what/ },
  {
    when: 'a quote that is not closed',
    text: 'a "b c',
    message: /^word 2, "b c: has a quote that is not closed; write one more "$/,
  },
  {
    when: 'a state that is none',
    text: 'state:done',
    message: /"done" is none of new, reopened, /,
  },
  {
    when: 'a time that is none',
    text: 'since:soon',
    message: /"soon" is not a time; write how long ago/,
  },
  { when: 'two times', text: 'since:1h,2h', message: /takes one time/ },
  {
    when: 'what nothing can be',
    text: 'severity>high',
    message: /nothing is > high; the least is info/,
  },
  {
    when: 'what cannot be compared',
    text: 'client>5',
    message: /only severity is compared; write client:VALUE/,
  },
  { when: 'a number that is none', text: 'id:0', message: /"0" is not a number that rows have/ },
];
for (const { when, text, message } of faults) {
  test(`parseSearch: says what is wrong with ${when}`, () => {
    assert.throws(
      () => parseSearch(text, NOON),
      (error) => error instanceof ParseError && message.test(error.message),
    );
  });
}

const PIECES = [
  ...FIELDS.map((field) => `${field}:`),
  ...[
    '"',
    '""',
    ',',
    '-',
    ' ',
    ':',
    '>=',
    '<',
    '=',
    '\\',
    '\\.',
    '\0',
    '\x1b[31m',
    '\u202e',
    '𝒳',
    '\ud800',
  ],
  ...[
    'new',
    'acked',
    'high',
    'watched',
    'excepted',
    'ngrok',
    'none',
    '10.1.2.3',
    '10.0.0.0/8',
    'fe80::1',
  ],
  ...[
    '1h',
    '2026-01-15',
    '7',
    'a',
    'tls',
    'A',
    'TYPE65',
    '__proto__',
    'constructor',
    "'; DROP TABLE attempts; --",
    '%',
    '*',
  ],
];

test('parseSearch: reads any text at all or says what is wrong, and what it read can be written', () => {
  const random = createRandom(5);
  let [read, refused] = [0, 0];
  for (let i = 0; i < 30_000; i++) {
    const text = Array.from({ length: Math.floor(random() * 7) }, () =>
      random() < 0.9 ? pick(random, PIECES) : String.fromCharCode(random() * 0x10000),
    ).join('');
    try {
      const search = parseSearch(text, NOON);
      read += 1;
      assert.deepEqual(parseSearch(formatSearch(search), NOON), search, JSON.stringify(text));
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      refused += 1;
      assert.match(error.message, /^word \d+, /, JSON.stringify(text));
    }
  }
  assert.ok(read > 3000 && refused > 3000, `${read} read, ${refused} refused`);
});
