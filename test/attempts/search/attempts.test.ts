import assert from 'node:assert/strict';
import test from 'node:test';
import type { StoredAttempt } from '../../../src/attempts/attempt.ts';
import { conjunctsOf, type Filter } from '../../../src/attempts/filter.ts';
import { countAttempts } from '../../../src/attempts/query.ts';
import { prepareSave } from '../../../src/attempts/save.ts';
import { searchAttempts } from '../../../src/attempts/search/attempts.ts';
import { planFor } from '../../../src/attempts/search/plan.ts';
import { parseName } from '../../../src/policy/name.ts';
import { type Address, parseAddress, parseNetwork } from '../../../src/policy/network.ts';
import { attempt, createRandom, database, gain, NOON, pick } from '../support.ts';

const SECOND = 1000;
const ROWS = 24_000;

/** The older half is of other services, clients and names than the newer: what is rare now was not then. */
function rowAt(i: number, random: () => number) {
  const isOld = i < ROWS / 2;
  const service = isOld
    ? pick(random, ['zrok', 'zrok', 'zrok', 'bore', undefined])
    : i % 4000 === 0
      ? 'rare'
      : pick(random, ['ngrok', 'ngrok', 'ngrok', undefined]);
  return {
    // Several in one millisecond, and some hundreds in one.
    time: NOON + (i >= 9000 && i < 9600 ? 9000 : i - (i % 3)) * SECOND,
    client: parseAddress(
      pick(random, [
        `10.1.${isOld ? 1 : 2}.${Math.floor(random() * 40)}`,
        `10.1.0.${Math.floor(random() * 4)}`,
        '2001:db8::1',
        'a01:200::1',
      ]),
    ),
    point: pick(random, ['resolver', 'gate'] as const),
    name: parseName(
      service === undefined
        ? `n${Math.floor(random() * 900)}.none.example`
        : `c${Math.floor(random() * 30)}.${service}.example`,
    ),
    service,
    role: service === undefined ? undefined : pick(random, ['session', 'endpoint'] as const),
    rule: `${service ?? 'list'}/${Math.floor(random() * 3)}`,
    type: pick(random, ['A', 'AAAA']),
    verdict:
      i % 1500 === 0 ? ('watched' as const) : pick(random, ['blocked', 'sanctioned'] as const),
    ...(i % 40 === 0 ? { destination: parseAddress(`198.51.100.${i % 7}`), port: 443 } : {}),
    ...(i % 60 === 0 ? { ja4: `t13d${i % 4}` } : {}),
  };
}

const random = createRandom(11);
const GAINS = Array.from({ length: ROWS }, (_, i) =>
  gain(attempt(rowAt(i, random)), 1, (i % 50) * SECOND),
);

const NEWEST: readonly StoredAttempt[] = GAINS.map(({ attempt, first, last, count }, i) => {
  const { time, ...rest } = attempt;
  return { ...rest, id: i + 1, first, last, count };
}).sort((a, b) => b.first - a.first || b.id - a.id);

type Case = { readonly filter: Filter; readonly fits: (row: StoredAttempt) => boolean };

const at = (i: number) => NOON + i * SECOND;
const inSubtree = (row: StoredAttempt, name: string) =>
  row.name === name || row.name?.endsWith(`.${name}`) === true;
const subtree = (name: string): Filter => ({ name: { name: parseName(name), scope: 'subtree' } });

const ATOMS: readonly Case[] = [
  ...['ngrok', 'zrok', 'bore', 'rare', 'nosuch'].flatMap((service): Case[] => [
    { filter: { service }, fits: (row) => row.service === service },
    { filter: subtree(`${service}.example`), fits: (row) => inSubtree(row, `${service}.example`) },
    {
      filter: { nameHolds: `3.${service}` },
      fits: ({ name }) => name?.includes(`3.${service}`) === true,
    },
  ]),
  { filter: subtree('none.example'), fits: (row) => inSubtree(row, 'none.example') },
  { filter: { noService: true }, fits: ({ service }) => service === undefined },
  { filter: { serviceHolds: 'rok' }, fits: ({ service }) => service?.includes('rok') === true },
  ...['10.1.1.7', '10.1.2.7', '10.1.0.1', '2001:db8::1', '10.9.9.9'].map(
    (client): Case => ({
      filter: { client: parseNetwork(client) },
      fits: (row) => row.client === client,
    }),
  ),
  ...(
    [
      ['10.1.0.0/24', '10.1.0.'],
      ['10.1.1.0/24', '10.1.1.'],
      ['10.0.0.0/8', '10.'],
      ['10.9.0.0/16', '10.9.'],
    ] as const
  ).map(
    ([network, begin]): Case => ({
      filter: { client: parseNetwork(network) },
      fits: ({ client }) => client.startsWith(begin),
    }),
  ),
  { filter: { client: parseNetwork('a01::/16') }, fits: ({ client }) => client === 'a01:200::1' },
  {
    filter: {
      clients: ['10.1.1.1', '10.1.1.2', '2001:db8::1'] as readonly string[] as readonly Address[],
    },
    fits: ({ client }) => ['10.1.1.1', '10.1.1.2', '2001:db8::1'].includes(client),
  },
  { filter: { clients: [] }, fits: () => false },
  { filter: { verdict: 'watched' }, fits: ({ verdict }) => verdict === 'watched' },
  { filter: { unsanctioned: true }, fits: ({ verdict }) => verdict !== 'sanctioned' },
  { filter: { rule: 'zrok/1' }, fits: ({ rule }) => rule === 'zrok/1' },
  { filter: { role: 'endpoint' }, fits: ({ role }) => role === 'endpoint' },
  {
    filter: { point: 'gate', type: 'A' },
    fits: ({ point, type }) => point === 'gate' && type === 'A',
  },
  {
    filter: { destination: parseNetwork('198.51.100.5') },
    fits: ({ destination }) => destination === '198.51.100.5',
  },
  {
    filter: { destination: parseNetwork('198.51.100.0/30') },
    fits: ({ destination }) => destination !== undefined && Number(destination.split('.')[3]) < 4,
  },
  { filter: { ja4: 't13d2' }, fits: ({ ja4 }) => ja4 === 't13d2' },
  { filter: { ids: [3, 5000, 23_999] }, fits: ({ id }) => [3, 5000, 23_999].includes(id) },
  { filter: { since: at(15_000) }, fits: ({ last }) => last >= at(15_000) },
  { filter: { until: at(9000) }, fits: ({ first }) => first < at(9000) },
];

/** Some of them together, as a search may put them. */
function together(random: () => number): Case {
  const atoms = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, ATOMS));
  const either = random() < 0.3 ? [pick(random, ATOMS), pick(random, ATOMS)] : [];
  const not = random() < 0.4 ? [pick(random, ATOMS)] : [];
  return {
    filter: {
      either: [
        ...atoms.map(({ filter }) => [filter]),
        ...(either.length > 0 ? [either.map(({ filter }) => filter)] : []),
      ],
      not: not.map(({ filter }) => filter),
    },
    fits: (row) =>
      atoms.every(({ fits }) => fits(row)) &&
      (either.length === 0 || either.some(({ fits }) => fits(row))) &&
      !not.some(({ fits }) => fits(row)),
  };
}

/** The ids first: to tell how thousands of rows differ takes longer than anybody waits. */
function assertSame(
  found: readonly StoredAttempt[],
  expected: readonly StoredAttempt[],
  what: string,
) {
  const ids = (rows: readonly StoredAttempt[]) => rows.map(({ id }) => id).join();
  assert.ok(ids(found) === ids(expected), `${what}: ${found.length} of ${expected.length} rows`);
  assert.deepEqual(found.slice(0, 50), expected.slice(0, 50), what);
}

test('searchAttempts', async (t) => {
  const db = database(t);
  const save = prepareSave(db);
  for (let i = 0; i < ROWS; i += 1000) save(GAINS.slice(i, i + 1000));
  const cases = [...ATOMS, ...Array.from({ length: 120 }, () => together(random))];

  await t.test('finds what fits, page by page and from anywhere', () => {
    for (const { filter, fits } of cases) {
      const what = JSON.stringify(filter);
      const expected = NEWEST.filter(fits);
      assert.equal(countAttempts(db, filter).rows, expected.length, what);

      const top = searchAttempts(db, filter, 60);
      assertSame(top.rows, expected.slice(0, 60), what);
      assert.equal(top.isAll, expected.length <= 60, what);
      assert.equal(top.searchedTo, undefined);

      const place = pick(random, NEWEST);
      const isBehind = ({ first, id }: StoredAttempt) =>
        first < place.first || (first === place.first && id < place.id);
      const behind = expected.filter(isBehind);
      const page = searchAttempts(db, filter, 300, place);
      assertSame(page.rows, behind.slice(0, 300), what);
      assert.equal(page.isAll, behind.length <= 300, what);
    }
  });

  await t.test(
    'goes on where it stopped, and comes to an end, however little time there is',
    () => {
      for (const { filter, fits } of cases) {
        const expected = NEWEST.filter(fits);
        const found: StoredAttempt[] = [];
        let answers = 0;
        let behind: { first: number; id: number } | undefined;
        for (;;) {
          const page = searchAttempts(db, filter, 2000, behind, 0);
          found.push(...page.rows);
          if (page.isAll) break;
          const { searchedTo } = page;
          if (searchedTo !== undefined) {
            assert.ok(page.rows.every(({ first }) => first >= searchedTo));
            assert.ok(behind === undefined || searchedTo < behind.first, 'goes on');
          }
          behind = searchedTo === undefined ? page.rows.at(-1) : { first: searchedTo, id: 0 };
          answers += 1;
          assert.ok(answers < 100);
        }
        assertSame(found, expected, JSON.stringify(filter));
      }
    },
  );

  await t.test('uses an index where that finds less', () => {
    const range = { start: { first: Number.MAX_SAFE_INTEGER, id: 0 }, least: 0 };
    const planned = (filter: Filter) => {
      const plan = planFor(db, conjunctsOf(filter), range);
      return plan && [plan.keyed.map(({ column }) => column).join(), plan.isFew];
    };
    assert.deepEqual(planned({ service: 'rare' }), ['kind', true]);
    assert.deepEqual(planned({ service: 'zrok' }), ['kind', false]);
    assert.deepEqual(planned({ service: 'zrok', client: parseNetwork('10.1.2.7') }), [
      'client',
      true,
    ]);
    assert.deepEqual(planned({ either: [[{ nameHolds: 'rare' }, { serviceHolds: 'rare' }]] }), [
      'name,kind',
      true,
    ]);
    assert.equal(planned({ service: 'ngrok' }), undefined);
    assert.equal(planned({ not: [{ service: 'rare' }] }), undefined);
    assert.deepEqual(planned({ verdict: 'observed' }), ['', true]);
  });
});
