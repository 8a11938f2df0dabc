import { type CelFault, type CelToken, celTokens } from './cel-tokens.ts';

/** Deeper than anyone reads; the parser recurses. */
const DEEPEST = 100;

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

const BINARY: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['<', '<=', '>=', '>', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

/** What people write who come from other languages. */
const FOREIGN: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' };

class Fault extends Error {
  readonly fault: CelFault;

  constructor(at: number, message: string) {
    super(message);
    this.fault = { at, message };
  }
}

/**
 * What is wrong with the syntax of a CEL expression, or undefined. Brackets come first: one that is
 * missing is told by where it was opened, which is where the eye has to go. What the words mean (which
 * variables there are, of what type) is not judged.
 */
export function celFault(source: string): CelFault | undefined {
  if (source.trim() === '') {
    return {
      at: 0,
      message: 'is empty; write an expression, or remove it so that the rule is for all',
    };
  }
  const tokens = celTokens(source);
  if (!Array.isArray(tokens)) return tokens as CelFault;
  return unbalanced(tokens) ?? ungrammatical(tokens);
}

function unbalanced(tokens: readonly CelToken[]): CelFault | undefined {
  const open: CelToken[] = [];
  for (const token of tokens) {
    if (token.kind !== 'mark') continue;
    if (CLOSING[token.text] !== undefined) open.push(token);
    if (open.length > DEEPEST) return { at: token.at, message: 'is nested too deeply; split it' };
    if (!/^[)\]}]$/.test(token.text)) continue;
    const last = open.pop();
    if (last === undefined) {
      return { at: token.at, message: `this ${token.text} closes nothing; remove it, or open it` };
    }
    if (CLOSING[last.text] !== token.text) {
      const wanted = CLOSING[last.text];
      return {
        at: token.at,
        message: `this ${token.text} closes the ${last.text} of character ${last.at + 1}; write ${wanted}`,
      };
    }
  }
  const first = open[0];
  if (first === undefined) return undefined;
  const closing = open
    .map(({ text }) => CLOSING[text])
    .reverse()
    .join('');
  return {
    at: first.at,
    message: `the ${first.text} that begins here is never closed; add ${closing} where it ends`,
  };
}

/** The grammar of the CEL specification, precedence by precedence. */
function ungrammatical(tokens: readonly CelToken[]): CelFault | undefined {
  let index = 0;
  let depth = 0;
  const peek = () => tokens[index] as CelToken;
  const is = (...texts: readonly string[]) =>
    (peek().kind === 'mark' || peek().text === 'in') && texts.includes(peek().text);
  const next = () => tokens[index++] as CelToken;
  const eat = (text: string) => is(text) && next() !== undefined;
  const need = (text: string) => {
    if (!eat(text)) throw new Fault(peek().at, `${shown(peek())} stands where ${text} should`);
  };

  const expression = (): void => {
    if (++depth > DEEPEST) throw new Fault(peek().at, 'is nested too deeply; split it');
    binary(0);
    if (eat('?')) {
      binary(0);
      need(':');
      expression();
    }
    depth--;
  };
  const binary = (level: number): void => {
    const operators = BINARY[level];
    if (operators === undefined) {
      unary();
      return;
    }
    binary(level + 1);
    while (is(...operators)) {
      next();
      binary(level + 1);
    }
  };
  const unary = (): void => {
    while (eat('!') || eat('-')) {
      // As many as there are.
    }
    primary();
    members();
  };
  const members = (): void => {
    for (;;) {
      if (eat('.')) {
        eat('?');
        const name = next();
        if (name.kind !== 'name')
          throw new Fault(name.at, 'a name is missing behind the dot; add it');
        if (eat('(')) list(')');
        else if (is('{')) fields();
      } else if (eat('[')) {
        eat('?');
        expression();
        need(']');
      } else return;
    }
  };
  const primary = (): void => {
    eat('.');
    const token = next();
    if (token.kind === 'number' || token.kind === 'text') return;
    if (token.kind === 'name' && token.text !== 'in') {
      if (eat('(')) list(')');
      else if (is('{')) fields();
      return;
    }
    if (token.text === '(') {
      expression();
      need(')');
      return;
    }
    if (token.text === '[') {
      list(']');
      return;
    }
    if (token.text === '{') {
      index--;
      fields();
      return;
    }
    throw new Fault(token.at, `${shown(token)} stands where a value should; add one before it`);
  };
  const list = (closing: string): void => {
    while (!eat(closing)) {
      eat('?');
      expression();
      if (eat(',')) continue;
      need(closing);
      return;
    }
  };
  const fields = (): void => {
    need('{');
    while (!eat('}')) {
      eat('?');
      expression();
      need(':');
      expression();
      if (eat(',')) continue;
      need('}');
      return;
    }
  };
  try {
    expression();
    const rest = peek();
    if (rest.kind === 'end') return undefined;
    const instead = FOREIGN[rest.text.toLowerCase()];
    const remedy = instead ? `write ${instead}` : 'join them by an operator such as &&';
    return { at: rest.at, message: `${shown(rest)} follows a value that is complete; ${remedy}` };
  } catch (error) {
    if (error instanceof Fault) return error.fault;
    throw error;
  }
}

function shown({ kind, text }: CelToken): string {
  return kind === 'end' ? 'the end' : `"${text.length > 30 ? `${text.slice(0, 30)}…` : text}"`;
}

/** The expressions that stand in a text as `${…}`, with the place of each. */
export function interpolated(
  text: string,
): readonly { readonly at: number; readonly source: string }[] {
  const found: { at: number; source: string }[] = [];
  for (let start = text.indexOf('${'); start >= 0; start = text.indexOf('${', start)) {
    const at = start + 2;
    const end = endOfInterpolation(text, at);
    found.push({ at, source: text.slice(at, end) });
    start = end;
  }
  return found;
}

/** The `}` that ends it: not one in a text or of a map. Where none does, all the rest belongs to it. */
function endOfInterpolation(text: string, start: number): number {
  let depth = 0;
  let quote = '';
  for (let i = start; i < text.length; i++) {
    const char = text[i] as string;
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '{') depth++;
    else if (char === '}' && depth-- === 0) return i;
  }
  return text.length;
}
