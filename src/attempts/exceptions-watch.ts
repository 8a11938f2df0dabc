import type { Exception } from '../policy/exception.ts';
import { listExceptions } from './exceptions.ts';
import type { Database } from './store.ts';

/**
 * Looks whether exceptions have been made or taken back by another program. Gives those in force where
 * they differ from what was told before; `now` is in milliseconds since the epoch. One that ends by
 * itself is no news.
 */
export type ExceptionsWatch = (db: Database, now: number) => readonly Exception[] | undefined;

export function watchExceptions(): ExceptionsWatch {
  let told: readonly Exception[] | undefined;
  let watched: Database | undefined;
  let version = 0;
  return (db, now) => {
    // Changes when another connection has committed something, and costs next to nothing.
    const current = db.pragma('data_version', { simple: true }) as number;
    if (db === watched && current === version) return undefined;
    const found = listExceptions(db, { now });
    [watched, version] = [db, current];
    // The first time it is told what there is: nobody knows what was known before.
    const before = told?.filter(({ until }) => until > now);
    told = found;
    return before && idsOf(found) === idsOf(before) ? undefined : found;
  };
}

/** What is stored of an exception never changes, but for whether it is revoked. */
function idsOf(exceptions: readonly Exception[]): string {
  return exceptions.map(({ id }) => id).join(' ');
}
