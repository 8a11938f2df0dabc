import assert from 'node:assert/strict';
import test from 'node:test';
import { ATTEMPT_VERDICTS, POINTS, type StoredAttempt } from '../../src/attempts/attempt.ts';
import type { Filter } from '../../src/attempts/filter.ts';
import type { Gain } from '../../src/attempts/fold.ts';
import {
  changedAttempts,
  countAttempts,
  GROUPINGS,
  type Grouping,
  groupAttempts,
  latestBatch,
  listAttempts,
} from '../../src/attempts/query.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { attempt, createRandom, database, gain, HOUR, MINUTE, NOON, pick } from './support.ts';

type Case = {
  readonly when: string;
  readonly filter: Filter;
  readonly fits: (row: StoredAttempt) => boolean;
};

const noonTo = (minutes: number) => NOON + minutes * MINUTE;

/** Each filter beside what it means, said of one row. */
const cases: readonly Case[] = [
  { when: 'nothing is asked', filter: {}, fits: () => true },
  {
    when: 'one client',
    filter: { client: parseNetwork('10.1.2.3') },
    fits: ({ client }) => client === '10.1.2.3',
  },
  {
    when: 'a network',
    filter: { client: parseNetwork('10.1.0.0/16') },
    fits: ({ client }) => client.startsWith('10.1.'),
  },
  {
    when: 'a network whose length is no whole octet',
    filter: { client: parseNetwork('10.1.2.0/23') },
    fits: ({ client }) => /^10\.1\.[23]\./.test(client),
  },
  {
    when: 'all IPv4, which is no IPv6',
    filter: { client: parseNetwork('0.0.0.0/0') },
    fits: ({ client }) => !client.includes(':'),
  },
  {
    when: 'an IPv6 network whose first octets are those of an IPv4 client',
    filter: { client: parseNetwork('a01::/16') },
    fits: ({ client }) => client.startsWith('a01:'),
  },
  {
    when: 'one name',
    filter: { name: { name: parseName('ngrok.com'), scope: 'exact' } },
    fits: ({ name }) => name === 'ngrok.com',
  },
  {
    when: 'a name and all below it',
    filter: { name: { name: parseName('ngrok.com'), scope: 'subtree' } },
    fits: ({ name }) => name === 'ngrok.com' || name?.endsWith('.ngrok.com') === true,
  },
  {
    when: 'the root and all below it',
    filter: { name: { name: parseName('.'), scope: 'subtree' } },
    fits: () => true,
  },
  { when: 'a service', filter: { service: 'ngrok' }, fits: ({ service }) => service === 'ngrok' },
  { when: 'a rule', filter: { rule: 'r/2' }, fits: ({ rule }) => rule === 'r/2' },
  { when: 'a role', filter: { role: 'endpoint' }, fits: ({ role }) => role === 'endpoint' },
  {
    when: 'a verdict',
    filter: { verdict: 'watched' },
    fits: ({ verdict }) => verdict === 'watched',
  },
  {
    when: 'all but the sanctioned way',
    filter: { unsanctioned: true },
    fits: ({ verdict }) => verdict !== 'sanctioned',
  },
  { when: 'a type', filter: { type: 'HTTPS' }, fits: ({ type }) => type === 'HTTPS' },
  { when: 'a point', filter: { point: 'gate' }, fits: ({ point }) => point === 'gate' },
  {
    when: 'one destination',
    filter: { destination: parseNetwork('198.51.100.7') },
    fits: ({ destination }) => destination === '198.51.100.7',
  },
  {
    when: 'a network of destinations, which an IPv6 one is not in',
    filter: { destination: parseNetwork('198.51.100.0/24') },
    fits: ({ destination }) => destination?.startsWith('198.51.100.') === true,
  },
  {
    when: 'all IPv4 destinations of one client',
    filter: { destination: parseNetwork('0.0.0.0/0'), client: parseNetwork('10.1.2.3') },
    fits: ({ destination, client }) =>
      client === '10.1.2.3' && destination !== undefined && !destination.includes(':'),
  },
  {
    when: 'a fingerprint',
    filter: { ja4: 't13d101000_61a7ad8aa9b6_f9531d972513' },
    fits: ({ ja4 }) => ja4 === 't13d101000_61a7ad8aa9b6_f9531d972513',
  },
  {
    when: 'what can be a step of a story',
    filter: { steps: true },
    fits: ({ verdict, point, role }) =>
      verdict !== 'sanctioned' &&
      verdict !== 'excepted' &&
      (point !== 'resolver' || role === 'session'),
  },
  {
    when: 'since a time, which a row may begin before and reach',
    filter: { since: noonTo(100) },
    fits: ({ last }) => last >= noonTo(100),
  },
  {
    when: 'until a time, which a row may reach beyond',
    filter: { until: noonTo(100) },
    fits: ({ first }) => first < noonTo(100),
  },
  {
    when: 'everything at once',
    filter: {
      client: parseNetwork('10.0.0.0/8'),
      name: { name: parseName('com'), scope: 'subtree' },
      service: 'ngrok',
      rule: 'r/1',
      role: 'session',
      verdict: 'blocked',
      type: 'A',
      since: noonTo(20),
      until: noonTo(280),
    },
    fits: (row) =>
      row.client.startsWith('10.') &&
      row.name?.endsWith('.com') === true &&
      row.service === 'ngrok' &&
      row.rule === 'r/1' &&
      row.role === 'session' &&
      row.verdict === 'blocked' &&
      row.type === 'A' &&
      row.last >= noonTo(20) &&
      row.first < noonTo(280),
  },
  { when: 'nothing can fit', filter: { service: 'unheard-of' }, fits: () => false },
];

const random = createRandom(2);
const GAINS: readonly Gain[] = Array.from({ length: 600 }, () => {
  const point = pick(random, POINTS);
  const name = pick(random, [
    ...['ngrok.com', 'connect.ngrok.com', 'a.b.ngrok.com', 'myngrok.com', 'x.example'],
    ...(point === 'resolver' ? [] : [undefined]),
  ]);
  const known = attempt({
    time: noonTo(Math.floor(random() * 300)),
    client: parseAddress(
      pick(random, ['10.1.2.3', '10.1.3.255', '10.1.4.1', '10.2.0.1', 'a01:203::1', '2001:db8::1']),
    ),
    point,
    name: name === undefined ? undefined : parseName(name),
    type: pick(random, ['A', 'AAAA', 'HTTPS']),
    rule: pick(random, ['r/1', 'r/2', 'r/3']),
    service: pick(random, [undefined, 'ngrok', 'other']),
    role: pick(random, [undefined, 'session', 'endpoint'] as const),
    verdict: pick(random, ATTEMPT_VERDICTS),
    transport: pick(random, ['udp', 'tcp', 'other'] as const),
    via: pick(random, [undefined, 'tunnel.ngrok.com']),
    ...pick(random, [
      {},
      { destination: parseAddress('198.51.100.7'), port: 443 },
      { destination: parseAddress('198.51.100.8') },
      { destination: parseAddress('c633:6407::1'), port: 0 },
    ]),
    ja4: pick(random, [undefined, 't13d101000_61a7ad8aa9b6_f9531d972513', 'x']),
    lead: pick(random, [undefined, 'answered', 'unanswered'] as const),
  });
  return gain(known, 1 + Math.floor(random() * 9), Math.floor(random() * 59) * MINUTE);
});

/** The rows as they must come back, newest first. */
const ROWS: readonly StoredAttempt[] = GAINS.map(({ attempt, first, last, count }, i) => {
  const { time, ...rest } = attempt;
  return { ...rest, id: i + 1, first, last, count };
}).sort((a, b) => b.first - a.first || b.id - a.id);

test('queries', async (t) => {
  const db = database(t, GAINS);
  for (const { when, filter, fits } of cases) {
    const expected = ROWS.filter(fits);

    await t.test(`listAttempts: ${when}`, () => {
      assert.deepEqual(listAttempts(db, filter, 1000), expected);
    });
    await t.test(`listAttempts: ${when}, page by page`, () => {
      const found: StoredAttempt[] = [];
      for (let page = listAttempts(db, filter, 7); page.length > 0; ) {
        found.push(...page);
        page = listAttempts(db, filter, 7, page.at(-1));
      }
      assert.deepEqual(found, expected);
    });
    await t.test(`countAttempts: ${when}`, () => {
      const attempts = expected.reduce((sum, { count }) => sum + count, 0);
      assert.deepEqual(countAttempts(db, filter), { rows: expected.length, attempts });
    });
    for (const by of GROUPINGS) {
      await t.test(`groupAttempts: ${when}, by ${by}`, () => {
        const groups = groupsOf(expected, by);
        assert.deepEqual(groupAttempts(db, by, filter, 1000), groups);
        assert.deepEqual(groupAttempts(db, by, filter, 2), groups.slice(0, 2));
      });
    }
    await t.test(`changedAttempts: ${when}`, () => {
      const oldestFirst = expected.toSorted((a, b) => a.first - b.first || a.id - b.id);
      assert.deepEqual(changedAttempts(db, filter, 0), { attempts: oldestFirst, batch: 1 });
    });
  }
});

function groupsOf(rows: readonly StoredAttempt[], by: Grouping): readonly unknown[] {
  return [...Map.groupBy(rows, (row) => row[by]).entries()]
    .map(([key, members]) => ({
      key,
      attempts: members.reduce((sum, { count }) => sum + count, 0),
      first: Math.min(...members.map(({ first }) => first)),
      last: Math.max(...members.map(({ last }) => last)),
    }))
    .sort((a, b) => b.attempts - a.attempts || (String(a.key) < String(b.key) ? -1 : 1));
}

test('changedAttempts: tells what is new and what has grown since a batch', (t) => {
  const db = database(t);
  const save = prepareSave(db);
  const {
    ids: [quiet, busy],
  } = save([gain({ type: 'A' }), gain({ type: 'AAAA' }, 3)]);
  const before = latestBatch(db);
  const growth = { ...gain({ type: 'AAAA' }, 2, MINUTE), row: { id: busy } };
  const {
    ids: [grown, fresh],
  } = save([growth, gain({ type: 'HTTPS', time: NOON + HOUR })]);

  const { attempts, batch } = changedAttempts(db, {}, before);
  assert.equal(grown, busy);
  assert.deepEqual(
    attempts.map(({ id, count, last }) => [id, count, last - NOON]),
    [
      [busy, 5, MINUTE],
      [fresh, 1, HOUR],
    ],
  );
  assert.ok(!attempts.some(({ id }) => id === quiet));
  assert.deepEqual(changedAttempts(db, {}, batch).attempts, []);
});

test('changedAttempts: a follower of an emptied database sees what comes next', (t) => {
  const db = database(t, [gain()]);
  db.exec('DELETE FROM attempts');
  prepareSave(db)([gain({ type: 'AAAA' })]);
  const { attempts } = changedAttempts(db, {}, 7);
  assert.deepEqual(
    attempts.map(({ id, type }) => [id, type]),
    [[2, 'AAAA']],
  );
});
