import assert from 'node:assert/strict';
import test from 'node:test';
import { formatMoment, parseMoment } from '../../src/attempts/moment.ts';
import { DAY, HOUR, MINUTE, NOON } from './support.ts';

const here = (...parts: readonly number[]) =>
  new Date(...(parts as [number, number, number])).getTime();

const cases: readonly { readonly text: string; readonly time: number }[] = [
  { text: '7d', time: NOON - 7 * DAY },
  { text: '2h', time: NOON - 2 * HOUR },
  { text: '30m', time: NOON - 30 * MINUTE },
  { text: '0s', time: NOON },
  { text: '2025-11-21', time: here(2025, 10, 21) },
  { text: '2025-11-21T18:05', time: here(2025, 10, 21, 18, 5) },
  { text: '2025-11-21 18:05:09', time: here(2025, 10, 21, 18, 5, 9) },
  { text: '2025-11-21T18:05Z', time: Date.UTC(2025, 10, 21, 18, 5) },
  { text: '2025-11-21T18:05:09+01:00', time: Date.UTC(2025, 10, 21, 17, 5, 9) },
];

for (const { text, time } of cases) {
  test(`parseMoment: ${text}`, () => assert.equal(parseMoment(text, NOON), time));
}

for (const text of [
  '',
  'yesterday',
  '7',
  '7x',
  '-7d',
  '2025-02-30',
  '2025-13-01',
  '2025-11-21T24:00',
  '2025-11-21T18:60',
  '2025-11-21T25:00Z',
  '21.11.2025',
]) {
  test(`parseMoment: "${text}" is refused`, () => {
    assert.throws(() => parseMoment(text, NOON), { name: 'ParseError', message: /write/ });
  });
}

test('formatMoment: is read back', () => {
  assert.equal(formatMoment(here(2025, 0, 2, 3, 4, 5)), '2025-01-02 03:04:05');
  assert.equal(parseMoment(formatMoment(NOON), 0), NOON);
});
