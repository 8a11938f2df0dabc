/** A word of a CEL expression, and the characters before it. */
export type CelToken = {
  readonly kind: 'name' | 'number' | 'text' | 'mark' | 'end';
  readonly text: string;
  readonly at: number;
};

/** Where an expression goes wrong and what to do about it; `at` counts characters from 0. */
export type CelFault = { readonly at: number; readonly message: string };

const SPACE = /(?:\s|\/\/[^\n]*)*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[uU]?/y;
const STRING = /(?:[rR][bB]?|[bB][rR]?)?(?:"""|'''|"|')/y;
const MARK = /&&|\|\||[=!<>]=|[-+*/%<>!?:.,()[\]{}]/y;

/** The words of an expression (CEL specification, Syntax), the last of them its end. */
export function celTokens(source: string): readonly CelToken[] | CelFault {
  const tokens: CelToken[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  for (;;) {
    at += (take(SPACE) ?? '').length;
    if (at >= source.length) break;
    const quote = take(STRING);
    if (quote !== undefined) {
      const end = endOfString(source, at, quote);
      if (end === undefined) {
        const mark = quote.replace(/^[rRbB]+/, '');
        return { at, message: `the text that begins here has no closing ${mark}; add it` };
      }
      tokens.push({ kind: 'text', text: source.slice(at, end), at });
      at = end;
      continue;
    }
    const name = take(NAME);
    // `1..2` and `a.1` are no numbers that begin with a dot; only where a value may begin is `.5` one.
    const number =
      name === undefined && startsNumber(source, at, tokens) ? take(NUMBER) : undefined;
    const mark = name ?? number ?? take(MARK);
    if (mark === undefined) return { at, message: strange(source, at) };
    const kind = name !== undefined ? 'name' : number !== undefined ? 'number' : 'mark';
    tokens.push({ kind, text: mark, at });
    at += mark.length;
  }
  tokens.push({ kind: 'end', text: '', at: source.length });
  return tokens;
}

function startsNumber(source: string, at: number, before: readonly CelToken[]): boolean {
  if (/\d/.test(source[at] ?? '')) return true;
  const last = before.at(-1);
  return (
    source[at] === '.' &&
    (last === undefined || (last.kind === 'mark' && !/[)\]}.]/.test(last.text)))
  );
}

/** The offset behind a string, or undefined where it does not end. */
function endOfString(source: string, at: number, opening: string): number | undefined {
  const quote = opening.replace(/^[rRbB]+/, '');
  const raw = /[rR]/.test(opening.slice(0, -quote.length));
  for (let i = at + opening.length; i < source.length; i++) {
    if (source.startsWith(quote, i)) return i + quote.length;
    if (source[i] === '\\' && !raw) i++;
    else if (source[i] === '\n' && quote.length === 1) return undefined;
  }
  return undefined;
}

function strange(source: string, at: number): string {
  const char = String.fromCodePoint(source.codePointAt(at) as number);
  const instead: Readonly<Record<string, string>> = {
    '=': 'write == to compare',
    '&': 'write && for "and"',
    '|': 'write || for "or"',
    '’': "write ' around a text",
    '‘': "write ' around a text",
    '“': 'write " around a text',
    '”': 'write " around a text',
  };
  return `${char} means nothing here; ${instead[char] ?? 'remove it'}`;
}
