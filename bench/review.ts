import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { createDatabaseSource } from '../src/commands/tui-database.ts';
import type { AnswerTo, Question, QuestionKind } from '../src/tui/source.ts';
import { fillReviewDatabase } from './review-database.ts';

// How fast the UI gets its answers from a database of ten million attempts.
//
//     node bench/review.ts [ROWS | FILE]
//
// Makes a database of so many rows in the temporary folder, or reads the one named.

const argument = process.argv[2] ?? '10000000';
const now = Date.now();
const file = /^\d+$/.test(argument) ? made(Number(argument)) : argument;

function made(rows: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const path = join(folder, 'review.db');
  const begin = performance.now();
  fillReviewDatabase(path, rows, now);
  const seconds = (performance.now() - begin) / 1000;
  const size = statSync(path).size / 2 ** 20;
  console.log(`${rows} rows made in ${seconds.toFixed(0)} s, ${size.toFixed(0)} MiB\n`);
  return path;
}

const PAGE = 100;
const ROUNDS = 7;
const DAYS = 86_400_000;

const loop = monitorEventLoopDelay({ resolution: 5 });
let longest = { ms: 0, what: '' };

/** Takes note of how long nothing else could run since it was asked last. */
function noteBlock(what: string): void {
  const ms = loop.max / 1e6;
  if (ms > longest.ms) longest = { ms, what };
  loop.reset();
}

const begin = performance.now();
const source = createDatabaseSource({
  ...{ file, readOnly: true, author: 'bench', folder: tmpdir() },
  now: () => now,
});
const opened = performance.now();
await ask({ kind: 'attempts', search: '', limit: PAGE });
console.log(
  `opened in ${(opened - begin).toFixed(1)} ms, first page after ${(performance.now() - begin).toFixed(1)} ms\n`,
);

function ask<K extends QuestionKind>(question: Question & { kind: K }): Promise<AnswerTo<K>> {
  return source.ask(question) as Promise<AnswerTo<K>>;
}

type Page = AnswerTo<'attempts'>;

/** Where the next page begins. */
function behindOf({ rows, searchedTo }: Page) {
  const last = rows.at(-1);
  return searchedTo === undefined
    ? last && { first: last.first, id: last.id }
    : { first: searchedTo, id: 0 };
}

type Times = { readonly times: number[]; readonly rows: number; readonly partial: number };

async function timed(questions: () => AsyncGenerator<() => Promise<Page>>): Promise<Times> {
  const times: number[] = [];
  let [rows, partial] = [0, 0];
  for await (const next of questions()) {
    await setImmediate();
    const begin = performance.now();
    const page = await next();
    times.push(performance.now() - begin);
    rows += page.rows.length;
    partial += Number(page.searchedTo !== undefined);
  }
  return { times, rows, partial };
}

/** The same page over and over. */
const again = (search: string, behind?: { first: number; id: number }) =>
  async function* () {
    for (let round = 0; round < ROUNDS; round++) {
      yield () => ask({ kind: 'attempts', search, limit: PAGE, ...(behind ? { behind } : {}) });
    }
  };

/** A hundred pages on, or to the end. */
const onwards = (search: string) =>
  async function* () {
    let last: Page | undefined;
    for (let page = 0; page < 100 && !last?.isAll; page++) {
      yield async () => {
        const behind = last && behindOf(last);
        last = await ask({ kind: 'attempts', search, limit: PAGE, ...(behind ? { behind } : {}) });
        return last;
      };
    }
  };

/** What search finds all of, however long that takes: what the UI does where nothing is found. */
async function toTheEnd(search: string): Promise<number> {
  const begin = performance.now();
  let page: Page | undefined;
  do {
    const behind = page && behindOf(page);
    page = await ask({ kind: 'attempts', search, limit: PAGE, ...(behind ? { behind } : {}) });
  } while (page.rows.length === 0 && !page.isAll);
  return performance.now() - begin;
}

function shown({ times, rows, partial }: Times): string {
  const sorted = times.toSorted((a, b) => a - b);
  const p50 = sorted[Math.floor(sorted.length / 2)] as number;
  const worst = sorted.at(-1) as number;
  const figures = `${p50.toFixed(1).padStart(6)} ${worst.toFixed(1).padStart(6)}`;
  return `${figures} ${String(rows).padStart(6)}${partial > 0 ? `/${partial}`.padEnd(4) : '    '}`;
}

const SEARCHES = [
  ...['', 'service:ngrok', 'service:rare', 'service:nosuch', 'client:10.1.7.77', 'client:10.9.9.9'],
  ...['client:10.1.0.0/16', 'client:10.9.0.0/16', 'client:10.1.3.0/24', 'client:laptop-77'],
  ...['name:ngrok.example', 'name:rare.example', 'name:connect-1.ngrok.example', 'verdict:watched'],
  ...[
    'verdict:observed',
    'since:1h',
    'since:90d verdict:watched',
    'until:80d',
    'nosuchtext',
    'rare',
  ],
  ...['connect-77', '-service:ngrok', '-client:10.1.0.0/16', '-verdict:blocked -service:ngrok'],
  ...[
    'service:ngrok client:10.9.9.9',
    'service:ngrok name:zrok.example',
    'team:team-7 service:bore',
  ],
  ...['destination:198.51.100.7', 'ja4:t13d0007', 'type:AAAA role:endpoint -client:10.1.7.0/24'],
];

console.log('p50 and worst in ms, rows / of how many answers more was to be looked for\n');
console.log(
  `${'search'.padEnd(44)} ${'first page'.padEnd(24)} ${'100 pages on'.padEnd(24)} jump to day 45`,
);
loop.enable();
for (const search of SEARCHES) {
  const columns = [
    await timed(again(search)),
    await timed(onwards(search)),
    await timed(again(search, { first: now - 45 * DAYS, id: 0 })),
  ];
  console.log(`${search.padEnd(44)} ${columns.map(shown).join(' ')}`);
  noteBlock(search);
}
console.log('\nto the first row or the end, where that takes several answers');
for (const search of ['service:ngrok name:zrok.example', '-client:10.1.0.0/16 -client:10.9.9.9']) {
  console.log(`${search.padEnd(44)} ${(await toTheEnd(search)).toFixed(0).padStart(6)}`);
}

console.log('\nother questions: the first time, and then p50 and worst');
const incidents = (search: string, order: 'newest' | 'severest' | 'latest'): Question => ({
  ...{ kind: 'incidents', search, order, limit: PAGE },
});
const OTHERS: readonly Question[] = [
  { kind: 'overview' },
  incidents('', 'newest'),
  incidents('open', 'severest'),
  incidents('client:10.9.9.9', 'latest'),
  incidents('severity:high -acked service:zrok', 'newest'),
  incidents('nosuchtext', 'newest'),
  { kind: 'incident', id: 1000 },
  { kind: 'clients', search: '', limit: PAGE },
  { kind: 'clients', search: 'open', limit: PAGE },
  { kind: 'client', address: '10.1.7.77' as never },
  ...['client', 'name', 'service', 'rule', 'destination', 'ja4', 'team', 'person'].flatMap(
    (field): Question[] => [
      { kind: 'values', field, prefix: '' },
      { kind: 'values', field, prefix: field === 'client' ? '10.1.7.' : 'nosuch' },
    ],
  ),
];
for (const question of OTHERS) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await setImmediate();
    const begin = performance.now();
    await source.ask(question);
    times.push(performance.now() - begin);
  }
  const [first, ...rest] = times as [number, ...number[]];
  const { kind, ...about } = question;
  const what = `${kind} ${JSON.stringify(about)}`.slice(0, 66);
  noteBlock(what);
  console.log(
    `${what.padEnd(66)} ${first.toFixed(1).padStart(7)} ${shown({ times: rest, rows: 0, partial: 0 }).slice(0, 13)}`,
  );
}
loop.disable();
console.log(
  `\nlongest that nothing else could run: ${longest.ms.toFixed(0)} ms, in ${longest.what}`,
);
console.log(`memory: ${(process.memoryUsage.rss() / 2 ** 20).toFixed(0)} MiB`);
source.close();
