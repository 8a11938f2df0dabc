import { type Address, parseAddress } from '../../policy/network.ts';
import { type Line, line, span } from '../line.ts';
import { withRowsKept } from '../list.ts';
import type { Context, Effect, Key, KeyHelp, Screen, Step } from '../screen.ts';
import type { ClientDetail, ClientRow, Page } from '../source.ts';
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
import { clientLines } from './client.ts';
import { withTop } from './paging.ts';
import { ofClient } from './search.ts';
import { ageOf } from './times.ts';
import { figure, IDENTITY_HINT, READ_ONLY } from './words.ts';

type State = Browsing<ClientRow, ClientDetail>;

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'read what is known of the client', hint: 'read' },
  { keys: 'i', does: 'go to its incidents', hint: 'incidents' },
  { keys: 't', does: 'go to its attempts', hint: 'attempts' },
  { keys: 'e', does: 'make an exception for it', hint: 'except', changes: true },
  { keys: 'J', does: 'read the next one' },
  { keys: 'K', does: 'read the one before' },
  { keys: 'escape', does: 'go back to the list' },
];

const keyOf = ({ client }: ClientRow): string => client;

const browser: Browser<ClientRow, ClientDetail, State> = {
  keyOf,
  ask: ({ search, list }, limit, part) => {
    const behind = part === 'more' ? list.rows.at(-1) : undefined;
    return { kind: 'clients', search, limit, ...(behind ? { behind } : {}) };
  },
  pageOf: (question, answer) =>
    question.kind === 'clients'
      ? { page: answer as Page<ClientRow>, part: question.behind ? 'more' : 'top' }
      : undefined,
  isOf: (question, { search }) => question.kind === 'clients' && question.search === search,
  withTop: (state, page) => ({ ...state, list: withTop(state.list, page, keyOf, withRowsKept) }),
  askDetail: (key) => {
    const address = addressOf(key);
    return address && { kind: 'client', address };
  },
  detailOf: (question, answer) =>
    question.kind === 'client'
      ? { key: question.address, value: answer as ClientDetail }
      : undefined,
  detailKeyOf: (question) => (question.kind === 'client' ? question.address : undefined),
  detailLines: (state, context) => detailLines(state, context, detailWidth(context))?.length ?? 1,
};

/** What another screen sent us to; undefined for what is no address. */
function addressOf(text: string): Address | undefined {
  try {
    return parseAddress(text);
  } catch {
    return undefined;
  }
}

function detailLines(state: State, context: Context, width: number): readonly Line[] | undefined {
  const key = shownKey(state, context, keyOf);
  const { detail } = state;
  if (key === undefined || detail?.key !== key) return undefined;
  const row = state.list.rows.find(({ client }) => client === key);
  return clientLines(key, row, detail.value, { ...context, width });
}

/** The address that keys are about: what is read, else the chosen row's. */
function subjectOf({ list, reading }: State): Address | undefined {
  return reading === undefined ? chosenOf<ClientRow>({ list })?.client : addressOf(reading);
}

function pressed(state: State, key: Key, { readOnly }: Context): Step<State> {
  const client = subjectOf(state);
  if (client === undefined) return [state];
  switch (key.name) {
    case 'e':
      return [state, readOnly ? saying(READ_ONLY) : exceptionDialog(state, client)];
    case 't':
      return [state, { kind: 'open', screen: 'attempts', search: ofClient(client) }];
    case 'i':
      return [state, { kind: 'open', screen: 'incidents', search: ofClient(client) }];
    default:
      return [state];
  }
}

const saying = (text: string): Effect => ({ kind: 'say', text, tone: 'warn' });

/** Filled with the service where there is but one. */
function exceptionDialog({ list }: State, clients: Address): Effect {
  const services = list.rows.find(({ client }) => client === clients)?.services ?? [];
  const subject = services.length === 1 ? (services[0] as string) : '';
  return { kind: 'dialog', dialog: { kind: 'exception', subject, clients } };
}

function columnsOf({ now, width }: Context): readonly Column<ClientRow>[] {
  return [
    { title: 'CALLED', text: ({ label }) => label ?? '-', least: 14, most: 20 },
    { title: 'ADDRESS', text: ({ client }) => client, least: 15, most: width < 100 ? 17 : 26 },
    { title: 'TEAM', text: ({ team }) => team ?? '-', least: 8, most: 14, from: 90 },
    {
      title: 'OPEN',
      text: ({ open }) => (open === 0 ? '-' : figure(open)),
      tone: ({ open }) => (open > 0 ? 'warn' : 'dim'),
      ...{ align: 'right' as const, least: 4, most: 4 },
    },
    {
      title: 'TRIES',
      text: ({ attempts }) => figure(attempts),
      ...{ align: 'right' as const, least: 5, most: 5 },
    },
    {
      title: 'SERVICES',
      text: ({ services }) => services.join(', ') || '-',
      cut: 'end',
      least: 9,
      from: 70,
    },
    { title: 'LAST', text: ({ last }) => ageOf(last, now), align: 'right', least: 6, most: 6 },
  ];
}

function headOf({ list: { rows, isAll } }: State): Line {
  const open = rows.filter((row) => row.open > 0).length;
  const more = isAll ? '' : '+';
  return line(
    `${rows.length}${more} client${rows.length === 1 ? '' : 's'} tried something`,
    open === 0
      ? span(', none with an open incident', 'good')
      : span(`, ${open}${more} with an open incident`, 'strong'),
  );
}

function emptyText(search: string): readonly string[] {
  if (search !== '') {
    return [`No client matches "${search}".`, 'Press / to change what is looked for.'];
  }
  return [
    'No clients: nobody has tried anything unsanctioned yet.',
    `They appear here with their first attempt. ${IDENTITY_HINT}`,
  ];
}

/** Who tried something, and what is known of them. */
export const clientsScreen: Screen<State> = {
  id: 'clients',
  title: 'Clients',
  keys: KEYS,
  searches: 'clients',
  start: startBrowsing(),
  update: (state, event, context) =>
    browsed(state, event, context, browser) ??
    (event.kind === 'key' ? pressed(state, event.key, context) : [state]),
  view: (state, context) =>
    browseView(
      {
        ...state,
        head: headOf(state),
        columns: columnsOf(context),
        empty: emptyText(context.search),
        detail: (width) => detailLines(state, context, width),
      },
      context,
    ),
  copied: (state) => {
    const client = subjectOf(state);
    return client === undefined ? undefined : { text: client, what: 'the address' };
  },
  exported: (_, { search }) => ({
    kind: 'act',
    action: { kind: 'export', what: 'clients', search },
  }),
};
