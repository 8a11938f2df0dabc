import type { Glyphs } from './glyphs.ts';
import { beginningOf, endOf, type Span, span, widthOf } from './line.ts';
import type { Key } from './screen.ts';

/** A line of text that is being written; `at` is where the cursor stands, in UTF-16 units. */
export type Field = { readonly text: string; readonly at: number };

/** More than anybody writes into one line. */
const LONGEST = 4000;

export function fieldOf(text: string): Field {
  return { text, at: text.length };
}

/** The field after a key, as shells know them; undefined where the key is none of a field's. */
export function edited({ text, at }: Field, key: Key): Field | undefined {
  const [before, after] = [text.slice(0, at), text.slice(at)];
  switch (key.name) {
    case 'left':
    case 'ctrl+b':
      return { text, at: at - lastLength(before) };
    case 'right':
    case 'ctrl+f':
      return { text, at: at + firstLength(after) };
    case 'home':
    case 'ctrl+a':
      return { text, at: 0 };
    case 'end':
    case 'ctrl+e':
      return fieldOf(text);
    case 'backspace':
      return joined(before.slice(0, before.length - lastLength(before)), after);
    case 'delete':
    case 'ctrl+d':
      return joined(before, after.slice(firstLength(after)));
    case 'ctrl+w':
    case 'alt+backspace':
      return joined(before.replace(/\S+\s*$/, ''), after);
    case 'ctrl+u':
      return joined('', after);
    case 'ctrl+k':
      return fieldOf(before);
    default:
      return key.text === '' ? undefined : inserted({ text, at }, key.text);
  }
}

/** The field with a text put in; what was copied from several lines becomes one. */
export function inserted({ text, at }: Field, more: string): Field {
  const put = more.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  if (text.length + put.length > LONGEST) return { text, at };
  return joined(text.slice(0, at) + put, text.slice(at));
}

/** The field in at most so many columns, with the cursor in sight. */
export function fieldSpans({ text, at }: Field, width: number, glyphs: Glyphs): readonly Span[] {
  const shown = (part: string) => span(part).text;
  const under = text.slice(at, at + firstLength(text.slice(at)));
  const cursor = shown(under) || ' ';
  const [before, after] = [shown(text.slice(0, at)), shown(text.slice(at + under.length))];
  const room = Math.max(1, width - widthOf(cursor));
  const isWide = widthOf(before) > room;
  const start = isWide ? glyphs.ellipsis + endOf(before, room - widthOf(glyphs.ellipsis)) : before;
  return [
    span(start),
    span(cursor, 'here'),
    span(beginningOf(after, Math.max(0, room - widthOf(start)))),
  ];
}

function joined(before: string, after: string): Field {
  return { text: before + after, at: before.length };
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

function firstLength(text: string): number {
  return graphemes.segment(text)[Symbol.iterator]().next().value?.segment.length ?? 0;
}

function lastLength(text: string): number {
  return [...graphemes.segment(text)].at(-1)?.segment.length ?? 0;
}
