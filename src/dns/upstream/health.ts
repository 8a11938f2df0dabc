/**
 * What is known of an upstream's speed: a smoothed round trip time and its variation, as TCP keeps
 * them (RFC 6298), and how many questions in a row went unanswered or were refused. All times in
 * milliseconds.
 */
export type Health = {
  readonly smoothed: number | undefined;
  readonly variation: number;
  /** Timeouts and refusals since the last answer. */
  readonly silent: number;
};

export const UNKNOWN: Health = { smoothed: undefined, variation: 0, silent: 0 };

const FIRST_TIMEOUT = 400;
const SHORTEST = 120;
const LONGEST = 1200;
/** So many unanswered questions in a row, and an upstream is only probed. */
const DOWN_AFTER = 3;

export function answered(health: Health, took: number): Health {
  if (health.smoothed === undefined) return { smoothed: took, variation: took / 2, silent: 0 };
  const variation = 0.75 * health.variation + 0.25 * Math.abs(health.smoothed - took);
  return { smoothed: 0.875 * health.smoothed + 0.125 * took, variation, silent: 0 };
}

export function timedOut(health: Health): Health {
  return { ...health, silent: health.silent + 1 };
}

export function isDown(health: Health): boolean {
  return health.silent >= DOWN_AFTER;
}

/** How long to wait before the next try; the wait for this one's answer goes on. */
export function timeoutOf(health: Health): number {
  if (health.smoothed === undefined) return FIRST_TIMEOUT;
  return Math.min(LONGEST, Math.max(SHORTEST, health.smoothed + 4 * health.variation));
}

/**
 * The order to try upstreams in, as indexes: drawn by chance, one twice as fast being four times as
 * likely to be first, so that all are measured now and then; those that are down come last. `draw`
 * gives a number from 0 to 1.
 */
export function orderBy(healths: readonly Health[], draw: () => number): number[] {
  const weights = healths.map((health) => {
    const time = Math.max(1, health.smoothed ?? 20);
    return 1 / (time * time * (1 + health.silent * 4));
  });
  const left = healths.map((_, i) => i);
  const order: number[] = [];
  while (left.length > 0) {
    const up = left.filter((i) => !isDown(healths[i] as Health));
    const pool = up.length > 0 ? up : left;
    let point = draw() * pool.reduce((sum, i) => sum + (weights[i] as number), 0);
    const reached = (i: number) => {
      point -= weights[i] as number;
      return point <= 0;
    };
    const chosen = pool.find(reached) ?? (pool[0] as number);
    order.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return order;
}
