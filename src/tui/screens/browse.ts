import { emptyList, type List, movedTo, seen } from '../list.ts';
import type { Context, Effect, Key, ScreenEvent, Step } from '../screen.ts';
import type { Answer, Page, Question } from '../source.ts';
import { isWide, listWidth } from './layout.ts';
import { type Asking, limitFor, movedBy, nextAsking, withPage } from './paging.ts';
import { scrolled } from './scroll.ts';

/**
 * A list, and what of its rows is read: beside the list where there is room, else in its place. All
 * screens that list something are this and a few keys of their own.
 */
export type Browsing<Row, Detail> = {
  readonly list: List<Row>;
  readonly search: string;
  readonly asking: Asking;
  /** True where something changed since the list was asked for. */
  readonly isStale: boolean;
  /** What the person went into, by its key: it is read, whatever becomes of the list. */
  readonly reading: string | undefined;
  /** Lines that are scrolled past in what is read. */
  readonly scroll: number;
  readonly detail: { readonly key: string; readonly value: Detail } | undefined;
  /** The key that a detail is asked for. */
  readonly askingDetail: string | undefined;
  readonly isDetailStale: boolean;
  readonly failure: string | undefined;
  /** Of a search that goes on: how far back it has looked, in milliseconds since the epoch. */
  readonly lookedTo: number | undefined;
};

/** What sets one list apart from another. */
export type Browser<Row, Detail, State extends Browsing<Row, Detail>> = {
  readonly keyOf: (row: Row) => string;
  readonly ask: (state: State, limit: number, part: 'top' | 'more') => Question;
  /** The page that an answer is; undefined for an answer to something else. */
  readonly pageOf: (
    question: Question,
    answer: Answer,
  ) =>
    | { readonly page: Page<Row>; readonly part: 'top' | 'more'; readonly lookedTo?: number }
    | undefined;
  readonly isOf: (question: Question, state: State) => boolean;
  readonly withTop: (
    state: State,
    page: Page<Row>,
    lookedTo: number | undefined,
    now: number,
  ) => State;
  /** Asks for more about a row; without it, the row is all there is. */
  readonly askDetail?: (key: string, state: State) => Question | undefined;
  readonly detailOf?: (
    question: Question,
    answer: Answer,
  ) => { readonly key: string; readonly value: Detail } | undefined;
  readonly detailKeyOf?: (question: Question) => string | undefined;
  /** How many lines what is read has, for scrolling. */
  readonly detailLines: (state: State, context: Context) => number;
};

/** Lines above the rows: one that sums up, and the titles. */
export const HEAD = 2;

export function startBrowsing<Row, Detail>(): Browsing<Row, Detail> {
  return {
    list: emptyList(),
    search: '',
    asking: 'nothing',
    isStale: false,
    reading: undefined,
    scroll: 0,
    detail: undefined,
    askingDetail: undefined,
    isDetailStale: false,
    failure: undefined,
    lookedTo: undefined,
  };
}

export function chosenOf<Row>({ list }: { readonly list: List<Row> }): Row | undefined {
  return list.rows[list.at];
}

export const listRoom = ({ height }: Pick<Context, 'height'>) => Math.max(1, height - HEAD);

/** The key of what is shown in full: what is read, and beside a list the chosen row. */
export function shownKey<Row, Detail>(
  { list, reading }: Pick<Browsing<Row, Detail>, 'list' | 'reading'>,
  context: Pick<Context, 'width'>,
  keyOf: (row: Row) => string,
): string | undefined {
  if (reading !== undefined) return reading;
  const chosen = chosenOf({ list });
  return isWide(context) && chosen !== undefined ? keyOf(chosen) : undefined;
}

/** What every list does with an event; undefined for a key that is not of them all. */
export function browsed<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  event: ScreenEvent,
  context: Context,
  browser: Browser<Row, Detail, State>,
): Step<State> | undefined {
  const next = after(state, event, context, browser);
  // What failed is asked again when something changes, and not over and over.
  if (event.kind === 'failed') return next && [next];
  return next && settled(next, context, browser);
}

/** The state with the questions that it calls for. */
export function settled<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  context: Context,
  browser: Browser<Row, Detail, State>,
  ...effects: readonly Effect[]
): Step<State> {
  const asks: Effect[] = [];
  let next = state;
  const part = nextAsking(next.list, { ...next, height: listRoom(context) });
  if (part !== 'nothing') {
    const question = browser.ask(next, limitFor(next.list), part);
    next = { ...next, asking: part, isStale: part === 'top' ? false : next.isStale };
    asks.push({ kind: 'ask', question });
  }
  const key = shownKey(next, context, browser.keyOf);
  const isDue = key !== undefined && (next.detail?.key !== key || next.isDetailStale);
  const about = isDue && next.askingDetail !== key ? browser.askDetail?.(key, next) : undefined;
  if (about) {
    next = { ...next, askingDetail: key, isDetailStale: false };
    asks.push({ kind: 'ask', question: about });
  }
  return [next, ...asks, ...effects];
}

function after<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  event: ScreenEvent,
  context: Context,
  browser: Browser<Row, Detail, State>,
): State | undefined {
  switch (event.kind) {
    case 'shown':
      return shown(state, event.about, context, browser);
    case 'changed':
      return { ...state, isStale: true, isDetailStale: true };
    case 'click':
      return clicked(state, event, context, browser);
    case 'answered':
      return answered(state, event, context, browser);
    case 'failed':
      return failed(state, event.question, event.message, browser);
    case 'key':
      return pressed(state, event.key, context, browser);
  }
}

function shown<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  about: string | undefined,
  { search }: Context,
  { keyOf }: Browser<Row, Detail, State>,
): State {
  const isOther = search !== state.search;
  const list = isOther ? emptyList<Row>() : state.list;
  const at = about === undefined ? -1 : list.rows.findIndex((row) => keyOf(row) === about);
  return {
    ...state,
    list: at < 0 ? list : { ...list, at },
    search,
    asking: 'nothing',
    isStale: true,
    askingDetail: undefined,
    isDetailStale: true,
    failure: undefined,
    ...(isOther ? { lookedTo: undefined, reading: undefined, scroll: 0 } : {}),
    ...(about === undefined ? {} : { reading: about, scroll: 0 }),
  };
}

function answered<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  { question, answer }: Extract<ScreenEvent, { readonly kind: 'answered' }>,
  { now }: Context,
  browser: Browser<Row, Detail, State>,
): State {
  const detail = browser.detailOf?.(question, answer);
  if (detail) {
    if (detail.key !== state.askingDetail) return state;
    return { ...state, detail, askingDetail: undefined, failure: undefined };
  }
  const found = browser.pageOf(question, answer);
  if (!found || !browser.isOf(question, state)) return state;
  const { page, part, lookedTo } = found;
  if (part === 'more' && state.asking !== 'more') return state;
  const asking = part === state.asking ? ('nothing' as const) : state.asking;
  const next: State = { ...state, asking, failure: undefined };
  if (part === 'top') return browser.withTop(next, page, lookedTo, now);
  // A page of nothing that has looked at nothing has no end to come to.
  const isAll = page.isAll || (page.rows.length === 0 && lookedTo === undefined);
  return { ...next, lookedTo, list: withPage(next.list, { ...page, isAll }, browser.keyOf) };
}

function failed<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  question: Question,
  message: string,
  browser: Browser<Row, Detail, State>,
): State {
  if (browser.detailKeyOf?.(question) !== undefined) {
    return { ...state, askingDetail: undefined, failure: message };
  }
  if (!browser.isOf(question, state)) return state;
  return { ...state, asking: 'nothing', failure: message };
}

function clicked<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  { row, column = 0 }: Extract<ScreenEvent, { readonly kind: 'click' }>,
  context: Context,
  browser: Browser<Row, Detail, State>,
): State {
  const isBesideList = isWide(context) && column >= listWidth(context);
  if (isBesideList) return { ...state, reading: shownKey(state, context, browser.keyOf) };
  if (state.reading !== undefined && !isWide(context)) return state;
  const [at] = seen(state.list, listRoom(context))[row - HEAD] ?? [];
  if (at === undefined) return state;
  const list = movedTo(state.list, at, listRoom(context));
  const chosen = chosenOf({ list });
  // A click on the row that is chosen goes into it, as enter does.
  const reading = at === state.list.at && chosen ? browser.keyOf(chosen) : undefined;
  return { ...state, list, reading, scroll: 0 };
}

function pressed<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  key: Key,
  context: Context,
  browser: Browser<Row, Detail, State>,
): State | undefined {
  if (state.reading !== undefined) return readingKey(state, key, context, browser);
  if (key.name === 'enter' || key.name === 'l' || key.name === 'right') {
    const chosen = chosenOf(state);
    return chosen ? { ...state, reading: browser.keyOf(chosen), scroll: 0 } : state;
  }
  const list = movedBy(state.list, key, listRoom(context));
  return list && { ...state, list, scroll: 0 };
}

const NEIGHBOURS: Readonly<Record<string, number>> = { J: 1, K: -1 };

function readingKey<Row, Detail, State extends Browsing<Row, Detail>>(
  state: State,
  key: Key,
  context: Context,
  browser: Browser<Row, Detail, State>,
): State | undefined {
  if (['escape', 'backspace', 'h', 'left'].includes(key.name)) {
    return { ...state, reading: undefined, scroll: 0 };
  }
  const by = NEIGHBOURS[key.name];
  if (by !== undefined) {
    const list = movedTo(state.list, state.list.at + by, listRoom(context));
    const chosen = chosenOf({ list });
    return chosen ? { ...state, list, reading: browser.keyOf(chosen), scroll: 0 } : state;
  }
  const scroll = scrolled(state.scroll, key, browser.detailLines(state, context), context);
  return scroll === undefined ? undefined : { ...state, scroll };
}
