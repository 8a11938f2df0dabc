import type { Place } from '../../policy/problem.ts';

/** Gives the place of an offset in a text, in time that hardly grows with the text. */
export function placesIn(file: string, text: string): (offset: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - (starts[low] as number) + 1 };
  };
}

/** How a language writes what is not code. */
export type Syntax = {
  readonly lineComments: readonly string[];
  // Those that begin with a slash and a star.
  readonly blockComments: boolean;
  /** Quotes, the longer first; a text between them may hold line breaks where the quote is in `multiline`. */
  readonly quotes: readonly string[];
  readonly multiline: readonly string[];
};

/**
 * The text with blanks for its comments, so that offsets stay as they are and what is commented out is
 * not found. One pass, whatever the text.
 */
export function withoutComments(text: string, syntax: Syntax): string {
  const pieces: string[] = [];
  let kept = 0;
  const blank = (start: number, end: number) => {
    pieces.push(text.slice(kept, start), text.slice(start, end).replace(/[^\n]/g, ' '));
    kept = end;
  };
  for (let at = 0; at < text.length; ) {
    // A quote as a character of its own, in Rust and Go.
    if (text.startsWith(`'"'`, at)) {
      at += 3;
      continue;
    }
    const quote = syntax.quotes.find((mark) => text.startsWith(mark, at));
    if (quote !== undefined) {
      at = endOfString(text, at, quote, syntax.multiline.includes(quote));
    } else if (syntax.blockComments && text.startsWith('/*', at)) {
      const end = text.indexOf('*/', at + 2);
      blank(at, end < 0 ? text.length : end + 2);
      at = kept;
    } else if (syntax.lineComments.some((mark) => text.startsWith(mark, at))) {
      const end = text.indexOf('\n', at);
      blank(at, end < 0 ? text.length : end);
      at = kept;
    } else at += 1;
  }
  return pieces.join('') + text.slice(kept);
}

/**
 * Behind the closing quote. Where there is none, all that is left is taken for text, up to the end of the
 * line where a text ends there: going back to look again would take the square of a text's length.
 */
function endOfString(text: string, start: number, quote: string, isMultiline: boolean): number {
  for (let at = start + quote.length; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else if (text[at] === '\n' && !isMultiline) return at;
  }
  return text.length;
}
