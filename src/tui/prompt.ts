import { type Completion, completionsOf, FIXED_VALUES } from '../attempts/search/complete.ts';
import { problemOfSearch } from '../attempts/search/filters.ts';
import { edited, type Field, fieldOf, fieldSpans, inserted } from './edit.ts';
import type { Glyphs } from './glyphs.ts';
import { cutLine, type Line, line, type Span, span, widthOf } from './line.ts';
import type { Key, Screen } from './screen.ts';
import type { Question } from './source.ts';

/** What can be searched. */
export type Searched = NonNullable<Screen<unknown>['searches']>;

/** The line in which a filter is written. */
export type Prompt = {
  readonly kind: 'prompt';
  readonly what: Searched;
  readonly field: Field;
  readonly offer: Completion;
  /** Which of the candidates stands in the text, and what stood there before. */
  readonly taken?: { readonly number: number; readonly before: Field } | undefined;
  readonly history: readonly string[];
  /** How far back in it one is, 0 being what is written now. */
  readonly back: number;
  readonly draft: string;
  /** Enter was pressed, and something is wrong: that is said first. */
  readonly isTried: boolean;
};

/** What comes of a key: the prompt goes on, is left, or its text is used. */
export type PromptStep =
  | { readonly kind: 'on'; readonly prompt: Prompt; readonly question?: Question }
  | { readonly kind: 'left' }
  | { readonly kind: 'used'; readonly search: string };

type On = Extract<PromptStep, { readonly kind: 'on' }>;

const NOTHING: Completion = { prefix: '', from: 0, to: 0, candidates: [] };

export function promptOf(what: Searched, search: string, history: readonly string[]): On {
  return written(
    {
      kind: 'prompt',
      ...{ what, history },
      offer: NOTHING,
      back: 0,
      draft: search,
      isTried: false,
    },
    // What comes next is another word.
    fieldOf(search === '' ? '' : `${search.trimEnd()} `),
  );
}

export function promptKey(prompt: Prompt, key: Key, now: number): PromptStep {
  const { field } = prompt;
  switch (key.name) {
    case 'escape':
      return { kind: 'left' };
    case 'enter':
      return problemOfSearch(prompt.what, field.text, now) === undefined
        ? { kind: 'used', search: field.text.trim() }
        : { kind: 'on', prompt: { ...prompt, isTried: true } };
    case 'up':
    case 'down':
      return { kind: 'on', prompt: recalled(prompt, key.name === 'up' ? 1 : -1) };
    case 'tab':
    case 'shift+tab':
      return completed(prompt, key.name === 'tab' ? 1 : -1);
    case 'backspace':
      if (field.text === '') return { kind: 'left' };
  }
  const next = edited(field, key);
  return next ? written(prompt, next) : { kind: 'on', prompt };
}

export function promptPaste(prompt: Prompt, text: string): PromptStep {
  return written(prompt, inserted(prompt.field, text));
}

/** The prompt with values that the database knows. */
export function promptValues(
  prompt: Prompt,
  { field, prefix }: { readonly field: string; readonly prefix: string },
  values: readonly string[],
): Prompt {
  const { offer, taken } = prompt;
  // An answer to what was written some letters ago is no help any more.
  if (taken || offer.field !== field || offer.prefix !== prefix) return prompt;
  return { ...prompt, offer: completionsOf(prompt.field.text, prompt.field.at, values) };
}

/** The line of the prompt, and the line below it: what is wrong, or what the text can go on with. */
export function promptLines(
  prompt: Prompt,
  { width, glyphs, now }: { readonly width: number; readonly glyphs: Glyphs; readonly now: number },
): readonly [Line, Line] {
  const { what, field, offer, isTried } = prompt;
  const label = `filter ${what} / `;
  const typed: Line = {
    spans: [span(label, 'key'), ...fieldSpans(field, width - label.length, glyphs)],
  };
  const problem = problemOfSearch(prompt.what, field.text, now);
  const hasOffer = offer.candidates.length > 0;
  if (problem !== undefined && (isTried || !hasOffer)) {
    return [typed, cutLine(line(span(problem, 'bad')), width, glyphs.ellipsis)];
  }
  const mark = problem === undefined ? [] : [span(`${glyphs.warn} `, 'warn')];
  const hint = hasOffer
    ? [span('tab ', 'key'), ...offered(prompt, width - 8)]
    : [span('enter filters, escape leaves it as it was, up recalls', 'dim')];
  return [typed, cutLine({ spans: [...mark, ...hint] }, width, glyphs.ellipsis)];
}

/** The candidates around the one taken, as many as there is room for. */
function offered({ offer, taken }: Prompt, width: number): readonly Span[] {
  const spans: Span[] = [];
  let room = width;
  for (const [i, text] of [...offer.candidates.entries()].slice(
    Math.max(0, (taken?.number ?? 0) - 2),
  )) {
    const shown = span(text, taken?.number === i ? 'here' : 'dim');
    room -= widthOf(shown.text) + 2;
    if (room < 0 && spans.length > 0) break;
    spans.push(shown, span('  '));
  }
  return spans;
}

function written(prompt: Omit<Prompt, 'field'>, field: Field): On {
  const offer = completionsOf(field.text, field.at);
  const next: Prompt = {
    ...prompt,
    ...{ field, offer },
    taken: undefined,
    back: 0,
    draft: field.text,
    isTried: false,
  };
  if (offer.field === undefined || FIXED_VALUES[offer.field]) return { kind: 'on', prompt: next };
  return {
    kind: 'on',
    prompt: next,
    question: { kind: 'values', field: offer.field, prefix: offer.prefix },
  };
}

function recalled(prompt: Prompt, by: number): Prompt {
  const back = Math.max(0, Math.min(prompt.history.length, prompt.back + by));
  const text = back === 0 ? prompt.draft : (prompt.history[back - 1] as string);
  return { ...prompt, back, field: fieldOf(text), offer: NOTHING, taken: undefined };
}

/** The next candidate in the place of the last; behind the last of them, what was written. */
function completed(prompt: Prompt, by: number): PromptStep {
  const { offer, taken, field } = prompt;
  const count = offer.candidates.length;
  if (count === 0) return { kind: 'on', prompt };
  const before = taken?.before ?? field;
  const number = taken ? (taken.number + by + count + 1) % (count + 1) : by > 0 ? 0 : count - 1;
  if (number === count)
    return { kind: 'on', prompt: { ...prompt, field: before, taken: undefined } };
  const start = before.text.slice(0, offer.from) + offer.candidates[number];
  const put = { text: start + before.text.slice(offer.to), at: start.length };
  // A field that stands alone is completed at once, so that its values can follow.
  if (count === 1) return written(prompt, put);
  return { kind: 'on', prompt: { ...prompt, field: put, taken: { number, before } } };
}
