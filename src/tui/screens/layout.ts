import type { Glyphs } from '../glyphs.ts';
import {
  cutLine,
  EMPTY_LINE,
  type Line,
  line,
  lineWidth,
  padded,
  type Span,
  span,
  type Tone,
  widthOf,
  wrappedTexts,
} from '../line.ts';
import type { Context } from '../screen.ts';

/** Columns between two blocks. */
export const BESIDE_GAP = 3;

/** From this width on a list has its detail beside it. */
export const WIDE = 120;

export const isWide = ({ width }: Pick<Context, 'width'>) => width >= WIDE;

/** A little more than half is the list's. */
const LISTS_SHARE = 0.57;

/** Columns of a list, which has its detail beside it where there is room. */
export const listWidth = ({ width }: Pick<Context, 'width'>) =>
  isWide({ width }) ? Math.floor((width - BESIDE_GAP) * LISTS_SHARE) : width;

/** The lines as a screen returns them: no more than fit, and none too wide. */
export function fitted(
  lines: readonly Line[],
  { width, height, glyphs }: Pick<Context, 'width' | 'height' | 'glyphs'>,
): readonly Line[] {
  return lines.slice(0, Math.max(0, height)).map((one) => cutLine(one, width, glyphs.ellipsis));
}

/** A title with a rule behind it. */
export function titleLine(title: string, width: number, glyphs: Glyphs): Line {
  const text = span(title, 'title');
  const rest = width - widthOf(text.text) - 1;
  return line(text, span(rest > 0 ? ` ${glyphs.rule.repeat(rest)}` : '', 'dim'));
}

/** A text in lines of at most `width` columns, broken between words where that can be. */
export function wrapped(text: string, width: number, tone: Tone = 'plain'): readonly Line[] {
  return wrappedTexts(text, width).map((piece) => line(span(piece, tone)));
}

/** What stands at the left of a text that is wrapped beside it, such as a label. */
export function hanging(
  label: Span,
  text: string,
  { width, indent, tone = 'plain' }: { width: number; indent: number; tone?: Tone },
): readonly Line[] {
  const room = Math.max(8, width - indent);
  const gap = Math.max(1, indent - widthOf(label.text));
  return wrapped(text, room, tone).map((one, i) =>
    i === 0
      ? line(label, ' '.repeat(gap), ...one.spans)
      : line(' '.repeat(widthOf(label.text) + gap), ...one.spans),
  );
}

/** Pieces one after the other, on as many lines as they need. */
export function flowed(
  pieces: readonly (readonly Span[])[],
  width: number,
  gap = '   ',
): readonly Line[] {
  const lines: Span[][] = [];
  for (const piece of pieces) {
    const last = lines.at(-1);
    const joined = last && [...last, span(gap), ...piece];
    if (joined && lineWidth({ spans: joined }) <= width) lines[lines.length - 1] = joined;
    else lines.push([...piece]);
  }
  return lines.map((spans) => ({ spans }));
}

/** Two blocks of lines beside each other; the right one begins behind column `left` and a bar. */
export function beside(
  lefts: readonly Line[],
  rights: readonly Line[],
  left: number,
  { width, glyphs }: Pick<Context, 'width' | 'glyphs'>,
): readonly Line[] {
  const right = width - left - BESIDE_GAP;
  return Array.from({ length: Math.max(lefts.length, rights.length) }, (_, i) => {
    const first = cutLine(lefts[i] ?? EMPTY_LINE, left, glyphs.ellipsis);
    const second = cutLine(rights[i] ?? EMPTY_LINE, right, glyphs.ellipsis);
    const space = span(' '.repeat(Math.max(0, left - lineWidth(first))));
    return {
      spans: [
        ...asChosen(first, [...first.spans, space]),
        span(` ${glyphs.bar} `, 'dim'),
        ...asChosen(second, second.spans),
      ],
    };
  });
}

function asChosen({ chosen }: Line, spans: readonly Span[]): readonly Span[] {
  return chosen ? spans.map((one) => ({ ...one, chosen: true as const })) : spans;
}

/** Cells of fixed widths with two columns between. */
export function cells(
  parts: readonly (readonly [text: string, width: number, tone?: Tone, align?: 'right'])[],
  glyphs: Glyphs,
): readonly Span[] {
  return parts.flatMap(([text, width, tone = 'plain', align], i) => [
    ...(i === 0 ? [] : [span('  ')]),
    span(padded(span(text).text, width, glyphs.ellipsis, align), tone),
  ]);
}
