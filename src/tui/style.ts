import { type Line, lineWidth, type Span } from './line.ts';
import type { Theme } from './theme.ts';

/** A piece of text as a terminal is to show it: `codes` are the numbers of an SGR sequence, empty for its own look. */
export type Part = { readonly text: string; readonly codes: string };

/** The line in parts, neighbours that look alike as one. A chosen line reaches over the whole width. */
export function partsOf(line: Line, width: number, theme: Theme): readonly Part[] {
  // What a tone would look like on top of inverse is anybody's guess: there it goes without.
  const isInverse = theme.chosen === '7';
  const over = ({ tone }: Span) =>
    isInverse ? theme.chosen : [theme.chosen, theme[tone]].filter(Boolean).join(';');
  const parts = line.spans.map((piece) => ({
    text: piece.text,
    codes: piece.chosen || line.chosen ? over(piece) : theme[piece.tone],
  }));
  const rest = line.chosen ? ' '.repeat(Math.max(0, width - lineWidth(line))) : '';
  return joined([...parts, { text: rest, codes: theme.chosen }]);
}

function joined(parts: readonly Part[]): readonly Part[] {
  const whole: Part[] = [];
  for (const part of parts) {
    const last = whole.at(-1);
    if (part.text === '') continue;
    if (last && last.codes === part.codes) {
      whole[whole.length - 1] = { text: last.text + part.text, codes: last.codes };
    } else whole.push(part);
  }
  return whole;
}
