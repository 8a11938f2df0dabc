import { setImmediate } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Exception } from '../policy/exception.ts';
import { watchExceptions } from './exceptions-watch.ts';
import type { Gain } from './fold.ts';
import type { IncidentChange } from './incident/change.ts';
import { type Note, prepareNotes } from './note.ts';
import { problemOf, type StoreProblem } from './problem.ts';
import { type Retention, trim } from './retention.ts';
import { prepareSave } from './save.ts';
import { type Database, identityOf, openForWriting } from './store.ts';

// This file is a program: the thread that owns the database. A slow, full or locked disk holds up
// this thread and never the one that answers DNS.

export type WriterOptions = Retention & { readonly database: string };

export type WriterRequest =
  | { readonly kind: 'save'; readonly gains: readonly Gain[] }
  | { readonly kind: 'notes'; readonly notes: readonly Note[] }
  | { readonly kind: 'close' };

/** What became of a `save`. */
export type WriterAnswer =
  | { readonly kind: 'saved'; readonly ids: readonly number[] }
  | { readonly kind: 'failed'; readonly problem: StoreProblem };

export type WriterReport =
  | WriterAnswer
  | { readonly kind: 'untrimmed'; readonly problem: StoreProblem }
  /** Incidents that a batch began or changed. */
  | { readonly kind: 'incidents'; readonly changes: readonly IncidentChange[] }
  /** All exceptions in force: somebody has made some or taken some back. */
  | { readonly kind: 'exceptions'; readonly exceptions: readonly Exception[] };

type Store = {
  readonly db: Database;
  readonly save: ReturnType<typeof prepareSave>;
  readonly note: (notes: readonly Note[]) => void;
  readonly identity: string;
};

const TRIM_EVERY_MS = 600_000;
const TRIM_EVERY_ROWS = 1000;

/**
 * How long removal goes on before a batch has its turn: longer than a batch takes, so that the size
 * holds in a flood, and short enough that what is recorded is stored within the second.
 */
const TRIM_TURN_MS = 100;

/** Milliseconds between two looks for exceptions: they shall hold within the second. */
const LOOK_EVERY_MS = 400;

const { database, ...retention } = workerData as WriterOptions;
const port = parentPort as MessagePort;
let store: Store | undefined;
let trimming = false;
let untrimmed: StoreProblem['kind'] | undefined;
let savedSinceTrim = 0;
const newExceptions = watchExceptions();

port.on('message', (request: WriterRequest) => {
  if (request.kind === 'save') report(save(request.gains));
  else if (request.kind === 'notes') note(request.notes);
  else {
    close();
    port.close();
  }
});
setInterval(() => void trimAll(), TRIM_EVERY_MS).unref();
setInterval(lookForExceptions, LOOK_EVERY_MS).unref();

function save(gains: readonly Gain[]): WriterAnswer {
  try {
    const { ids, changes } = opened().save(gains);
    if (changes.length > 0) report({ kind: 'incidents', changes });
    savedSinceTrim += gains.length;
    if (savedSinceTrim >= TRIM_EVERY_ROWS) void trimAll();
    return { kind: 'saved', ids };
  } catch (error) {
    // Opened afresh for the next try: the file may be replaced by then, or its disk be back.
    close();
    return { kind: 'failed', problem: problemOrThrow(error) };
  }
}

/** Trouble with the file is told by the batches; these come again, or are not worth a word. */
function note(notes: readonly Note[]): void {
  try {
    opened().note(notes);
  } catch (error) {
    close();
    problemOrThrow(error);
  }
}

/** Before the first batch there is no database, and where it cannot be had the batches tell of that. */
function lookForExceptions(): void {
  if (!store) return;
  try {
    const exceptions = newExceptions(opened().db, Date.now());
    if (exceptions) report({ kind: 'exceptions', exceptions });
  } catch (error) {
    problemOrThrow(error);
  }
}

function opened(): Store {
  // A file moved away or removed would go on taking rows that nobody will ever find.
  if (store && store.identity === identityOf(database)) return store;
  close();
  const db = openForWriting(database);
  store = { db, save: prepareSave(db), note: prepareNotes(db), identity: identityOf(database) };
  void trimAll();
  return store;
}

function close(): void {
  store?.db.close();
  store = undefined;
}

async function trimAll(): Promise<void> {
  const trimmed = store;
  if (!trimmed || trimming) return;
  trimming = true;
  savedSinceTrim = 0;
  let turnEnds = performance.now() + TRIM_TURN_MS;
  try {
    for (const _ of trim(trimmed.db, retention, Date.now())) {
      if (performance.now() < turnEnds) continue;
      await setImmediate(); // a batch that waits is saved here
      if (store !== trimmed) break;
      turnEnds = performance.now() + TRIM_TURN_MS;
    }
    untrimmed = undefined;
  } catch (error) {
    const problem = problemOrThrow(error);
    if (problem.kind !== untrimmed) report({ kind: 'untrimmed', problem });
    untrimmed = problem.kind;
  } finally {
    trimming = false;
  }
}

/** A fault of ours ends the thread, and the recorder says so. */
function problemOrThrow(error: unknown): StoreProblem {
  const problem = problemOf(error, database);
  if (!problem) throw error;
  return problem;
}

function report(message: WriterReport): void {
  port.postMessage(message);
}
