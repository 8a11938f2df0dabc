import assert from 'node:assert/strict';
import test from 'node:test';
import { actOn } from '../../../src/attempts/incident/act.ts';
import { QUIET_GAP } from '../../../src/attempts/incident/fold.ts';
import { actsOf, readIncident } from '../../../src/attempts/incident/query.ts';
import { prepareSave } from '../../../src/attempts/save.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { database, HOUR, MINUTE, NOON } from '../support.ts';
import { allIncidents, facts, seen } from './support.ts';

const BY_ADA = { author: 'ada' } as const;

test('save: an incident begins, and the next batch makes it grow', (t) => {
  const save = prepareSave(database(t));
  const first = save([seen('system-dns', NOON, { count: 3 })]).changes;
  const begun = {
    ...facts({ 'system-dns': { count: 3 } }),
    id: 1,
    count: 3,
    severity: 'low',
    state: 'new',
  };
  assert.deepEqual(first, [{ incident: begun }]);
  const second = save([seen('sni', NOON + HOUR, { count: 2 })]).changes;
  const grown = {
    ...facts({
      'system-dns': { count: 3 },
      sni: { first: NOON + HOUR, last: NOON + HOUR, count: 2 },
    }),
    ...{ id: 1, count: 5, severity: 'medium', state: 'new' },
  };
  assert.deepEqual(second, [{ incident: grown, before: { severity: 'low', state: 'new' } }]);
});

test('save: what is no incident changes none', (t) => {
  const save = prepareSave(database(t));
  assert.deepEqual(save([seen('sanctioned', NOON)]).changes, []);
  assert.deepEqual(save([]).changes, []);
});

test('save: one change for an incident that a batch touches in two places', (t) => {
  const db = database(t);
  const save = prepareSave(db);
  save([seen('system-dns', NOON), seen('system-dns', NOON + QUIET_GAP)]);
  const { changes } = save([seen('sni', NOON - QUIET_GAP), seen('endpoint', NOON + 2 * QUIET_GAP)]);
  assert.equal(changes.length, 1);
  assert.deepEqual(changes[0]?.before, { severity: 'low', state: 'new' });
  assert.equal(changes[0]?.incident.severity, 'medium');
  assert.deepEqual(
    allIncidents(db).map(({ id, count, first, last }) => [id, count, first, last]),
    [[1, 4, NOON - QUIET_GAP, NOON + 2 * QUIET_GAP]],
  );
});

test('save: what fills a gap joins both sides into the one that began first, with what people did', (t) => {
  const db = database(t);
  const save = prepareSave(db);
  save([seen('sni', NOON + 12 * HOUR)]);
  save([seen('system-dns', NOON)]);
  const [late, early] = [1, 2];
  const [noted] = actOn(db, [late], { ...BY_ADA, kind: 'note', note: 'late' }, NOON + 13 * HOUR);
  const [closed] = actOn(db, [early], { ...BY_ADA, kind: 'close' }, NOON + 13 * HOUR);
  const { changes } = save([seen('system-dns', NOON + 6 * HOUR)]);
  assert.deepEqual(
    changes.map(({ incident: { id, state }, before }) => ({ id, state, before })),
    [{ id: early, state: 'closed', before: { severity: 'medium', state: 'new' } }],
  );
  assert.deepEqual(
    actsOf(db, early).map(({ id }) => id),
    [noted, closed],
  );
  assert.equal(readIncident(db, late), undefined);
  assert.equal(readIncident(db, early)?.severity, 'medium');
});

test('save: three become one, which a batch began itself in part', (t) => {
  const db = database(t);
  const save = prepareSave(db);
  const { changes } = save([seen('system-dns', NOON), seen('system-dns', NOON + 12 * HOUR)]);
  assert.equal(changes.length, 2);
  const next = save([
    seen('system-dns', NOON + 24 * HOUR),
    seen('system-dns', NOON + 6 * HOUR),
    seen('sni', NOON + 18 * HOUR),
  ]);
  assert.deepEqual(
    next.changes.map(({ incident, before }) => [incident.id, incident.count, before]),
    [[1, 5, { severity: 'low', state: 'new' }]],
  );
  assert.equal(allIncidents(db).length, 1);
});

const states = [
  {
    when: 'closed, and it goes on',
    kind: 'close',
    next: seen('system-dns', NOON + 2 * HOUR),
    state: 'reopened',
  },
  {
    when: 'closed, and older ones come late',
    kind: 'close',
    next: seen('system-dns', NOON + MINUTE),
    state: 'closed',
  },
  {
    when: 'acknowledged, and it goes on',
    kind: 'acknowledge',
    next: seen('system-dns', NOON + 2 * HOUR),
    state: 'acknowledged',
  },
  {
    when: 'acknowledged, and it grows worse',
    kind: 'acknowledge',
    next: seen('system-dns, observed', NOON + 2 * HOUR),
    state: 'reopened',
  },
] as const;
for (const { when, kind, next, state } of states) {
  test(`save: ${when}`, (t) => {
    const db = database(t, [seen('system-dns', NOON)]);
    actOn(db, [1], { ...BY_ADA, kind }, NOON + HOUR);
    const { changes } = prepareSave(db)([next]);
    assert.equal(changes[0]?.incident.state, state);
    assert.equal(changes[0]?.before?.state, kind === 'close' ? 'closed' : 'acknowledged');
    assert.equal(readIncident(db, 1)?.state, state);
  });
}

const exceptions = [
  { when: 'while the exception holds', revoked: null, time: NOON + 3 * HOUR, state: 'excepted' },
  { when: 'after its end', revoked: null, time: NOON + 5 * HOUR, state: 'reopened' },
  {
    when: 'after it was revoked',
    revoked: NOON + 2 * HOUR,
    time: NOON + 3 * HOUR,
    state: 'reopened',
  },
];
for (const { when, revoked, time, state } of exceptions) {
  test(`save: excepted, and it goes on ${when}`, (t) => {
    const db = database(t, [seen('system-dns', NOON)]);
    db.prepare(
      `INSERT INTO exceptions (id, service, clients, reason, author, created, until, revoked, revoked_by)
       VALUES (7, 'ngrok', '[]', 'a demo', 'ada', ?, ?, ?, ?)`,
    ).run(NOON, NOON + 4 * HOUR, revoked, revoked && 'ada');
    actOn(db, [1], { ...BY_ADA, kind: 'except', exception: 7 }, NOON + HOUR);
    assert.equal(readIncident(db, 1)?.state, 'excepted');
    prepareSave(db)([seen('system-dns', time)]);
    assert.equal(readIncident(db, 1)?.state, state);
  });
}

test('save: each client, service and no service by itself', (t) => {
  const db = database(t, [
    seen('system-dns', NOON),
    seen('system-dns', NOON, { client: parseAddress('2001:db8::7') }),
    seen('system-dns', NOON, { service: 'zrok' }),
    seen('of no service', NOON),
  ]);
  const about = allIncidents(db).map(({ client, service, severity }) => [
    client,
    service,
    severity,
  ]);
  assert.deepEqual(about.toReversed(), [
    ['192.0.2.17', 'ngrok', 'low'],
    ['2001:db8::7', 'ngrok', 'low'],
    ['192.0.2.17', 'zrok', 'low'],
    ['192.0.2.17', undefined, 'low'],
  ]);
});
