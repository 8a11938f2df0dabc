import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attempt } from '../src/attempts/attempt.ts';
import type { Gain } from '../src/attempts/fold.ts';
import { countOpen, INCIDENT_ORDERS, listIncidents } from '../src/attempts/incident/query.ts';
import { migrate } from '../src/attempts/migrations.ts';
import { prepareSave } from '../src/attempts/save.ts';
import { type Database, openForWriting } from '../src/attempts/store.ts';
import { parseName } from '../src/policy/name.ts';
import { addressFromOctets, parseNetwork } from '../src/policy/network.ts';

// What incidents cost where attempts are stored, how long it takes to make those of a database that
// has none yet, and how fast they are listed.
//
//     node bench/incidents.ts [ROWS]

const rows = Number(process.argv[2] ?? 1_000_000);
const BATCH = 1000;
const BATCHES = 50;
const START = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const NAME = parseName('connect.ngrok-agent.com');
const SERVICES = ['ngrok', 'cloudflared', 'zrok', 'pinggy'];

const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

type Crowd = { readonly clients: number; readonly step: number; readonly daily?: number };

/**
 * Gain `i` of a crowd: its clients take turns, `step` milliseconds one after the other, or `daily` of them
 * each day within nine hours.
 */
function gainAt(i: number, crowd: Crowd, verdict: Attempt['verdict']): Gain {
  const { clients, step, daily } = crowd;
  const client = i % clients;
  const service = SERVICES[client % SERVICES.length] as string;
  const attempt: Attempt = {
    time: START + Math.floor(daily ? timeOfDay(i, daily) : i * step),
    client: addressFromOctets(Uint8Array.of(10, client >>> 16, (client >>> 8) & 255, client & 255)),
    point: 'resolver',
    transport: 'udp',
    name: NAME,
    type: i % 3 === 0 ? 'AAAA' : 'A',
    rule: `${service}/session/connect.ngrok-agent.com`,
    service,
    role: 'session',
    verdict,
    answer: 'nxdomain',
  };
  const first = attempt.time;
  return { attempt, first, last: first + 60_000, count: 1 + (i % 30), row: { id: undefined } };
}

function timeOfDay(i: number, daily: number): number {
  return Math.floor(i / daily) * DAY + ((i % daily) / daily) * 9 * 3_600_000;
}

function fill(db: Database, crowd: Crowd, count: number, verdict: Attempt['verdict']): number {
  const save = prepareSave(db);
  let took = 0;
  for (let i = 0; i < count; i += BATCH) {
    const gains = Array.from({ length: BATCH }, (_, k) => gainAt(i + k, crowd, verdict));
    const begin = performance.now();
    save(gains);
    took += performance.now() - begin;
  }
  return (took * 1000) / count;
}

let files = 0;
function withDatabase<T>(use: (db: Database) => T): T {
  const db = openForWriting(join(folder, `${files++}.db`));
  try {
    return use(db);
  } finally {
    db.close();
  }
}

function timed(what: string, run: () => unknown): void {
  const begin = performance.now();
  run();
  console.log(`${what.padEnd(52)} ${(performance.now() - begin).toFixed(1).padStart(9)} ms`);
}

const CROWDS: Readonly<Record<string, Crowd>> = {
  'ten clients': { clients: 10, step: 10 },
  'a thousand clients, whose incidents grow': { clients: 1000, step: 10 },
  'always another client': { clients: 2 ** 24, step: 10 },
  'a thousand clients, once a day': { clients: 1000, step: DAY / 1000 },
};
const COUNT = BATCH * BATCHES;
console.log(`µs for each gain, in batches of ${BATCH}`.padEnd(44), 'without    with');
for (const [what, crowd] of Object.entries(CROWDS)) {
  // Who used the sanctioned way makes no incident, and costs the same but for that.
  const without = withDatabase((db) => fill(db, crowd, COUNT, 'sanctioned'));
  const together = withDatabase((db) => fill(db, crowd, COUNT, 'blocked'));
  const [a, b] = [without, together].map((figure) => figure.toFixed(1).padStart(7));
  console.log(`  ${what.padEnd(42)} ${a} ${b}`);
}

/** The tables as they were before there were incidents. */
function forget(db: Database): void {
  const tables = ['incidents', 'incident_acts', 'exceptions', 'client_facts', 'minutes'];
  for (const table of [...tables, 'service_states', 'service_events']) {
    db.exec(`DROP TABLE ${table}`);
  }
  db.pragma('user_version = 3');
}

function migrated(db: Database, what: string): void {
  forget(db);
  timed(`bring ${rows} attempts up to date, ${what}`, () => migrate(db));
  console.log(`  ${db.prepare('SELECT count(*) FROM incidents').pluck().get()} incidents`);
}

console.log();
withDatabase((db) => {
  fill(db, { clients: 5000, step: (90 * DAY) / rows }, rows, 'sanctioned');
  migrated(db, 'none of an incident');
  db.exec("UPDATE kinds SET verdict = 'blocked'");
  migrated(db, 'each one for itself');
});
withDatabase((db) => {
  fill(db, { clients: 1000, step: 0, daily: rows / 90 }, rows, 'sanctioned');
  db.exec("UPDATE kinds SET verdict = 'blocked'");
  migrated(db, 'on working days');
  console.log();
  for (const order of INCIDENT_ORDERS) {
    const page = listIncidents(db, {}, order, 100);
    timed(`list 100, ${order}`, () => listIncidents(db, {}, order, 100));
    timed('  the next 100', () => listIncidents(db, {}, order, 100, page.at(-1)));
    const none = { states: ['closed'] as const };
    timed('  none of them closed', () => listIncidents(db, none, order, 100));
    const network = { client: parseNetwork('10.0.7.0/24') };
    timed('  of a network', () => listIncidents(db, network, order, 100));
    const client = { client: parseNetwork('10.0.0.77') };
    timed('  of a client', () => listIncidents(db, client, order, 100));
    timed('  with those of no service', () => listIncidents(db, { loose: true }, order, 100));
  }
  timed('count the open ones', () => countOpen(db));
});
