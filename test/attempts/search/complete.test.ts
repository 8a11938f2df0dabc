import assert from 'node:assert/strict';
import test from 'node:test';
import { completionsOf } from '../../../src/attempts/search/complete.ts';
import { createRandom, pick } from '../support.ts';

/** The cursor stands at the `|`. */
const cases: readonly {
  when: string;
  text: string;
  values?: readonly string[];
  field?: string;
  prefix: string;
  becomes: readonly string[];
}[] = [
  { when: 'a field is begun', text: 'ver|', prefix: 'ver', becomes: ['verdict:', 'severity:'] },
  { when: 'one is taken away', text: 'acked -ser|', prefix: 'ser', becomes: ['acked -service:'] },
  { when: 'it is a bare word', text: 'hi|', prefix: 'hi', becomes: ['high'] },
  {
    when: 'a value is begun, and there is more behind',
    text: 'severity:me| client:anna',
    ...{ field: 'severity', prefix: 'me', becomes: ['severity:medium client:anna'] },
  },
  {
    when: 'a value of several is begun',
    text: 'verdict:watched,bl|,observed',
    ...{ field: 'verdict', prefix: 'bl', becomes: ['verdict:watched,blocked,observed'] },
  },
  {
    when: 'it is compared',
    text: 'severity>=h|',
    ...{ field: 'severity', prefix: 'h', becomes: ['severity>=high'] },
  },
  {
    when: 'a database knows the values, which keep their quotes',
    text: 'client:an|',
    values: ['"Anna B"', 'Jan', '10.1.2.3'],
    ...{ field: 'client', prefix: 'an', becomes: ['client:"Anna B"', 'client:Jan'] },
  },
  {
    when: 'a quote is open',
    text: 'client:"anna b|',
    values: ['"Anna B"'],
    ...{ field: 'client', prefix: 'anna b', becomes: ['client:"Anna B"'] },
  },
  { when: 'it is quoted text', text: '"ver|', prefix: '"ver', becomes: [] },
  {
    when: 'the field is another word',
    text: 'via:dow|',
    field: 'way',
    prefix: 'dow',
    becomes: ['via:download'],
  },
];
for (const { when, text, values, field, prefix, becomes } of cases) {
  test(`completionsOf: ${when}`, () => {
    const cursor = text.indexOf('|');
    const plain = text.replace('|', '');
    const offer = completionsOf(plain, cursor, values);
    assert.equal(offer.field, field);
    assert.equal(offer.prefix, prefix);
    assert.deepEqual(
      offer.candidates
        .filter((candidate) => !candidate.startsWith('-'))
        .map((candidate) => plain.slice(0, offer.from) + candidate + plain.slice(offer.to)),
      becomes,
    );
  });
}

test('completionsOf: offers all fields where nothing is begun', () => {
  assert.ok(completionsOf('acked ', 6).candidates.includes('client:'));
});

test('completionsOf: points into the text, whatever it is', () => {
  const random = createRandom(6);
  const pieces = ['client:', '"', ',', ' ', '-', 'a', 'severity>=', ':', '\u{1f600}', '__proto__:'];
  for (let i = 0; i < 5000; i++) {
    const text = Array.from({ length: Math.floor(random() * 8) }, () => pick(random, pieces)).join(
      '',
    );
    const cursor = Math.floor(random() * (text.length + 1));
    const { from, to } = completionsOf(text, cursor, ['x']);
    assert.ok(
      0 <= from && from <= cursor && cursor <= to && to <= text.length,
      `${text} ${cursor}`,
    );
  }
});
