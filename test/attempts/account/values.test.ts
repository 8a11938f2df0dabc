import assert from 'node:assert/strict';
import test from 'node:test';
import { createValues, type Found, valuesIn } from '../../../src/attempts/account/values.ts';
import { createPrng } from '../../support/prng.ts';

const value = (line: number, value: unknown): Found => ({ kind: 'value', line, value });
const fault = (line: number, message: string): Found => ({ kind: 'fault', line, message });

const cases: readonly { when: string; text: string; found: readonly Found[] }[] = [
  { when: 'nothing', text: '', found: [] },
  {
    when: 'one a line',
    text: '{"a":1}\n{"a":2}\n',
    found: [value(1, { a: 1 }), value(2, { a: 2 })],
  },
  {
    when: 'no last line end',
    text: '{"a":1}\r\n{"a":2}',
    found: [value(1, { a: 1 }), value(2, { a: 2 })],
  },
  {
    when: 'nothing between',
    text: '{"a":1}{"a":{"b":2}}',
    found: [value(1, { a: 1 }), value(1, { a: { b: 2 } })],
  },
  {
    when: 'an array',
    text: '[{"a":1},\n{"a":[2]}]\n',
    found: [value(1, { a: 1 }), value(2, { a: [2] })],
  },
  {
    when: 'printed over lines',
    text: '{\n  "a": {\n    "b": 1\n  }\n}\n{"a":2}',
    found: [value(1, { a: { b: 1 } }), value(6, { a: 2 })],
  },
  { when: 'a byte order mark', text: '\ufeff{"a":1}', found: [value(1, { a: 1 })] },
  {
    when: 'a stamp before each, as CloudWatch exports',
    text: '2026-01-15T12:00:00.000Z {"a":1}\n',
    found: [value(1, { a: 1 })],
  },
  {
    when: 'braces and quotes in strings',
    text: '{"a":"}{\\"\\\\"}{"b":1}',
    found: [value(1, { a: '}{"\\' }), value(1, { b: 1 })],
  },
  {
    when: 'words',
    text: 'hello\n{"a":1}\nworld',
    found: [fault(1, 'is no JSON object'), value(2, { a: 1 }), fault(3, 'is no JSON object')],
  },
  {
    when: 'words before an object take its line',
    text: 'x {"a":1}\n{"a":2}',
    found: [fault(1, 'is no JSON object'), value(2, { a: 2 })],
  },
  {
    when: 'a line cut off in a string',
    text: '{"a":"b\n{"a":2}',
    found: [fault(1, 'ends within a string'), value(2, { a: 2 })],
  },
  {
    when: 'a line cut off behind an escape',
    text: '{"a":"b\\\n{"a":2}',
    found: [fault(1, 'ends within a string'), value(2, { a: 2 })],
  },
  {
    when: 'a line cut off between fields',
    text: '{"a":1,\n{"a":2}',
    found: [fault(1, 'ends before its last brace'), value(2, { a: 2 })],
  },
  {
    when: 'a line cut off behind a colon',
    text: '{"a":\n{"a":2}\n{"a":3}',
    found: [fault(1, 'ends before its last brace'), value(2, { a: 2 }), value(3, { a: 3 })],
  },
  {
    when: 'a line cut off in a list',
    text: '{"a":[1,\n{"a":2}\n{"a":3}\n',
    found: [fault(1, 'ends before its last brace'), value(2, { a: 2 }), value(3, { a: 3 })],
  },
  {
    when: 'brackets that do not match',
    text: '{"a":[1}}{"b":1}\n{"a":2}',
    found: [fault(1, 'has brackets that do not match'), value(2, { a: 2 })],
  },
  {
    when: 'what only looks like JSON',
    text: "{a:1}\n{'a':1}\n{}",
    found: [fault(1, 'is no JSON'), fault(2, 'is no JSON'), value(3, {})],
  },
];
for (const { when, text, found } of cases) {
  test(`values: ${when}`, () => assert.deepEqual(valuesIn(text), found));
}

test('values: it makes no difference how a text is cut into pieces', () => {
  const prng = createPrng(5);
  for (const { when, text } of cases) {
    for (let round = 0; round < 50; round++) {
      const values = createValues();
      const found: Found[] = [];
      for (let at = 0; at < text.length; ) {
        const size = 1 + prng.below(round < 10 ? 1 : 6);
        found.push(...values.feed(text.slice(at, at + size)));
        at += size;
      }
      assert.deepEqual([...found, ...values.end()], valuesIn(text), when);
    }
  }
});

test('values: random text neither throws nor hides the line behind it', () => {
  const prng = createPrng(6);
  const parts = ['{', '}', '[', ']', '"', '\\', ':', ',', '1', 'a', ' ', '"a":1', '{"a":1}'];
  for (let round = 0; round < 5000; round++) {
    const noise = Array.from({ length: prng.below(12) }, () => prng.pick(parts)).join('');
    const found = valuesIn(`${noise}\n{"event_id":"ev_1"}\n`);
    const kept = found.some((one) => one.kind === 'value' && one.line === 2);
    // Behind an open colon or list the line may belong to what is before it, and then to one that has no end.
    const joined = found.some(
      (one) => one.kind === 'value' && JSON.stringify(one.value).includes('ev_1'),
    );
    assert.ok(kept || joined, noise);
  }
});

test('values: what never ends is given up, and memory with it', () => {
  const values = createValues(1000);
  const found = Array.from({ length: 100 }, () => values.feed(`{"a":[${'1,'.repeat(400)}`)).flat();
  assert.ok(found.length > 10);
  assert.ok(found.every(({ kind }) => kind === 'fault'));
  const words = createValues(1000);
  assert.equal(
    Array.from({ length: 100 }, () => words.feed('x'.repeat(400))).flat().length > 10,
    true,
  );
});
