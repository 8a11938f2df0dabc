import { setImmediate } from 'node:timers/promises';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Gain } from './fold.ts';
import { problemOf, type StoreProblem } from './problem.ts';
import { type Retention, trim } from './retention.ts';
import { prepareSave } from './save.ts';
import { type Database, identityOf, openForWriting } from './store.ts';

// This file is a program: the thread that owns the database. A slow, full or locked disk holds up
// this thread and never the one that answers DNS.

export type WriterOptions = Retention & { readonly database: string };

export type WriterRequest =
  | { readonly kind: 'save'; readonly gains: readonly Gain[] }
  | { readonly kind: 'close' };

/** What became of a `save`. */
export type WriterAnswer =
  | { readonly kind: 'saved'; readonly ids: readonly number[] }
  | { readonly kind: 'failed'; readonly problem: StoreProblem };

export type WriterReport =
  | WriterAnswer
  | { readonly kind: 'untrimmed'; readonly problem: StoreProblem };

type Store = {
  readonly db: Database;
  readonly save: (gains: readonly Gain[]) => readonly number[];
  readonly identity: string;
};

const TRIM_EVERY_MS = 600_000;
const TRIM_EVERY_ROWS = 10_000;

const { database, ...retention } = workerData as WriterOptions;
const port = parentPort as MessagePort;
let store: Store | undefined;
let trimming = false;
let savedSinceTrim = 0;

port.on('message', (request: WriterRequest) => {
  if (request.kind === 'save') report(save(request.gains));
  else {
    close();
    port.close();
  }
});
setInterval(() => void trimAll(), TRIM_EVERY_MS).unref();

function save(gains: readonly Gain[]): WriterAnswer {
  try {
    const ids = opened().save(gains);
    savedSinceTrim += gains.length;
    if (savedSinceTrim >= TRIM_EVERY_ROWS) void trimAll();
    return { kind: 'saved', ids };
  } catch (error) {
    // Opened afresh for the next try: the file may be replaced by then, or its disk be back.
    close();
    return { kind: 'failed', problem: problemOrThrow(error) };
  }
}

function opened(): Store {
  // A file moved away or removed would go on taking rows that nobody will ever find.
  if (store && store.identity === identityOf(database)) return store;
  close();
  const db = openForWriting(database);
  store = { db, save: prepareSave(db), identity: identityOf(database) };
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
  try {
    for (const _ of trim(trimmed.db, retention, Date.now())) {
      await setImmediate(); // batches go first
      if (store !== trimmed) break;
    }
  } catch (error) {
    report({ kind: 'untrimmed', problem: problemOrThrow(error) });
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
