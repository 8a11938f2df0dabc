import type { Readable } from 'node:stream';
import { readEvent } from '../attempts/account/event.ts';
import type { Class } from '../attempts/account/finding.ts';
import { prepareSessionSave, type Span } from '../attempts/account/rows.ts';
import type { AccountSession } from '../attempts/account/session.ts';
import { eventsIn } from '../attempts/account/unwrap.ts';
import type { Database } from '../attempts/store.ts';
import { forTerminal, jsonLine } from '../text.ts';
import { objectsIn, STDIN } from './events-input.ts';

/** What became of a stream. */
export type Imported = {
  /** Events of sessions that began and ended. */
  readonly starts: number;
  readonly stops: number;
  /** Those of them that said something new. */
  readonly stored: number;
  /** Events of other types. */
  readonly others: number;
  /** What could not be read. */
  readonly faults: number;
  /** The time that the events of sessions speak of. */
  readonly span?: Span;
};

/** Small enough that `serve`, which writes to the same database, need not wait for long. */
const BATCH = 500;
/** Milliseconds to wait while `serve` writes. */
const PATIENCE = 10_000;
const MOST_FAULTS_TOLD = 20;

export async function importEvents(
  db: Database,
  files: readonly string[],
  stdin: Readable,
  tell: (text: string) => Promise<void>,
): Promise<Imported> {
  db.pragma(`busy_timeout = ${PATIENCE}`);
  const save = prepareSessionSave(db);
  const counts = { starts: 0, stops: 0, stored: 0, others: 0, faults: 0 };
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  let batch: AccountSession[] = [];
  const flush = () => {
    counts.stored += save(batch);
    batch = [];
  };
  const take = (session: AccountSession) => {
    const time = session.stopped ?? session.started;
    [first, last] = [Math.min(first, time), Math.max(last, time)];
    batch.push(session);
    if (batch.length === BATCH) flush();
  };
  const complain = async (file: string, line: number, message: string) => {
    counts.faults += 1;
    if (counts.faults > MOST_FAULTS_TOLD) return;
    await tell(
      `${forTerminal(file === STDIN ? 'stdin' : file)}:${line}: ${forTerminal(message)}\n`,
    );
  };

  for (const file of files) {
    for await (const found of objectsIn(file, stdin)) {
      for (const each of found.flatMap((one) => eventsIn(one))) {
        const event =
          each.kind === 'fault' ? each : readEvent(each.value as Readonly<Record<string, unknown>>);
        if (event.kind === 'fault') await complain(file, each.line, event.message);
        else if (event.kind === 'other') counts.others += 1;
        else {
          counts[event.kind === 'start' ? 'starts' : 'stops'] += 1;
          take(event.session);
        }
      }
    }
    flush();
  }
  if (counts.faults > MOST_FAULTS_TOLD) {
    await tell(`and ${counts.faults - MOST_FAULTS_TOLD} more that cannot be read\n`);
  }
  return last === 0 ? counts : { ...counts, span: { first, last } };
}

/** The figures for people or for programs; `classes` are of the time that the events speak of. */
export function summaryOf(
  { span, ...counts }: Imported,
  classes: Readonly<Record<Class, number>> | undefined,
  asJson: boolean,
): string {
  const iso = (time: number) => new Date(time).toISOString();
  const between = span && { first: iso(span.first), last: iso(span.last) };
  if (asJson) return `${jsonLine({ ...counts, ...between, ...(classes ? { classes } : {}) })}\n`;
  const { starts, stops, stored, others, faults } = counts;
  const lines = [
    `${starts} sessions began and ${stops} ended; ${stored} of these events are new`,
    ...(others === 0 ? [] : [`${others} events are of other types`]),
    ...(faults === 0 ? [] : [`${faults} could not be read`]),
    ...(between && classes
      ? [
          `from ${between.first} to ${between.last}:`,
          ...Object.entries(classes).map(([name, count]) => `  ${name.padEnd(13)} ${count}`),
        ]
      : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
