import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import SQLite from 'better-sqlite3';
import { APPLICATION_ID, CURRENT_VERSION, migrate, versionOf } from './migrations.ts';
import { OutdatedStore, StoreError } from './problem.ts';

export type Database = SQLite.Database;

/** Milliseconds to wait for a lock. Who records tries again anyway; a person's command has nothing else to do. */
const WRITER_PATIENCE = 200;
const READER_PATIENCE = 2000;

/** Octets of write-ahead log left on disk once it is empty. */
const LOG_SIZE = 4 * 1024 ** 2;

/**
 * Opens the database for a program that records; makes it where there is none and brings an older one
 * up to date. Throws StoreError, or the error of SQLite or the file system.
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
  return openExisting(file, true);
}

/**
 * Opens the database to write down what a person decides, while another program records: each of the two
 * waits while the other writes, and writes little at once. Throws like the above.
 */
export function openForReview(file: string): Database {
  return openExisting(file, false);
}

function openExisting(file: string, readonly: boolean): Database {
  if (!existsSync(file)) {
    throw new StoreError(
      `there is no database ${file}; name the one that \`tunnelwarden serve\` writes with --database`,
    );
  }
  checkHeader(file);
  try {
    return openAt(resolve(file), file, readonly);
  } catch (error) {
    if (!readonly || !isLonelyCopy(file, error)) throw error;
    return openCopyOf(file);
  }
}

/** Opens a copy of the file, which is gone from its folder as soon as it is open. */
function openCopyOf(file: string): Database {
  const folder = mkdtempSync(join(tmpdir(), 'tunnelwarden-'));
  try {
    const copy = join(folder, 'copy.db');
    copyFileSync(file, copy, constants.COPYFILE_FICLONE);
    chmodSync(copy, 0o600);
    return openAt(copy, file, true);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * True where SQLite fails because it cannot make its files beside this one, and need not: nobody writes
 * to it, and all of it is in the one file. So it is with a copy that somebody was given to look at.
 */
function isLonelyCopy(file: string, error: unknown): boolean {
  const isDenied =
    error instanceof SQLite.SqliteError && /^SQLITE_(CANTOPEN|READONLY)/.test(error.code);
  return isDenied && !statSync(`${file}-wal`, { throwIfNoEntry: false })?.size;
}

/** `where` is the path of the file, or of its copy. */
function openAt(where: string, file: string, readonly: boolean): Database {
  const db = new SQLite(where, { readonly, fileMustExist: true, timeout: READER_PATIENCE });
  return closedOnError(db, () => {
    if (isEmpty(db)) {
      throw new StoreError(`${file} is empty; start \`tunnelwarden serve\` once to fill it`);
    }
    checkOrigin(db, file);
    if (versionOf(db) < CURRENT_VERSION) {
      throw new OutdatedStore(
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
