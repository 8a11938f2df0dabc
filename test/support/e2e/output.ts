import assert from 'node:assert/strict';

export function has(text: string, pattern: RegExp | string): void {
  if (typeof pattern === 'string')
    assert.ok(text.includes(pattern), `${pattern}\nis not in\n${text}`);
  else assert.match(text, pattern);
}

export function linesOf(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

/** 80 columns; more only where a line has no space to be broken at, or leads an editor to a place. */
export function fits(text: string): void {
  for (const line of linesOf(text)) {
    if (/^\S+:\d+:\d+: /.test(line)) continue;
    const [, indent = '', rest = ''] = /^( *(?:[a-z ]+ {2,})?)(.*)$/.exec(line) ?? [];
    assert.ok(line.length <= 80 || !rest.includes(' '), `${line.length} columns: ${indent}${rest}`);
  }
}
