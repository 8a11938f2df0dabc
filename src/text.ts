/**
 * What must not reach a terminal as it is: controls and escape sequences, format characters (bidi
 * overrides, zero widths), lone surrogates, line and paragraph separators, and letters that show
 * as nothing.
 */
const UNSAFE_ON_TERMINAL = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** What JSON.stringify leaves bare although terminals, JavaScript or eyes misread it. */
const UNSAFE_IN_JSON = /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A cell that a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** The text on one line, with nothing in it that acts on a terminal or deceives its reader. */
export function forTerminal(text: string): string {
  return text.replace(UNSAFE_ON_TERMINAL, (char) => {
    const code = char.codePointAt(0) as number;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** One cell of a CSV file (RFC 4180); a `'` in front keeps a spreadsheet from calculating it. */
export function csvCell(text: string): string {
  const inert = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** The value as one line of JSON in which only printable characters stand bare. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE_IN_JSON, (char) =>
    char
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/**
 * The text in printable ASCII on one line, for comments of generated files: what is not ASCII is
 * written by its code, and a final backslash, which would join the next line to a comment, is not final.
 */
export function printable(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/gu, (char) => `<U+${hex(char)}>`);
  return plain.endsWith('\\') ? `${plain} .` : plain;
}

function hex(char: string): string {
  return (char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
}

/** `1 file`, `2 files`: for words that take an s. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
