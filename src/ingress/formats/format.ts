import type { Publication } from '../records.ts';

/** A generated file; the path is relative to wherever the caller puts it. */
export type RecordFile = { readonly path: string; readonly text: string };

/** A way to write a delegation down, for what publishes it or for a resolver that does not see it. */
export type Format = {
  readonly id: string;
  readonly title: string;
  /** What to do with it, in one line. */
  readonly use: string;
  readonly print: (publication: Publication) => readonly RecordFile[];
};

/** Lines as a file; the last line ends like the others. */
export function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** A name with its final dot, where a format would take it for a relative one without. */
export function absolute(name: string): string {
  return `${name}.`;
}
