import type { Fact } from '../identity/fact.ts';
import { octetsOfAddress } from '../policy/network.ts';
import type { Database } from './store.ts';

/** What the resolver did in one minute. */
export type Minute = {
  /** Its beginning, milliseconds since the epoch. */
  readonly time: number;
  readonly questions: number;
  readonly refused: number;
  readonly cached: number;
  /** Answered with a failure. */
  readonly failed: number;
  /** Milliseconds from question to answer: half and 99 of 100 took no longer. */
  readonly p50: number;
  readonly p99: number;
};

/** How one part of a program fares: the resolver, the feed, the gate. */
export type PartState = {
  readonly part: string;
  readonly is: 'up' | 'down' | 'off';
  /** A few words: addresses, or why it is down. */
  readonly about: string;
};

/** What a program that runs says of itself. Times in milliseconds since the epoch. */
export type ServiceState = {
  readonly program: 'serve' | 'gate';
  readonly version: string;
  readonly pid: number;
  readonly started: number;
  /** The policy's file, and whose it is. */
  readonly policy: string;
  readonly organisation: string;
  readonly mode: 'enforce' | 'observe';
  /** Of the ruleset in force. */
  readonly digest: string;
  readonly rules: number;
  readonly parts: readonly PartState[];
  /** Attempts that were dropped because they could not be stored. */
  readonly dropped: number;
};

export type ServiceEvent = {
  readonly program: ServiceState['program'];
  readonly time: number;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
};

/** What is written beside attempts, as well as it goes: one that cannot be stored is forgotten. */
export type Note =
  | { readonly kind: 'minute'; readonly minute: Minute }
  | { readonly kind: 'state'; readonly time: number; readonly state: ServiceState }
  | { readonly kind: 'event'; readonly event: ServiceEvent }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] };

/** Prepares the writing of notes. A fact replaces what its source said before; facts of one note stand or fall together. */
export function prepareNotes(db: Database): (notes: readonly Note[]) => void {
  const minute = db.prepare(
    `INSERT INTO minutes (time, questions, refused, cached, failed, p50, p99)
     VALUES (:time, :questions, :refused, :cached, :failed, :p50, :p99)
     ON CONFLICT DO UPDATE SET questions = questions + excluded.questions, refused = refused + excluded.refused,
       cached = cached + excluded.cached, failed = failed + excluded.failed,
       p50 = max(p50, excluded.p50), p99 = max(p99, excluded.p99)`,
  );
  const state = db.prepare(
    'INSERT OR REPLACE INTO service_states (program, time, state) VALUES (?, ?, ?)',
  );
  const event = db.prepare(
    'INSERT INTO service_events (time, program, level, text) VALUES (:time, :program, :level, :text)',
  );
  const fact = db.prepare(
    'INSERT OR REPLACE INTO client_facts (client, kind, source, value, time) VALUES (?, ?, ?, ?, ?)',
  );
  const save = db.transaction((notes: readonly Note[]) => {
    for (const note of notes) {
      switch (note.kind) {
        case 'minute': {
          const { p50, p99, ...counts } = note.minute;
          minute.run({ ...counts, p50: Math.round(p50 * 1000), p99: Math.round(p99 * 1000) });
          break;
        }
        case 'state':
          state.run(note.state.program, note.time, JSON.stringify(note.state));
          break;
        case 'event':
          event.run(note.event);
          break;
        case 'facts':
          for (const { client, kind, source, value, time } of note.facts) {
            fact.run(octetsOfAddress(client), kind, source, value, time);
          }
      }
    }
  });
  return (notes) => save.immediate(notes);
}

/** The minutes since a time, the oldest first; those in which nothing ran are missing. */
export function readMinutes(db: Database, since: number): readonly Minute[] {
  return db
    .prepare<[number], Minute>(
      `SELECT time, questions, refused, cached, failed, p50 / 1000.0 AS p50, p99 / 1000.0 AS p99
       FROM minutes WHERE time >= ? ORDER BY time`,
    )
    .all(since);
}

/** What each program said of itself last, and when. */
export function readStates(
  db: Database,
): readonly { readonly time: number; readonly state: ServiceState }[] {
  return db
    .prepare<[], { time: number; state: string }>(
      'SELECT time, state FROM service_states ORDER BY program DESC',
    )
    .all()
    .map(({ time, state }) => ({ time, state: JSON.parse(state) as ServiceState }));
}

/** The newest events, the newest first. */
export function readServiceEvents(db: Database, limit: number): readonly ServiceEvent[] {
  return db
    .prepare<[number], ServiceEvent>(
      'SELECT time, program, level, text FROM service_events ORDER BY time DESC, id DESC LIMIT ?',
    )
    .all(limit);
}
