import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Attempt } from '../src/attempts/attempt.ts';
import type { Filter } from '../src/attempts/filter.ts';
import { createFold, type Gain } from '../src/attempts/fold.ts';
import {
  changedAttempts,
  countAttempts,
  GROUPINGS,
  groupAttempts,
  latestBatch,
  listAttempts,
} from '../src/attempts/query.ts';
import { prepareSave } from '../src/attempts/save.ts';
import { type Database, openForReading, openForWriting } from '../src/attempts/store.ts';
import { parseName } from '../src/policy/name.ts';
import { parseAddress, parseNetwork } from '../src/policy/network.ts';

// How fast a million attempts are listed, filtered, counted and grouped, and what recording costs.
//
//     node bench/attempts.ts [ROWS] [NAMES]
//
// NAMES is how many names the rows share: 1000, or as many as rows for the worst there is.

const rows = Number(process.argv[2] ?? 1_000_000);
const names = Number(process.argv[3] ?? 1000);
const SERVICES = ['ngrok', 'cloudflared', 'zrok', 'pinggy', 'localtunnel', 'bore', 'playit', 'frp'];
const START = Date.UTC(2026, 0, 1);
const STEP = (90 * 86_400_000) / rows; // ninety days of attempts

const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const file = join(folder, 'attempts.db');

/** Row `i`, the same in every run: most of it ngrok, from 4096 clients. */
function attemptAt(i: number): Attempt {
  const scattered = (i * 2_654_435_761) % 2 ** 32;
  const service = SERVICES[scattered % 10 < 8 ? 0 : scattered % SERVICES.length] as string;
  const name = parseName(`connect-${scattered % names}.${service}.example`);
  return {
    time: START + Math.floor(i * STEP),
    client: parseAddress(`10.1.${(scattered >>> 8) % 16}.${(scattered >>> 16) % 256}`),
    point: 'resolver',
    transport: i % 20 === 0 ? 'tcp' : 'udp',
    name,
    type: i % 3 === 0 ? 'AAAA' : 'A',
    rule: `${service}/session/${scattered % 50}.${service}.example`,
    service,
    role: i % 7 === 0 ? 'endpoint' : 'session',
    verdict: i % 1000 === 0 ? 'watched' : 'blocked',
    answer: 'nxdomain',
  };
}

function gainAt(i: number): Gain {
  const attempt = attemptAt(i);
  const first = attempt.time;
  return { attempt, first, last: first + 60_000, count: 1 + (i % 30), row: { id: undefined } };
}

function timed<T>(what: string, run: () => T): T {
  let best = Number.POSITIVE_INFINITY;
  let result = run();
  for (let round = 0; round < 3; round++) {
    const begin = performance.now();
    result = run();
    best = Math.min(best, performance.now() - begin);
  }
  console.log(`${what.padEnd(44)} ${best.toFixed(1).padStart(9)} ms`);
  return result;
}

function fill(db: Database): void {
  const save = prepareSave(db);
  const begin = performance.now();
  for (let i = 0; i < rows; i += 1000) {
    save(Array.from({ length: Math.min(1000, rows - i) }, (_, k) => gainAt(i + k)));
  }
  const seconds = (performance.now() - begin) / 1000;
  const size = statSync(file).size / 2 ** 20;
  console.log(`${rows} rows in ${seconds.toFixed(1)} s, ${(rows / seconds).toFixed(0)} rows/s`);
  console.log(`${size.toFixed(0)} MiB, ${((size * 2 ** 20) / rows).toFixed(0)} octets a row\n`);
}

/** What `record` costs where every attempt repeats one of a thousand open windows. */
function fold(): void {
  const { add, take } = createFold(600_000, 50_000);
  const attempts = Array.from({ length: 1000 }, (_, i) => ({ ...attemptAt(i), time: START }));
  timed('record a repeat, 1000000 times', () => {
    for (let i = 0; i < 1_000_000; i++) add(attempts[i % 1000] as Attempt);
    take(50_000);
  });
}

const FILTERS: Readonly<Record<string, Filter>> = {
  'no filter': {},
  'all but sanctioned (the default)': { unsanctioned: true },
  'one client': { client: parseNetwork('10.1.7.77') },
  'network /24': { client: parseNetwork('10.1.7.0/24') },
  'network of all': { client: parseNetwork('10.0.0.0/8') },
  'one name': { name: { name: parseName('connect-1.ngrok.example'), scope: 'exact' } },
  'names below ngrok.example': { name: { name: parseName('ngrok.example'), scope: 'subtree' } },
  'service ngrok (most rows)': { service: 'ngrok' },
  'service frp (few rows)': { service: 'frp' },
  'one rule': { rule: 'ngrok/session/1.ngrok.example' },
  'role endpoint': { role: 'endpoint' },
  'verdict watched (1 in 1000)': { verdict: 'watched' },
  'verdict observed (none)': { verdict: 'observed' },
  'type AAAA': { type: 'AAAA' },
  'last day': { since: START + 89 * 86_400_000 },
  'first day': { until: START + 86_400_000 },
  'all ninety days': { since: START },
  'network of all and ngrok': { client: parseNetwork('10.0.0.0/8'), service: 'ngrok' },
  'ngrok, names below, all days': {
    service: 'ngrok',
    name: { name: parseName('ngrok.example'), scope: 'subtree' },
    since: START,
  },
};

fold();
const writing = openForWriting(file);
fill(writing);
writing.close();
const db = openForReading(file);
for (const [what, filter] of Object.entries(FILTERS)) {
  const page = timed(`list 100: ${what}`, () => listAttempts(db, filter, 100));
  timed('  the next 100', () => listAttempts(db, filter, 100, page.at(-1)));
  timed('  count', () => countAttempts(db, filter));
  for (const by of GROUPINGS) timed(`  by ${by}`, () => groupAttempts(db, by, filter, 50));
}
timed('changed since the last batch but one', () => changedAttempts(db, {}, latestBatch(db) - 1));
db.close();
