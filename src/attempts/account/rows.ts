import type { Name } from '../../policy/name.ts';
import { addressFromOctets, octetsOfAddress } from '../../policy/network.ts';
import type { Database } from '../store.ts';
import { type AccountSession, joined } from './session.ts';

type Row = {
  readonly account: string;
  readonly session: string;
  readonly started: number;
  readonly stopped: number | null;
  readonly start_event: string | null;
  readonly stop_event: string | null;
  readonly agent: Uint8Array;
  readonly server: Uint8Array | null;
  readonly name: Name | null;
  readonly credential: string | null;
  readonly region: string | null;
  readonly user_agent: string | null;
  readonly transport: string | null;
  readonly os: string | null;
  readonly arch: string | null;
  readonly failure: string | null;
  readonly reason: string | null;
};

const COLUMNS = [
  ...['account', 'session', 'started', 'stopped', 'start_event', 'stop_event', 'agent', 'server'],
  ...['name', 'credential', 'region', 'user_agent', 'transport', 'os', 'arch', 'failure', 'reason'],
] as const;

/**
 * Prepares the write of what events say of sessions, each joined with what is there already. It returns
 * how many of them said something new.
 */
export function prepareSessionSave(db: Database): (sessions: readonly AccountSession[]) => number {
  const find = db.prepare<[string, string], Row>(
    `SELECT ${COLUMNS.join(', ')} FROM account_sessions WHERE account = ? AND session = ?`,
  );
  const put = db.prepare(
    `INSERT INTO account_sessions (${COLUMNS.join(', ')})
     VALUES (${COLUMNS.map((column) => `@${column}`).join(', ')})
     ON CONFLICT (account, session) DO UPDATE SET
     ${COLUMNS.map((column) => `${column} = excluded.${column}`).join(', ')}`,
  );
  const saveOne = (session: AccountSession): number => {
    const row = find.get(session.account, session.session);
    const before = row && sessionOf(row);
    const { startEvent, stopEvent } = session;
    const isKnown =
      (startEvent === undefined || startEvent === before?.startEvent) &&
      (stopEvent === undefined || stopEvent === before?.stopEvent);
    if (isKnown) return 0;
    put.run(rowOf(before ? joined(before, session) : session));
    return 1;
  };
  const saveAll = db.transaction((sessions: readonly AccountSession[]) =>
    sessions.reduce((sum, session) => sum + saveOne(session), 0),
  );
  return saveAll.immediate;
}

/** A stretch of time, in milliseconds since the epoch; both ends belong to it. */
export type Span = { readonly first: number; readonly last: number };

/** The sessions that were open at some time of a stretch, as far as is known, the first begun first. */
export function readSessions(db: Database, { first, last }: Span): readonly AccountSession[] {
  const rows = db.prepare<[number, number], Row>(
    `SELECT ${COLUMNS.join(', ')} FROM account_sessions
     WHERE started <= ? AND (stopped IS NULL OR stopped >= ?) ORDER BY started, account, session`,
  );
  return rows.all(last, first).map(sessionOf);
}

/** The time from the first event that is stored to the last; undefined where there is none. */
export function spanOfEvents(db: Database): Span | undefined {
  const { first, last } = db
    .prepare<[], { first: number | null; last: number | null }>(
      `SELECT min(iif(start_event IS NULL, stopped, started)) AS first,
              max(ifnull(stopped, started)) AS last FROM account_sessions`,
    )
    .get() as { first: number | null; last: number | null };
  return first === null || last === null ? undefined : { first, last };
}

function rowOf(session: AccountSession): Row {
  const { startEvent, stopEvent, userAgent, agent, server, ...rest } = session;
  const none = Object.fromEntries(COLUMNS.map((column) => [column, null]));
  return {
    ...none,
    ...rest,
    agent: octetsOfAddress(agent),
    server: server === undefined ? null : octetsOfAddress(server),
    start_event: startEvent ?? null,
    stop_event: stopEvent ?? null,
    user_agent: userAgent ?? null,
  } as Row;
}

function sessionOf(row: Row): AccountSession {
  const { start_event, stop_event, user_agent, agent, server, ...rest } = row;
  const known = Object.entries({
    ...rest,
    startEvent: start_event,
    stopEvent: stop_event,
    userAgent: user_agent,
    server: server && addressFromOctets(server),
  }).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(known), agent: addressFromOctets(agent) } as AccountSession;
}
