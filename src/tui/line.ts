import stringWidth from 'string-width';
import { forTerminal } from '../text.ts';

/** What a piece of text is to its reader; a theme says how that looks. `here` is where one is: a tab, the cursor of a field. */
export type Tone =
  | 'plain'
  | 'dim'
  | 'strong'
  | 'title'
  | 'key'
  | 'note'
  | 'good'
  | 'warn'
  | 'bad'
  | 'here';

/**
 * A piece of a line, made by `span` alone: nothing in its text acts on a terminal. `chosen` where the
 * cursor stands on a part of the line only, as where a list has something beside it.
 */
export type Span = { readonly text: string; readonly tone: Tone; readonly chosen?: true };

/** One line of the screen; `chosen` is where the cursor stands. */
export type Line = { readonly spans: readonly Span[]; readonly chosen?: boolean };

/** The one way into a line: whatever came from strangers is neutralised here. */
export function span(text: string, tone: Tone = 'plain'): Span {
  return { text: forTerminal(text), tone };
}

/** A line of spans; bare text is a plain span. */
export function line(...parts: readonly (Span | string)[]): Line {
  return { spans: parts.map((part) => (typeof part === 'string' ? span(part) : part)) };
}

export const EMPTY_LINE: Line = { spans: [] };

/**
 * Letters of one column and one UTF-16 unit each, which never join with others: where they stand, a text can
 * be cut anywhere. What is drawn with is among them, because measuring anything else takes most of a frame.
 */
export const SIMPLE =
  /^[\x20-\x7e\xa1-\xac\xae-\u02af\u2026\u2190-\u2193\u2500-\u259f\u25b8\u2713\u2717]*$/;

/** Columns of the terminal that a text takes. */
export function widthOf(text: string): number {
  return SIMPLE.test(text) ? text.length : stringWidth(text);
}

/** Columns that a line takes. */
export function lineWidth({ spans }: Line): number {
  return spans.reduce((sum, { text }) => sum + widthOf(text), 0);
}

/** The line as it would be read aloud, without tones. */
export function plainText({ spans }: Line): string {
  return spans.map(({ text }) => text).join('');
}

/** The longest beginning of a text that takes at most so many columns; never half of a character. */
export function beginningOf(text: string, width: number): string {
  if (SIMPLE.test(text)) return text.slice(0, Math.max(0, width));
  let [kept, taken] = ['', 0];
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(
    text,
  )) {
    taken += stringWidth(segment);
    if (taken > width) break;
    kept += segment;
  }
  return kept;
}

/** The longest end of a text that takes at most so many columns. */
export function endOf(text: string, width: number): string {
  if (SIMPLE.test(text)) return width <= 0 ? '' : text.slice(-width);
  const segments = [
    ...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text),
  ].reverse();
  let [kept, taken] = ['', 0];
  for (const { segment } of segments) {
    taken += stringWidth(segment);
    if (taken > width) break;
    kept = segment + kept;
  }
  return kept;
}

/** The text with its middle left out where it is too wide: both ends of a name tell more than one. */
export function cutMiddle(text: string, width: number, ellipsis: string): string {
  if (widthOf(text) <= width) return text;
  const room = width - widthOf(ellipsis);
  if (room <= 0) return beginningOf(text, width);
  const tail = Math.floor(room / 2);
  return beginningOf(text, room - tail) + ellipsis + endOf(text, tail);
}

/** The text in exactly so many columns. */
export function padded(
  text: string,
  width: number,
  ellipsis: string,
  align: 'left' | 'right' = 'left',
): string {
  const cut = cutMiddle(text, width, ellipsis);
  const space = ' '.repeat(Math.max(0, width - widthOf(cut)));
  return align === 'right' ? space + cut : cut + space;
}

/** The line cut to so many columns, at its end. */
export function cutLine(whole: Line, width: number, ellipsis: string): Line {
  if (lineWidth(whole) <= width) return whole;
  if (width < widthOf(ellipsis)) return { ...whole, spans: [] };
  let room = width - widthOf(ellipsis);
  const spans: Span[] = [];
  for (const piece of whole.spans) {
    const wide = widthOf(piece.text);
    if (wide > room) {
      spans.push({ ...piece, text: beginningOf(piece.text, room) + ellipsis });
      break;
    }
    spans.push(piece);
    room -= wide;
  }
  return { ...whole, spans };
}

/** The text in pieces of at most so many columns, broken between words where that can be; at least one. */
export function wrappedTexts(text: string, width: number): readonly string[] {
  const pieces: string[] = [];
  let current = '';
  for (const word of span(text).text.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (widthOf(longer) <= width) {
      current = longer;
      continue;
    }
    if (current !== '') pieces.push(current);
    current = word;
    // A word that is wider than a line is broken where the line ends.
    while (widthOf(current) > width) {
      const piece = beginningOf(current, width);
      if (piece === '') break;
      pieces.push(piece);
      current = current.slice(piece.length);
    }
  }
  return current !== '' || pieces.length === 0 ? [...pieces, current] : pieces;
}
