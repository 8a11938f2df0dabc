import type { StoredAttempt } from '../../attempts/attempt.ts';
import { destinationText } from '../../attempts/view.ts';
import { EMPTY_LINE, type Line, span, type Tone } from '../line.ts';
import type { Context } from '../screen.ts';
import type { KnownAttempt, Text } from '../source.ts';
import {
  answerPhrase,
  audienceOf,
  deedOf,
  POINT_PHRASES,
  ruleMeaning,
  VERDICT_PHRASES,
  VERDICT_TONES,
} from './attempt-words.ts';
import { cells, hanging, titleLine, wrapped } from './layout.ts';
import { ageOf, agoOf, momentOf } from './times.ts';
import { fullCallOf } from './words.ts';

type Space = Pick<Context, 'width' | 'now' | 'glyphs'>;

/** The name that was tried, else where it went. */
export function whatOf(attempt: StoredAttempt): string {
  return attempt.name ?? destinationText(attempt) ?? attempt.type;
}

/** One attempt on one line, where its client is known from elsewhere. */
export function attemptLine(attempt: StoredAttempt, { width, now, glyphs }: Space): Line {
  const { last, type, verdict, answer, count } = attempt;
  const room = Math.max(8, width - 6 - 7 - 10 - 12 - 6 - 10);
  return {
    spans: cells(
      [
        [ageOf(last, now), 6, 'dim', 'right'],
        [whatOf(attempt), room],
        [type, 7, 'dim'],
        [verdict, 10, VERDICT_TONES[verdict]],
        [answer, 12, 'dim'],
        [count > 1 ? `${glyphs.times}${count}` : '', 6, 'dim', 'right'],
      ],
      glyphs,
    ),
  };
}

/** Every field of an attempt in words, and what the policy says of it now where that was asked. */
export function attemptLines(
  attempt: KnownAttempt,
  explained: readonly Text[] | undefined,
  { width, now, glyphs }: Space,
): readonly Line[] {
  const { client, verdict, answer, rule } = attempt;
  const field = (label: string, text: string | undefined, tone: Tone = 'plain') =>
    text === undefined ? [] : hanging(span(label, 'dim'), text, { width, indent: 12, tone });
  const destination = destinationText(attempt);
  return [
    ...wrapped(`${fullCallOf(attempt, client)} ${deedOf(attempt, destination)}.`, width, 'strong'),
    ...wrapped(
      `${VERDICT_PHRASES[verdict]}. It ${answerPhrase(answer)}.`,
      width,
      VERDICT_TONES[verdict],
    ),
    EMPTY_LINE,
    ...field('when', whenOf(attempt, now)),
    ...field('client', client),
    ...field('called', attempt.label),
    ...field('team', attempt.team),
    ...field('name', attempt.name ?? 'none that anybody knows'),
    ...field('matched', attempt.via),
    ...field('went to', destination),
    ...field('came', leadText(attempt.lead)),
    ...field('service', attempt.service ?? 'none that is known'),
    ...field('seen by', POINT_PHRASES[attempt.point]),
    ...field('rule', rule),
    ...field('why', ruleMeaning(attempt)),
    ...field('for whom', audienceOf(rule)),
    ...field('TLS print', attempt.ja4),
    ...(explained === undefined
      ? []
      : [
          EMPTY_LINE,
          titleLine('What the policy says of it now', width, glyphs),
          ...explained.flatMap(({ text, tone }) => wrapped(text, width, tone)),
        ]),
  ];
}

function whenOf({ first, last, count }: StoredAttempt, now: number): string {
  if (count === 1) return `once, at ${momentOf(first, now)} (${agoOf(first, now)})`;
  const [from, to] = [momentOf(first, now), momentOf(last, now)];
  if (from === to) return `${count} times, at ${from} (${agoOf(last, now)})`;
  return `${count} times, from ${from} to ${to} (${agoOf(last, now)})`;
}

function leadText(lead: StoredAttempt['lead']): string | undefined {
  if (lead === undefined) return undefined;
  return lead === 'answered'
    ? 'by an answer of our resolver'
    : 'without an answer of ours: it knew the address from elsewhere';
}
