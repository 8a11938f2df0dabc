import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  addException,
  listExceptions,
  type NewException,
  restoreException,
  revokeException,
  type StoredException,
} from '../../src/attempts/exceptions.ts';
import { exceptionsAtStart } from '../../src/attempts/exceptions-start.ts';
import { watchExceptions } from '../../src/attempts/exceptions-watch.ts';
import { createRecorder } from '../../src/attempts/recorder.ts';
import { openForReview, openForWriting } from '../../src/attempts/store.ts';
import type { Exception } from '../../src/policy/exception.ts';
import { parseNetwork } from '../../src/policy/network.ts';
import { parsePattern } from '../../src/policy/pattern.ts';
import { database, folder, HOUR, NOON } from './support.ts';

const wanted = (more: Partial<NewException> = {}): NewException => ({
  subject: { kind: 'name', pattern: parsePattern('demo.example.net') },
  clients: [parseNetwork('192.0.2.0/28'), parseNetwork('2001:db8::7')],
  reason: "a demo; DROP TABLE exceptions --'",
  author: 'anna',
  duration: HOUR,
  ...more,
});
const idsOf = (found: readonly { readonly id: number }[] | undefined) => found?.map(({ id }) => id);

test('exceptions come back as they were stored', (t) => {
  const db = database(t);
  const { duration, ...asked } = wanted();
  const made = addException(db, wanted(), NOON);
  assert.deepEqual(made, { ...asked, id: 1, created: NOON, until: NOON + duration });
  const service = { kind: 'service', service: 'ngrok' } as const;
  const forAll = addException(db, wanted({ subject: service, clients: [] }), NOON);
  assert.deepEqual([forAll.subject, forAll.clients], [service, []]);
  assert.deepEqual(listExceptions(db, { now: NOON }), [forAll, made]);
});

test('exceptions are listed until they end or are revoked, and all of them on demand', (t) => {
  const db = database(t);
  const [first, second] = [1, 2].map((hours) =>
    addException(db, wanted({ duration: hours * HOUR }), NOON),
  ) as [StoredException, StoredException];
  assert.deepEqual(idsOf(listExceptions(db, { now: NOON + HOUR - 1 })), [2, 1]);
  assert.deepEqual(idsOf(listExceptions(db, { now: NOON + HOUR })), [2]);

  assert.equal(revokeException(db, first.id, 'ben', NOON + HOUR).kind, 'over');
  const revoking = revokeException(db, second.id, 'ben', NOON + HOUR);
  assert(revoking.kind === 'revoked');
  assert.deepEqual(revoking.exception.revoked, { time: NOON + HOUR, by: 'ben' });
  assert.equal(revokeException(db, second.id, 'eve', NOON + HOUR).kind, 'over', 'only once');
  assert.equal(revokeException(db, 7, 'ben', NOON).kind, 'unknown');
  assert.deepEqual(listExceptions(db, { now: NOON + HOUR }), []);
  assert.deepEqual(idsOf(listExceptions(db, { all: true, now: NOON + HOUR })), [2, 1]);

  assert.equal(restoreException(db, first.id, NOON), false, 'was not revoked');
  assert.equal(restoreException(db, second.id, NOON + 2 * HOUR), false, 'has ended meanwhile');
  assert.equal(restoreException(db, second.id, NOON + HOUR), true);
  assert.deepEqual(idsOf(listExceptions(db, { now: NOON + HOUR })), [2]);
});

test('whoever watches is told of what others change, and of nothing else', (t) => {
  const file = join(folder(), 'attempts.db');
  const own = openForWriting(file);
  const other = openForReview(file);
  t.after(() => {
    own.close();
    other.close();
  });
  const watch = watchExceptions();
  assert.deepEqual(watch(own, NOON), [], 'what there is, the first time');
  assert.equal(watch(own, NOON), undefined);
  addException(other, wanted(), NOON);
  addException(other, wanted({ duration: 3 * HOUR }), NOON);
  assert.deepEqual(idsOf(watch(own, NOON)), [2, 1]);
  other
    .prepare(
      "INSERT INTO service_events (time, program, level, text) VALUES (1, 'serve', 'info', '')",
    )
    .run();
  assert.equal(watch(own, NOON + HOUR), undefined, 'one ended by itself');
  revokeException(other, 2, 'ben', NOON + HOUR);
  assert.deepEqual(watch(own, NOON + HOUR), []);
  restoreException(other, 2, NOON + HOUR);
  assert.deepEqual(idsOf(watch(own, NOON + HOUR)), [2]);
  const again = openForWriting(file);
  t.after(() => again.close());
  assert.equal(watch(again, NOON + HOUR), undefined, 'opened afresh it is looked at, and the same');
});

test('at a start there may be no database, or one of an earlier version', () => {
  const file = join(folder(), 'attempts.db');
  assert.deepEqual(exceptionsAtStart(file, NOON), []);
  const db = openForWriting(file);
  addException(db, wanted(), NOON);
  assert.deepEqual(idsOf(exceptionsAtStart(file, NOON)), [1]);
  assert.deepEqual(exceptionsAtStart(file, NOON + HOUR), []);
  db.pragma('user_version = 3');
  db.close();
  assert.deepEqual(exceptionsAtStart(file, NOON), []);
  assert.throws(() => exceptionsAtStart(import.meta.filename, NOON), /is not a database/);
});

test('a recorder tells of what another program allows, soon after', async (t) => {
  const file = join(folder(), 'attempts.db');
  const heard: (readonly Exception[])[] = [];
  let onHeard = () => {};
  const recorder = createRecorder({
    ...{ database: file, keep: 3650 * 24 * HOUR, size: 2 ** 30 },
    onProblem: ({ message }) => assert.fail(message),
    onExceptions: (exceptions) => {
      heard.push(exceptions);
      onHeard();
    },
  });
  t.after(() => recorder.close());
  const next = () =>
    new Promise<void>((resolve) => {
      const held = setTimeout(() => {}, 60_000);
      onHeard = () => {
        clearTimeout(held);
        resolve();
      };
    });
  const first = next();
  await recorder.flush();
  await first;
  assert.deepEqual(heard, [[]], 'there is none to begin with');
  const other = openForReview(file);
  t.after(() => other.close());
  const second = next();
  const made = addException(other, wanted(), Date.now());
  await second;
  assert.deepEqual(heard[1], [made]);
  const third = next();
  revokeException(other, made.id, 'ben', Date.now());
  await third;
  assert.deepEqual(heard[2], []);
});
