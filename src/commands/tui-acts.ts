import {
  addException,
  readException,
  restoreException,
  revokeException,
} from '../attempts/exceptions.ts';
import { actOn, undoActs } from '../attempts/incident/act.ts';
import { readIncident } from '../attempts/incident/query.ts';
import type { Database } from '../attempts/store.ts';
import {
  formatExceptionClients,
  formatExceptionSubject,
  parseExceptionClients,
  parseExceptionDuration,
  parseExceptionReason,
  parseExceptionSubject,
} from '../policy/exception-text.ts';
import { counted } from '../text.ts';
import type { Action, Done } from '../tui/source.ts';
import { CommandFailure } from './failure.ts';
import type { DatabaseOptions } from './tui-database.ts';

type Deed = Exclude<Action, { kind: 'export' }>;

const DONE = {
  acknowledge: 'Acknowledged',
  close: 'Closed',
  reopen: 'Reopened',
  note: 'Noted at',
} as const;

/** Does what a person decided. Throws CommandFailure and ParseError, which say what to do. */
export function actOnDatabase(db: Database, action: Deed, options: DatabaseOptions): Done {
  const { author } = options;
  const now = options.now();
  switch (action.kind) {
    case 'acknowledge':
    case 'close':
    case 'reopen':
    case 'note': {
      const { kind, incidents } = action;
      const note = action.note?.trim();
      if (kind === 'note' && !note) throw new CommandFailure('write what to note');
      const acts = actOn(db, incidents, { kind, author, ...(note ? { note } : {}) }, now);
      if (acts.length === 0) throw new CommandFailure('these incidents are not there any more');
      const message = `${DONE[kind]} ${counted(acts.length, 'incident')}.`;
      return { message, undo: { kind: 'acts', acts } };
    }
    case 'except':
      return except(db, action, options);
    case 'revoke':
      return revoke(db, action.exception, options);
    case 'undo':
      return undo(db, action.done, options);
  }
}

function except(
  db: Database,
  { subject, clients, duration, reason, incident }: Extract<Action, { kind: 'except' }>,
  { author, now, services }: DatabaseOptions,
): Done {
  if (incident !== undefined && !readIncident(db, incident)) {
    throw new CommandFailure(`there is no incident ${incident} any more`);
  }
  const known = new Map([...(services?.() ?? servicesOf(db))].map((id) => [id, id]));
  const exception = addException(
    db,
    {
      subject: parseExceptionSubject(subject.trim(), known),
      clients: parseExceptionClients(clients),
      duration: parseExceptionDuration(duration.trim()),
      reason: parseExceptionReason(reason),
      author,
      ...(incident === undefined ? {} : { incident }),
    },
    now(),
  );
  return {
    message: `Excepted ${formatExceptionSubject(exception)} for ${formatExceptionClients(exception)}; it holds within a second.`,
    undo: { kind: 'exception', exception: exception.id },
  };
}

function servicesOf(db: Database): readonly string[] {
  return db
    .prepare<[], string>('SELECT DISTINCT service FROM kinds WHERE service IS NOT NULL')
    .pluck()
    .all();
}

function revoke(db: Database, id: number, { author, now }: DatabaseOptions): Done {
  const revoking = revokeException(db, id, author, now());
  if (revoking.kind === 'unknown') throw new CommandFailure(`there is no exception ${id}`);
  if (revoking.kind === 'over') {
    throw new CommandFailure(`exception ${id} is over already; there is nothing to revoke`);
  }
  const { exception } = revoking;
  return {
    message: `Revoked the exception of ${formatExceptionSubject(exception)} for ${formatExceptionClients(exception)}.`,
    undo: { kind: 'revoking', exception: id },
  };
}

function undo(
  db: Database,
  done: Extract<Action, { kind: 'undo' }>['done'],
  options: DatabaseOptions,
): Done {
  const { author, now } = options;
  if (done.kind === 'acts') {
    const acts = undoActs(db, done.acts, author, now());
    if (acts.length === 0) throw new CommandFailure('that was taken back already');
    return { message: `Took it back for ${counted(acts.length, 'incident')}.` };
  }
  if (done.kind === 'revoking') {
    if (restoreException(db, done.exception, now())) {
      return { message: 'Took the revoking back; the exception holds within a second.' };
    }
    throw new CommandFailure('the exception has ended by itself meanwhile; make a new one');
  }
  const revoking = revokeException(db, done.exception, author, now());
  if (revoking.kind !== 'revoked') throw new CommandFailure('that exception is over already');
  const acts = actsOfException(db, done.exception);
  undoActs(db, acts, author, now());
  return { message: `Took the exception of ${formatExceptionSubject(revoking.exception)} back.` };
}

/** What incidents were told of an exception: without it, they are what they were before. */
function actsOfException(db: Database, exception: number): readonly number[] {
  const created = readException(db, exception)?.created ?? 0;
  return db
    .prepare<unknown[], number>(
      `SELECT id FROM incident_acts INDEXED BY incident_acts_by_time
       WHERE time = ? AND exception = ? AND kind = 'except'`,
    )
    .pluck()
    .all(created, exception);
}
