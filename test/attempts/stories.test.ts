import assert from 'node:assert/strict';
import test from 'node:test';
import type { Gain } from '../../src/attempts/fold.ts';
import { listAttempts } from '../../src/attempts/query.ts';
import { readStories } from '../../src/attempts/stories.ts';
import { storiesOf } from '../../src/attempts/story.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { createRandom, database, gain, HOUR, MINUTE, NOON, pick } from './support.ts';

/** A busy week: rows of some clients and services, each window up to an hour long. */
function busyWeek(rows: number): readonly Gain[] {
  const random = createRandom(9);
  return Array.from({ length: rows }, () => {
    const isDoh = random() < 0.2;
    return gain(
      {
        time: NOON + Math.floor(random() * 7 * 24 * HOUR),
        client: parseAddress(`10.1.0.${Math.floor(random() * 20)}`),
        service: isDoh ? undefined : pick(random, ['ngrok', 'zrok']),
        role: isDoh ? 'bypass' : pick(random, ['session', 'session', 'endpoint'] as const),
        name: parseName(isDoh ? 'dns.google' : pick(random, ['a.example', 'b.example'])),
      },
      1,
      pick(random, [0, 0, 0, MINUTE, 59 * MINUTE]),
    );
  });
}

test('readStories: the newest are those of all attempts, though not all are read', (t) => {
  const db = database(t, busyWeek(9000));
  const all = storiesOf(listAttempts(db, {}, 10_000));
  assert.ok(all.length > 1000);
  for (const limit of [1, 50, 500, 2000]) {
    const { stories, cut } = readStories(db, {}, limit);
    assert.deepEqual(stories, all.slice(0, limit));
    assert.equal(cut, limit < all.length ? 'limit' : undefined);
  }
  assert.deepEqual(readStories(db, {}, 100_000), { stories: all });
});

test('readStories: of one service, with the ways of nobody that belong to it', (t) => {
  const db = database(t, busyWeek(3000));
  const all = storiesOf(listAttempts(db, {}, 10_000)).filter(({ service }) => service === 'zrok');
  assert.deepEqual(readStories(db, { service: 'zrok' }, 10_000), { stories: all });
  assert.ok(all.some(({ steps }) => steps.some(({ via }) => via === 'doh')));
});

test('readStories: of one client and a stretch of time', (t) => {
  const db = database(t, busyWeek(3000));
  const filter = {
    client: parseNetwork('10.1.0.7'),
    since: NOON + 24 * HOUR,
    until: NOON + 48 * HOUR,
  };
  const rows = listAttempts(db, filter, 10_000);
  assert.deepEqual(readStories(db, filter, 10_000), { stories: storiesOf(rows) });
});

test('readStories: where there are more attempts than are read, that is said', (t) => {
  const db = database(t, busyWeek(5000));
  const all = storiesOf(listAttempts(db, {}, 10_000));
  const { stories, cut } = readStories(db, {}, 10_000, 2500);
  assert.equal(cut, 'attempts');
  assert.ok(stories.length > 100);
  assert.deepEqual(stories, all.slice(0, stories.length));
});
