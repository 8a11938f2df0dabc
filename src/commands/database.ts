import { problemOf } from '../attempts/problem.ts';
import type { Database } from '../attempts/store.ts';
import { CommandFailure } from './failure.ts';
import { BrokenPipe } from './pipe.ts';

/** Works on an opened database and closes it. Throws CommandFailure with what to do where the file is at fault. */
export function inDatabase<T>(
  file: string,
  open: (file: string) => Database,
  work: (db: Database) => T,
): T {
  let db: Database | undefined;
  try {
    db = open(file);
    return work(db);
  } catch (error) {
    const problem = problemOf(error, file);
    throw problem ? new CommandFailure(problem.message, { cause: error }) : error;
  } finally {
    db?.close();
  }
}

/** The same for work that prints as it reads; a reader that goes away ends it quietly. */
export async function withDatabase(
  file: string,
  open: (file: string) => Database,
  work: (db: Database) => Promise<void>,
): Promise<void> {
  let db: Database | undefined;
  try {
    db = open(file);
    await work(db);
  } catch (error) {
    if (error instanceof BrokenPipe) return;
    const problem = problemOf(error, file);
    throw problem ? new CommandFailure(problem.message, { cause: error }) : error;
  } finally {
    db?.close();
  }
}
