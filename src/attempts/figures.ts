import type { Outcome } from '../dns/message.ts';
import type { Minute } from './note.ts';

/** Counts what a resolver does, minute by minute. */
export type Figures = {
  /** Counts an outcome at `now` (milliseconds since the epoch) whose answer took so many milliseconds. */
  readonly count: (outcome: Outcome, took: number, now: number) => void;
  /** The minutes that are over at `now`, and at the end the one that is not; each is handed out once. */
  readonly take: (now: number, isEnd?: boolean) => readonly Minute[];
};

const MINUTE = 60_000;

/** Latencies are kept by class, each half as wide again as the one before: from 0.01 ms to a minute. */
const [SHORTEST, GROWTH, CLASSES] = [0.01, 1.5, 40];
const LOG_GROWTH = Math.log(GROWTH);

type Count = {
  readonly time: number;
  questions: number;
  refused: number;
  cached: number;
  failed: number;
  readonly latencies: Uint32Array;
};

export function createFigures(): Figures {
  let current: Count | undefined;
  let over: Minute[] = [];

  const countAt = (now: number): Count => {
    const time = now - (now % MINUTE);
    if (current?.time === time) return current;
    if (current) over.push(minuteOf(current));
    current = {
      ...{ time, questions: 0, refused: 0, cached: 0, failed: 0 },
      latencies: new Uint32Array(CLASSES),
    };
    return current;
  };

  return {
    count({ verdict, source }, took, now) {
      const count = countAt(now);
      count.questions += 1;
      if (verdict.kind === 'blocked') count.refused += 1;
      if (source === 'cache' || source === 'stale') count.cached += 1;
      if (source === 'failure') count.failed += 1;
      const kind = classOf(took);
      count.latencies[kind] = (count.latencies[kind] as number) + 1;
    },
    take(now, isEnd = false) {
      if (current && (isEnd || now - current.time >= MINUTE)) {
        over.push(minuteOf(current));
        current = undefined;
      }
      const taken = over;
      over = [];
      return taken;
    },
  };
}

function classOf(took: number): number {
  if (took <= SHORTEST) return 0;
  return Math.min(CLASSES - 1, Math.ceil(Math.log(took / SHORTEST) / LOG_GROWTH));
}

function minuteOf({ latencies, ...counts }: Count): Minute {
  return { ...counts, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

/** The upper end of the class in which the quantile lies, in milliseconds; 0 where nothing was counted. */
function quantile(latencies: Uint32Array, share: number): number {
  const wanted = share * latencies.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  for (const [i, count] of latencies.entries()) {
    sum += count;
    if (count > 0 && sum >= wanted) return SHORTEST * GROWTH ** i;
  }
  return 0;
}
