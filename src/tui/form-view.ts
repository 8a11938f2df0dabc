import { formatMoment } from '../attempts/moment.ts';
import { parseDuration } from '../policy/quantity.ts';
import { fieldSpans } from './edit.ts';
import {
  DURATIONS,
  EXCEPTION_FIELDS,
  type ExceptionField,
  type ExceptionForm,
  type Form,
  valuesOf,
} from './form.ts';
import type { Glyphs } from './glyphs.ts';
import { beginningOf, EMPTY_LINE, type Line, line, type Span, span, wrappedTexts } from './line.ts';

type View = { readonly width: number; readonly now: number; readonly glyphs: Glyphs };

const LABELS: Readonly<Record<ExceptionField, string>> = {
  subject: 'allow',
  clients: 'for',
  duration: 'lasting',
  reason: 'reason',
};

/** The lines of a form; there are never more than eleven at sixty columns. */
export function formLines(form: Form, view: View): readonly Line[] {
  const { width } = view;
  switch (form.asks) {
    case 'note':
      return [
        ...sentenceLines(form.title, width).map((text) => line(span(text, 'title'))),
        fieldLine('note', form.isSent ? undefined : 'note', form.field, view),
        footOf(form, 'enter does it, the note may stay empty; escape leaves', width),
      ];
    case 'confirm':
      return [
        ...sentenceLines(form.title, width).map((text) => line(span(text, 'title'))),
        EMPTY_LINE,
        footOf(form, 'enter or y does it; escape or n leaves', width),
      ];
    case 'exception':
      return form.isReviewed
        ? reviewLines(form, view)
        : [
            line(span('An exception beside the policy, for some time', 'title')),
            ...EXCEPTION_FIELDS.flatMap((field) => exceptionLines(form, field, view)),
            footOf(form, hintOf(form.at), width),
          ];
  }
}

function exceptionLines(form: ExceptionForm, field: ExceptionField, view: View): readonly Line[] {
  const here = form.at === field ? field : undefined;
  const written = fieldLine(LABELS[field], here, form.fields[field], view);
  if (field !== 'duration') return [written];
  const typed = form.fields.duration.text.trim();
  const choices = DURATIONS.flatMap((duration): Span[] => [
    span('  '),
    span(duration, duration === typed ? 'here' : 'dim'),
  ]);
  return [{ spans: [...written.spans, ...choices] }];
}

function fieldLine(
  label: string,
  here: string | undefined,
  field: { readonly text: string; readonly at: number },
  { width, glyphs }: View,
): Line {
  const mark = here === undefined ? '  ' : `${glyphs.chosen} `;
  const head = [span(mark, 'key'), span(`${label.padEnd(8)} `, here ? 'key' : 'dim')];
  const room = width - 11;
  const text = here ? fieldSpans(field, label === 'lasting' ? 12 : room, glyphs) : [];
  return { spans: [...head, ...(here ? text : [span(beginningOf(span(field.text).text, room))])] };
}

function hintOf(field: ExceptionField): string {
  switch (field) {
    case 'subject':
      return 'a name and all below it, =NAME for itself alone, or a service';
    case 'clients':
      return 'addresses or networks with commas between, or everyone';
    case 'duration':
      return 'left and right choose, or write another such as 90m';
    case 'reason':
      return 'enter shows what will happen; escape leaves';
  }
}

function reviewLines(form: ExceptionForm, view: View): readonly Line[] {
  const { width } = view;
  return [
    line(span('Is this meant?', 'title')),
    ...sentenceLines(sentenceOf(form, view.now), width).map((text) => line(text)),
    EMPTY_LINE,
    footOf(form, 'enter or y makes the exception; escape changes it', width),
  ];
}

/** What will happen, in a sentence or two. */
export function sentenceOf(form: ExceptionForm, now: number): string {
  const { subject, clients, duration, reason } = valuesOf(form);
  const who = clients === 'everyone' ? 'Everyone' : clients;
  const until = formatMoment(now + parseDuration(duration)).slice(0, 16);
  return (
    `${who} may use ${subject} for ${duration}, until ${until}, whatever the policy says; then it ` +
    `ends by itself. The reason that is kept: ${reason}`
  );
}

function footOf({ problem, isSent }: Form, hint: string, width: number): Line {
  if (isSent) return line(span('one moment ...', 'note'));
  return problem === undefined
    ? line(span(beginningOf(hint, width), 'dim'))
    : line(span(beginningOf(span(problem).text, width), 'bad'));
}

/** More lines than any sentence of a form needs; a reason can be as long as anybody likes. */
const MOST_LINES = 4;

const sentenceLines = (text: string, width: number) =>
  wrappedTexts(text, width).slice(0, MOST_LINES);
