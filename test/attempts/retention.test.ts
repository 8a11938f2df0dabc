import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import test from 'node:test';
import type { Gain } from '../../src/attempts/fold.ts';
import { countAttempts, listAttempts } from '../../src/attempts/query.ts';
import { type Retention, trim } from '../../src/attempts/retention.ts';
import type { Database } from '../../src/attempts/store.ts';
import { parseName } from '../../src/policy/name.ts';
import { DAY, database, gain, MINUTE, NOON } from './support.ts';

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
