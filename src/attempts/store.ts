import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import SQLite from 'better-sqlite3';
import { APPLICATION_ID, CURRENT_VERSION, migrate, versionOf } from './migrations.ts';
import { StoreError } from './problem.ts';

export type Database = SQLite.Database;

/** Milliseconds to wait for a lock. The writer tries again anyway; a reader has nothing else to do. */
const WRITER_PATIENCE = 200;
const READER_PATIENCE = 2000;

/** Octets of write-ahead log left on disk once it is empty. */
const LOG_SIZE = 4 * 1024 ** 2;

/**
 * Opens the database for its one writer; makes it where there is none and brings an older one up
 * to date. Throws StoreError, or the error of SQLite or the file system.
 */
export function openForWriting(file: string): Database {
  create(file);
  checkHeader(file);
  const db = new SQLite(resolve(file), { timeout: WRITER_PATIENCE });
  return closedOnError(db, () => {
    if (!isEmpty(db)) checkOrigin(db, file);
    // Works only before the first page is written: lets retention give space back.
    db.pragma('auto_vacuum = INCREMENTAL');
    if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal') {
      throw new StoreError(
        `${file} is on a file system that cannot hold a write-ahead log (a network share?); ` +
          'put it on a local disk',
      );
    }
    // A commit is with the kernel when it returns, so kill -9 loses nothing committed and, as log
    // and file are synced in order, nothing is ever torn. FULL would add that a power cut loses
    // nothing either, at the price of waiting for the disk twice a second for ever.
    db.pragma('synchronous = NORMAL');
    db.pragma(`journal_size_limit = ${LOG_SIZE}`);
    migrate(db);
  });
}

/** Opens the database to read it, while a writer is at work or as a copy. Throws like the above. */
export function openForReading(file: string): Database {
  if (!existsSync(file)) {
    throw new StoreError(
      `there is no database ${file}; name the one that \`tunnelwarden serve\` writes with --database`,
    );
  }
  checkHeader(file);
  const db = new SQLite(resolve(file), {
    readonly: true,
    fileMustExist: true,
    timeout: READER_PATIENCE,
  });
  return closedOnError(db, () => {
    if (isEmpty(db)) {
      throw new StoreError(`${file} is empty; start \`tunnelwarden serve\` once to fill it`);
    }
    checkOrigin(db, file);
    if (versionOf(db) < CURRENT_VERSION) {
      throw new StoreError(
        `${file} was written by an earlier tunnelwarden; start \`tunnelwarden serve\` once to bring ` +
          'it up to date',
      );
    }
  });
}

/** Which file stands at a path: changes when it is moved away, removed or replaced. */
export function identityOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : 'none';
}

/** Makes an empty file for its owner only: it will say who asked for what. */
function create(file: string): void {
  if (!existsSync(dirname(resolve(file)))) {
    throw new StoreError(`the folder of ${file} does not exist; create it, or name another file`);
  }
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
}

/** SQLite would take a file of one octet for an empty one and write over it. */
function checkHeader(file: string): void {
  const start = Buffer.alloc(16);
  const descriptor = openSync(file, 'r');
  const length = readSync(descriptor, start);
  closeSync(descriptor);
  if (length > 0 && start.toString('latin1') !== 'SQLite format 3\0') {
    throw new StoreError(`${file} is not a database; name another file`);
  }
}

function isEmpty(db: Database): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}

function checkOrigin(db: Database, file: string): void {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new StoreError(`${file} is a database of another program; name another file`);
  }
  const version = versionOf(db);
  if (version > CURRENT_VERSION) {
    throw new StoreError(
      `${file} was written by a newer tunnelwarden (version ${version} of its tables, this program ` +
        `knows ${CURRENT_VERSION}); update tunnelwarden, or name another file`,
    );
  }
}

function closedOnError(db: Database, prepare: () => void): Database {
  try {
    prepare();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
