import { prepareExpiry } from './expiry.ts';
import type { Database } from './store.ts';

export type Retention = {
  /** Milliseconds an attempt is kept. */
  readonly keep: number;
  /** Octets the database may take. */
  readonly size: number;
};

const ROWS_AT_ONCE = 1000;
const PAGES_AT_ONCE = 256;

/** Free pages not given back: the next rows would only ask for them again. */
const SPARE_PAGES = 256;

/**
 * Removes what is too old or does not fit, oldest first, and gives the space back. Each step is one
 * short transaction: between two of them others may write. Over its size the file is cut to nine
 * tenths, so that there is room until the next time and for the write-ahead log.
 */
export function* trim(db: Database, { keep, size }: Retention, now: number): Generator<void> {
  const removeAttempts = prepareRemoval(db);
  const expiry = prepareExpiry(db, { limit: ROWS_AT_ONCE, now });
  const pages = (which: 'page_count' | 'freelist_count') =>
    db.pragma(which, { simple: true }) as number;
  const pageSize = db.pragma('page_size', { simple: true }) as number;
  const giveBack = () => db.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`);
  let changed = false;

  for (const remove of [(before: number) => removeAttempts(before).rows, ...expiry]) {
    while (remove(now - keep) > 0) {
      changed = true;
      yield;
    }
  }
  const removeOldest = (): number => {
    const { rows, horizon } = removeAttempts(Number.MAX_SAFE_INTEGER);
    return expiry.reduce((sum, remove) => sum + remove(horizon), rows);
  };
  if (pages('page_count') * pageSize > size) {
    while (pages('page_count') * pageSize > 0.9 * size) {
      if (pages('freelist_count') > 0) giveBack();
      else if (removeOldest() === 0) break;
      changed = true;
      yield;
    }
  }
  while (pages('freelist_count') > SPARE_PAGES) {
    giveBack();
    changed = true;
    yield;
  }
  // Only now does the file itself shrink. A reader at work puts that off until the next time.
  if (changed) db.pragma('wal_checkpoint(TRUNCATE)');
}

/** What a removal came to: how many rows went, and up to which time there are none any more. */
type Removed = { readonly rows: number; readonly horizon: number };

/** Prepares the removal of the oldest attempts last seen before a time. */
function prepareRemoval(db: Database): (before: number) => Removed {
  const removeRows = db.prepare<
    [number, number, number],
    { name: number; kind: number; first: number }
  >(
    `DELETE FROM attempts WHERE id IN
       (SELECT id FROM attempts WHERE first < ? AND last < ? ORDER BY first LIMIT ?)
     RETURNING name, kind, first`,
  );
  const removeName = db.prepare(
    'DELETE FROM names WHERE id = ? AND NOT EXISTS (SELECT 1 FROM attempts WHERE name = names.id)',
  );
  const removeKind = db.prepare(
    'DELETE FROM kinds WHERE id = ? AND NOT EXISTS (SELECT 1 FROM attempts WHERE kind = kinds.id)',
  );
  const remove = db.transaction((before: number): Removed => {
    const rows = removeRows.all(before, before, ROWS_AT_ONCE);
    for (const name of new Set(rows.map((row) => row.name))) removeName.run(name);
    for (const kind of new Set(rows.map((row) => row.kind))) removeKind.run(kind);
    const newest = rows.reduce((most, { first }) => Math.max(most, first), 0);
    return { rows: rows.length, horizon: rows.length === 0 ? before : newest };
  });
  return remove.immediate;
}
