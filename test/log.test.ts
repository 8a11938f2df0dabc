import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../src/log.ts';

const noon = () => new Date(2026, 0, 2, 12, 0, 0);

function logged(isTTY: boolean, particulars: Record<string, unknown>): string {
  let text = '';
  const write = (more: string) => {
    text += more;
  };
  createLog({ isTTY, write }, noon)('warn', 'event', particulars);
  return text;
}

test('log: one line of JSON for machines', () => {
  const line = logged(false, { name: 'www.example.com', count: 3 });
  assert.deepEqual(JSON.parse(line), {
    time: noon().toISOString(),
    level: 'warn',
    event: 'event',
    name: 'www.example.com',
    count: 3,
  });
  assert.match(line, /^[^\n]+\n$/);
});

test('log: plain words for a person', () => {
  assert.equal(
    logged(true, { name: 'www.example.com', text: 'two words', list: ['a'] }),
    '12:00:00 warn event name=www.example.com text="two words" list=["a"]\n',
  );
});

const hostile = [
  { when: 'a line feed', text: 'a\nlevel=info' },
  { when: 'an escape sequence', text: '\x1b[2Ja' },
  { when: 'a C1 control', text: 'a\x9b31m' },
  { when: 'a bidi override', text: 'a\u202eb' },
  { when: 'a line separator', text: 'a\u2028b' },
];
for (const { when, text } of hostile) {
  test(`log: ${when} from the network stands bare in neither form`, () => {
    for (const line of [logged(false, { text }), logged(true, { text })]) {
      assert.match(line, /^[\x20-\x7e]+\n$/);
    }
    assert.equal(JSON.parse(logged(false, { text })).text, text);
  });
}

test('log: a particular that is not there', () => {
  assert.equal(logged(true, { gone: undefined }), '12:00:00 warn event gone=undefined\n');
});
