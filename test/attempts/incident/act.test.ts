import assert from 'node:assert/strict';
import test from 'node:test';
import { actOn, undoActs } from '../../../src/attempts/incident/act.ts';
import { actsOf, readIncident } from '../../../src/attempts/incident/query.ts';
import { prepareSave } from '../../../src/attempts/save.ts';
import { openForReview } from '../../../src/attempts/store.ts';
import { database, HOUR, MINUTE, NOON } from '../support.ts';
import { seen } from './support.ts';

const twoIncidents = [seen('system-dns', NOON), seen('sni', NOON, { service: 'zrok' })];

test('actOn: each incident once, as it is then; one that is not there is passed over', (t) => {
  const db = database(t, twoIncidents);
  const deed = { kind: 'acknowledge', author: 'ada', note: 'mine' } as const;
  assert.deepEqual(actOn(db, [2, 9, 1, 2], deed, NOON + HOUR), [1, 2]);
  assert.deepEqual(
    [1, 2].map((id) => readIncident(db, id)?.state),
    ['acknowledged', 'acknowledged'],
  );
  assert.deepEqual(actsOf(db, 2), [{ ...deed, id: 1, time: NOON + HOUR, severity: 'medium' }]);
  assert.deepEqual(actsOf(db, 1), [{ ...deed, id: 2, time: NOON + HOUR, severity: 'low' }]);
});

test('actOn: nothing is done where one of it fails', (t) => {
  const db = database(t, twoIncidents);
  db.exec(`CREATE TRIGGER stop BEFORE UPDATE ON incidents WHEN new.id = 2
           BEGIN SELECT raise(ABORT, 'no'); END`);
  assert.throws(() => actOn(db, [1, 2], { kind: 'close', author: 'ada' }, NOON + HOUR), /no/);
  assert.deepEqual(actsOf(db, 1), []);
  assert.equal(readIncident(db, 1)?.state, 'new');
});

test('undoActs: the states of before come back, once', (t) => {
  const db = database(t, twoIncidents);
  actOn(db, [1], { kind: 'acknowledge', author: 'ada' }, NOON + HOUR);
  const closed = actOn(db, [1, 2], { kind: 'close', author: 'ada' }, NOON + 2 * HOUR);
  assert.deepEqual(undoActs(db, [...closed, 99], 'bob', NOON + 3 * HOUR), [4, 5]);
  assert.deepEqual(
    [1, 2].map((id) => readIncident(db, id)?.state),
    ['acknowledged', 'new'],
  );
  assert.deepEqual(undoActs(db, closed, 'bob', NOON + 4 * HOUR), []);
  assert.deepEqual(actsOf(db, 2).at(-1), {
    ...{ id: 5, time: NOON + 3 * HOUR, author: 'bob', kind: 'undo', severity: 'medium', undoes: 3 },
  });
});

test('openForReview: a person decides while another program records', (t) => {
  const db = database(t, twoIncidents);
  const review = openForReview(db.name);
  t.after(() => review.close());
  actOn(review, [1], { kind: 'close', author: 'ada' }, NOON + HOUR);
  const { changes } = prepareSave(db)([seen('system-dns', NOON + HOUR + MINUTE)]);
  assert.deepEqual(changes[0]?.before, { severity: 'low', state: 'closed' });
  assert.equal(readIncident(review, 1)?.state, 'reopened');
  assert.equal(review.pragma('journal_mode', { simple: true }), 'wal');
});
