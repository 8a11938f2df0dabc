import { ParseError } from '../../policy/problem.ts';

/** One word of a search as it was written, with what it says once quotes are taken off. */
export type Word = {
  /** Where it stands in the text: from its first character up to but without `to`. */
  readonly from: number;
  readonly to: number;
  readonly written: string;
  readonly chars: readonly Char[];
  /** False where a quote is not closed. */
  readonly closed: boolean;
};

/** A character (a UTF-16 unit), and whether it stood in quotes, where it means nothing but itself. */
export type Char = { readonly char: string; readonly quoted: boolean };

/**
 * The words of a text, between white space. In quotes all is text, a space, a comma and a colon too; a
 * quote itself is written twice there. A quote that is not closed reaches to the end.
 */
export function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] as string)) at += 1;
    else {
      const word = wordAt(text, at);
      words.push(word);
      at = word.to;
    }
  }
  return words;
}

function wordAt(text: string, from: number): Word {
  const chars: Char[] = [];
  let quoted = false;
  let to = from;
  for (; to < text.length; to++) {
    const char = text[to] as string;
    if (char === '"' && quoted && text[to + 1] === '"') {
      chars.push({ char, quoted });
      to += 1;
    } else if (char === '"') {
      quoted = !quoted;
      // Empty quotes are a word as well: `""` is the text of no characters.
      chars.push({ char: '', quoted: true });
    } else if (!quoted && /\s/.test(char)) break;
    else chars.push({ char, quoted });
  }
  return { from, to, written: text.slice(from, to), chars, closed: !quoted };
}

/** What characters say. */
export function plain(chars: readonly Char[]): string {
  return chars.map(({ char }) => char).join('');
}

/** True where some of it stood in quotes. */
export function isQuoted(chars: readonly Char[]): boolean {
  return chars.some(({ quoted }) => quoted);
}

/** The values between commas that stand in no quotes. Throws ParseError where one is missing. */
export function valuesOf(chars: readonly Char[]): readonly (readonly Char[])[] {
  const values: Char[][] = [[]];
  for (const char of chars) {
    if (char.char === ',' && !char.quoted) values.push([]);
    else (values.at(-1) as Char[]).push(char);
  }
  if (values.some((value) => plain(value) === '')) {
    throw new ParseError('has no value where there should be one; write it, or remove the comma');
  }
  return values;
}

/** What separates words or values, or would be read as more than text. */
const SPECIAL = /[\s",]/;

/** A value as it is written in a search. */
export function quoted(value: string): string {
  return value === '' || SPECIAL.test(value) ? inQuotes(value) : value;
}

export function inQuotes(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}
