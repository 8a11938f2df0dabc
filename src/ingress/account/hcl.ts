import { hclText } from '../hcl-text.ts';

/** Values of Terraform's language; an expression is written as it is. */
export type Hcl =
  | string
  | boolean
  | { readonly expression: string }
  | readonly Hcl[]
  | { readonly fields: Readonly<Record<string, Hcl>> };

export const expression = (text: string): Hcl => ({ expression: text });
export const map = (fields: Readonly<Record<string, Hcl>>): Hcl => ({ fields });

/** A block, as `terraform fmt` would leave it: the `=` of neighbours that fit on a line aligned. */
export function block(head: string, fields: Readonly<Record<string, Hcl>>): string {
  return [`${head} {`, ...linesOf(fields, '  '), '}'].join('\n');
}

function linesOf(fields: Readonly<Record<string, Hcl>>, indent: string): string[] {
  const entries = Object.entries(fields).map(([key, value]) => ({
    key,
    lines: linesOfValue(value, indent),
  }));
  return entries.flatMap(({ key, lines: [first = '', ...rest] }, i) => {
    if (rest.length > 0) return [`${indent}${key} = ${first}`, ...rest];
    const width = Math.max(...run(entries, i).map(({ key }) => key.length));
    return [`${indent}${key.padEnd(width)} = ${first}`];
  });
}

/** The entries around one that stand on a line each, without a longer one between them. */
function run<T extends { readonly lines: readonly string[] }>(
  entries: readonly T[],
  at: number,
): T[] {
  const isLine = (entry: T | undefined) => entry?.lines.length === 1;
  let from = at;
  let to = at;
  while (isLine(entries[from - 1])) from--;
  while (isLine(entries[to + 1])) to++;
  return entries.slice(from, to + 1);
}

function linesOfValue(value: Hcl, indent: string): string[] {
  if (typeof value === 'string') return [hclText(value)];
  if (typeof value === 'boolean') return [String(value)];
  if ('expression' in value) return [value.expression];
  const inner = `${indent}  `;
  if ('fields' in value && isShort(value.fields)) {
    const [[key, only] = ['', '']] = Object.entries(value.fields);
    return [`{ ${key} = ${linesOfValue(only, inner)[0]} }`];
  }
  if ('fields' in value) return ['{', ...linesOf(value.fields, inner), `${indent}}`];
  if (value.length === 0) return ['[]'];
  const items = value.map((item) => linesOfValue(item, inner));
  return ['[', ...items.map((lines) => `${inner}${lines.join('\n')},`), `${indent}]`];
}

/** One word alone needs no lines of its own. */
function isShort(fields: Readonly<Record<string, Hcl>>): boolean {
  const [only, ...others] = Object.values(fields);
  return typeof only === 'string' && others.length === 0;
}
