import assert from 'node:assert/strict';
import test from 'node:test';
import { readIncident } from '../../../src/attempts/incident/query.ts';
import { stepsOf } from '../../../src/attempts/incident/steps.ts';
import { prepareSave } from '../../../src/attempts/save.ts';
import { parseName } from '../../../src/policy/name.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { DAY, database, HOUR, MINUTE, NOON } from '../support.ts';
import { seen } from './support.ts';

const GOOGLE = parseName('dns.google');

test('stepsOf: the stories of the stretch as one, with what is no service’s but belongs to them', (t) => {
  const db = database(t, [
    seen('system-dns', NOON, { count: 2 }),
    seen('of no service', NOON + 1000, { name: GOOGLE }),
    seen('system-dns', NOON + HOUR, { count: 3 }),
    seen('sni', NOON + HOUR + 1000, { name: parseName('www.example.com'), verdict: 'observed' }),
    seen('of no service', NOON + 3 * HOUR, { name: GOOGLE }),
    seen('endpoint', NOON + MINUTE),
    seen('system-dns', NOON, { client: parseAddress('192.0.2.18') }),
    seen('system-dns', NOON, { service: 'zrok', name: parseName('api.zrok.io') }),
    seen('system-dns', NOON - 2 * DAY),
  ]);
  const incident = readIncident(db, 2);
  assert.deepEqual(
    [incident?.client, incident?.service, incident?.first],
    ['192.0.2.17', 'ngrok', NOON],
  );
  const steps = stepsOf(db, incident as NonNullable<typeof incident>);
  assert.deepEqual(steps, [
    {
      ...{ via: 'system-dns', what: 'connect.ngrok-agent.com', count: 5, closed: true },
      ...{ first: NOON, last: NOON + HOUR },
    },
    {
      via: 'doh',
      what: 'dns.google',
      first: NOON + 1000,
      last: NOON + 1000,
      count: 1,
      closed: true,
    },
    {
      ...{ via: 'sni', what: 'www.example.com', count: 1, closed: false },
      ...{ first: NOON + HOUR + 1000, last: NOON + HOUR + 1000 },
    },
  ]);
});

test('stepsOf: of no service, what is no service’s', (t) => {
  const db = database(t);
  const save = prepareSave(db);
  save([seen('of no service', NOON, { name: GOOGLE, count: 4 })]);
  save([seen('system-dns', NOON)]);
  const incident = readIncident(db, 1) as NonNullable<ReturnType<typeof readIncident>>;
  assert.equal(incident.service, undefined);
  assert.deepEqual(stepsOf(db, incident), [
    { via: 'doh', what: 'dns.google', first: NOON, last: NOON, count: 4, closed: true },
  ]);
});

test('stepsOf: no agent did anything, or nothing is left of it', (t) => {
  const db = database(t, [seen('endpoint', NOON)]);
  const incident = readIncident(db, 1) as NonNullable<ReturnType<typeof readIncident>>;
  assert.deepEqual(stepsOf(db, incident), []);
  db.exec('DELETE FROM attempts');
  assert.deepEqual(stepsOf(db, incident), []);
});

test('stepsOf: reads no more rows than it may', (t) => {
  const db = database(
    t,
    Array.from({ length: 50 }, (_, i) => seen('system-dns', NOON + i * 1000)),
  );
  const incident = readIncident(db, 1) as NonNullable<ReturnType<typeof readIncident>>;
  assert.equal(stepsOf(db, incident, 10)[0]?.count, 10);
});
