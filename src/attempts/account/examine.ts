import type { Network } from '../../policy/network.ts';
import type { ServiceId } from '../../policy/service.ts';
import type { StoredAttempt } from '../attempt.ts';
import { LONGEST_WINDOW } from '../fold.ts';
import { listAttempts } from '../query.ts';
import type { Database } from '../store.ts';
import type { Doors } from './door.ts';
import { type Finding, findingsOf } from './finding.ts';
import { TOLERANCE } from './match.ts';
import { readSessions, type Span, spanOfEvents } from './rows.ts';
import { visitsOf } from './visit.ts';

export type Question = {
  readonly span: Span;
  readonly service: ServiceId;
  readonly doors: Doors;
  readonly networks: readonly Network[];
};

export type Examination = {
  /** The newest first. */
  readonly findings: readonly Finding[];
  /** Clients' tries at a time that the events do not speak of. */
  readonly untold: number;
  /** True where there are more attempts than memory is to hold; the oldest were not looked at. */
  readonly cut: boolean;
};

/** Rows of attempts that are looked at. */
const MOST_ROWS = 500_000;
const PAGE = 10_000;

/** Holds the sessions and attempts of a stretch of time against each other. */
export function examine(
  db: Database,
  { span, service, doors, networks }: Question,
  most = MOST_ROWS,
): Examination {
  // One that began outside may explain what lies within, and a visit may have begun before it.
  const wide = { first: span.first - LONGEST_WINDOW - TOLERANCE, last: span.last + TOLERANCE };
  const read = db.transaction(() => ({
    sessions: readSessions(db, wide),
    attempts: readAttempts(db, wide, service, most),
    stored: spanOfEvents(db),
  }));
  const { sessions, attempts, stored } = read();
  const { rows, cut } = attempts;
  const { findings, untold } = findingsOf({
    sessions,
    visits: visitsOf(rows, doors),
    doors,
    networks,
    span: stored,
  });
  return {
    findings: findings
      .filter(({ first, last }) => last >= span.first && first <= span.last)
      .toSorted(newestFirst),
    untold,
    cut,
  };
}

function readAttempts(db: Database, { first, last }: Span, service: ServiceId, most: number) {
  const filter = { service, since: first, until: last + 1 };
  const rows: StoredAttempt[] = [];
  // Who is excepted has sessions at the service's own door that are accounted for.
  for (const which of [
    { steps: true },
    { verdict: 'sanctioned' },
    { verdict: 'excepted' },
  ] as const) {
    let page: readonly StoredAttempt[] = [];
    do {
      if (rows.length >= most) return { rows, cut: true };
      page = listAttempts(db, { ...filter, ...which }, PAGE, page.at(-1));
      for (const row of page) rows.push(row);
    } while (page.length === PAGE);
  }
  return { rows, cut: false };
}

function newestFirst(a: Finding, b: Finding): number {
  return b.first - a.first || b.last - a.last || compareTexts(textOf(a), textOf(b));
}

/** What makes the order of equals the same each time. */
const textOf = ({ session, client }: Finding) => `${session?.session} ${client}`;

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
