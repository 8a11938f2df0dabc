import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFigures } from '../../src/attempts/figures.ts';
import type { Outcome } from '../../src/dns/message.ts';
import { MINUTE, NOON } from './support.ts';

const outcome = (verdict: string, source: Outcome['source'] = 'upstream') =>
  ({ verdict: { kind: verdict }, source }) as Outcome;

test('createFigures: a minute is handed out once, and only when it is over', () => {
  const figures = createFigures();
  figures.count(outcome('unmatched'), 1, NOON + 1);
  figures.count(outcome('blocked', 'policy'), 1, NOON + 59_999);
  assert.deepEqual(figures.take(NOON + 59_999), []);

  const [minute, ...others] = figures.take(NOON + MINUTE);
  assert.deepEqual(others, []);
  assert.deepEqual(
    [minute?.time, minute?.questions, minute?.refused, minute?.cached, minute?.failed],
    [NOON, 2, 1, 0, 0],
  );
  assert.deepEqual(figures.take(NOON + 2 * MINUTE), []);
});

test('createFigures: sources are told apart', () => {
  const figures = createFigures();
  for (const source of ['cache', 'stale', 'upstream', 'failure', 'local'] as const) {
    figures.count(outcome('unmatched', source), 1, NOON);
  }
  const [minute] = figures.take(NOON, true);
  assert.deepEqual([minute?.questions, minute?.cached, minute?.failed], [5, 2, 1]);
});

test('createFigures: minutes that nobody took meanwhile are all there, those without questions are not', () => {
  const figures = createFigures();
  for (const minute of [0, 1, 5]) figures.count(outcome('unmatched'), 1, NOON + minute * MINUTE);
  const times = figures.take(NOON + 6 * MINUTE).map(({ time }) => (time - NOON) / MINUTE);
  assert.deepEqual(times, [0, 1, 5]);
});

test('createFigures: the end takes the minute that is not over', () => {
  const figures = createFigures();
  figures.count(outcome('unmatched'), 1, NOON);
  assert.equal(figures.take(NOON + 1, true).length, 1);
  assert.deepEqual(figures.take(NOON + 2, true), []);
});

for (const { when, tooks, p50, p99 } of [
  { when: 'all alike', tooks: Array(100).fill(2), p50: 2, p99: 2 },
  { when: 'one in a hundred is slow', tooks: [...Array(99).fill(1), 500], p50: 1, p99: 1 },
  { when: 'two in a hundred are slow', tooks: [...Array(98).fill(1), 500, 500], p50: 1, p99: 500 },
  { when: 'too fast to tell', tooks: [0, 0.001], p50: 0.01, p99: 0.01 },
]) {
  test(`createFigures: latencies within half of what they were: ${when}`, () => {
    const figures = createFigures();
    for (const took of tooks) figures.count(outcome('unmatched'), took, NOON);
    const [minute] = figures.take(NOON, true);
    for (const [what, found, wanted] of [
      ['p50', minute?.p50, p50],
      ['p99', minute?.p99, p99],
    ] as const) {
      const ratio = (found as number) / wanted;
      assert(ratio >= 0.999 && ratio <= 1.51, `${what} is ${found}, and was ${wanted}`);
    }
  });
}

test('createFigures: a latency over a minute is no fault', () => {
  const figures = createFigures();
  figures.count(outcome('unmatched'), 1e9, NOON);
  assert((figures.take(NOON, true)[0]?.p99 ?? 0) > 60_000);
});
