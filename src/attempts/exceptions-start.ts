import { existsSync } from 'node:fs';
import type { Exception } from '../policy/exception.ts';
import { listExceptions } from './exceptions.ts';
import { OutdatedStore } from './problem.ts';
import { openForReading } from './store.ts';

/**
 * The exceptions in force in a database that may not be there yet, or be of an earlier version: then
 * there is none that the writer, which brings it up to date, would not tell of. `now` is in milliseconds
 * since the epoch. Throws StoreError, or the error of SQLite or the file system.
 */
export function exceptionsAtStart(file: string, now: number): readonly Exception[] {
  if (!existsSync(file)) return [];
  try {
    const db = openForReading(file);
    try {
      return listExceptions(db, { now });
    } finally {
      db.close();
    }
  } catch (error) {
    if (error instanceof OutdatedStore) return [];
    throw error;
  }
}
