import assert from 'node:assert/strict';
import test from 'node:test';
import {
  prepareSessionSave,
  readSessions,
  spanOfEvents,
} from '../../../src/attempts/account/rows.ts';
import { type AccountSession, joined } from '../../../src/attempts/account/session.ts';
import { trim } from '../../../src/attempts/retention.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { createPrng } from '../../support/prng.ts';
import { DAY, database, gain, HOUR, MINUTE, NOON } from '../support.ts';
import { session } from './support.ts';

const EVER = { first: 0, last: NOON + 3650 * DAY };

/** Starts and stops of some sessions; now and then there are two of a kind. */
function manyEvents(seed: number): readonly AccountSession[] {
  const prng = createPrng(seed);
  return Array.from({ length: 60 }, (_none, i) => {
    const base = {
      ...session({ account: `ac_${prng.below(2)}`, session: `ts_${prng.below(12)}` }),
      agent: parseAddress(prng.pick(['203.0.113.5', '2001:db8::7'])),
      started: NOON + prng.below(HOUR),
    };
    const { startEvent: _, ...rest } = base;
    const event = `ev_${String(i).padStart(3, '0')}`;
    if (prng.unit() < 0.5) {
      return { ...rest, startEvent: event, ...(prng.unit() < 0.3 ? { failure: 'no' } : {}) };
    }
    const reason = prng.unit() < 0.5 ? { reason: `bye ${i}` } : {};
    return { ...rest, stopEvent: event, stopped: rest.started + prng.below(HOUR), ...reason };
  });
}

function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  const prng = createPrng(seed);
  return values
    .map((value) => ({ value, key: prng.unit() }))
    .sort((a, b) => a.key - b.key)
    .map(({ value }) => value);
}

test('joined: order and repetition make no difference, nor does what is joined first', () => {
  const prng = createPrng(11);
  for (let seed = 0; seed < 200; seed++) {
    const same = { account: 'ac_1', session: 'ts_1' };
    const [a, b, c] = manyEvents(seed)
      .map((each) => ({ ...each, ...same }))
      .slice(prng.below(50));
    assert(a && b && c);
    assert.deepEqual(joined(a, a), a);
    assert.deepEqual(joined(a, b), joined(b, a));
    assert.deepEqual(joined(joined(a, b), c), joined(a, joined(b, c)));
  }
});

test('joined: the start tells what it was, the first of two starts counts, the stop ends it', () => {
  const first = session({ startEvent: 'ev_1', region: 'eu' });
  const second = session({ startEvent: 'ev_2', region: 'us', started: NOON + 1 });
  const { startEvent: _, ...rest } = second;
  const stop = { ...rest, stopped: NOON + HOUR, stopEvent: 'ev_3', reason: 'bye' };
  const ended = { ...first, stopped: NOON + HOUR, stopEvent: 'ev_3', reason: 'bye' };
  assert.deepEqual([second, stop, first].reduce(joined), ended);
});

test('sessions: in whatever order, batches and number events come, the same is stored', (t) => {
  const events = manyEvents(3);
  const wanted = database(t);
  assert.ok(prepareSessionSave(wanted)(events) > 24);
  const rows = readSessions(wanted, EVER);
  assert.ok(rows.length > 15);
  for (let seed = 0; seed < 20; seed++) {
    const db = database(t);
    const save = prepareSessionSave(db);
    const order = shuffled([...events, ...events.slice(0, 30)], seed);
    for (let at = 0; at < order.length; at += 1 + (seed % 7))
      save(order.slice(at, at + 1 + (seed % 7)));
    assert.deepEqual(readSessions(db, EVER), rows);
  }
});

test('sessions: what is known already says nothing new', (t) => {
  const db = database(t);
  const save = prepareSessionSave(db);
  const start = session();
  const { startEvent: _, ...rest } = start;
  const stop = { ...rest, stopped: NOON + HOUR, stopEvent: 'ev_stop' };
  assert.equal(save([start]), 1);
  assert.equal(save([start, stop]), 1);
  assert.equal(save([start, stop]), 0);
  assert.deepEqual(readSessions(db, EVER), [
    { ...start, stopped: NOON + HOUR, stopEvent: 'ev_stop' },
  ]);
});

test('sessions: those open in a stretch of time are read, and all that is told of none is asked', (t) => {
  const db = database(t);
  assert.equal(spanOfEvents(db), undefined);
  const at = (name: string, from: number, to?: number) =>
    session({
      session: name,
      started: NOON + from,
      ...(to === undefined ? {} : { stopped: NOON + to, stopEvent: `ev_stop_${name}` }),
    });
  prepareSessionSave(db)([
    at('ts_before', -2 * HOUR, -HOUR),
    at('ts_into', -2 * HOUR, MINUTE),
    at('ts_open', -3 * HOUR),
    at('ts_within', 1, 2),
    at('ts_behind', 2 * HOUR),
  ]);
  const found = readSessions(db, { first: NOON, last: NOON + HOUR });
  assert.deepEqual(
    found.map((row) => row.session),
    ['ts_open', 'ts_into', 'ts_within'],
  );
  assert.deepEqual(spanOfEvents(db), { first: NOON - 3 * HOUR, last: NOON + 2 * HOUR });
});

test('sessions: a stop alone does not say that the stream covers its beginning', (t) => {
  const db = database(t);
  const { startEvent: _, ...rest } = session({ started: NOON - DAY });
  prepareSessionSave(db)([{ ...rest, stopped: NOON, stopEvent: 'ev_9' }]);
  assert.deepEqual(spanOfEvents(db), { first: NOON, last: NOON });
});

test('trim: sessions go when their time is over, with the attempts or without', (t) => {
  const db = database(t, [gain({ time: NOON - 2 * DAY }), gain()]);
  prepareSessionSave(db)([
    session({ session: 'ts_old', started: NOON - 2 * DAY }),
    session({ session: 'ts_long', started: NOON - 2 * DAY, stopped: NOON, stopEvent: 'ev_2' }),
    session({ session: 'ts_new' }),
  ]);
  for (const _ of trim(db, { keep: DAY, size: 2 ** 40 }, NOON));
  assert.deepEqual(
    readSessions(db, EVER).map((row) => row.session),
    ['ts_long', 'ts_new'],
  );
});

test('trim: a database too large loses old sessions as well, and keeps to its size', (t) => {
  const db = database(t);
  const save = prepareSessionSave(db);
  for (let i = 0; i < 20; i++) {
    save(
      Array.from({ length: 1000 }, (_, j) =>
        session({ session: `ts_${i}x${j}`, started: NOON + i * 1000 + j }),
      ),
    );
  }
  const size = 1024 ** 2;
  for (const _ of trim(db, { keep: 3650 * DAY, size }, NOON));
  const left = readSessions(db, EVER);
  assert.ok(left.length > 500 && left.length < 15_000, String(left.length));
  assert.equal(left.at(-1)?.session, 'ts_19x999');
  const pages = db.pragma('page_count', { simple: true }) as number;
  assert.ok(pages * (db.pragma('page_size', { simple: true }) as number) <= size);
});
