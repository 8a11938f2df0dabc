import assert from 'node:assert/strict';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { APPLICATION_ID, CURRENT_VERSION, versionOf } from '../../src/attempts/migrations.ts';
import { countAttempts, listAttempts } from '../../src/attempts/query.ts';
import { prepareSave } from '../../src/attempts/save.ts';
import { openForReading, openForReview, openForWriting } from '../../src/attempts/store.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { database, folder, gain, MINUTE } from './support.ts';

const newFile = () => join(folder(), 'attempts.db');

for (const when of ['there is no file', 'the file is empty']) {
  test(`openForWriting: ${when}, so the tables are made`, (t) => {
    const file = newFile();
    if (when === 'the file is empty') writeFileSync(file, '');
    const db = openForWriting(file);
    t.after(() => db.close());
    assert.equal(versionOf(db), CURRENT_VERSION);
    assert.equal(db.pragma('application_id', { simple: true }), APPLICATION_ID);
    assert.equal(db.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(db.pragma('auto_vacuum', { simple: true }), 2);
    assert.deepEqual(countAttempts(db, {}), { rows: 0, attempts: 0 });
  });
}

test('openForWriting: a new database and what stands beside it are for the owner only', (t) => {
  const db = database(t, [gain()]);
  const path = dirname(db.name);
  assert.deepEqual(
    readdirSync(path).map((file) => [file, statSync(join(path, file)).mode & 0o777]),
    ['attempts.db', 'attempts.db-shm', 'attempts.db-wal'].map((file) => [file, 0o600]),
  );
});

test('openForWriting: the rows of an earlier run are still there', (t) => {
  const file = newFile();
  const first = openForWriting(file);
  prepareSave(first)([gain()]);
  first.close();
  const second = openForWriting(file);
  t.after(() => second.close());
  prepareSave(second)([gain({ type: 'AAAA' })]);
  assert.equal(countAttempts(second, {}).rows, 2);
});

const foreign = 'any text at all, '.repeat(1000);
const refusals: readonly {
  readonly when: string;
  readonly file: (path: string) => string;
  readonly message: RegExp;
}[] = [
  ...[1, 15, 100, foreign.length].map((length) => ({
    when: `the file holds ${length} octets of something else`,
    file: (path: string) => {
      writeFileSync(join(path, 'notes.txt'), foreign.slice(0, length));
      return 'notes.txt';
    },
    message: /notes\.txt is not a database; name another file/,
  })),
  {
    when: 'the database belongs to another program',
    file: (path) => {
      copyWithPragma(path, 'application_id = 7');
      return 'copy.db';
    },
    message: /copy\.db is a database of another program; name another file/,
  },
  {
    when: 'the database is newer than this program',
    file: (path) => {
      copyWithPragma(path, `user_version = ${CURRENT_VERSION + 1}`);
      return 'copy.db';
    },
    message: /copy\.db was written by a newer tunnelwarden .*; update tunnelwarden/,
  },
];

function copyWithPragma(path: string, pragma: string): void {
  const db = openForWriting(join(path, 'copy.db'));
  prepareSave(db)([gain()]);
  db.pragma(pragma);
  db.close();
}

for (const { when, file, message } of refusals) {
  for (const open of [openForWriting, openForReading, openForReview]) {
    test(`${open.name}: ${when}, so it is refused and left as it is`, () => {
      const path = folder();
      const name = file(path);
      const before = readFileSync(join(path, name));
      assert.throws(() => open(join(path, name)), { name: 'StoreError', message });
      assert.deepEqual(readFileSync(join(path, name)), before);
    });
  }
}

test('openForWriting: the folder is missing', () => {
  const file = join(folder(), 'missing', 'attempts.db');
  assert.throws(() => openForWriting(file), {
    message: /the folder of .* does not exist; create it/,
  });
});

for (const open of [openForReading, openForReview]) {
  test(`${open.name}: there is no file, and none is made`, () => {
    const file = newFile();
    assert.throws(() => open(file), { message: /there is no database .*--database/ });
    assert.equal(existsSync(file), false);
  });
}

test('openForReview: waits for who records, and not for ever', (t) => {
  const writing = database(t, [gain()]);
  const review = openForReview(writing.name);
  t.after(() => review.close());
  assert.equal(review.pragma('busy_timeout', { simple: true }), 2000);
  writing.exec('BEGIN IMMEDIATE');
  review.pragma('busy_timeout = 0');
  assert.throws(() => review.exec('BEGIN IMMEDIATE'), { code: 'SQLITE_BUSY' });
  assert.equal(listAttempts(review, {}, 1).length, 1);
  writing.exec('COMMIT');
  review.exec('UPDATE attempts SET count = 5');
  assert.equal(listAttempts(writing, {}, 1)[0]?.count, 5);
});

test('openForReading: the file is empty', () => {
  const file = newFile();
  writeFileSync(file, '');
  assert.throws(() => openForReading(file), { message: /is empty; start `tunnelwarden serve`/ });
  assert.equal(statSync(file).size, 0);
});

test('openForReading: reads what is committed while a writer is at work', (t) => {
  const writing = database(t, [gain()]);
  const reading = openForReading(writing.name);
  t.after(() => reading.close());
  writing.exec('BEGIN IMMEDIATE; UPDATE attempts SET count = 99');
  assert.equal(listAttempts(reading, {}, 1)[0]?.count, 1);
  writing.exec('COMMIT');
  assert.equal(listAttempts(reading, {}, 1)[0]?.count, 99);
});

test('openForReading: reads a copy in another folder, and cannot write to it', (t) => {
  const writing = database(t, [gain()]);
  writing.pragma('wal_checkpoint(TRUNCATE)');
  const path = join(folder(), 'evidence');
  mkdirSync(path);
  copyFileSync(writing.name, join(path, 'copy.db'));
  const db = openForReading(join(path, 'copy.db'));
  t.after(() => db.close());
  assert.equal(countAttempts(db, {}).rows, 1);
  assert.throws(() => db.exec('DELETE FROM attempts'), { code: 'SQLITE_READONLY' });
});

const atGate = {
  point: 'gate',
  name: undefined,
  destination: parseAddress('203.0.113.9'),
  port: 443,
  ja4: 't13d101000_61a7ad8aa9b6_f9531d972513',
} as const;
for (const different of [{}, atGate]) {
  test(`prepareSave: a gain adds to the row of its window: ${JSON.stringify(different)}`, (t) => {
    const db = database(t);
    const save = prepareSave(db);
    const {
      ids: [id],
    } = save([gain(different, 2)]);
    const grown = save([{ ...gain(different, 3, MINUTE), row: { id } }]);
    assert.deepEqual(grown.ids, [id]);
    const [row] = listAttempts(db, {}, 2);
    assert.deepEqual([row?.count, (row?.last ?? 0) - (row?.first ?? 0)], [5, MINUTE]);
  });
}

for (const { when, change } of [
  { when: 'retention has taken the row', change: 'DELETE FROM attempts' },
  { when: 'the row of that id is another one', change: 'UPDATE attempts SET first = first - 1' },
  { when: 'the row of that id went elsewhere', change: 'UPDATE attempts SET port = 444' },
  {
    when: 'the row of that id went to another host',
    change: "UPDATE attempts SET destination = x'0a000001'",
  },
  { when: 'the row of that id came of another program', change: "UPDATE attempts SET ja4 = 'x'" },
]) {
  test(`prepareSave: ${when}, so the gain becomes a row of its own`, (t) => {
    const db = database(t);
    const save = prepareSave(db);
    const {
      ids: [id],
    } = save([gain(atGate, 2)]);
    db.exec(change);
    const {
      ids: [other],
    } = save([{ ...gain(atGate, 3), row: { id } }]);
    assert.notEqual(other, id);
    assert.equal(listAttempts(db, {}, 9).find((row) => row.id === other)?.count, 3);
  });
}
