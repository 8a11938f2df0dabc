import { reversedName } from '../src/attempts/reversed.ts';
import { type Database, openForWriting } from '../src/attempts/store.ts';
import { parseName } from '../src/policy/name.ts';

/** Whose attempts they are: nearly all of the first, some of each, and twenty of ten million of the last. */
export const SERVICES = [
  ...['ngrok', 'cloudflared', 'zrok', 'pinggy', 'localtunnel', 'bore', 'playit', 'frp'],
  'rare',
] as const;

/** Names of each service; rules of each service. */
const NAMES = 2500;
const RULES = 10;

/** Ninety days, of which the last ends now. */
const STRETCH = 90 * 86_400_000;

/**
 * Fills a new file with so many attempts, the same in every run but for the time: SQLite makes the rows
 * itself, and the indexes when all are there, which takes a tenth of what recording them would.
 */
export function fillReviewDatabase(file: string, rows: number, now: number): void {
  const db = openForWriting(file);
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -400000');
  const indexes = db
    .prepare<[], { name: string; sql: string }>(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'attempts' AND sql IS NOT NULL",
    )
    .all();
  db.transaction(() => {
    for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
    addNames(db);
    addKinds(db);
    addAttempts(db, rows, now);
    for (const { sql } of indexes) db.exec(sql);
    addIncidents(db, Math.ceil(rows / 50), now);
    addFacts(db, now);
  })();
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

function addNames(db: Database): void {
  const add = db.prepare('INSERT INTO names (id, name, reversed) VALUES (?, ?, ?)');
  for (const [s, service] of SERVICES.entries()) {
    for (let n = 0; n < NAMES; n++) {
      const name = parseName(`connect-${n}.${service}.example`);
      add.run(s * NAMES + n + 1, name, reversedName(name));
    }
  }
}

function addKinds(db: Database): void {
  const add = db.prepare(
    `INSERT INTO kinds (id, rule, service, role, verdict, type, transport, answer, point)
     VALUES (?, ?, ?, ?, ?, ?, 'udp', 'nxdomain', 'resolver')`,
  );
  let id = 1;
  for (const service of SERVICES) {
    for (let rule = 0; rule < RULES; rule++) {
      const role = rule % 5 === 4 ? 'endpoint' : 'session';
      for (const type of ['A', 'AAAA']) {
        for (const verdict of ['blocked', 'watched']) {
          add.run(
            id++,
            `${service}/${role}/${rule}.${service}.example`,
            service,
            role,
            verdict,
            type,
          );
        }
      }
    }
  }
}

/** 4096 clients of 10.1.0.0/20; 10.9.9.9 comes once in a million. */
function addAttempts(db: Database, rows: number, now: number): void {
  db.prepare(
    `INSERT INTO attempts (first, last, count, client, name, kind, batch, destination, port, ja4)
     WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < :rows - 1),
     scattered AS (SELECT i, (i * 2654435761) % 4294967296 AS h FROM numbers),
     chosen AS (
       SELECT i, h, CASE WHEN i % 500000 = 7 THEN 8 WHEN h % 10 < 8 THEN 0 ELSE h % 8 END AS s
       FROM scattered)
     SELECT :start + i * :step / 1000 AS begun, :start + i * :step / 1000 + h % 60000, 1 + i % 30,
       CASE WHEN i % 1000000 = 3 THEN x'0a090909'
         ELSE unhex(format('0a01%02x%02x', (h >> 8) % 16, (h >> 16) % 256)) END,
       s * ${NAMES} + (h >> 4) % (CASE s WHEN 8 THEN 5 ELSE ${NAMES} END) + 1,
       (s * ${RULES} + (h >> 12) % ${RULES}) * 4 + i % 3 / 2 * 2 + (i % 1000 = 0) + 1,
       1 + i / 1000,
       CASE WHEN i % 50 = 0 THEN unhex(format('c63364%02x', (h >> 20) % 100)) END,
       CASE WHEN i % 50 = 0 THEN 443 END,
       CASE WHEN i % 100 = 0 THEN format('t13d%04d', (h >> 10) % 50) END
     FROM chosen`,
  ).run({
    rows: BigInt(rows),
    start: BigInt(now - STRETCH),
    step: BigInt(Math.floor((STRETCH * 1000) / rows)),
  });
}

function addIncidents(db: Database, count: number, now: number): void {
  db.prepare(
    `INSERT INTO incidents (client, service, first, last, count, ways, severity, state)
     WITH RECURSIVE numbers (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < :count - 1),
     scattered AS (SELECT i, (i * 2654435761) % 4294967296 AS h, :start + i * :step / 1000 AS begun FROM numbers)
     SELECT unhex(format('0a01%02x%02x', (h >> 8) % 16, (h >> 16) % 256)),
       CASE WHEN h % 10 < 8 THEN 'ngrok' ELSE 'zrok' END,
       begun, begun + h % 3600000, 50,
       json_object('system-dns', json_array(begun, begun + h % 3600000, 50, 0)),
       CASE WHEN h % 100 < 2 THEN 3 WHEN h % 100 < 10 THEN 2 WHEN h % 100 < 60 THEN 1 ELSE 0 END,
       CASE WHEN h % 7 < 5 THEN 'acknowledged' WHEN h % 7 = 5 THEN 'new' ELSE 'closed' END
     FROM scattered`,
  ).run({
    count: BigInt(count),
    start: BigInt(now - STRETCH),
    step: BigInt(Math.floor((STRETCH * 1000) / count)),
  });
}

function addFacts(db: Database, now: number): void {
  const add = db.prepare(
    'INSERT INTO client_facts (client, kind, source, value, time) VALUES (?, ?, ?, ?, ?)',
  );
  for (let i = 0; i < 4096; i++) {
    const client = Uint8Array.of(10, 1, i >> 8, i & 255);
    add.run(client, 'host', 'lease', `laptop-${i}`, now);
    if (i % 4 === 0) add.run(client, 'person', 'inventory', `person ${i}`, now);
    add.run(client, 'team', 'inventory', `team-${i % 20}`, now);
  }
}
