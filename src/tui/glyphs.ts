/** The characters that are drawn with: of Unicode, or of ASCII for terminals and fonts that have no more. */
export type Glyphs = {
  readonly ellipsis: string;
  /** Of sparklines and bars, the lowest first. */
  readonly levels: readonly string[];
  readonly good: string;
  readonly bad: string;
  readonly warn: string;
  readonly unknown: string;
  readonly chosen: string;
  readonly arrow: string;
  readonly dot: string;
  readonly rule: string;
  readonly bar: string;
  readonly times: string;
};

export const UNICODE: Glyphs = {
  ellipsis: '…',
  levels: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  good: '✓',
  bad: '✗',
  warn: '!',
  unknown: '?',
  chosen: '▸',
  arrow: '→',
  dot: '·',
  rule: '─',
  bar: '│',
  times: '×',
};

export const ASCII: Glyphs = {
  ellipsis: '~',
  levels: ['_', '.', '-', ':', '=', '+', '*', '#'],
  good: '+',
  bad: 'x',
  warn: '!',
  unknown: '?',
  chosen: '>',
  arrow: '->',
  dot: '.',
  rule: '-',
  bar: '|',
  times: 'x',
};
