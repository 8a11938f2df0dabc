import type { Attempt } from './attempt.ts';

/** No window is longer, so a reader knows how far back to look for one that reaches a given time. */
export const LONGEST_WINDOW = 3_600_000;

/**
 * What one window of equal attempts has gained since it was last taken: a new row, or growth of
 * the row it already has.
 */
export type Gain = {
  readonly attempt: Attempt;
  /** When the window opened. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Shared with the window: whoever stores the gain writes the id here, and later gains find it. */
  readonly row: { id: number | undefined };
};

/** Folds attempts that are equal in everything but time into windows. */
export type Fold = {
  /** Counts one attempt; false where there is no room for it. */
  readonly add: (attempt: Attempt) => boolean;
  /** Hands out what up to `limit` windows have gained, the longest waiting first. */
  readonly take: (limit: number) => readonly Gain[];
  /** How many windows wait to be taken. */
  readonly waiting: () => number;
};

type Window = Omit<Gain, 'last' | 'count'> & { last: number; count: number };

/**
 * A window lasts `window` milliseconds from its first attempt, whenever it is taken, so how often
 * the result is stored does not change what is stored. `capacity` bounds both the windows that
 * wait and those that are remembered.
 */
export function createFold(window: number, capacity: number): Fold {
  const open = new Map<string, Window>();
  let waiting: Window[] = [];

  const opened = (key: string, attempt: Attempt): Window => {
    const { time } = attempt;
    const fresh = { attempt, first: time, last: time, count: 0, row: { id: undefined } };
    open.delete(key);
    open.set(key, fresh);
    // Forgetting the oldest window loses nothing: its next attempt only opens another.
    if (open.size > capacity) open.delete(open.keys().next().value as string);
    return fresh;
  };

  return {
    add(attempt) {
      const key = keyOf(attempt);
      const known = open.get(key);
      // A time before the window's first is a clock that was set back: that is another window too.
      const inside =
        known !== undefined && attempt.time >= known.first && attempt.time < known.first + window;
      const waits = inside && known.count > 0;
      if (!waits && waiting.length >= capacity) return false;

      const found = inside ? known : opened(key, attempt);
      if (!waits) waiting.push(found);
      found.count += 1;
      found.last = Math.max(found.last, attempt.time);
      return true;
    },
    take(limit) {
      const taken = waiting.slice(0, limit);
      waiting = waiting.slice(limit);
      return taken.map((found) => {
        const gain = { ...found };
        found.count = 0;
        return gain;
      });
    },
    waiting: () => waiting.length,
  };
}

/** JSON keeps the parts apart whatever they hold, and an absent part from an empty one. */
function keyOf(attempt: Attempt): string {
  const { client, transport, name, type, via, rule, service, role, verdict, answer } = attempt;
  const { point, destination, port, ja4, lead } = attempt;
  const asked = [
    client,
    transport,
    name ?? 0,
    type,
    via ?? 0,
    rule,
    service ?? 0,
    role ?? 0,
    verdict,
    answer,
  ];
  // A question has none of these, and floods are of questions: without them this takes half the time.
  const more = [point, destination ?? 0, port ?? 0, ja4 ?? 0, lead ?? 0];
  const isQuestion = point === 'resolver' && more.every((part, i) => i === 0 || part === 0);
  return JSON.stringify(isQuestion ? asked : [...asked, ...more]);
}
