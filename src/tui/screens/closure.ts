import { EMPTY_LINE, type Line, line, span, type Tone } from '../line.ts';
import { withRowsKept } from '../list.ts';
import type { Context, KeyHelp, Screen } from '../screen.ts';
import type { AnswerTo, ClosureChain } from '../source.ts';
import type { Column } from '../table.ts';
import { type Browser, type Browsing, browsed, shownKey, startBrowsing } from './browse.ts';
import { browseView, detailWidth } from './browse-view.ts';
import { hanging, titleLine } from './layout.ts';
import { asked, isEarly, type Seldom } from './seldom.ts';

type State = Browsing<ClosureChain, undefined> & Seldom;
type StepShown = ClosureChain['steps'][number];

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'read the steps of the service', hint: 'read' },
  { keys: 'J', does: 'read the next service' },
  { keys: 'K', does: 'read the service before' },
  { keys: 'escape', does: 'go back to the list' },
];

const keyOf = ({ service }: ClosureChain) => service;

const countOf = ({ steps }: ClosureChain, wanted: StepShown['state']) =>
  steps.filter(({ state }) => state === wanted).length;

const browser: Browser<ClosureChain, undefined, State> = {
  keyOf,
  ask: () => ({ kind: 'closure' }),
  pageOf: (question, answer) =>
    question.kind === 'closure'
      ? { page: { rows: sorted(answer as AnswerTo<'closure'>), isAll: true }, part: 'top' }
      : undefined,
  isOf: ({ kind }) => kind === 'closure',
  withTop: (state, { rows }) => ({ ...state, list: withRowsKept(state.list, rows, true, keyOf) }),
  detailLines: (state, context) => detailLines(state, context, detailWidth(context))?.length ?? 1,
};

/** Those that the policy names first, and among these where most is open. */
function sorted(chains: readonly ClosureChain[]): readonly ClosureChain[] {
  return [...chains].sort(
    (a, b) =>
      Number(b.isNamed) - Number(a.isNamed) ||
      countOf(b, 'open') - countOf(a, 'open') ||
      (a.service < b.service ? -1 : 1),
  );
}

function detailLines(state: State, context: Context, width: number): readonly Line[] | undefined {
  const key = shownKey(state, context, keyOf);
  const chain = state.list.rows.find((row) => keyOf(row) === key);
  if (!chain)
    return state.list.isKnown ? [line('The policy does not block it any more.')] : undefined;
  const order: readonly StepShown['state'][] = ['open', 'beyond', 'unknown', 'closed'];
  const steps = [...chain.steps].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return [
    line(span(chain.title, 'title'), span(`  ${chain.service}`, 'dim')),
    line(sumOf([chain])),
    EMPTY_LINE,
    titleLine('Steps of its agents, the open ones first', width, context.glyphs),
    ...steps.flatMap((step) => stepLines(step, { ...context, width })),
  ];
}

const STATES: Readonly<
  Record<StepShown['state'], readonly [glyph: 'good' | 'bad' | 'warn' | 'unknown', tone: Tone]>
> = {
  closed: ['good', 'good'],
  open: ['bad', 'bad'],
  beyond: ['warn', 'warn'],
  unknown: ['unknown', 'dim'],
};

const INDENT = 12;

function stepLines(step: StepShown, { width, glyphs }: Context): readonly Line[] {
  const { id, state, by, why, remedy, collateral } = step;
  const [glyph, tone] = STATES[state];
  const told = (label: string, text: string | undefined) =>
    text === undefined ? [] : hanging(span(`   ${label}`, 'dim'), text, { width, indent: INDENT });
  return [
    line(span(`${glyphs[glyph]} ${state}`.padEnd(INDENT), tone), span(id, 'strong')),
    ...by.flatMap((hold) => told('by', hold)),
    ...told('why', why),
    ...told('to do', remedy),
    ...told('costs', collateral),
  ];
}

/** What all of it comes to, as a sentence. */
function sumOf(chains: readonly ClosureChain[]) {
  const count = (state: StepShown['state']) =>
    chains.reduce((sum, chain) => sum + countOf(chain, state), 0);
  const all = chains.reduce((sum, { steps }) => sum + steps.length, 0);
  const [open, beyond, unknown] = [count('open'), count('beyond'), count('unknown')];
  if (open === 0 && beyond === 0 && unknown === 0) {
    return span(`All ${all} steps are closed`, 'good');
  }
  const parts = [
    ...(open > 0 ? [`${open} open`] : []),
    ...(beyond > 0 ? [`${beyond} beyond names and addresses`] : []),
    ...(unknown > 0 ? [`${unknown} unknown`] : []),
  ];
  return span(`Of ${all} steps ${parts.join(', ')}`, open > 0 ? 'bad' : 'warn');
}

const COLUMNS: readonly Column<ClosureChain>[] = [
  {
    title: 'SERVICE',
    text: ({ service }) => service,
    tone: ({ isNamed }) => (isNamed ? 'plain' : 'dim'),
    least: 14,
  },
  {
    title: 'OPEN',
    text: (row) => String(countOf(row, 'open')),
    tone: (row) => (countOf(row, 'open') > 0 ? 'bad' : 'good'),
    align: 'right',
    ...{ least: 4, most: 4 },
  },
  {
    title: 'BEYOND',
    text: (row) => String(countOf(row, 'beyond')),
    align: 'right',
    ...{ least: 6, most: 6 },
  },
  {
    title: 'UNKNOWN',
    text: (row) => String(countOf(row, 'unknown')),
    align: 'right',
    ...{ least: 7, most: 7 },
  },
  {
    title: 'CLOSED',
    text: (row) => String(countOf(row, 'closed')),
    align: 'right',
    ...{ least: 6, most: 6 },
  },
];

const EMPTY = [
  'The policy blocks no service, so there is nothing to walk.',
  'Write `services: { ngrok: block, others: block }` into it.',
];

/** Every way round that is known, and what closes it. */
export const closureScreen: Screen<State> = {
  id: 'closure',
  title: 'Closure',
  keys: KEYS,
  start: { ...startBrowsing<ClosureChain, undefined>(), askedAt: 0 },
  update: (state, event, context) => {
    if (isEarly(state, event, context)) return [state];
    return browsed(asked(state, event, context.now), event, context, browser) ?? [state];
  },
  view: (state, context) =>
    browseView(
      {
        ...state,
        head: line(sumOf(state.list.rows)),
        columns: COLUMNS,
        empty: EMPTY,
        detail: (width) => detailLines(state, context, width),
      },
      context,
    ),
  copied: ({ list }) => {
    const chain = list.rows[list.at];
    return chain && { text: chain.service, what: 'the service' };
  },
  exported: ({ list: { rows } }) => ({
    kind: 'save',
    name: 'closure.txt',
    text: rows
      .flatMap(({ service, steps }) => [
        service,
        ...steps.map(({ id, state, why }) => `  ${state}  ${id}${why ? `: ${why}` : ''}`),
      ])
      .map((text) => `${text}\n`)
      .join(''),
  }),
};
