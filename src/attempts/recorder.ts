import { setTimeout as delay } from 'node:timers/promises';
import type { Exception } from '../policy/exception.ts';
import { createAlarm, type RecorderProblem } from './alarm.ts';
import type { Attempt } from './attempt.ts';
import { createFold, type Gain, LONGEST_WINDOW } from './fold.ts';
import type { IncidentChange } from './incident/change.ts';
import type { Note } from './note.ts';
import { type Outcome, startWriter } from './thread.ts';
import type { WriterOptions } from './writer.ts';

export type RecorderOptions = WriterOptions & {
  /** Called when recording gets into trouble, when the trouble changes, and when it is over. */
  readonly onProblem: (problem: RecorderProblem) => void;
  /** Called with the incidents that stored attempts began or changed. */
  readonly onIncidents?: (changes: readonly IncidentChange[]) => void;
  /** Called with all exceptions in force whenever others have changed them, soon after. */
  readonly onExceptions?: (exceptions: readonly Exception[]) => void;
  /** Milliseconds between batches: with the time of one write, what kill -9 can lose. */
  readonly interval?: number;
  /** Milliseconds from its first attempt in which repeats are folded into one row. */
  readonly window?: number;
  /** How many rows may wait to be stored before attempts are dropped. */
  readonly capacity?: number;
};

/** Attempts, not rows; `pending` are neither stored nor dropped yet. */
export type RecorderStats = {
  readonly recorded: number;
  readonly stored: number;
  readonly dropped: number;
  readonly pending: number;
  /** The trouble recording is in, as long as it lasts. */
  readonly lastError?: string;
};

export type Recorder = {
  /** Takes note and returns at once, whatever the disk does. */
  readonly record: (attempt: Attempt) => void;
  /** Has something written beside the attempts, as well as it goes. */
  readonly note: (note: Note) => void;
  readonly stats: () => RecorderStats;
  /** Resolves once what was recorded before is stored, or a try to store it has failed. */
  readonly flush: () => Promise<void>;
  /** Flushes for `patience` milliseconds at most, then counts what is left as dropped. */
  readonly close: (patience?: number) => Promise<void>;
};

/** Rows sent at once: copying them to the thread holds up DNS answers for a millisecond or two. */
const BATCH = 1000;

const OVERFLOW: RecorderProblem = {
  kind: 'overflow',
  message: 'attempts come faster than they can be stored; some are dropped and counted',
};

/**
 * Records attempts into SQLite through a thread of its own. One batch is under way at a time; what
 * comes meanwhile is folded and waits. A new process starts new rows: windows do not outlive it.
 */
export function createRecorder({
  onProblem,
  onIncidents = () => {},
  onExceptions = () => {},
  interval = 250,
  window = 600_000,
  capacity = 50_000,
  ...options
}: RecorderOptions): Recorder {
  if (window > LONGEST_WINDOW) throw new RangeError(`window: ${window} is over ${LONGEST_WINDOW}`);
  const fold = createFold(window, capacity);
  const writer = startWriter(options, { onProblem, onIncidents, onExceptions });
  const alarm = createAlarm(onProblem, () => dropped);
  let batch: readonly Gain[] = [];
  let recorded = 0;
  let stored = 0;
  let dropped = 0;
  let healthy = false; // true once the database has been seen to open
  let draining: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const settle = (outcome: Outcome): void => {
    healthy = outcome.kind === 'saved';
    if (outcome.kind !== 'saved') alarm.raise(outcome.problem);
    if (outcome.kind === 'failed') return; // the batch is sent again
    const attempts = batch.reduce((sum, gain) => sum + gain.count, 0);
    if (outcome.kind === 'saved') {
      stored += attempts;
      batch.forEach((gain, i) => {
        gain.row.id = outcome.ids[i];
      });
      if (fold.waiting() < BATCH) alarm.clear();
    } else dropped += attempts; // sent again it might end the next thread as well
    batch = [];
  };

  const storeWaiting = async (): Promise<void> => {
    do {
      if (batch.length === 0) batch = fold.take(BATCH);
      // While all is not well, an empty batch asks whether the database can be opened.
      if (batch.length === 0 && healthy) return;
      settle(await writer.save(batch));
    } while (healthy && fold.waiting() >= BATCH);
  };
  const drain = (): Promise<void> => {
    draining ??= storeWaiting().finally(() => {
      draining = undefined;
    });
    return draining;
  };

  const drop = (): void => {
    // Where there is other trouble already, this is only what comes of it.
    if (!closing && !alarm.current()) alarm.raise(OVERFLOW);
    dropped += 1;
  };
  const flush = async (): Promise<void> => {
    const target = recorded;
    do await drain();
    while (healthy && stored + dropped < target);
  };
  const closeWithin = async (patience: number): Promise<void> => {
    clearInterval(timer);
    await Promise.race([flush(), delay(patience, undefined, { ref: false })]);
    await writer.close(patience);
    await draining;
    dropped = recorded - stored;
  };

  const timer = setInterval(drain, interval).unref();
  void drain();

  return {
    record(attempt) {
      recorded += 1;
      if (closing || !fold.add(attempt)) drop();
    },
    note: (note) => {
      if (!closing) writer.note([note]);
    },
    stats() {
      const lastError = alarm.current()?.message;
      const pending = recorded - stored - dropped;
      return { recorded, stored, dropped, pending, ...(lastError ? { lastError } : {}) };
    },
    flush,
    close(patience = 2000) {
      closing ??= closeWithin(patience);
      return closing;
    },
  };
}
