import type { StoredException } from '../../attempts/exceptions.ts';
import type { ExceptionSubject } from '../../policy/exception.ts';
import { formatPattern } from '../../policy/pattern.ts';
import type { Glyphs } from '../glyphs.ts';
import { EMPTY_LINE, type Line, line, span, type Tone } from '../line.ts';
import type { Context } from '../screen.ts';
import { hanging, wrapped } from './layout.ts';
import { ageOf, agoOf, durationOf, momentOf } from './times.ts';

export function subjectText(subject: ExceptionSubject): string {
  return subject.kind === 'name' ? formatPattern(subject.pattern) : `all of ${subject.service}`;
}

/** For whom it is, as text. */
export function clientsText({ clients }: Pick<StoredException, 'clients'>): string {
  return clients.length === 0 ? 'everyone' : clients.map(({ text }) => text).join(', ');
}

/** `in force` until it ends or is revoked, whichever is first. */
export function standingOf(
  { until, revoked }: StoredException,
  now: number,
): 'in force' | 'revoked' | 'ended' {
  if (revoked) return 'revoked';
  return until > now ? 'in force' : 'ended';
}

/** `55m left`, `ended 3h ago`, `revoked 2m ago`. */
export function timeLeft(exception: StoredException, now: number): string {
  switch (standingOf(exception, now)) {
    case 'in force':
      return `${durationOf(exception.until - now)} left`;
    case 'revoked':
      return `revoked ${agoOf(exception.revoked?.time ?? now, now)}`;
    case 'ended':
      return `ended ${agoOf(exception.until, now)}`;
  }
}

/** The same in at most fourteen columns. */
export function shortTimeLeft(exception: StoredException, now: number): string {
  const standing = standingOf(exception, now);
  if (standing === 'in force') return timeLeft(exception, now);
  return `${standing} ${ageOf(exception.revoked?.time ?? exception.until, now)}`;
}

/** Whether it allows anything, and whether it is about to end. */
export function timeTone(exception: StoredException, now: number): Tone {
  if (standingOf(exception, now) !== 'in force') return 'dim';
  return exception.until - now < 600_000 ? 'warn' : 'good';
}

/** One exception on one line. */
export function exceptionLine(exception: StoredException, now: number, glyphs: Glyphs): Line {
  const isOn = standingOf(exception, now) === 'in force';
  return line(
    span(
      `${isOn ? glyphs.good : glyphs.dot} ${timeLeft(exception, now)}`,
      timeTone(exception, now),
    ),
    `  #${exception.id} ${subjectText(exception.subject)} for ${clientsText(exception)}`,
    span(`  ${exception.author}: ${exception.reason}`, 'dim'),
  );
}

/** All that is known of an exception. */
export function exceptionLines(
  exception: StoredException,
  { width, now }: Pick<Context, 'width' | 'now'>,
): readonly Line[] {
  const { id, author, created, until, revoked, reason, clients } = exception;
  const standing = standingOf(exception, now);
  const field = (label: string, text: string, tone: Tone = 'plain') =>
    hanging(span(label, 'dim'), text, { width, indent: 10, tone });
  return [
    line(span(`Exception #${id}, ${standing}`, 'title')),
    EMPTY_LINE,
    ...field('allows', subjectText(exception.subject), 'strong'),
    ...field('for', clientsText(exception)),
    ...field('why', reason),
    ...field('by', `${author}, ${agoOf(created, now)}`),
    ...field('ends', `${momentOf(until, now)}, after ${durationOf(until - created)} in all`),
    ...field('now', timeLeft(exception, now), timeTone(exception, now)),
    ...(revoked ? field('revoked', `by ${revoked.by}, ${agoOf(revoked.time, now)}`) : []),
    EMPTY_LINE,
    ...wrapped(adviceOf(standing, clients.length === 0), width, 'key'),
  ];
}

function adviceOf(standing: ReturnType<typeof standingOf>, isForEveryone: boolean): string {
  if (standing !== 'in force') return 'It allows nothing any more. e makes a new one like it.';
  return isForEveryone
    ? 'It allows this to everyone: R revokes it, e makes a narrower one.'
    : 'R revokes it at once; else it ends by itself.';
}
