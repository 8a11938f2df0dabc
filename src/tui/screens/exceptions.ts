import type { StoredException } from '../../attempts/exceptions.ts';
import { formatPattern } from '../../policy/pattern.ts';
import { csvCell } from '../../text.ts';
import { type Line, line, span } from '../line.ts';
import { withRowsKept } from '../list.ts';
import type { Context, Effect, Key, KeyHelp, Screen, Step } from '../screen.ts';
import type { AnswerTo } from '../source.ts';
import type { Column } from '../table.ts';
import {
  type Browser,
  type Browsing,
  browsed,
  chosenOf,
  shownKey,
  startBrowsing,
} from './browse.ts';
import { browseView, detailWidth } from './browse-view.ts';
import {
  clientsText,
  exceptionLines,
  shortTimeLeft,
  standingOf,
  subjectText,
  timeTone,
} from './exception.ts';
import { READ_ONLY } from './words.ts';

type State = Browsing<StoredException, undefined>;

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'read the exception', hint: 'read' },
  { keys: 'R', does: 'revoke it', hint: 'revoke', changes: true },
  { keys: 'e', does: 'make a new one, filled with the chosen', hint: 'new', changes: true },
  { keys: 'J', does: 'read the next one' },
  { keys: 'K', does: 'read the one before' },
  { keys: 'escape', does: 'go back to the list' },
];

const keyOf = ({ id }: StoredException) => String(id);

const browser: Browser<StoredException, undefined, State> = {
  keyOf,
  ask: () => ({ kind: 'exceptions' }),
  pageOf: (question, answer) =>
    question.kind === 'exceptions'
      ? { page: { rows: answer as AnswerTo<'exceptions'>, isAll: true }, part: 'top' }
      : undefined,
  isOf: ({ kind }) => kind === 'exceptions',
  withTop: (state, { rows }, _, now) => withRows(state, rows, now),
  detailLines: (state, context) => detailLines(state, context, detailWidth(context))?.length ?? 1,
};

/** In force first, those that end soonest before the others; then the ended, the last ended first. */
function sorted(rows: readonly StoredException[], now: number): readonly StoredException[] {
  const end = ({ until, revoked }: StoredException) => Math.min(until, revoked?.time ?? until);
  const isOn = (row: StoredException) => standingOf(row, now) === 'in force';
  return [...rows].sort((a, b) => {
    if (isOn(a) !== isOn(b)) return isOn(a) ? -1 : 1;
    return isOn(a) ? end(a) - end(b) || a.id - b.id : end(b) - end(a) || b.id - a.id;
  });
}

function withRows(state: State, rows: readonly StoredException[], now: number): State {
  return { ...state, list: withRowsKept(state.list, sorted(rows, now), true, keyOf) };
}

function detailLines(state: State, context: Context, width: number): readonly Line[] | undefined {
  const key = shownKey(state, context, keyOf);
  const exception = state.list.rows.find((row) => keyOf(row) === key);
  if (exception) return exceptionLines(exception, { ...context, width });
  return state.list.isKnown ? [line('There is no such exception.')] : undefined;
}

function subjectOf(state: State): StoredException | undefined {
  if (state.reading === undefined) return chosenOf<StoredException>(state);
  return state.list.rows.find((row) => keyOf(row) === state.reading);
}

function pressed(state: State, key: Key, { readOnly, now }: Context): Step<State> {
  const isChange = key.name === 'R' || key.name === 'e';
  if (isChange && readOnly) return [state, saying(READ_ONLY)];
  const chosen = subjectOf(state);
  if (key.name === 'e') return [state, exceptionDialog(chosen)];
  if (key.name === 'R' && chosen) return [state, revoking(chosen, now)];
  return [state];
}

const saying = (text: string): Effect => ({ kind: 'say', text, tone: 'warn' });

function revoking(exception: StoredException, now: number): Effect {
  if (standingOf(exception, now) !== 'in force') {
    return saying(
      `Exception #${exception.id} allows nothing any more: there is nothing to revoke.`,
    );
  }
  const title = `Revoke exception #${exception.id}: ${subjectText(exception.subject)} for ${clientsText(exception)}`;
  const action = { kind: 'revoke' as const, exception: exception.id };
  return { kind: 'dialog', dialog: { kind: 'confirm', title, action } };
}

function exceptionDialog(like: StoredException | undefined): Effect {
  const subject = like === undefined ? '' : writtenSubject(like);
  const clients = like === undefined ? '' : clientsText(like);
  return { kind: 'dialog', dialog: { kind: 'exception', subject, clients } };
}

function writtenSubject({ subject }: StoredException): string {
  return subject.kind === 'name' ? formatPattern(subject.pattern) : subject.service;
}

function columnsOf({ now, glyphs }: Context): readonly Column<StoredException>[] {
  const tone = (row: StoredException) =>
    standingOf(row, now) === 'in force' ? ('plain' as const) : ('dim' as const);
  return [
    {
      title: 'TIME LEFT',
      text: (row) =>
        `${standingOf(row, now) === 'in force' ? glyphs.good : glyphs.dot} ${shortTimeLeft(row, now)}`,
      tone: (row) => timeTone(row, now),
      ...{ least: 16, most: 16 },
    },
    { title: 'ALLOWS', text: ({ subject }) => subjectText(subject), tone, least: 14 },
    { title: 'FOR', text: clientsText, tone, cut: 'end', least: 12, most: 18 },
    { title: 'BY', text: ({ author }) => author, tone: () => 'dim', least: 6, most: 12, from: 92 },
    { title: 'WHY', text: ({ reason }) => reason, tone, cut: 'end', least: 10, from: 70 },
  ];
}

function headOf({ list: { rows } }: State, now: number): Line {
  const on = rows.filter((row) => standingOf(row, now) === 'in force').length;
  return line(
    span(on === 0 ? 'No exception is in force' : `${on} in force`, on === 0 ? 'plain' : 'strong'),
    span(`, ${rows.length - on} ended or revoked`, 'dim'),
  );
}

const EMPTY = [
  'No exceptions: the policy holds for everyone.',
  'An exception allows a name or a service to some clients for some time, and ends by itself. e makes one here; on an incident or an attempt, e makes one that fits it.',
  'On a command line: tunnelwarden allow NAME --client ADDRESS --for 2h --reason "why"',
];

/** What is allowed for some time beside the policy. */
export const exceptionsScreen: Screen<State> = {
  id: 'exceptions',
  title: 'Exceptions',
  keys: KEYS,
  start: startBrowsing(),
  update: (state, event, context) => {
    const step = browsed(state, event, context, browser);
    if (!step) return event.kind === 'key' ? pressed(state, event.key, context) : [state];
    const [next, ...effects] = step;
    // One ends as time goes by, without any change.
    const isDue = event.kind === 'changed' && next.list.isKnown;
    return [isDue ? withRows(next, next.list.rows, context.now) : next, ...effects];
  },
  view: (state, context) =>
    browseView(
      {
        ...state,
        head: headOf(state, context.now),
        columns: columnsOf(context),
        empty: EMPTY,
        detail: (width) => detailLines(state, context, width),
      },
      context,
    ),
  copied: (state) => {
    const exception = subjectOf(state);
    return exception && { text: writtenSubject(exception), what: 'what it allows' };
  },
  exported: ({ list }, { now }) => ({
    kind: 'save',
    name: 'exceptions.csv',
    text: csvOf(list.rows, now),
  }),
};

function csvOf(rows: readonly StoredException[], now: number): string {
  const iso = (time: number | undefined) =>
    time === undefined ? '' : new Date(time).toISOString();
  const titles = ['id', 'standing', 'subject', 'clients', 'reason', 'author', 'created', 'until'];
  const lines = rows.map((row) => [
    ...[String(row.id), standingOf(row, now), writtenSubject(row), clientsText(row)],
    ...[row.reason, row.author, iso(row.created), iso(row.until)],
    ...[iso(row.revoked?.time), row.revoked?.by ?? ''],
  ]);
  return [[...titles, 'revoked', 'revoked_by'], ...lines]
    .map((cells) => `${cells.map(csvCell).join(',')}\r\n`)
    .join('');
}
