import { EMPTY_LINE, type Line, line, span, type Tone } from '../line.ts';
import { withRowsKept } from '../list.ts';
import type { Context, Effect, Key, KeyHelp, Screen, ScreenEvent, Step } from '../screen.ts';
import type { AnswerTo, ArtifactView, Drift, PolicyView, Question } from '../source.ts';
import type { Column } from '../table.ts';
import { type Browser, type Browsing, browsed, shownKey, startBrowsing } from './browse.ts';
import { browseView, detailWidth } from './browse-view.ts';
import { diffLines, fileLines, joinedText } from './file-lines.ts';
import { hanging, titleLine, wrapped } from './layout.ts';
import { asked, isEarly, type Seldom } from './seldom.ts';

type Backend = PolicyView['backends'][number];

type State = Browsing<Backend, ArtifactView> &
  Seldom & {
    /** Of the policy that the artifacts are of. */
    readonly digest: string;
    readonly drift: { readonly backend: string; readonly found: Drift | undefined } | undefined;
  };

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'read what is generated', hint: 'read' },
  { keys: 'd', does: 'compare it with what the packet filter holds', hint: 'compare' },
  { keys: 's', does: 'save it in the working folder', hint: 'save' },
  { keys: 'J', does: 'read the next one' },
  { keys: 'K', does: 'read the one before' },
  { keys: 'escape', does: 'go back to the list' },
];

const keyOf = ({ id }: Backend) => id;

const browser: Browser<Backend, ArtifactView, State> = {
  keyOf,
  ask: () => ({ kind: 'policy' }),
  pageOf: (question, answer) =>
    question.kind === 'policy'
      ? { page: { rows: (answer as PolicyView).backends, isAll: true }, part: 'top' }
      : undefined,
  isOf: ({ kind }) => kind === 'policy',
  withTop: (state, { rows }) => ({ ...state, list: withRowsKept(state.list, rows, true, keyOf) }),
  askDetail: (backend) => ({ kind: 'artifact', backend }),
  detailOf: (question, answer) =>
    question.kind === 'artifact'
      ? { key: question.backend, value: answer as ArtifactView }
      : undefined,
  detailKeyOf: (question) => (question.kind === 'artifact' ? question.backend : undefined),
  detailLines: (state, context) => detailLines(state, context, detailWidth(context))?.length ?? 1,
};

function updated(state: State, event: ScreenEvent, context: Context): Step<State> {
  if (isEarly(state, event, context)) return [state];
  if (event.kind === 'answered' && event.question.kind === 'drift') {
    return [withDrift(state, event.question, event.answer as AnswerTo<'drift'>)];
  }
  if (event.kind === 'failed' && event.question.kind === 'drift') {
    const found = { state: 'unknown' as const, summary: event.message, diff: [] };
    return [withDrift(state, event.question, found)];
  }
  const heard = withDigest(asked(state, event, context.now), event);
  const step = browsed(heard, event, context, browser);
  if (!step) return event.kind === 'key' ? pressed(state, event.key, context) : [state];
  const [next, ...effects] = step;
  // What is generated changes with the policy alone, and making it takes a while.
  return event.kind === 'changed'
    ? [{ ...next, isDetailStale: false }, ...withoutArtifact(effects)]
    : step;
}

const withoutArtifact = (effects: readonly Effect[]) =>
  effects.filter((effect) => !(effect.kind === 'ask' && effect.question.kind === 'artifact'));

/** Another policy makes other files. */
function withDigest(state: State, event: ScreenEvent): State {
  if (event.kind !== 'answered' || event.question.kind !== 'policy') return state;
  const { digest } = event.answer as PolicyView;
  const isOther = state.digest !== '' && state.digest !== digest;
  return { ...state, digest, isDetailStale: isOther || state.isDetailStale };
}

function withDrift(state: State, question: Question, found: Drift): State {
  const isWanted = question.kind === 'drift' && state.drift?.backend === question.backend;
  return isWanted ? { ...state, scroll: 0, drift: { backend: question.backend, found } } : state;
}

function pressed(state: State, key: Key, context: Context): Step<State> {
  const backend = shownKey(state, context, keyOf) ?? state.list.rows[state.list.at]?.id;
  if (backend === undefined) return [state];
  if (key.name === 'd') {
    const next = { ...state, reading: backend, scroll: 0, drift: { backend, found: undefined } };
    const ask: Effect = { kind: 'ask', question: { kind: 'drift', backend } };
    const isKnown = state.detail?.key === backend || state.askingDetail === backend;
    const artifact: Effect = { kind: 'ask', question: { kind: 'artifact', backend } };
    return isKnown ? [next, ask] : [{ ...next, askingDetail: backend }, ask, artifact];
  }
  if (key.name !== 's') return [state];
  const files = filesOf(state, backend);
  if (!files)
    return [
      state,
      { kind: 'say', text: 'It is not generated yet: enter does that.', tone: 'warn' },
    ];
  return [
    state,
    ...files.map(({ name, text }): Effect => ({ kind: 'save', name: baseOf(name), text })),
  ];
}

const baseOf = (path: string) => path.replaceAll('/', '-');

function filesOf({ detail }: State, backend: string): ArtifactView['files'] | undefined {
  return detail?.key === backend ? detail.value.files : undefined;
}

function detailLines(state: State, context: Context, width: number): readonly Line[] | undefined {
  const key = shownKey(state, context, keyOf);
  if (key === undefined) return undefined;
  const { detail, failure } = state;
  if (failure !== undefined && detail?.key !== key) {
    return wrapped(`${context.glyphs.bad} ${failure}`, width, 'bad');
  }
  if (detail?.key !== key) return undefined;
  const { gaps, files } = detail.value;
  return [
    ...(state.drift?.backend === key ? driftLines(state.drift.found, { ...context, width }) : []),
    ...gapLines(gaps, { ...context, width }),
    ...fileLines(files, { ...context, width }),
  ];
}

const DRIFTS: Readonly<
  Record<Drift['state'], readonly [glyph: 'good' | 'bad' | 'unknown', tone: Tone]>
> = {
  same: ['good', 'good'],
  differs: ['bad', 'warn'],
  absent: ['bad', 'warn'],
  unknown: ['unknown', 'dim'],
};

function driftLines(found: Drift | undefined, { width, glyphs }: Context): readonly Line[] {
  const title = titleLine('Held by the packet filter', width, glyphs);
  if (!found) return [title, line(span('Looking ...', 'dim')), EMPTY_LINE];
  const [glyph, tone] = DRIFTS[found.state];
  const summary = found.summary
    .split('\n')
    .flatMap((text, i) => wrapped(i === 0 ? `${glyphs[glyph]} ${text}` : text, width, tone));
  return [title, ...summary, ...diffLines(found.diff), EMPTY_LINE];
}

function gapLines(gaps: ArtifactView['gaps'], { width, glyphs }: Context): readonly Line[] {
  if (gaps.length === 0) {
    return [line(span(`${glyphs.good} It enforces all of the policy.`, 'good')), EMPTY_LINE];
  }
  return [
    titleLine(`It does not enforce (${gaps.length})`, width, glyphs),
    ...gaps.flatMap(({ about, text }) =>
      hanging(span(`${glyphs.warn} ${about}:`, 'warn'), text, { width, indent: 18 }),
    ),
    EMPTY_LINE,
  ];
}

const COLUMNS: readonly Column<Backend>[] = [
  { title: 'FORMAT', text: ({ id }) => id, least: 12, most: 16 },
  { title: 'FOR', text: ({ title }) => title, tone: () => 'dim', cut: 'end', least: 16 },
];

/** What the policy is as rule sets and lists, and what of it is loaded. */
export const firewallScreen: Screen<State> = {
  id: 'firewall',
  title: 'Firewall',
  keys: KEYS,
  start: { ...startBrowsing<Backend, ArtifactView>(), askedAt: 0, digest: '', drift: undefined },
  update: updated,
  view: (state, context) =>
    browseView(
      {
        ...state,
        head: line(
          span(`The policy in ${state.list.rows.length} formats`, 'strong'),
          span(', the chosen one as it would be generated now', 'dim'),
        ),
        columns: COLUMNS,
        empty: ['No format is known.'],
        detail: (width) => detailLines(state, context, width),
      },
      context,
    ),
  copied: (state) => {
    const key = state.reading ?? state.list.rows[state.list.at]?.id;
    const files = key === undefined ? undefined : filesOf(state, key);
    return files && { text: joinedText(files), what: `the ${key} rules` };
  },
};
