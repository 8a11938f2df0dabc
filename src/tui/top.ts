import { beginningOf, type Line, lineWidth, type Span, span, widthOf } from './line.ts';
import type { ScreenId } from './screen.ts';
import type { State } from './state.ts';

const PRODUCT = 'tunnelwarden';

/** Where a screen's tab stands in the top line: columns from `from` to before `to`. */
export type Tab = {
  readonly id: ScreenId;
  readonly text: string;
  readonly from: number;
  readonly to: number;
};

/** Product and what is looked at, the screens, and on the right what is the matter. */
export function topLine(state: State): Line {
  const { left, tabs, right, gap } = topOf(state);
  const middle = tabs.flatMap(({ id, text }): Span[] => [
    span(' '),
    span(text, id === state.screen ? 'here' : 'dim'),
  ]);
  return { spans: [...left, ...middle, span(' '.repeat(gap)), ...right] };
}

/** The screen whose tab is at a column. */
export function tabAt(state: State, column: number): ScreenId | undefined {
  return topOf(state).tabs.find(({ from, to }) => column >= from && column < to)?.id;
}

type Top = {
  readonly left: readonly Span[];
  readonly tabs: readonly Tab[];
  readonly right: readonly Span[];
  readonly gap: number;
};

/**
 * What the top line is shortened to, step by step: with the product or not, letters of what is looked at,
 * letters of each screen's name, and whether the one in view keeps all of them.
 */
const STEPS = [
  { product: true, title: 30, letters: 20, full: true },
  { product: false, title: 20, letters: 20, full: true },
  { product: false, title: 16, letters: 5, full: true },
  { product: false, title: 12, letters: 4, full: true },
  { product: false, title: 12, letters: 3, full: true },
  { product: false, title: 12, letters: 3, full: false },
  { product: false, title: 8, letters: 3, full: false },
  { product: false, title: 0, letters: 3, full: true },
  { product: false, title: 0, letters: 3, full: false },
  { product: false, title: 12, letters: 0, full: true },
  { product: false, title: 0, letters: 0, full: true },
] as const;

function topOf(state: State): Top {
  const { size, setup } = state;
  const right = stateWords(state);
  const taken = lineWidth({ spans: right });
  for (const { product, title, letters, full } of STEPS) {
    const left = leftOf(setup.title, product, title, setup.glyphs.ellipsis);
    const start = lineWidth({ spans: left });
    const tabs = tabsFrom(state, start, letters, full);
    const gap = size.width - (tabs.at(-1)?.to ?? start) - taken;
    if (gap >= 1) return { left, tabs, right, gap };
  }
  return { left: [], tabs: tabsFrom(state, 0, 0, false), right: [], gap: 0 };
}

function leftOf(title: string, product: boolean, letters: number, ellipsis: string): Span[] {
  const { text } = span(title);
  const isWide = widthOf(text) > letters;
  const name = isWide ? beginningOf(text, letters - widthOf(ellipsis)) + ellipsis : text;
  return [
    ...(product ? [span(PRODUCT, 'title'), span(' ')] : []),
    ...(letters === 0 ? [] : [span(name, 'strong'), span(' ')]),
  ];
}

function tabsFrom(
  { screens, screen }: State,
  start: number,
  letters: number,
  full: boolean,
): Tab[] {
  let column = start;
  return screens.map(({ id, title }, i) => {
    const name = full && id === screen ? title : beginningOf(title, letters);
    const text = name === '' ? `${i + 1}` : `${i + 1} ${name}`;
    const from = column + 1;
    column = from + widthOf(text);
    return { id, text, from, to: column };
  });
}

function stateWords({ setup, frozen, open }: State): Span[] {
  const words: Span[] = [
    frozen === undefined ? span('LIVE', 'good') : span('FROZEN', 'warn'),
    ...(setup.isDemo ? [span('DEMO', 'note')] : []),
    ...(setup.readOnly ? [span('READ-ONLY', 'note')] : []),
    ...(open === undefined ? [] : [span(`${open} open`, open > 0 ? 'bad' : 'dim')]),
  ];
  return words.flatMap((word, i) => (i === 0 ? [word] : [span(' '), word]));
}
