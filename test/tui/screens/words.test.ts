import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASCII, UNICODE } from '../../../src/tui/glyphs.ts';
import { plainText } from '../../../src/tui/line.ts';
import { wrapped } from '../../../src/tui/screens/layout.ts';
import { barOf, lastMinutes, sparkline } from '../../../src/tui/screens/sparkline.ts';
import {
  ageOf,
  agoOf,
  daysSince,
  durationOf,
  momentOf,
  spokenDuration,
} from '../../../src/tui/screens/times.ts';
import { figure } from '../../../src/tui/screens/words.ts';
import { DAY, HOUR, MINUTE, minutes, NOW, SECOND } from './made-up.ts';

const ages: readonly (readonly [age: number, short: string, ago: string, moment: string])[] = [
  [-5 * SECOND, 'now', 'just now', '02:14:35'],
  [0, 'now', 'just now', '02:14:30'],
  [12 * SECOND, '12s', '12s ago', '02:14:18'],
  [3 * MINUTE, '3m', '3m ago', '02:11:30'],
  [HOUR - 1, '59m', '59m ago', '01:14:30'],
  [2 * HOUR, '2h', '2h ago', '00:14:30'],
  [DAY - 1, '23h', '23h ago', '02:14:30'],
  [DAY, '23 Nov', 'on 23 Nov 02:14', '23 Nov 02:14'],
  [365 * DAY, '2025', 'on 24 Nov 2025', '24 Nov 2025'],
];
for (const [age, short, ago, moment] of ages) {
  test(`times: ${age} ms ago is ${short}`, () => {
    const time = NOW - age;
    assert.deepEqual([ageOf(time, NOW), agoOf(time, NOW)], [short, ago]);
    assert.equal(momentOf(time, NOW), moment);
  });
}

test('times: durations are short, and spoken ones are words', () => {
  const lengths = [-1, 42 * SECOND, 55 * MINUTE, 125 * MINUTE, 76 * HOUR, 40 * DAY];
  assert.deepEqual(lengths.map(durationOf), ['0s', '42s', '55m', '2h 5m', '3d 4h', '40d']);
  assert.deepEqual([SECOND, 4 * MINUTE, HOUR, 12 * DAY, 5].map(spokenDuration), [
    '1 second',
    '4 minutes',
    '1 hour',
    '12 days',
    '0 seconds',
  ]);
  assert.deepEqual(
    ['2026-11-01', '2026-11-24', '2026-12-24'].map((day) => daysSince(day, NOW)),
    [23, 0, 0],
  );
});

test('sparkline: only zero is on the lowest level, and nothing stands for what is missing', () => {
  assert.equal(sparkline([0, 1, 1000, undefined, 500], UNICODE), '▁▂█ ▅');
  assert.equal(sparkline([0, 0], ASCII), '__');
  assert.equal(sparkline([], ASCII), '');
});

test('sparkline: the last minutes end with the one that is over, gaps as gaps', () => {
  const shown = lastMinutes(minutes(60), 40, NOW);
  assert.equal(shown.length, 40);
  assert.equal(shown.at(-1)?.time, NOW - (NOW % MINUTE) - MINUTE);
  assert.equal(shown.filter((minute) => minute === undefined).length, 15);
  assert.deepEqual(lastMinutes([], 2, NOW), [undefined, undefined]);
});

test('bars: what is there has a column, nothing has none', () => {
  assert.deepEqual(
    [barOf(0, 9, 8, ASCII), barOf(1, 9999, 8, ASCII), barOf(9, 9, 8, ASCII)],
    ['', '#', '########'],
  );
});

test('figures: never more than five columns', () => {
  assert.deepEqual([0, 9999, 10_000, 999_499, 1_000_000, 12_345_678].map(figure), [
    '0',
    '9999',
    '10k',
    '999k',
    '1.0M',
    '12.3M',
  ]);
});

test('wrapped: words stay whole where they can, and nothing is lost', () => {
  const texts = (text: string, width: number) => wrapped(text, width).map(plainText);
  assert.deepEqual(texts('a word and another', 9), ['a word', 'and', 'another']);
  assert.deepEqual(texts('averylongword is', 5), ['avery', 'longw', 'ord', 'is']);
  assert.deepEqual(texts('漢字漢字', 5), ['漢字', '漢字']);
  assert.deepEqual(texts('', 5), ['']);
});
