import type { Condition, KeyColumn } from '../filter.ts';
import type { Database } from '../store.ts';

/** Where an attempt stands in the order of time, the newest first. */
export type Place = { readonly first: number; readonly id: number };

/** Less than 0 where `a` comes before `b`: it is newer. */
export function comparePlaces(a: Place, b: Place): number {
  return b.first - a.first || b.id - a.id;
}

/**
 * What one key of an index has, from the newest on. All of it down to `at` has been looked at, the row
 * that stands there as well; where it is over, nothing is behind.
 */
export type Stream = {
  readonly at: () => Place;
  readonly isOver: () => boolean;
  /** Looks at some more, but not for more than so many rows, and gives those that fit, in order. */
  readonly next: (limit: number, least: number) => readonly Place[];
};

/** Entries of an index looked at in one go: at first, and at most, which takes some 20 ms. */
const FIRST_ENTRIES = 500;
const MOST_ENTRIES = 40_000;

/** The time index is a stream of its own, without a key. */
export type StreamColumn = KeyColumn | 'time';

/**
 * Prepares streams over an index. `rest` is what its rows have to meet besides; where there is nothing,
 * each row is one to give, and the index is read no further than that.
 */
export function prepareStreams(
  db: Database,
  column: StreamColumn,
  rest: Condition | undefined,
): (key: unknown, start: Place) => Stream {
  const from = `FROM attempts ${column === 'id' ? '' : `INDEXED BY attempts_by_${column}`}
    WHERE ${column === 'time' ? '' : `${column} = ? AND `}(first, id) < (?, ?) AND first >= ?`;
  const find = db.prepare<unknown[], Place>(
    `SELECT id, first ${from} ${rest ? `AND ${rest.sql}` : ''} ORDER BY first DESC, id DESC LIMIT ?`,
  );
  const far = db
    .prepare<unknown[], number>(`SELECT first ${from} ORDER BY first DESC LIMIT 1 OFFSET ?`)
    .pluck();

  return (key, start) => {
    const keys = column === 'time' ? [] : [key];
    let at = start;
    let isOver = false;
    let entries = FIRST_ENTRIES;

    /** The least time of what is looked at next: whole milliseconds, and not too many rows. */
    const boundary = (least: number): number | undefined => {
      if (!rest) return undefined;
      const time = far.get(...keys, at.first, at.id, least, entries);
      entries = Math.min(MOST_ENTRIES, entries * 2);
      // However many rows one millisecond has, it is gone through as a whole, so that it comes to an end.
      return time === undefined || time + 1 < at.first ? time && time + 1 : time;
    };

    return {
      at: () => at,
      isOver: () => isOver,
      next(limit, least) {
        const end = boundary(least);
        const rows = find.all(
          ...[...keys, at.first, at.id, end ?? least],
          ...[...(rest?.values ?? []), limit],
        );
        const last = rows.at(-1);
        if (rows.length === limit && last) at = last;
        else {
          at = { first: end ?? least, id: 0 };
          isOver = end === undefined;
        }
        return rows;
      },
    };
  };
}
