import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { RecorderProblem } from '../../src/attempts/alarm.ts';
import { countAttempts, listAttempts } from '../../src/attempts/query.ts';
import {
  createRecorder,
  type Recorder,
  type RecorderOptions,
} from '../../src/attempts/recorder.ts';
import { openForReading, openForWriting } from '../../src/attempts/store.ts';
import { parseName } from '../../src/policy/name.ts';
import { attempt, DAY, folder, HOUR, MINUTE, NOON } from './support.ts';

type Scene = {
  readonly file: string;
  readonly recorder: Recorder;
  readonly problems: RecorderProblem[];
  readonly kinds: () => readonly string[];
};

/** A recorder that stores when it is flushed: its own clock comes too seldom to matter. */
function scene(t: TestContext, different: Partial<RecorderOptions> = {}): Scene {
  const file = different.database ?? join(folder(), 'attempts.db');
  const problems: RecorderProblem[] = [];
  const recorder = createRecorder({
    database: file,
    keep: 3650 * DAY,
    size: 2 ** 30,
    onProblem: (problem) => problems.push(problem),
    interval: HOUR,
    ...different,
  });
  t.after(() => recorder.close());
  return { file, recorder, problems, kinds: () => problems.map(({ kind }) => kind) };
}

function stored(file: string) {
  const db = openForReading(file);
  try {
    return { ...countAttempts(db, {}), integrity: db.pragma('integrity_check', { simple: true }) };
  } finally {
    db.close();
  }
}

const distinct = (i: number) => attempt({ name: parseName(`${i}.example`) });

test('record: repeats of several batches are one row, and of another window another', async (t) => {
  const { file, recorder, problems } = scene(t);
  for (const minutes of [0, 1, 2, 3, 12]) {
    recorder.record(attempt({ time: NOON + minutes * MINUTE }));
    await recorder.flush();
  }
  assert.deepEqual(recorder.stats(), { recorded: 5, stored: 5, dropped: 0, pending: 0 });
  const db = openForReading(file);
  t.after(() => db.close());
  assert.deepEqual(
    listAttempts(db, {}, 9).map(({ first, last, count }) => [first - NOON, last - NOON, count]),
    [
      [12 * MINUTE, 12 * MINUTE, 1],
      [0, 3 * MINUTE, 4],
    ],
  );
  assert.deepEqual(problems, []);
});

test('record: more than a batch is stored in one flush', async (t) => {
  const { file, recorder } = scene(t);
  for (let i = 0; i < 5500; i++) recorder.record(distinct(i));
  assert.equal(recorder.stats().pending, 5500);
  await recorder.flush();
  assert.deepEqual(recorder.stats(), { recorded: 5500, stored: 5500, dropped: 0, pending: 0 });
  assert.deepEqual(stored(file), { rows: 5500, attempts: 5500, integrity: 'ok' });
});

test('record: is stored without being flushed', async (t) => {
  const { file, recorder } = scene(t, { interval: 1 });
  recorder.record(attempt());
  while (recorder.stats().stored === 0) await setImmediate();
  assert.equal(stored(file).rows, 1);
});

test('record: what does not fit is dropped, counted and told once', async (t) => {
  const { file, recorder, problems, kinds } = scene(t, { capacity: 100 });
  for (let i = 0; i < 150; i++) recorder.record(distinct(i));
  assert.equal(recorder.stats().dropped, 50);
  assert.deepEqual(kinds(), ['overflow']);
  await recorder.flush();
  assert.deepEqual(recorder.stats(), { recorded: 150, stored: 100, dropped: 50, pending: 0 });
  assert.equal(stored(file).rows, 100);
  assert.equal(problems.at(-1)?.message, 'attempts are stored again; 50 were dropped meanwhile');
});

test('close: stores what waits and leaves one clean file', async (t) => {
  const { file, recorder } = scene(t);
  recorder.record(attempt());
  await recorder.close();
  recorder.record(attempt());
  assert.deepEqual(recorder.stats(), { recorded: 2, stored: 1, dropped: 1, pending: 0 });
  assert.equal(stored(file).rows, 1);
});

test('a new recorder goes on in the same file with rows of its own', async (t) => {
  const { file, recorder } = scene(t);
  recorder.record(attempt());
  await recorder.close();
  const next = scene(t, { database: file });
  next.recorder.record(attempt());
  await next.recorder.flush();
  assert.deepEqual(stored(file), { rows: 2, attempts: 2, integrity: 'ok' });
});

test('the database is locked: recording goes on, and all is stored once it is free', async (t) => {
  const { file, recorder, problems, kinds } = scene(t);
  await recorder.flush();
  const other = openForWriting(file);
  t.after(() => other.close());
  other.exec('BEGIN EXCLUSIVE');

  recorder.record(attempt());
  let turns = 0;
  let flushed = false;
  const flush = recorder.flush().then(() => {
    flushed = true;
  });
  for (; !flushed; turns++) {
    recorder.record(attempt());
    await setImmediate();
  }
  await flush;
  assert.ok(turns > 100, `the event loop turned ${turns} times while the writer waited`);
  await recorder.flush();
  assert.deepEqual(kinds(), ['locked']);
  assert.match(problems[0]?.message ?? '', /attempts\.db is locked by another program/);
  assert.equal(recorder.stats().lastError, problems[0]?.message);
  assert.equal(recorder.stats().stored, 0);

  other.exec('ROLLBACK');
  await recorder.flush();
  assert.deepEqual(kinds(), ['locked', 'recovered']);
  const { recorded, ...rest } = recorder.stats();
  assert.deepEqual(rest, { stored: recorded, dropped: 0, pending: 0 });
  assert.deepEqual(stored(file), { rows: 1, attempts: recorded, integrity: 'ok' });
});

test('the disk is full: recording goes on, and all is stored once there is room', async (t) => {
  const path = join(folder(), 'disk');
  const refusal = mountSmallDisk(path);
  if (refusal) return t.skip(refusal);
  const { file, recorder, kinds } = scene(t, { database: join(path, 'attempts.db') });
  t.after(() => execFileSync('umount', [path]));

  let i = 0;
  for (; kinds().length === 0 && i < 100_000; i++) {
    recorder.record(distinct(i));
    if (i % 100 === 0) await recorder.flush();
  }
  await recorder.flush();
  assert.deepEqual(kinds(), ['full']);
  assert.ok(recorder.stats().stored > 0);

  execFileSync('mount', ['-o', 'remount,size=64m', path]);
  await recorder.flush();
  assert.deepEqual(kinds(), ['full', 'recovered']);
  assert.deepEqual(recorder.stats(), { recorded: i, stored: i, dropped: 0, pending: 0 });
  assert.deepEqual(stored(file), { rows: i, attempts: i, integrity: 'ok' });
});

/** Why there can be no small disk here; undefined once it is mounted. */
function mountSmallDisk(path: string): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root may mount a disk';
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', path], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `a small disk cannot be mounted: ${error}`;
  }
}

test('the file is moved away: a new one is begun', async (t) => {
  const { file, recorder, problems } = scene(t);
  recorder.record(attempt());
  await recorder.flush();
  renameSync(file, `${file}.old`);
  recorder.record(attempt({ type: 'AAAA' }));
  recorder.record(attempt());
  await recorder.flush();
  assert.deepEqual(stored(file), { rows: 2, attempts: 2, integrity: 'ok' });
  assert.deepEqual(problems, []);
});

test('the file is no database: that is told before any attempt, and nothing is stored', async (t) => {
  const file = join(folder(), 'notes.txt');
  writeFileSync(file, 'shopping list');
  const { recorder, problems } = scene(t, { database: file });
  await recorder.flush();
  assert.deepEqual(problems, [
    { kind: 'unusable', message: `${file} is not a database; name another file` },
  ]);
  recorder.record(attempt());
  await recorder.flush();
  rmSync(file);
  await recorder.flush();
  assert.equal(problems.at(-1)?.kind, 'recovered');
  assert.equal(stored(file).rows, 1);
});

test('a fault of the writer costs its batch, is told, and the next thread goes on', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { file, recorder, problems, kinds } = scene(t);
  recorder.record(attempt({ client: 'nonsense' as never }));
  await recorder.flush();
  assert.deepEqual(kinds(), ['stopped']);
  assert.match(problems[0]?.message ?? '', /the thread that stores attempts failed: .*client/);
  recorder.record(attempt());
  await recorder.flush();
  assert.deepEqual(recorder.stats().pending, 1);
  t.mock.timers.tick(10_000);
  await recorder.flush();
  assert.deepEqual(kinds(), ['stopped', 'recovered']);
  assert.deepEqual(recorder.stats(), { recorded: 2, stored: 1, dropped: 1, pending: 0 });
  assert.equal(stored(file).rows, 1);
});

test('retention runs with the recorder', async (t) => {
  const { file, recorder } = scene(t);
  recorder.record(attempt({ time: Date.now() - 2 * DAY }));
  recorder.record(attempt({ time: Date.now() }));
  await recorder.close();
  const next = scene(t, { database: file, keep: DAY });
  await next.recorder.close();
  assert.equal(stored(file).rows, 1);
});

test('kill -9 loses the last second at most, and never the file', async () => {
  const file = join(folder(), 'attempts.db');
  const program = new URL('./endless-recorder.ts', import.meta.url).pathname;
  let sure = 0; // attempts that must be there: recorded a second before a kill
  let from = 0;
  for (let round = 0; round < 3; round++) {
    const child = spawn(process.execPath, [program, file, String(from)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const told: (readonly [number, number])[] = [];
    for await (const line of createInterface(child.stdout)) {
      const [n = 0, time = 0] = line.split(' ').map(Number);
      told.push([n, time]);
      if (time - (told[0]?.[1] ?? 0) > 1500 + round * 130) child.kill('SIGKILL');
    }
    if (child.signalCode === null) await once(child, 'exit');
    const [last = 0, killed = 0] = told.at(-1) ?? [];
    const [old = 0] = told.findLast(([, time]) => time <= killed - 1000) ?? [];
    sure += 2 * (old - from + 1);
    from = last + 1;

    const db = openForReading(file);
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    const { attempts } = countAttempts(db, {});
    const lastName = { name: parseName(`${old}.example`), scope: 'exact' } as const;
    assert.equal(countAttempts(db, { name: lastName }).rows, 1);
    db.close();
    assert.ok(old > 0 && attempts >= sure, `${attempts} are stored, ${sure} must be`);
  }
});
