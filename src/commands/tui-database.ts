import { problemOf } from '../attempts/problem.ts';
import { type Database, identityOf, openForReading, openForReview } from '../attempts/store.ts';
import type { ServiceId } from '../policy/service.ts';
import type { Answer, Done, Question, Source } from '../tui/source.ts';
import { CommandFailure } from './failure.ts';
import { actOnDatabase } from './tui-acts.ts';
import { createAnswers } from './tui-answers.ts';
import { exportRows } from './tui-export.ts';

export type DatabaseOptions = {
  readonly file: string;
  readonly readOnly: boolean;
  /** Who acts are said to be of. */
  readonly author: string;
  readonly now: () => number;
  /** Where exports are written. */
  readonly folder: string;
  /** The services that exceptions may be about; those that the database knows, where left out. */
  readonly services?: () => Iterable<ServiceId>;
};

/** Milliseconds between two looks at whether the file is still the one that was opened. */
const LOOK = 1000;

/** Milliseconds for which a file that was replaced is kept open. */
const GRACE = 10_000;

/**
 * Answers what the UI asks of the database, and does what changes it. SQLite lets nothing else run while it
 * reads, so all that takes long is done in slices. Throws CommandFailure where the file cannot be read.
 */
export function createDatabaseSource(options: DatabaseOptions): Source {
  const { file, readOnly, now } = options;
  let own = 0;
  const change = () => {
    own += 1;
  };
  const open = () => opened(file, now, change);
  let reading = told(file, open);
  let lookedAt = performance.now();

  /** The database, opened anew where another file has taken its place. */
  const current = (): Reading => {
    if (performance.now() - lookedAt < LOOK) return reading;
    lookedAt = performance.now();
    const identity = identityOf(file);
    if (identity === reading.identity || identity === 'none') return reading;
    const next = open();
    own += reading.version() + 1;
    // What is being answered goes on with the file it began with.
    setTimeout(closed, GRACE, reading.db).unref();
    reading = next;
    return reading;
  };
  const write = <T>(work: (db: Database) => T): T => {
    if (readOnly) {
      throw new CommandFailure('this is only for looking; start it without --read-only to change');
    }
    const db = openForReview(file);
    try {
      return work(db);
    } finally {
      db.close();
      reading.answers.forget();
      change();
    }
  };

  return {
    ask: (question: Question): Promise<Answer> =>
      toldLater(file, () => current().answers.answer(question)),
    act: (action): Promise<Done> =>
      toldLater(file, async () => {
        if (action.kind !== 'export') return write((db) => actOnDatabase(db, action, options));
        return exportRows(current().db, action, options);
      }),
    version: () => reading.version() + own,
    close: () => reading.db.close(),
  };
}

/** Kilobytes of pages kept by SQLite; the system keeps the file's as well. */
const CACHE = 4000;

type Reading = {
  readonly db: Database;
  readonly identity: string;
  readonly answers: ReturnType<typeof createAnswers>;
  /** Grows whenever somebody else has written. */
  readonly version: () => number;
};

function opened(file: string, now: () => number, change: () => void): Reading {
  const identity = identityOf(file);
  const db = openForReading(file);
  db.pragma(`cache_size = -${CACHE}`);
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  const first = dataVersion.get() as number;
  return {
    ...{ db, identity },
    answers: createAnswers(db, { now, change }),
    version: () => (dataVersion.get() as number) - first,
  };
}

const closed = (db: Database) => db.close();

/** What goes wrong with the file is told as what to do about it. */
function told<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw failureOf(error, file);
  }
}

async function toldLater<T>(file: string, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failureOf(error, file);
  }
}

function failureOf(error: unknown, file: string): unknown {
  const problem = problemOf(error, file);
  return problem ? new CommandFailure(problem.message, { cause: error }) : error;
}
