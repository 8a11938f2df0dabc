import assert from 'node:assert/strict';
import test from 'node:test';
import type { Attempt } from '../../src/attempts/attempt.ts';
import { createFold, type Gain } from '../../src/attempts/fold.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { attempt, createRandom, MINUTE, NOON, pick } from './support.ts';

const WINDOW = 10 * MINUTE;

const figures = ({ first, last, count }: Gain) => [
  (first - NOON) / MINUTE,
  (last - NOON) / MINUTE,
  count,
];

const cases: readonly {
  readonly when: string;
  readonly attempts: readonly Partial<Attempt>[];
  readonly rows: readonly (readonly number[])[];
}[] = [
  {
    when: 'repeats come within the window',
    attempts: [{ time: NOON }, { time: NOON + MINUTE }, { time: NOON + 9 * MINUTE }],
    rows: [[0, 9, 3]],
  },
  {
    when: 'the window is over: it counts from its first attempt, not from its last',
    attempts: [{ time: NOON }, { time: NOON + 9 * MINUTE }, { time: NOON + 10 * MINUTE }],
    rows: [
      [0, 9, 2],
      [10, 10, 1],
    ],
  },
  {
    when: 'the clock is set back a little',
    attempts: [
      { time: NOON + 2 * MINUTE },
      { time: NOON + 5 * MINUTE },
      { time: NOON + 3 * MINUTE },
    ],
    rows: [[2, 5, 3]],
  },
  {
    when: 'the clock is set back behind the first attempt',
    attempts: [{ time: NOON }, { time: NOON - 30 * MINUTE }, { time: NOON - 29 * MINUTE }],
    rows: [
      [0, 0, 1],
      [-30, -29, 2],
    ],
  },
];

for (const { when, attempts, rows } of cases) {
  test(`createFold: ${when}`, () => {
    const fold = createFold(WINDOW, 100);
    for (const different of attempts) assert.ok(fold.add(attempt(different)));
    assert.deepEqual(fold.take(100).map(figures), rows);
    assert.equal(fold.waiting(), 0);
  });
}

const differences: readonly Partial<Attempt>[] = [
  { client: parseAddress('192.0.2.18') },
  { transport: 'tcp' },
  { point: 'gate' },
  { name: parseName('connect.eu.ngrok-agent.com') },
  { type: 'AAAA' },
  { via: 'tunnel.ngrok.com' },
  { via: '' },
  { rule: 'block/ngrok-agent.com' },
  { service: 'other' },
  { role: 'endpoint' },
  { verdict: 'watched' },
  { answer: 'nodata' },
  { destination: parseAddress('198.51.100.1') },
  { port: 443 },
  { ja4: 't13d101000_61a7ad8aa9b6_f9531d972513' },
  { lead: 'answered' },
];

for (const different of differences) {
  test(`createFold: attempts that differ in ${JSON.stringify(different)} are two rows`, () => {
    const fold = createFold(WINDOW, 100);
    fold.add(attempt());
    fold.add(attempt(different));
    assert.equal(fold.take(100).length, 2);
  });
}

test('createFold: an attempt without a name is not one with an empty name', () => {
  const fold = createFold(WINDOW, 100);
  fold.add(attempt({ name: undefined }));
  fold.add(attempt({ name: parseName('.') }));
  assert.equal(fold.take(100).length, 2);
});

test('createFold: what is taken in parts belongs to one row', () => {
  const fold = createFold(WINDOW, 100);
  fold.add(attempt());
  const [opened] = fold.take(1);
  fold.add(attempt({ time: NOON + MINUTE }));
  const [grown] = fold.take(1);
  assert.deepEqual(figures(opened as Gain), [0, 0, 1]);
  assert.deepEqual(figures(grown as Gain), [0, 1, 1]);
  assert.equal(grown?.row, opened?.row);
});

test('createFold: where no window more can wait, new ones are refused and known ones counted', () => {
  const fold = createFold(WINDOW, 2);
  const named = (name: string) => attempt({ name: parseName(name) });
  assert.ok(fold.add(named('a.example')));
  assert.ok(fold.add(named('b.example')));
  assert.ok(!fold.add(named('c.example')));
  assert.ok(fold.add(named('a.example')));
  assert.deepEqual(
    fold.take(10).map(({ count }) => count),
    [2, 1],
  );
  assert.ok(fold.add(named('c.example')));
});

test('createFold: rows do not depend on how often they are taken', () => {
  const random = createRandom(1);
  for (let round = 0; round < 200; round++) {
    let time = NOON;
    const attempts = Array.from({ length: 200 }, () => {
      time += Math.floor((random() - 0.1) * 2 * MINUTE);
      const name = parseName(pick(random, ['a.example', 'b.example', 'c.example']));
      return attempt({ time, name, type: pick(random, ['A', 'AAAA']) });
    });
    assert.deepEqual(
      rowsOf(attempts, random),
      rowsOf(attempts, () => 1),
      `round ${round}`,
    );
  }
});

/** The rows that come of it when after each attempt some are taken, or none, as chance has it. */
function rowsOf(attempts: readonly Attempt[], random: () => number): readonly unknown[] {
  const fold = createFold(WINDOW, 1000);
  const rows = new Map<Gain['row'], Omit<Gain, 'row'>>();
  const store = (limit: number) => {
    for (const { row, ...more } of fold.take(limit)) {
      const count = (rows.get(row)?.count ?? 0) + more.count;
      rows.set(row, { ...more, count });
    }
  };
  for (const attempt of attempts) {
    assert.ok(fold.add(attempt));
    if (random() < 0.3) store(Math.floor(random() * 4));
  }
  store(1000);
  const found = [...rows.values()].map(({ attempt, ...rest }) => ({
    ...attempt,
    time: 0,
    ...rest,
  }));
  assert.equal(
    found.reduce((sum, { count }) => sum + count, 0),
    attempts.length,
  );
  return found.map((row) => JSON.stringify(row)).sort();
}
