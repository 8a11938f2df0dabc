import { backfillIncidents } from './incident/backfill.ts';
import type { Database } from './store.ts';

/** "tunw": tells our databases from other programs' (SQLite's file(1) magic). */
export const APPLICATION_ID = 0x74756e77;

/** SQL, or what is done with the database where SQL does not suffice. */
type Step = string | ((db: Database) => void);
type Migration = Step | readonly Step[];

/**
 * Number n of this list makes a database of version n into one of version n + 1. What has been
 * released is never edited; a change is one more entry.
 *
 * The design of 1: a row of `attempts` is small, because what repeats (names, and the kinds of
 * thing that happen) stands once in a table of its own. Each `by_` index holds every column that
 * is filtered or summed, so that counting and grouping a million rows is one pass over one index.
 */
const MIGRATIONS: readonly Migration[] = [
  `
  PRAGMA application_id = ${APPLICATION_ID};

  CREATE TABLE names (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    -- com.example.www. for www.example.com: a name and all below it are one range.
    reversed TEXT NOT NULL UNIQUE
  ) STRICT;

  CREATE TABLE kinds (
    id INTEGER PRIMARY KEY,
    rule TEXT NOT NULL,
    service TEXT,
    role TEXT,
    verdict TEXT NOT NULL,
    type TEXT NOT NULL,
    transport TEXT NOT NULL,
    answer TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX kinds_are_distinct ON kinds
    (rule, type, verdict, transport, answer, ifnull(service, ''), ifnull(role, ''));

  CREATE TABLE attempts (
    -- Never given twice, so that a row a writer remembers is that row or gone.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    -- 4 or 16 octets: a network is one range.
    client BLOB NOT NULL,
    name INTEGER NOT NULL REFERENCES names,
    kind INTEGER NOT NULL REFERENCES kinds,
    via TEXT,
    -- Number of the write that last touched the row: what a follower has not seen yet.
    batch INTEGER NOT NULL,
    -- Readers rely on the longest window to find what reaches into a stretch of time.
    CHECK (count > 0 AND last >= first AND last - first < 3600000)
  ) STRICT;
  CREATE INDEX attempts_by_time ON attempts (first);
  CREATE INDEX attempts_by_batch ON attempts (batch);
  CREATE INDEX attempts_by_client ON attempts (client, first, last, count, name, kind);
  CREATE INDEX attempts_by_name ON attempts (name, first, last, count, client, kind);
  CREATE INDEX attempts_by_kind ON attempts (kind, first, last, count, client, name);
  `,
  // Added columns touch no row, so a database of a million rows is brought up to date in a second.
  // Only rows that have a destination or a fingerprint take room in the indexes that find them.
  `
  ALTER TABLE kinds ADD COLUMN point TEXT NOT NULL DEFAULT 'resolver';
  ALTER TABLE kinds ADD COLUMN lead TEXT;
  DROP INDEX kinds_are_distinct;
  CREATE UNIQUE INDEX kinds_are_distinct ON kinds
    (rule, type, verdict, transport, answer, point, ifnull(service, ''), ifnull(role, ''), ifnull(lead, ''));

  ALTER TABLE attempts ADD COLUMN destination BLOB;
  ALTER TABLE attempts ADD COLUMN port INTEGER;
  ALTER TABLE attempts ADD COLUMN ja4 TEXT;
  CREATE INDEX attempts_by_destination ON attempts
    (destination, first, last, count, client, name, kind) WHERE destination IS NOT NULL;
  CREATE INDEX attempts_by_ja4 ON attempts
    (ja4, first, last, count, client, name, kind) WHERE ja4 IS NOT NULL;
  `,
  // A session is one row, whichever of its two events comes first, so an event that comes twice
  // changes nothing. It is found by its time, and by its id when the other event comes.
  `
  CREATE TABLE account_sessions (
    account TEXT NOT NULL,
    session TEXT NOT NULL,
    started INTEGER NOT NULL,
    stopped INTEGER,
    start_event TEXT,
    stop_event TEXT,
    agent BLOB NOT NULL,
    server BLOB,
    name TEXT,
    credential TEXT,
    region TEXT,
    user_agent TEXT,
    transport TEXT,
    os TEXT,
    arch TEXT,
    failure TEXT,
    reason TEXT,
    PRIMARY KEY (account, session),
    CHECK ((start_event IS NOT NULL OR stop_event IS NOT NULL) AND (stopped IS NULL) = (stop_event IS NULL))
  ) STRICT;
  CREATE INDEX account_sessions_by_time ON account_sessions (started);
  `,
  // What people review, beside what was seen. `ways` is JSON: some entries at most, read as a whole.
  // What a person did is never changed, only taken back by a later act, so all of it can be told.
  [
    `
  CREATE TABLE incidents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client BLOB NOT NULL,
    -- Empty where the ways are no known service's.
    service TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    count INTEGER NOT NULL,
    ways TEXT NOT NULL,
    -- 0 info, 1 low, 2 medium, 3 high.
    severity INTEGER NOT NULL,
    state TEXT NOT NULL,
    open INTEGER NOT NULL AS (state IN ('new', 'reopened')) VIRTUAL,
    CHECK (count > 0 AND last >= first)
  ) STRICT;

  CREATE TABLE incident_acts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    incident INTEGER NOT NULL,
    time INTEGER NOT NULL,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    note TEXT,
    severity INTEGER NOT NULL,
    exception INTEGER,
    undoes INTEGER
  ) STRICT;
  CREATE INDEX incident_acts_by_incident ON incident_acts (incident);
  CREATE INDEX incident_acts_by_time ON incident_acts (time);

  CREATE TABLE exceptions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- One of the two: a name as the policy writes it, or a service's id.
    name TEXT,
    service TEXT,
    -- JSON: networks, as text; empty is everyone.
    clients TEXT NOT NULL,
    reason TEXT NOT NULL,
    author TEXT NOT NULL,
    created INTEGER NOT NULL,
    until INTEGER NOT NULL,
    revoked INTEGER,
    revoked_by TEXT,
    CHECK ((name IS NULL) <> (service IS NULL) AND until > created AND (revoked IS NULL) = (revoked_by IS NULL))
  ) STRICT;
  CREATE INDEX exceptions_by_end ON exceptions (until);

  CREATE TABLE client_facts (
    client BLOB NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    value TEXT NOT NULL,
    time INTEGER NOT NULL,
    PRIMARY KEY (client, kind, source)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX client_facts_by_time ON client_facts (time);

  -- What the resolver did in one minute; latencies in microseconds.
  CREATE TABLE minutes (
    time INTEGER PRIMARY KEY,
    questions INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    cached INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    p50 INTEGER NOT NULL,
    p99 INTEGER NOT NULL
  ) STRICT;

  -- The last word of each program that runs: "serve", "gate". JSON.
  CREATE TABLE service_states (
    program TEXT PRIMARY KEY,
    time INTEGER NOT NULL,
    state TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- What changed and is worth telling: a start, a reload, a fault.
  CREATE TABLE service_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    time INTEGER NOT NULL,
    program TEXT NOT NULL,
    level TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX service_events_by_time ON service_events (time);
  `,
    backfillIncidents,
    // Behind the rows: that many at once are put in order rather than put in their places one by one.
    `
  -- Holds what clients are summed up by.
  CREATE INDEX incidents_by_client ON incidents
    (client, service, last, first, count, severity, state, open);
  -- One for each order of a list. What is of no service is rarely listed, and may be most of the rows;
  -- it has a place in the one that retention goes by.
  CREATE INDEX incidents_by_last ON incidents (last, service);
  CREATE INDEX incidents_by_first ON incidents (first) WHERE service <> '';
  CREATE INDEX incidents_by_worth ON incidents (open, severity, last) WHERE service <> '';
  `,
  ],
];

/** The version this program reads and writes. */
export const CURRENT_VERSION = MIGRATIONS.length;

export function versionOf(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** Brings a database of an earlier version, or an empty one, up to date. */
export function migrate(db: Database): void {
  const step = db.transaction(() => {
    // Read again under the write lock: another process may just have done this step.
    const version = versionOf(db);
    const migration = MIGRATIONS[version];
    if (migration === undefined) return;
    for (const part of [migration].flat()) {
      if (typeof part === 'string') db.exec(part);
      else part(db);
    }
    db.pragma(`user_version = ${version + 1}`);
  });
  while (versionOf(db) < CURRENT_VERSION) step.immediate();
}
