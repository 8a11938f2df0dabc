import { EMPTY_LINE, type Line, line, span, type Tone } from '../line.ts';
import type { Context } from '../screen.ts';
import { titleLine } from './layout.ts';

type File = { readonly name: string; readonly text: string };

/** How a generated text begins its comments, whatever its language: `#`, `;`, `//`, `--`, `!`. */
const COMMENT = /^\s*(?:#|;|\/\/|--|!)/;

/** More lines than anybody reads here; the file has them all. */
const MOST = 5000;

/** Files one below the other, each with its name above it. */
export function fileLines(
  files: readonly File[],
  { width, glyphs }: Pick<Context, 'width' | 'glyphs'>,
): readonly Line[] {
  return files.flatMap(({ name, text }) => [
    titleLine(name, width, glyphs),
    ...textLines(text),
    EMPTY_LINE,
  ]);
}

function textLines(text: string): readonly Line[] {
  const lines = text.trimEnd().split('\n');
  const shown = lines.slice(0, MOST).map((one) => {
    // Tabs have no width of their own.
    const spaced = one.replaceAll('\t', '    ');
    return line(span(spaced, COMMENT.test(one) ? 'dim' : 'plain'));
  });
  const more = lines.length - shown.length;
  return more > 0
    ? [...shown, line(span(`and ${more} more lines; s saves them all`, 'dim'))]
    : shown;
}

const DIFF_TONES: Readonly<Record<string, Tone>> = { '+': 'good', '-': 'bad', '@': 'note' };

/** Lines of `diff -u`; the signs at their beginning say what the tones do. */
export function diffLines(diff: readonly string[]): readonly Line[] {
  return diff.map((one) =>
    line(span(one.replaceAll('\t', '    '), DIFF_TONES[one[0] ?? ''] ?? 'plain')),
  );
}

/** All files as one text, for the clipboard. */
export function joinedText(files: readonly File[]): string {
  return files.map(({ text }) => text).join('\n');
}
