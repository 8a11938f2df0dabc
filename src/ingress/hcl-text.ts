/** A string literal: quotes and controls escaped, and `${` and `%{`, which would be evaluated. */
export function hclText(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('${', () => '$${')
    .replaceAll('%{', '%%{')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, codeOf);
  return `"${escaped}"`;
}

function codeOf(char: string): string {
  const code = char.codePointAt(0) as number;
  if (code > 0xffff) return `\\U${code.toString(16).padStart(8, '0')}`;
  // A lone surrogate is no character, and Terraform refuses its escape.
  return code >= 0xd800 && code <= 0xdfff ? '\\ufffd' : `\\u${code.toString(16).padStart(4, '0')}`;
}
