import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import SQLite from 'better-sqlite3';
import { prepareSessionSave, readSessions } from '../../src/attempts/account/rows.ts';
import { listIncidents } from '../../src/attempts/incident/query.ts';
import { APPLICATION_ID, CURRENT_VERSION, versionOf } from '../../src/attempts/migrations.ts';
import { groupAttempts, listAttempts } from '../../src/attempts/query.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import { openForReading, openForWriting } from '../../src/attempts/store.ts';
import { parseName } from '../../src/policy/name.ts';
import { octetsOfAddress, parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { session } from './account/support.ts';
import { attempt, folder, gain, HOUR, NOON } from './support.ts';

/** The tables as version 1 made them, which is in the field. */
const VERSION_1 = `
  PRAGMA application_id = ${APPLICATION_ID};
  CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    reversed TEXT NOT NULL UNIQUE
  ) STRICT;
  CREATE TABLE kinds (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    service TEXT,
    role TEXT,
    verdict TEXT NOT NULL,
    type TEXT NOT NULL,
    transport TEXT NOT NULL,
    answer TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX kinds_are_distinct ON kinds
    (rule, type, verdict, transport, answer, ifnull(service, ''), ifnull(role, ''));
  CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    client BLOB NOT NULL,
    name INTEGER NOT NULL REFERENCES names,
    kind INTEGER NOT NULL REFERENCES kinds,
    via TEXT,
    batch INTEGER NOT NULL,
    CHECK (count > 0 AND last >= first AND last - first < 3600000)
  ) STRICT;
  CREATE INDEX attempts_by_time ON attempts (first);
  CREATE INDEX attempts_by_batch ON attempts (batch);
  CREATE INDEX attempts_by_client ON attempts (client, first, last, count, name, kind);
  CREATE INDEX attempts_by_name ON attempts (name, first, last, count, client, kind);
  CREATE INDEX attempts_by_kind ON attempts (kind, first, last, count, client, name);
  INSERT INTO names VALUES (7, 'connect.ngrok-agent.com', 'com.ngrok-agent.connect.');
  INSERT INTO kinds VALUES
    (3, 'ngrok/session/connect.ngrok-agent.com', 'ngrok', 'session', 'blocked', 'A', 'udp', 'nxdomain'),
    (4, 'block/ngrok-agent.com', NULL, NULL, 'watched', 'AAAA', 'tcp', 'answered');
  PRAGMA user_version = 1;`;

/** What version 2 made of them, which is in the field as well, and two rows that only it can have. */
const VERSION_2 = `
  ALTER TABLE kinds ADD COLUMN point TEXT NOT NULL DEFAULT 'resolver';
  ALTER TABLE kinds ADD COLUMN lead TEXT;
  DROP INDEX kinds_are_distinct;
  CREATE UNIQUE INDEX kinds_are_distinct ON kinds
    (rule, type, verdict, transport, answer, point, ifnull(service, ''), ifnull(role, ''), ifnull(lead, ''));
  ALTER TABLE attempts ADD COLUMN destination BLOB;
  ALTER TABLE attempts ADD COLUMN port INTEGER;
  ALTER TABLE attempts ADD COLUMN ja4 TEXT;
  CREATE INDEX attempts_by_destination ON attempts
    (destination, first, last, count, client, name, kind) WHERE destination IS NOT NULL;
  CREATE INDEX attempts_by_ja4 ON attempts
    (ja4, first, last, count, client, name, kind) WHERE ja4 IS NOT NULL;
  INSERT INTO names VALUES (8, '.', '');
  INSERT INTO kinds VALUES
    (5, 'ngrok/session/connect.ngrok-agent.com', 'ngrok', 'session', 'blocked', 'TLS', 'tcp', 'reset', 'gate', NULL),
    (6, 'TW-ADDR-ngrok', 'ngrok', NULL, 'watched', 'PACKET', 'tcp', 'recorded', 'firewall', 'unanswered');
  INSERT INTO attempts VALUES
    (3, ${NOON + 2 * HOUR}, ${NOON + 2 * HOUR}, 1, x'c0000211', 7, 5, NULL, 2, x'c0000263', 443, 't13d'),
    (4, ${NOON + 3 * HOUR}, ${NOON + 3 * HOUR}, 2, x'c0000211', 8, 6, NULL, 2, x'c0000263', 443, NULL);
  PRAGMA user_version = 2;`;

function databaseOfVersion1(more = ''): string {
  const file = join(folder(), 'attempts.db');
  const db = new SQLite(file);
  chmodSync(file, 0o600);
  db.pragma('journal_mode = WAL');
  db.exec(VERSION_1);
  const insert = db.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, 7, ?, ?, 1)');
  const client = octetsOfAddress(parseAddress('192.0.2.17'));
  insert.run(1, NOON, NOON + 5000, 9, client, 3, null);
  insert.run(2, NOON + HOUR, NOON + HOUR, 1, client, 4, 'tunnel.ngrok.com');
  db.exec(more);
  db.close();
  return file;
}

const OLD_ROWS = [
  {
    id: 2,
    first: NOON + HOUR,
    last: NOON + HOUR,
    count: 1,
    client: '192.0.2.17',
    point: 'resolver',
    transport: 'tcp',
    name: 'connect.ngrok-agent.com',
    type: 'AAAA',
    via: 'tunnel.ngrok.com',
    rule: 'block/ngrok-agent.com',
    verdict: 'watched',
    answer: 'answered',
  },
  {
    id: 1,
    first: NOON,
    last: NOON + 5000,
    count: 9,
    client: '192.0.2.17',
    point: 'resolver',
    transport: 'udp',
    name: 'connect.ngrok-agent.com',
    type: 'A',
    rule: 'ngrok/session/connect.ngrok-agent.com',
    service: 'ngrok',
    role: 'session',
    verdict: 'blocked',
    answer: 'nxdomain',
  },
];

test('migrate: the rows of version 1 are kept, as the resolver saw them', (t) => {
  const db = openForWriting(databaseOfVersion1());
  t.after(() => db.close());
  assert.equal(versionOf(db), CURRENT_VERSION);
  assert.deepEqual(listAttempts(db, {}, 9), OLD_ROWS);
  assert.deepEqual(listAttempts(db, { point: 'resolver' }, 9), OLD_ROWS);
  assert.deepEqual(listAttempts(db, { destination: parseNetwork('0.0.0.0/0') }, 9), []);
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
});

test('migrate: what is added to a database of version 1 shares its names and kinds', (t) => {
  const db = openForWriting(databaseOfVersion1());
  t.after(() => db.close());
  const at = { time: NOON + 2 * HOUR };
  const atGate = {
    ...at,
    point: 'gate',
    transport: 'tcp',
    type: 'TLS',
    destination: parseAddress('2001:db8::7'),
    port: 443,
    ja4: 't13d101000_61a7ad8aa9b6_f9531d972513',
    answer: 'reset',
  } as const;
  prepareSave(db)([gain(at), gain(atGate)]);
  const size = (table: string) => db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
  assert.deepEqual([size('names'), size('kinds')], [1, 3]);
  const [gate, asked] = listAttempts(db, {}, 9);
  const { time, ...rest } = attempt(atGate);
  assert.deepEqual(gate, { ...rest, id: 4, first: time, last: time, count: 1 });
  assert.equal(asked?.point, 'resolver');
});

const NEWER_ROWS = [
  {
    id: 4,
    first: NOON + 3 * HOUR,
    last: NOON + 3 * HOUR,
    count: 2,
    client: '192.0.2.17',
    destination: '192.0.2.99',
    port: 443,
    rule: 'TW-ADDR-ngrok',
    service: 'ngrok',
    verdict: 'watched',
    type: 'PACKET',
    transport: 'tcp',
    answer: 'recorded',
    point: 'firewall',
    lead: 'unanswered',
  },
  {
    id: 3,
    first: NOON + 2 * HOUR,
    last: NOON + 2 * HOUR,
    count: 1,
    client: '192.0.2.17',
    name: 'connect.ngrok-agent.com',
    destination: '192.0.2.99',
    port: 443,
    ja4: 't13d',
    rule: 'ngrok/session/connect.ngrok-agent.com',
    service: 'ngrok',
    role: 'session',
    verdict: 'blocked',
    type: 'TLS',
    transport: 'tcp',
    answer: 'reset',
    point: 'gate',
  },
];

test('migrate: the rows of version 2 are kept, and sessions of the account find a place', (t) => {
  const file = databaseOfVersion1(VERSION_2);
  assert.throws(() => openForReading(file), { message: /written by an earlier tunnelwarden/ });
  const db = openForWriting(file);
  t.after(() => db.close());
  assert.equal(versionOf(db), CURRENT_VERSION);
  assert.deepEqual(listAttempts(db, {}, 9), [...NEWER_ROWS, ...OLD_ROWS]);
  assert.equal(prepareSessionSave(db)([session()]), 1);
  assert.deepEqual(readSessions(db, { first: NOON, last: NOON }), [session()]);
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
});

test('migrate: the attempts of before make incidents, as those to come do', (t) => {
  const db = openForWriting(databaseOfVersion1(VERSION_2));
  t.after(() => db.close());
  const made = listIncidents(db, { loose: true }, 'newest', 9);
  assert.deepEqual(made, [
    {
      id: 1,
      client: '192.0.2.17',
      service: 'ngrok',
      first: NOON,
      last: NOON + 3 * HOUR,
      count: 12,
      ways: new Map([
        ['system-dns', { first: NOON, last: NOON + 5000, count: 9, passed: 0 }],
        ['name', { first: NOON + 2 * HOUR, last: NOON + 2 * HOUR, count: 1, passed: 0 }],
        ['address', { first: NOON + 3 * HOUR, last: NOON + 3 * HOUR, count: 2, passed: 2 }],
      ]),
      severity: 'high',
      state: 'new',
    },
  ]);
  const { changes } = prepareSave(db)([gain({ time: NOON + 4 * HOUR })]);
  assert.deepEqual(
    changes.map(({ incident, before }) => [incident.id, incident.count, before?.severity]),
    [[1, 13, 'high']],
  );
});

test('migrate: a database of version 1 is not read before it is brought up to date', () => {
  const file = databaseOfVersion1();
  assert.throws(() => openForReading(file), { message: /written by an earlier tunnelwarden/ });
});

test('a missing name is told from the root asked of the resolver, but for sums', (t) => {
  const db = openForWriting(join(folder(), 'attempts.db'));
  t.after(() => db.close());
  const packet = gain({ name: undefined, point: 'firewall', type: 'PACKET' });
  prepareSave(db)([gain({ name: parseName('.') }), packet]);
  assert.deepEqual(
    listAttempts(db, {}, 9).map(({ name }) => name),
    [undefined, '.'],
  );
  assert.deepEqual(
    groupAttempts(db, 'name', {}, 9).map(({ key, attempts }) => [key, attempts]),
    [[undefined, 2]],
  );
});
