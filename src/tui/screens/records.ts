import { EMPTY_LINE, type Line, line, span, type Tone } from '../line.ts';
import { withRowsKept } from '../list.ts';
import type { Context, Effect, Key, KeyHelp, Screen, ScreenEvent, Step } from '../screen.ts';
import type { Check, PolicyView, Question, RecordsView } from '../source.ts';
import type { Column } from '../table.ts';
import { type Browser, type Browsing, browsed, shownKey, startBrowsing } from './browse.ts';
import { browseView, detailWidth } from './browse-view.ts';
import { fileLines, joinedText } from './file-lines.ts';
import { hanging, titleLine, wrapped } from './layout.ts';
import { asked, isEarly, type Seldom } from './seldom.ts';

/** One ingress in one format. */
type Row = { readonly domain: string; readonly format: string };

type Verified =
  | { readonly kind: 'asking' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'done'; readonly checks: readonly Check[] };

type State = Browsing<Row, RecordsView> &
  Seldom & {
    readonly domains: readonly string[];
    /** The ingress whose records are shown. */
    readonly domain: string;
    readonly formats: readonly string[];
    readonly verified: { readonly domain: string; readonly found: Verified } | undefined;
  };

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'read the records in this format', hint: 'read' },
  { keys: 'v', does: 'ask the DNS whether it is published and right', hint: 'verify' },
  { keys: '>', does: 'go to the next ingress' },
  { keys: '<', does: 'go to the ingress before' },
  { keys: 's', does: 'save the records in the working folder', hint: 'save' },
  { keys: 'J', does: 'read the next format' },
  { keys: 'K', does: 'read the format before' },
  { keys: 'escape', does: 'go back to the list' },
];

const keyOf = ({ domain, format }: Row) => `${domain} ${format}`;

const browser: Browser<Row, RecordsView, State> = {
  keyOf,
  ask: () => ({ kind: 'policy' }),
  pageOf: (question, answer) =>
    question.kind === 'policy'
      ? { page: { rows: rowsOf(answer as PolicyView), isAll: true }, part: 'top' }
      : undefined,
  isOf: ({ kind }) => kind === 'policy',
  withTop: (state, { rows }) => withDomain({ ...state, ...choicesOf(rows) }, state.domain),
  askDetail: (key) => {
    const [domain = '', format = ''] = key.split(' ');
    return { kind: 'records', domain, format };
  },
  detailOf: (question, answer) =>
    question.kind === 'records'
      ? { key: keyOf(question), value: answer as RecordsView }
      : undefined,
  detailKeyOf: (question) => (question.kind === 'records' ? keyOf(question) : undefined),
  detailLines: (state, context) => detailLines(state, context, detailWidth(context))?.length ?? 1,
};

function rowsOf({ ingress, formats }: PolicyView): readonly Row[] {
  return ingress.flatMap(({ domain }) => formats.map((format) => ({ domain, format })));
}

function choicesOf(rows: readonly Row[]): Pick<State, 'domains' | 'formats'> {
  return {
    domains: [...new Set(rows.map(({ domain }) => domain))],
    formats: [...new Set(rows.map(({ format }) => format))],
  };
}

/** The formats of one ingress; of the first where that one is not there any more. */
function withDomain(state: State, wanted: string): State {
  const domain = state.domains.includes(wanted) ? wanted : (state.domains[0] ?? '');
  const rows = domain === '' ? [] : state.formats.map((format) => ({ domain, format }));
  const list = withRowsKept(state.list, rows, true, ({ format }) => format);
  const isOther = domain !== state.domain && state.reading !== undefined;
  const chosen = list.rows[list.at];
  return { ...state, domain, list, ...(isOther && chosen ? { reading: keyOf(chosen) } : {}) };
}

function updated(state: State, event: ScreenEvent, context: Context): Step<State> {
  if (isEarly(state, event, context)) return [state];
  if (event.kind === 'answered' && event.question.kind === 'verify') {
    const checks = event.answer as readonly Check[];
    return [withVerified(state, event.question, { kind: 'done', checks })];
  }
  if (event.kind === 'failed' && event.question.kind === 'verify') {
    return [withVerified(state, event.question, { kind: 'failed', message: event.message })];
  }
  const step = browsed(asked(state, event, context.now), event, context, browser);
  return step ?? (event.kind === 'key' ? pressed(state, event.key, context) : [state]);
}

function withVerified(state: State, question: Question, found: Verified): State {
  const isWanted = question.kind === 'verify' && state.verified?.domain === question.domain;
  return isWanted ? { ...state, scroll: 0, verified: { domain: question.domain, found } } : state;
}

const TURNS: Readonly<Record<string, number>> = { '>': 1, '<': -1 };

function pressed(state: State, key: Key, context: Context): Step<State> {
  const { domains, domain } = state;
  if (domain === '') return [state];
  const by = TURNS[key.name];
  if (by !== undefined) {
    const at = (domains.indexOf(domain) + by + domains.length) % domains.length;
    const next = withDomain(state, domains[at] as string);
    const row = next.list.rows[next.list.at];
    return row ? [{ ...next, askingDetail: keyOf(row) }, askFor(row)] : [next];
  }
  if (key.name === 'v') {
    const verified = { domain, found: { kind: 'asking' as const } };
    const row = state.list.rows[state.list.at];
    const reading = state.reading ?? (row && keyOf(row));
    const next = { ...state, verified, reading, scroll: 0 };
    const effects: Effect[] = [{ kind: 'ask', question: { kind: 'verify', domain } }];
    const isKnown = state.detail?.key === reading || state.askingDetail === reading;
    if (!row || isKnown) return [next, ...effects];
    return [{ ...next, askingDetail: reading }, ...effects, askFor(row)];
  }
  if (key.name !== 's') return [state];
  const files = filesOf(state, shownKey(state, context, keyOf));
  if (!files)
    return [
      state,
      { kind: 'say', text: 'There is nothing to save yet: enter reads it.', tone: 'warn' },
    ];
  return [
    state,
    ...files.map(
      ({ name, text }): Effect => ({ kind: 'save', name: name.replaceAll('/', '-'), text }),
    ),
  ];
}

const askFor = (row: Row): Effect => ({ kind: 'ask', question: { kind: 'records', ...row } });

function filesOf({ detail }: State, key: string | undefined): RecordsView['files'] | undefined {
  return key !== undefined && detail?.key === key ? detail.value.files : undefined;
}

function detailLines(state: State, context: Context, width: number): readonly Line[] | undefined {
  const key = shownKey(state, context, keyOf);
  const { detail, failure, verified } = state;
  const space = { ...context, width };
  const found = verified?.domain === state.domain ? verifiedLines(verified.found, space) : [];
  if (failure !== undefined && detail?.key !== key) {
    return [...found, ...wrapped(`${context.glyphs.bad} ${failure}`, width, 'bad')];
  }
  if (key === undefined || detail?.key !== key) return found.length > 0 ? found : undefined;
  const { files, notes } = detail.value;
  return [
    ...found,
    ...notes.flatMap((note) => wrapped(note, width, 'note')),
    EMPTY_LINE,
    ...fileLines(files, space),
  ];
}

const CHECKS: Readonly<Record<Check['state'], readonly [word: string, tone: Tone]>> = {
  good: ['OK', 'good'],
  warn: ['WARN', 'warn'],
  bad: ['FAIL', 'bad'],
  unknown: ['SKIP', 'dim'],
};

function verifiedLines(found: Verified, { width, glyphs }: Context): readonly Line[] {
  const title = titleLine('What is published', width, glyphs);
  if (found.kind === 'asking') return [title, line(span('Asking ...', 'dim')), EMPTY_LINE];
  if (found.kind === 'failed') {
    return [title, ...wrapped(`${glyphs.bad} ${found.message}`, width, 'bad'), EMPTY_LINE];
  }
  const failed = found.checks.filter(({ state }) => state === 'bad').length;
  const summary = failed === 0 ? 'It holds.' : `It does not hold: ${failed} failed.`;
  const checks = found.checks.flatMap(({ state, title: what, text }) => {
    const [word, tone] = CHECKS[state];
    return hanging(span(`${glyphs[state]} ${word.padEnd(5)} ${what}`, tone), text, {
      width,
      indent: 22,
    });
  });
  return [title, line(span(summary, failed === 0 ? 'good' : 'bad')), ...checks, EMPTY_LINE];
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'FORMAT', text: ({ format }) => format, least: 14 },
];

const EMPTY = [
  'The policy has no ingress of your own yet.',
  'Everything that dials another door is refused only as long as there is a door to offer. Write yours into the policy:',
  'ingress:  [{ domain: tunnels.example.com, nameservers: [ns1.example.net] }]',
  'or have `tunnelwarden ingress import --write` take it from the vendor.',
];

function headOf({ domain, domains }: State): Line {
  if (domains.length < 2) return line(span(`Records that delegate ${domain}`, 'strong'));
  const at = domains.indexOf(domain) + 1;
  return line(
    span(`Records that delegate ${domain}`, 'strong'),
    span(` (${at} of ${domains.length}; < and > go to the others)`, 'dim'),
  );
}

/** The records of the sanctioned ingress, in whatever form publishes them. */
export const recordsScreen: Screen<State> = {
  id: 'records',
  title: 'Records',
  keys: KEYS,
  start: {
    ...startBrowsing<Row, RecordsView>(),
    ...{ askedAt: 0, domains: [], domain: '', formats: [], verified: undefined },
  },
  update: updated,
  view: (state, context) =>
    browseView(
      {
        ...state,
        head: headOf(state),
        columns: COLUMNS,
        empty: EMPTY,
        detail: (width) => detailLines(state, context, width),
      },
      context,
    ),
  copied: (state) => {
    const row = state.list.rows[state.list.at];
    const files = filesOf(state, state.reading ?? (row && keyOf(row)));
    return files && { text: joinedText(files), what: 'the records' };
  },
};
