import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import test from 'node:test';
import { labelsOf } from '../../src/attempts/facts.ts';
import type { Gain } from '../../src/attempts/fold.ts';
import { actOn } from '../../src/attempts/incident/act.ts';
import { actsOf, listIncidents, readIncident } from '../../src/attempts/incident/query.ts';
import { countAttempts, listAttempts } from '../../src/attempts/query.ts';
import { type Retention, trim } from '../../src/attempts/retention.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import type { Database } from '../../src/attempts/store.ts';
import { parseName } from '../../src/policy/name.ts';
import { octetsOfAddress, parseAddress } from '../../src/policy/network.ts';
import { attempt, DAY, database, gain, HOUR, MINUTE, NOON } from './support.ts';

const GENEROUS: Retention = { keep: 3650 * DAY, size: 2 ** 40 };
const MIB = 2 ** 20;

function trimmed(db: Database, retention: Partial<Retention>): number {
  return [...trim(db, { ...GENEROUS, ...retention }, NOON)].length;
}

function octetsOnDisk(db: Database): number {
  return [db.name, `${db.name}-wal`]
    .filter((file) => existsSync(file))
    .reduce((sum, file) => sum + statSync(file).size, 0);
}

const tableSize = (db: Database, table: string) =>
  db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

/** Rows a minute apart, the last one at noon, each with a name and a rule of its own. */
function distinct(count: number): readonly Gain[] {
  return Array.from({ length: count }, (_, i) =>
    gain({
      time: NOON - (count - 1 - i) * MINUTE,
      name: parseName(`host-${i}.some-tunnel-with-a-long-name.example`),
      rule: `rule/${i % 50}`,
    }),
  );
}

test('trim: what was last seen before the time to keep goes, with the names only it had', (t) => {
  const old = { time: NOON - 2 * DAY, name: parseName('old.example'), rule: 'old' };
  const db = database(t, [
    gain(old),
    gain({ time: NOON - DAY - MINUTE }),
    gain({ time: NOON - DAY - MINUTE, type: 'AAAA' }, 2, 2 * MINUTE),
    gain(),
  ]);
  trimmed(db, { keep: DAY });
  assert.deepEqual(
    listAttempts(db, {}, 9).map(({ id }) => id),
    [4, 3],
  );
  assert.equal(tableSize(db, 'names'), 1);
  assert.equal(tableSize(db, 'kinds'), 2);
});

test('trim: nothing is too old and all fits, so nothing is done', (t) => {
  const db = database(t, distinct(100));
  assert.equal(trimmed(db, {}), 0);
  assert.equal(countAttempts(db, {}).rows, 100);
});

test('trim: over its size the file loses its oldest rows and shrinks', (t) => {
  const db = database(t, distinct(20_000));
  assert.ok(octetsOnDisk(db) > 4 * MIB);
  trimmed(db, { size: 2 * MIB });
  assert.ok(octetsOnDisk(db) < 2 * MIB, `${octetsOnDisk(db)}`);
  const { rows } = countAttempts(db, {});
  assert.ok(rows > 2000 && rows < 20_000, `${rows}`);
  assert.equal(listAttempts(db, {}, 20_000).at(-1)?.id, 20_000 - rows + 1);
  assert.equal(tableSize(db, 'names'), rows);
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
});

test('trim: a size that not even the empty tables fit into ends with no rows', (t) => {
  const db = database(t, distinct(10));
  trimmed(db, { size: 1 });
  assert.equal(countAttempts(db, {}).rows, 0);
});

test('trim: removes in steps, between which others may write', (t) => {
  const db = database(t, distinct(5000));
  let steps = 0;
  for (const _ of trim(db, { ...GENEROUS, keep: 0 }, NOON)) {
    assert.ok(!db.inTransaction);
    steps += 1;
  }
  assert.ok(steps >= 5, `${steps}`);
});

/** What stands beside attempts: each at this time, or over at it. */
function putBeside(db: Database, time: number, until = time): void {
  const client = octetsOfAddress(parseAddress('192.0.2.99'));
  db.prepare('INSERT INTO minutes VALUES (?, 1, 1, 1, 1, 1, 1)').run(time);
  db.prepare(
    "INSERT INTO service_events (time, program, level, text) VALUES (?, 'serve', 'info', 'ready')",
  ).run(time);
  db.prepare("INSERT INTO client_facts VALUES (?, 'host', ?, 'x', ?)").run(
    client,
    `s${time}`,
    time,
  );
  db.prepare(
    `INSERT INTO exceptions (service, clients, reason, author, created, until)
     VALUES ('ngrok', '[]', 'a demo', 'ada', ?, ?)`,
  ).run(time - 1, until);
}

const BESIDE = [
  'incidents',
  'incident_acts',
  'exceptions',
  'minutes',
  'service_events',
  'client_facts',
];
const sizes = (db: Database) => BESIDE.map((table) => tableSize(db, table));

test('trim: what stands beside attempts goes with those of its time', (t) => {
  const db = database(t, [gain({ time: NOON - 2 * DAY }), gain()]);
  const deed = { kind: 'note', author: 'ada', note: 'hm' } as const;
  for (let i = 0; i < 3; i++) actOn(db, [1, 2], deed, NOON);
  putBeside(db, NOON - 2 * DAY);
  putBeside(db, NOON);
  assert.deepEqual(sizes(db), [2, 6, 2, 2, 2, 2]);
  trimmed(db, { keep: DAY });
  assert.deepEqual(sizes(db), [1, 3, 1, 1, 1, 1]);
  assert.equal(readIncident(db, 1), undefined);
  assert.equal(actsOf(db, 2).length, 3);
});

test('trim: an incident that reaches over the horizon stays whole, and whose it is', (t) => {
  const db = database(t, [gain({ time: NOON - DAY - HOUR }), gain({ time: NOON - DAY + HOUR })]);
  const client = octetsOfAddress(attempt().client);
  const add = db.prepare("INSERT INTO client_facts VALUES (?, 'person', 'inventory', 'Ada', ?)");
  add.run(client, NOON - 9 * DAY);
  add.run(octetsOfAddress(parseAddress('192.0.2.18')), NOON - 9 * DAY);
  trimmed(db, { keep: DAY });
  assert.equal(countAttempts(db, {}).rows, 1);
  assert.equal(readIncident(db, 1)?.count, 2);
  assert.deepEqual(
    [...labelsOf(db, [attempt().client, parseAddress('192.0.2.18')]).keys()],
    ['192.0.2.17'],
  );
});

test('trim: an exception that was revoked before the horizon goes, one that holds stays', (t) => {
  const db = database(t);
  putBeside(db, NOON - 2 * DAY, NOON + DAY);
  putBeside(db, NOON - 3 * DAY, NOON + DAY);
  db.prepare("UPDATE exceptions SET revoked = ?, revoked_by = 'ada' WHERE id = 2").run(
    NOON - 2 * DAY,
  );
  trimmed(db, { keep: DAY });
  assert.deepEqual(db.prepare('SELECT id FROM exceptions').pluck().all(), [1]);
  trimmed(db, { size: 1 });
  assert.deepEqual(sizes(db), [0, 0, 1, 0, 0, 0]);
});

test('trim: over its size, incidents go with the attempts they are made of', (t) => {
  const db = database(
    t,
    distinct(20_000).map((gain) => ({ ...gain })),
  );
  const { changes } = prepareSave(db)(
    Array.from({ length: 200 }, (_, i) => gain({ time: NOON - i * DAY })),
  );
  assert.ok(changes.length > 100);
  trimmed(db, { size: 2 * MIB });
  const oldest = listAttempts(db, {}, 20_000).at(-1)?.first as number;
  const incidents = listIncidents(db, {}, 'newest', 999);
  assert.ok(incidents.length > 0 && incidents.length < 30, `${incidents.length}`);
  assert.ok(incidents.every(({ last }) => last >= oldest - DAY));
});
