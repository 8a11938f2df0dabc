import type { Exception, ExceptionSubject } from '../policy/exception.ts';
import { type Network, parseNetwork } from '../policy/network.ts';
import { formatPattern, parsePattern } from '../policy/pattern.ts';
import { actOn } from './incident/act.ts';
import type { Database } from './store.ts';

/** An exception as it is kept: also after its end. */
export type StoredException = Exception & {
  readonly revoked?: { readonly time: number; readonly by: string };
};

/** What is asked for. `duration` is in milliseconds. */
export type NewException = {
  readonly subject: ExceptionSubject;
  /** Empty is everyone. */
  readonly clients: readonly Network[];
  readonly reason: string;
  readonly author: string;
  readonly duration: number;
  /** The incident that asked for it: it is told of the exception. */
  readonly incident?: number;
};

/** What became of a revoking: `over` had ended, or was revoked, before. */
export type Revoking =
  | { readonly kind: 'revoked' | 'over'; readonly exception: StoredException }
  | { readonly kind: 'unknown' };

type Row = {
  readonly id: number;
  readonly name: string | null;
  readonly service: string | null;
  readonly clients: string;
  readonly reason: string;
  readonly author: string;
  readonly created: number;
  readonly until: number;
  readonly revoked: number | null;
  readonly revoked_by: string | null;
};

const COLUMNS = 'id, name, service, clients, reason, author, created, until, revoked, revoked_by';

/** The exceptions in force at `now` (milliseconds since the epoch), or all there ever were; the newest first. */
export function listExceptions(
  db: Database,
  { all = false, now }: { readonly all?: boolean; readonly now: number },
): readonly StoredException[] {
  const which = all ? 'TRUE' : 'until > ? AND revoked IS NULL';
  return db
    .prepare<unknown[], Row>(`SELECT ${COLUMNS} FROM exceptions WHERE ${which} ORDER BY id DESC`)
    .all(...(all ? [] : [now]))
    .map(exceptionOf);
}

export function readException(db: Database, id: number): StoredException | undefined {
  const row = db.prepare<[number], Row>(`SELECT ${COLUMNS} FROM exceptions WHERE id = ?`).get(id);
  return row && exceptionOf(row);
}

/** Stores an exception, which holds from now on. */
export function addException(db: Database, wanted: NewException, now: number): StoredException {
  const { subject, clients, reason, author, duration, incident } = wanted;
  const insert = db
    .prepare<unknown[], number>(
      `INSERT INTO exceptions (name, service, clients, reason, author, created, until)
       VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    )
    .pluck();
  const add = db.transaction(() => {
    const id = insert.get(
      subject.kind === 'name' ? formatPattern(subject.pattern) : null,
      subject.kind === 'service' ? subject.service : null,
      JSON.stringify(clients.map(({ text }) => text)),
      reason,
      author,
      now,
      now + duration,
    ) as number;
    if (incident !== undefined) {
      actOn(db, [incident], { kind: 'except', author, note: reason, exception: id }, now);
    }
    return id;
  });
  return readException(db, add.immediate()) as StoredException;
}

/** Ends an exception before its time. */
export function revokeException(db: Database, id: number, by: string, now: number): Revoking {
  const { changes } = db
    .prepare(
      'UPDATE exceptions SET revoked = ?, revoked_by = ? WHERE id = ? AND revoked IS NULL AND until > ?',
    )
    .run(now, by, id, now);
  const exception = readException(db, id);
  if (!exception) return { kind: 'unknown' };
  return { kind: changes === 1 ? 'revoked' : 'over', exception };
}

/** Takes a revoking back; false where the exception has ended by itself meanwhile, or was not revoked. */
export function restoreException(db: Database, id: number, now: number): boolean {
  const { changes } = db
    .prepare(
      'UPDATE exceptions SET revoked = NULL, revoked_by = NULL WHERE id = ? AND revoked IS NOT NULL AND until > ?',
    )
    .run(id, now);
  return changes === 1;
}

function exceptionOf(row: Row): StoredException {
  const { id, name, service, reason, author, created, until, revoked, revoked_by: by } = row;
  return {
    id,
    subject:
      name === null
        ? { kind: 'service', service: service as string }
        : { kind: 'name', pattern: parsePattern(name) },
    clients: (JSON.parse(row.clients) as readonly string[]).map(parseNetwork),
    reason,
    author,
    created,
    until,
    ...(revoked === null ? {} : { revoked: { time: revoked, by: by as string } }),
  };
}
