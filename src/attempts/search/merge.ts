import { comparePlaces, type Place, type Stream } from './stream.ts';

/** What is found so far, in order, and how far back all streams have been looked at. */
export type Merged = {
  readonly found: readonly Place[];
  readonly at: Place;
  readonly isAll: boolean;
};

/**
 * Takes from streams, the one that lags behind first, until the `limit` newest rows of them all are sure, or
 * the time is up. `found` are rows that are known already.
 */
export function mergeStreams(
  streams: readonly Stream[],
  found: readonly Place[],
  {
    limit,
    least,
    start,
    isLate,
  }: {
    readonly limit: number;
    /** The least time that is wanted. */
    readonly least: number;
    readonly start: Place;
    readonly isLate: () => boolean;
  },
): Merged {
  let rows = found;
  // Of many streams each has a small part of what is found; one that has more is asked again.
  const share = Math.max(4, Math.ceil((2 * limit) / Math.max(1, streams.length)));
  for (;;) {
    const last = rows[limit - 1];
    const laggard = laggardOf(streams);
    if (!laggard) return { found: rows, at: { first: least, id: 0 }, isAll: true };
    const at = laggard.at();
    if (last && comparePlaces(at, last) >= 0) return { found: rows, at, isAll: false };
    // Each stream is looked at once at least, and a millisecond at least is over, whatever that takes.
    if (at.first + Number(at.id > 0) < start.first && isLate()) {
      return { found: rows, at, isAll: false };
    }
    const more = laggard.next(Math.min(limit, share), Math.max(least, last?.first ?? least));
    rows = merged(rows, more, limit);
  }
}

/** The one of which least is known, of those that are not over. */
function laggardOf(streams: readonly Stream[]): Stream | undefined {
  let laggard: Stream | undefined;
  for (const stream of streams) {
    if (stream.isOver()) continue;
    if (!laggard || comparePlaces(stream.at(), laggard.at()) < 0) laggard = stream;
  }
  return laggard;
}

/** Both in one order, without what is in both, and no more than so many. */
function merged(a: readonly Place[], b: readonly Place[], limit: number): readonly Place[] {
  if (b.length === 0) return a;
  const rows: Place[] = [];
  let [i, j] = [0, 0];
  while (rows.length < limit) {
    const [left, right] = [a[i], b[j]];
    if (!left && !right) break;
    const order = left && right ? comparePlaces(left, right) : left ? -1 : 1;
    rows.push((order <= 0 ? left : right) as Place);
    if (order <= 0) i += 1;
    if (order >= 0) j += 1;
  }
  return rows;
}
