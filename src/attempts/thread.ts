import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Exception } from '../policy/exception.ts';
import type { RecorderProblem } from './alarm.ts';
import type { Gain } from './fold.ts';
import type { IncidentChange } from './incident/change.ts';
import type { Note } from './note.ts';
import type { WriterAnswer, WriterOptions, WriterReport, WriterRequest } from './writer.ts';

/** What became of a batch; `lost` went with the thread that held it. */
export type Outcome =
  | WriterAnswer
  | { readonly kind: 'failed' | 'lost'; readonly problem: RecorderProblem };

/** The writer thread as the main thread sees it. */
export type WriterThread = {
  /** Never rejects. The next batch waits for the outcome of the last. */
  readonly save: (gains: readonly Gain[]) => Promise<Outcome>;
  /** Sends what is written as well as it goes; nobody hears of the outcome. */
  readonly note: (notes: readonly Note[]) => void;
  /** Lets the thread close the database; ends it after `patience` milliseconds at the latest. */
  readonly close: (patience: number) => Promise<void>;
};

const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './writer.ts' : './writer.js',
  import.meta.url,
);

/** Milliseconds before a thread that died is started again: one that dies at once must not spin. */
const REST = 10_000;

/** What is heard of the thread besides the outcome of batches. */
export type WriterEars = {
  readonly onProblem: (problem: RecorderProblem) => void;
  readonly onIncidents: (changes: readonly IncidentChange[]) => void;
  readonly onExceptions: (exceptions: readonly Exception[]) => void;
};

export function startWriter(
  options: WriterOptions,
  { onProblem, onIncidents, onExceptions }: WriterEars,
): WriterThread {
  let thread: Worker | undefined;
  let answer: ((outcome: Outcome) => void) | undefined;
  let death: RecorderProblem | undefined;
  let cause = '';

  const start = (): Worker => {
    cause = 'it ended by itself';
    const started = new Worker(PROGRAM, { workerData: options });
    started.unref();
    started.on('message', (report: WriterReport) => {
      if (report.kind === 'incidents') return onIncidents(report.changes);
      if (report.kind === 'exceptions') return onExceptions(report.exceptions);
      if (report.kind !== 'untrimmed') return settle(report);
      const message = `old attempts are not removed: ${report.problem.message}`;
      onProblem({ kind: 'retention', message });
    });
    started.on('error', (error) => {
      cause = String(error);
    });
    started.on('exit', () => {
      thread = undefined;
      death = { kind: 'stopped', message: `the thread that stores attempts failed: ${cause}` };
      setTimeout(() => {
        death = undefined;
      }, REST).unref();
      settle({ kind: 'lost', problem: death });
    });
    return started;
  };
  const settle = (outcome: Outcome): void => {
    thread?.unref();
    answer?.(outcome);
    answer = undefined;
  };
  const post = (to: Worker, request: WriterRequest): void => {
    to.ref(); // the process waits for an answer that is on its way, and for nothing else
    to.postMessage(request);
  };

  return {
    save(gains) {
      if (death) return Promise.resolve({ kind: 'failed', problem: death });
      thread ??= start();
      post(thread, { kind: 'save', gains });
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
    note(notes) {
      if (death) return;
      thread ??= start();
      thread.postMessage({ kind: 'notes', notes } satisfies WriterRequest);
    },
    async close(patience) {
      const closing = thread;
      if (!closing) return;
      const ended = new Promise((resolve) => closing.once('exit', resolve));
      post(closing, { kind: 'close' });
      await Promise.race([ended, delay(patience, undefined, { ref: false })]);
      cause = `it was not done ${patience} ms after it was told to close`;
      await closing.terminate();
    },
  };
}
