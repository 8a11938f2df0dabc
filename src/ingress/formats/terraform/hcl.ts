import { hclText } from '../../hcl-text.ts';

/** Arguments of a block, their equals signs in one column as `terraform fmt` has them. */
export function argumentLines(
  pairs: Readonly<Record<string, string | number>>,
  indent: string,
): readonly string[] {
  const width = Math.max(...Object.keys(pairs).map((key) => key.length));
  return Object.entries(pairs).map(([key, value]) => `${indent}${key.padEnd(width)} = ${value}`);
}

/** A list, an item a line. It stands alone: an equals sign in a column with others would move. */
export function listLines(key: string, items: readonly string[]): readonly string[] {
  return ['', `  ${key} = [`, ...items.map((item) => `    ${hclText(item)},`), '  ]'];
}

export function blockLines(head: string, body: readonly string[]): readonly string[] {
  return ['', `${head} {`, ...body, '}'];
}

/** What the reader has to give, as it is not in any policy. */
export function variableLines(name: string, description: string): readonly string[] {
  return blockLines(`variable ${hclText(name)}`, [
    ...argumentLines({ description: hclText(description), type: 'string' }, '  '),
  ]);
}

/** A domain as part of an identifier, which may not begin with a digit. */
export function identifierOf(domain: string): string {
  const text = domain.replaceAll('_', '__').replaceAll('.', '_');
  return /^[a-z]/.test(text) ? text : `_${text}`;
}
