import { counted } from '../../text.ts';
import { movedTo, withRowsKept } from '../list.ts';
import type { Context, Effect, Key, KeyHelp, Screen, Step } from '../screen.ts';
import type { Action, IncidentDetail, IncidentOrder, KnownIncident } from '../source.ts';
import {
  type Browser,
  type Browsing,
  browsed,
  chosenOf,
  listRoom,
  settled,
  shownKey,
  startBrowsing,
} from './browse.ts';
import { browseView, detailWidth } from './browse-view.ts';
import { incidentLines } from './incident.ts';
import { exceptionDialog, nameOf } from './incident-acts.ts';
import { incidentColumns, incidentsHead } from './incident-list.ts';
import { wrapped } from './layout.ts';
import { withTop } from './paging.ts';
import { ofClientAndService } from './search.ts';
import { READ_ONLY } from './words.ts';

type State = Browsing<KnownIncident, IncidentDetail | undefined> & {
  readonly order: IncidentOrder;
  /** The incidents that keys act on together, by their ids. */
  readonly marked: ReadonlySet<number>;
};

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'read the incident', hint: 'read' },
  { keys: 'a', does: 'acknowledge it, with a note', hint: 'acknowledge', changes: true },
  { keys: 'e', does: 'make an exception for some time', hint: 'except', changes: true },
  { keys: 't', does: 'go to its attempts', hint: 'attempts' },
  { keys: 'c', does: 'close it, with a note', hint: 'close', changes: true },
  { keys: 'C', does: 'go to its client' },
  { keys: 'A', does: 'acknowledge it at once', changes: true },
  { keys: 'r', does: 'reopen it', changes: true },
  { keys: 'n', does: 'add a note', changes: true },
  { keys: 'm', does: 'mark it, so that keys act on all that are marked' },
  { keys: 'o', does: 'change the order: severest, newest, last seen' },
  { keys: 'J', does: 'read the next one' },
  { keys: 'K', does: 'read the one before' },
  { keys: 'escape', does: 'go back to the list, or unmark all' },
];

const keyOf = ({ id }: KnownIncident) => String(id);

const browser: Browser<KnownIncident, IncidentDetail | undefined, State> = {
  keyOf,
  ask: ({ search, order, list }, limit, part) => {
    const behind = part === 'more' ? list.rows.at(-1) : undefined;
    return { kind: 'incidents', search, order, limit, ...(behind ? { behind } : {}) };
  },
  pageOf: (question, answer) =>
    question.kind === 'incidents'
      ? {
          page: answer as { readonly rows: readonly KnownIncident[]; readonly isAll: boolean },
          part: question.behind ? 'more' : 'top',
        }
      : undefined,
  isOf: (question, { search, order }) =>
    question.kind === 'incidents' && question.search === search && question.order === order,
  // A row that changed must stay under the cursor, and no other slip there: keys act on it.
  withTop: (state, page) => ({
    ...state,
    list: withTop(state.list, page, keyOf, withRowsKept),
    marked: page.isAll ? stillThere(state.marked, page.rows) : state.marked,
  }),
  askDetail: (key) => (/^\d+$/.test(key) ? { kind: 'incident', id: Number(key) } : undefined),
  detailOf: (question, answer) =>
    question.kind === 'incident'
      ? { key: String(question.id), value: answer as IncidentDetail | undefined }
      : undefined,
  detailKeyOf: (question) => (question.kind === 'incident' ? String(question.id) : undefined),
  detailLines: (state, context) => detailLines(state, context, detailWidth(context))?.length ?? 1,
};

function stillThere(marked: ReadonlySet<number>, rows: readonly KnownIncident[]) {
  if (marked.size === 0) return marked;
  return new Set(rows.map(({ id }) => id).filter((id) => marked.has(id)));
}

function detailLines(state: State, context: Context, width: number) {
  const key = shownKey(state, context, keyOf);
  const { detail } = state;
  if (detail === undefined || detail.key !== key) return undefined;
  if (detail.value) return incidentLines(detail.value, { ...context, width });
  return wrapped('There is no such incident any more: what is old is forgotten in time.', width);
}

/** The incident that keys are about: what is read, else the chosen row. */
function subjectOf(state: State): KnownIncident | undefined {
  const { reading, detail } = state;
  if (reading === undefined) return chosenOf<KnownIncident>(state);
  const read = detail?.key === reading ? detail.value?.incident : undefined;
  return read ?? state.list.rows.find((row) => keyOf(row) === reading);
}

function pressed(state: State, key: Key, context: Context): Step<State> {
  const incident = subjectOf(state);
  // Unused, it is for whoever runs the screen: that takes the filter away.
  if (key.name === 'escape')
    return [state.marked.size === 0 ? state : { ...state, marked: new Set() }];
  if (key.name === 'o') return reordered(state, context);
  if (!incident) return [state];
  switch (key.name) {
    case 'm':
    case 'v':
      return settled(toggled(state, incident, context), context, browser);
    case 't':
      return [state, opened('attempts', incident)];
    case 'C':
      return [state, { kind: 'open', screen: 'clients', about: incident.client }];
    case 'a':
    case 'A':
    case 'c':
    case 'r':
    case 'n':
    case 'e':
      if (context.readOnly) return [state, { kind: 'say', text: READ_ONLY, tone: 'warn' }];
      return changing(state, key.name, incident);
    default:
      return [state];
  }
}

function opened(screen: 'attempts', { client, service }: KnownIncident): Effect {
  return { kind: 'open', screen, search: ofClientAndService(client, service) };
}

const NEXT_ORDER: Readonly<Record<IncidentOrder, IncidentOrder>> = {
  severest: 'newest',
  newest: 'latest',
  latest: 'severest',
};

function reordered(state: State, context: Context): Step<State> {
  const list = movedTo(state.list, 0, listRoom(context));
  const next: State = {
    ...state,
    order: NEXT_ORDER[state.order],
    // What stood in the other order is no beginning of this one.
    list: { ...list, rows: [], isAll: true, isKnown: false },
    asking: 'nothing',
    isStale: true,
  };
  return settled(next, context, browser);
}

/** Marks or unmarks a row and goes on to the next, so that several in a row are a few keys. */
function toggled(state: State, { id }: KnownIncident, context: Context): State {
  const marked = new Set(state.marked);
  if (!marked.delete(id)) marked.add(id);
  if (state.reading !== undefined) return { ...state, marked };
  return { ...state, marked, list: movedTo(state.list, state.list.at + 1, listRoom(context)) };
}

type Noted = Extract<Action, { readonly note?: string }>['kind'];

const NOTED: Readonly<Record<string, readonly [kind: Noted, verb: string]>> = {
  a: ['acknowledge', 'Acknowledge'],
  A: ['acknowledge', 'Acknowledge'],
  c: ['close', 'Close'],
  r: ['reopen', 'Reopen'],
  n: ['note', 'Add a note to'],
};

function changing(state: State, key: string, incident: KnownIncident): Step<State> {
  if (key === 'e') return [state, exceptionDialog(incident)];
  const marked = [...state.marked];
  const incidents = marked.length > 0 ? marked : [incident.id];
  const [kind, verb] = NOTED[key] as readonly [Noted, string];
  // Marks that stayed would make the next key act on them as well.
  const next: State = marked.length === 0 ? state : { ...state, marked: new Set() };
  if (key === 'A') return [next, { kind: 'act', action: { kind, incidents } }];
  const title = `${verb} ${marked.length > 0 ? counted(marked.length, 'marked incident') : nameOf(incident)}`;
  return [next, { kind: 'dialog', dialog: { kind: 'note', title, action: { kind, incidents } } }];
}

function emptyText(search: string): readonly string[] {
  if (search !== '') {
    return [`No incident matches "${search}".`, 'Press / to change what is looked for.'];
  }
  return [
    'No incidents: nobody has tried an unsanctioned tunnel yet.',
    'An incident begins when a client asks for something that the policy refuses. To see one, ask the resolver for a blocked name: dig connect.ngrok-agent.com @ADDRESS-OF-THE-RESOLVER',
    'Nothing comes although it should? tunnelwarden doctor tells whether clients can go round the resolver.',
  ];
}

/** What a person has to look at: who tried what, how bad it is, and what was done about it. */
export const incidentsScreen: Screen<State> = {
  id: 'incidents',
  title: 'Incidents',
  keys: KEYS,
  searches: 'incidents',
  start: { ...startBrowsing(), order: 'severest', marked: new Set() },
  update: (state, event, context) => {
    const step = browsed(state, event, context, browser);
    if (step) return step;
    return event.kind === 'key' ? pressed(state, event.key, context) : [state];
  },
  view: (state, context) =>
    browseView(
      {
        ...state,
        head: incidentsHead(state.list, {
          order: state.order,
          marked: state.marked.size,
          width: context.width,
        }),
        columns: incidentColumns(context, state.marked),
        empty: emptyText(context.search),
        detail: (width) => detailLines(state, context, width),
      },
      context,
    ),
  copied: (state) => {
    const incident = subjectOf(state);
    return incident && { text: incident.client, what: 'the client' };
  },
  exported: (_, { search }) => ({
    kind: 'act',
    action: { kind: 'export', what: 'incidents', search },
  }),
};
