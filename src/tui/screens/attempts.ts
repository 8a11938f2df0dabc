import { destinationText } from '../../attempts/view.ts';
import { counted } from '../../text.ts';
import { type Line, line, span } from '../line.ts';
import type { Context, Effect, Key, KeyHelp, Screen, Step } from '../screen.ts';
import type { AnswerTo, KnownAttempt, Text } from '../source.ts';
import type { Column } from '../table.ts';
import { attemptLines, whatOf } from './attempt.ts';
import { VERDICT_TONES } from './attempt-words.ts';
import {
  type Browser,
  type Browsing,
  browsed,
  chosenOf,
  shownKey,
  startBrowsing,
} from './browse.ts';
import { browseView, detailWidth } from './browse-view.ts';
import { wrapped } from './layout.ts';
import { narrowedToClient, narrowedToName, ofClientAndService } from './search.ts';
import { type Tail, withNewest } from './tail.ts';
import { ageOf, momentOf } from './times.ts';
import { callOf, figure, READ_ONLY } from './words.ts';

type State = Browsing<KnownAttempt, undefined> &
  Tail & {
    /** What the policy says of the attempt that is read, by its key. */
    readonly explained: { readonly key: string; readonly lines?: readonly Text[] } | undefined;
  };

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'read the attempt in words', hint: 'read' },
  { keys: 'e', does: 'make an exception for its name', hint: 'except', changes: true },
  { keys: 'i', does: 'go to its incident', hint: 'incident' },
  { keys: 'f', does: 'show only this client', hint: 'this client' },
  { keys: 'F', does: 'show only this name', hint: 'this name' },
  { keys: 'C', does: 'go to its client' },
  { keys: 'g', does: 'go to the newest and follow' },
  { keys: 'escape', does: 'go back to the list' },
];

const keyOf = ({ id }: KnownAttempt) => String(id);

const browser: Browser<KnownAttempt, undefined, State> = {
  keyOf,
  ask: ({ search, list, lookedTo }, limit, part) => {
    const last = list.rows.at(-1);
    const from = lookedTo === undefined ? last : { first: lookedTo, id: 0 };
    const behind = part === 'more' && from ? { first: from.first, id: from.id } : undefined;
    return { kind: 'attempts', search, limit, ...(behind ? { behind } : {}) };
  },
  pageOf: (question, answer) => {
    if (question.kind !== 'attempts') return undefined;
    const { searchedTo, ...page } = answer as AnswerTo<'attempts'>;
    const part = question.behind ? 'more' : 'top';
    return { page, part, ...(searchedTo === undefined ? {} : { lookedTo: searchedTo }) };
  },
  isOf: (question, { search }) => question.kind === 'attempts' && question.search === search,
  withTop: withNewest,
  detailLines: (state, context) => detailLines(state, context, detailWidth(context))?.length ?? 1,
};

function detailLines(state: State, context: Context, width: number): readonly Line[] | undefined {
  const key = shownKey(state, context, keyOf);
  const attempt = state.list.rows.find((row) => keyOf(row) === key);
  if (!attempt) return wrapped('This attempt is no longer in the list.', width);
  const { explained } = state;
  const lines = explained && explained.key === key ? explained.lines : undefined;
  return attemptLines(attempt, lines, { ...context, width });
}

function subjectOf(state: State): KnownAttempt | undefined {
  if (state.reading === undefined) return chosenOf<KnownAttempt>(state);
  return state.list.rows.find((row) => keyOf(row) === state.reading);
}

/** Asks what the policy says, once for each attempt that is read. */
function explaining([state, ...effects]: Step<State>): Step<State> {
  const { reading, explained } = state;
  if (reading === undefined || explained?.key === reading) return [state, ...effects];
  const attempt = subjectOf(state);
  const subject = attempt?.name ?? attempt?.destination;
  if (attempt === undefined || subject === undefined) return [state, ...effects];
  const question = { kind: 'explain' as const, subject, client: attempt.client };
  return [{ ...state, explained: { key: reading } }, { kind: 'ask', question }, ...effects];
}

function withExplained(state: State, client: string, lines: readonly Text[]): State {
  const { explained } = state;
  if (explained === undefined || subjectOf(state)?.client !== client) return state;
  return { ...state, explained: { ...explained, lines } };
}

function pressed(state: State, key: Key, { readOnly, search, now }: Context): Step<State> {
  const attempt = subjectOf(state);
  if (!attempt) return [state];
  const { client, service, name } = attempt;
  switch (key.name) {
    case 'e':
      return [state, readOnly ? saying(READ_ONLY) : exceptionDialog(attempt)];
    case 'i':
      return [state, opened('incidents', ofClientAndService(client, service))];
    case 'f':
      return [state, opened('attempts', narrowedToClient(search, client, now))];
    case 'F':
      if (name === undefined) return [state, saying('Nobody knows the name of this one.')];
      return [state, opened('attempts', narrowedToName(search, name, now))];
    case 'C':
      return [state, { kind: 'open', screen: 'clients', about: client }];
    default:
      return [state];
  }
}

const saying = (text: string): Effect => ({ kind: 'say', text, tone: 'warn' });

const opened = (screen: 'attempts' | 'incidents', search: string): Effect => ({
  kind: 'open',
  screen,
  search,
});

function exceptionDialog({ name, service, client }: KnownAttempt): Effect {
  const subject = name ?? service;
  if (subject === undefined) {
    return saying('It has neither a name nor a service that an exception could be about.');
  }
  return { kind: 'dialog', dialog: { kind: 'exception', subject, clients: client } };
}

function columnsOf({ now }: Context): readonly Column<KnownAttempt>[] {
  return [
    { title: 'LAST', text: ({ last }) => ageOf(last, now), align: 'right', least: 6, most: 6 },
    { title: 'CLIENT', text: (row) => callOf(row, row.client), least: 10, most: 18 },
    { title: 'NAME OR ADDRESS', text: whatOf, least: 16 },
    { title: 'SERVICE', text: ({ service }) => service ?? '-', least: 9, most: 13, from: 92 },
    { title: 'TYPE', text: ({ type }) => type, tone: () => 'dim', least: 6, most: 6, from: 104 },
    {
      title: 'SEEN BY',
      text: ({ point }) => point,
      tone: () => 'dim',
      least: 8,
      most: 8,
      from: 98,
    },
    {
      title: 'VERDICT',
      text: ({ verdict }) => verdict,
      tone: ({ verdict }) => VERDICT_TONES[verdict],
      ...{ least: 10, most: 10 },
    },
    {
      title: 'TIMES',
      text: ({ count }) => figure(count),
      align: 'right',
      least: 5,
      most: 5,
      from: 66,
    },
  ];
}

function headOf({ list, newer, lookedTo }: State, { now, glyphs }: Context): Line {
  const { rows, isAll, at } = list;
  const many = isAll ? counted(rows.length, 'attempt') : `${rows.length}+ attempts`;
  const count = `${many}, the newest first`;
  const looked =
    lookedTo === undefined ? '' : `; looked back to ${momentOf(lookedTo, now)}, going on ...`;
  if (at === 0) return line(count, span(' (live)', 'good'), span(looked, 'dim'));
  const above = Number.isFinite(newer) ? `${newer} new` : 'many new';
  const news = newer === 0 ? '' : `   ${above} above ${glyphs.dot} g goes there`;
  return line(count, span(looked, 'dim'), span(news, 'key'));
}

function emptyText({ list, lookedTo }: State, { search, now }: Context): readonly string[] {
  if (!list.isAll && lookedTo !== undefined) {
    return [`Nothing back to ${momentOf(lookedTo, now)}; looking further back ...`];
  }
  if (search !== '') {
    return [`No attempt matches "${search}".`, 'Press / to change what is looked for.'];
  }
  return [
    'No attempts yet.',
    'One appears here as soon as a client asks for a blocked or watched name. To see one, ask the resolver: dig connect.ngrok-agent.com @ADDRESS-OF-THE-RESOLVER',
    'Clients must use this resolver for that: hand out its address by DHCP, and see that they cannot go round it (tunnelwarden doctor).',
  ];
}

/** What clients tried, as it happens. */
export const attemptsScreen: Screen<State> = {
  id: 'attempts',
  title: 'Attempts',
  keys: KEYS,
  searches: 'attempts',
  start: { ...startBrowsing<KnownAttempt, undefined>(), newer: 0, explained: undefined },
  update: (state, event, context) => {
    if (event.kind === 'answered' && event.question.kind === 'explain') {
      return [withExplained(state, event.question.client, event.answer as readonly Text[])];
    }
    if (event.kind === 'failed' && event.question.kind === 'explain') {
      const lines: readonly Text[] = [{ text: event.message, tone: 'dim' }];
      return [withExplained(state, event.question.client, lines)];
    }
    const step = browsed(state, event, context, browser);
    if (!step) return event.kind === 'key' ? pressed(state, event.key, context) : [state];
    const [next, ...effects] = step;
    return explaining([next.list.at === 0 ? { ...next, newer: 0 } : next, ...effects]);
  },
  view: (state, context) =>
    browseView(
      {
        ...state,
        head: headOf(state, context),
        columns: columnsOf(context),
        empty: emptyText(state, context),
        detail: (width) => detailLines(state, context, width),
      },
      context,
    ),
  copied: (state) => {
    const attempt = subjectOf(state);
    if (!attempt) return undefined;
    if (attempt.name !== undefined) return { text: attempt.name, what: 'the name' };
    return { text: destinationText(attempt) ?? attempt.client, what: 'the address' };
  },
  exported: (_, { search }) => ({
    kind: 'act',
    action: { kind: 'export', what: 'attempts', search },
  }),
};
