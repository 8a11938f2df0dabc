import { setTimeout as delay } from 'node:timers/promises';
import { listExceptions } from '../attempts/exceptions.ts';
import { labelsOf } from '../attempts/facts.ts';
import { countOpen, listIncidents } from '../attempts/incident/query.ts';
import { readMinutes, readServiceEvents, readStates } from '../attempts/note.ts';
import type { Database } from '../attempts/store.ts';
import { formatExceptionClients, formatExceptionSubject } from '../policy/exception-text.ts';
import type { Address } from '../policy/network.ts';
import type { Change, Overview } from '../tui/source.ts';
import { createRecentAttempts } from './tui-recent.ts';

const DAY = 86_400_000;

/**
 * Milliseconds for which what was counted of the day is used: at most, and at least, and how many times as long
 * as it took to count.
 */
const FRESH = 10_000;
const STALE = 1_000;
const SHARE = 50;

/** Milliseconds for which an answer waits for what is being counted. */
const PATIENCE = 80;

/** Changes told, and incidents. */
const CHANGES = 20;
const WORST = 5;

export type OverviewAnswers = {
  readonly answer: () => Promise<Overview>;
  readonly forget: () => void;
};

/**
 * What the first screen shows. Counting the day may take longer than one waits for: then it is told so far,
 * and `change` is called when all is counted.
 */
export function createOverview(
  db: Database,
  { now, change }: { readonly now: () => number; readonly change: () => void },
): OverviewAnswers {
  const recent = createRecentAttempts(db, now);
  let fresh = Number.NEGATIVE_INFINITY;

  const look = async (): Promise<void> => {
    if (performance.now() < fresh) return;
    let isLate = false;
    const begun = performance.now();
    const looked = recent.look().then(() => {
      const took = performance.now() - begun;
      fresh = performance.now() + Math.min(FRESH, Math.max(STALE, SHARE * took));
      if (isLate) change();
    });
    await Promise.race([looked, delay(PATIENCE, undefined, { ref: false })]);
    isLate = true;
  };

  return {
    async answer() {
      await look();
      const time = now();
      const { clients, services } = recent.known();
      return {
        states: readStates(db),
        minutes: readMinutes(db, time - DAY),
        open: countOpen(db),
        worst: labelled(db, listIncidents(db, OPEN, 'severest', WORST), ({ client }) => client),
        topClients: labelled(db, clients, ({ key }) => key as Address),
        topServices: services,
        changes: changesOf(db, time),
        exceptions: listExceptions(db, { now: time }).length,
      };
    },
    forget: () => {
      fresh = Number.NEGATIVE_INFINITY;
    },
  };
}

const OPEN = { states: ['new', 'reopened'] } as const;

function labelled<Row>(db: Database, rows: readonly Row[], clientOf: (row: Row) => Address) {
  const labels = labelsOf(db, new Set(rows.map(clientOf)));
  return rows.map((row) => ({ ...row, ...labels.get(clientOf(row)) }));
}

/** What programs said, and what people allowed and took back. */
function changesOf(db: Database, now: number): readonly Change[] {
  const events: readonly Change[] = readServiceEvents(db, CHANGES).map(
    ({ program, time, level, text }) => ({ time, text: `${program}: ${text}`, tone: level }),
  );
  const exceptions = listExceptions(db, { all: true, now })
    .slice(0, CHANGES)
    .flatMap((exception): Change[] => {
      const { author, created, revoked } = exception;
      const about = `${formatExceptionSubject(exception)} for ${formatExceptionClients(exception)}`;
      const made = { time: created, text: `${author} excepted ${about}` };
      if (!revoked) return [made];
      return [
        made,
        { time: revoked.time, text: `${revoked.by} revoked the exception of ${about}` },
      ];
    });
  return [...events, ...exceptions].sort((a, b) => b.time - a.time).slice(0, CHANGES);
}
