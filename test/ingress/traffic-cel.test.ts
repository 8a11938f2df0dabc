import assert from 'node:assert/strict';
import { test } from 'node:test';
import { celFault, interpolated } from '../../src/ingress/traffic/cel.ts';
import { createPrng } from '../support/prng.ts';

const sound: readonly string[] = [
  "!(actions.ngrok.oauth.identity.email.endsWith('@example.com'))",
  "actions.ngrok.oauth.identity.email != 'kim@example.net'",
  'req.headers["authorization"][0] == "Bearer my-token"',
  "hasReqHeader('host') ? getReqHeader('host')[0] : 'unknown'",
  "conn.client_ip in ['192.0.2.1', '2001:db8::1',]",
  "req.headers.exists(key, key.startsWith('x-'))",
  'a // what follows (is a comment',
  '!!a || -1 < .5 && 0x1f >= 1u',
  "{'a': 1, 'b': [2]}.a + Message{field: 1}.field % 2",
  `r'\\' == b"\\"" + '''it's'''`,
  "size('a)b') == 3",
  'a.?b[?0]',
];
for (const source of sound) {
  test(`celFault: nothing is wrong with ${source}`, () =>
    assert.equal(celFault(source), undefined));
}

const faulty: readonly {
  readonly when: string;
  readonly source: string;
  readonly at: number;
  readonly says: RegExp;
}[] = [
  {
    when: "the example of ngrok's guide lacks a parenthesis",
    source: "!(actions.ngrok.oauth.identity.email.endsWith('@example.com')",
    at: 1,
    says: /the \( that begins here is never closed; add \)/,
  },
  { when: 'several are open', source: 'f([{', at: 1, says: /add \}\]\) where/ },
  {
    when: 'one too many closes',
    source: "a.endsWith('b'))",
    at: 15,
    says: /this \) closes nothing/,
  },
  {
    when: 'they cross',
    source: '(a]',
    at: 2,
    says: /this \] closes the \( of character 1; write \)/,
  },
  { when: 'a text is open', source: "a == 'b", at: 5, says: /no closing '; add it/ },
  { when: 'a text is open at the end of its line', source: '"a\n"', at: 0, says: /no closing "/ },
  { when: 'a text ends in a backslash', source: "'a\\'", at: 0, says: /no closing '/ },
  { when: 'quotes are typographic', source: 'a == ‘b’', at: 5, says: /write ' around/ },
  { when: 'one = compares', source: 'a = b', at: 2, says: /write == to compare/ },
  { when: 'one & joins', source: 'a & b', at: 2, says: /write && for "and"/ },
  { when: 'and is a word', source: 'a and b', at: 2, says: /write &&/ },
  {
    when: 'an operator has no right side',
    source: 'a && ',
    at: 5,
    says: /the end stands where a value/,
  },
  {
    when: 'values stand side by side',
    source: "a 'b'",
    at: 2,
    says: /follows a value that is complete/,
  },
  {
    when: 'a choice has no second half',
    source: 'a ? b',
    at: 5,
    says: /the end stands where : should/,
  },
  { when: 'a name is missing', source: 'a..b', at: 2, says: /name is missing behind the dot/ },
  { when: 'it is empty', source: ' \n', at: 0, says: /is empty/ },
  { when: 'it is a comment', source: '// true', at: 7, says: /the end stands where a value/ },
  {
    when: 'it is nested beyond reading',
    source: '('.repeat(5000),
    at: 100,
    says: /nested too deeply/,
  },
];
for (const { when, source, at, says } of faulty) {
  test(`celFault: ${when}`, () => {
    const fault = celFault(source);
    assert.match(fault?.message ?? 'nothing', says);
    assert.equal(fault?.at, at);
  });
}

test('celFault: whatever it reads, it ends, and points into the text', () => {
  const { pick, below } = createPrng(7);
  const words = [
    ...'()[]{}\'"\\.,:?!&|=<>+-*/% \n1aé😀',
    'in',
    '//',
    '"""',
    "r'",
    '&&',
    '==',
    '${',
    '.5',
  ];
  for (let i = 0; i < 20_000; i++) {
    const source = Array.from({ length: below(12) }, () => pick(words)).join('');
    const fault = celFault(source);
    if (fault) assert(fault.at >= 0 && fault.at <= source.length, JSON.stringify(source));
  }
});

test('interpolated: the } of a text or a map ends nothing', () => {
  const text = `a \${b['}']} c \${ {'d': 1}.d } \${open`;
  assert.deepEqual(
    interpolated(text).map(({ source }) => source),
    ["b['}']", " {'d': 1}.d ", 'open'],
  );
  for (const { at, source } of interpolated(text)) assert(text.startsWith(source, at));
});
