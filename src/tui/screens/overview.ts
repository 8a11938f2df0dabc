import { line, span } from '../line.ts';
import { emptyList, type List, movedTo, stepOf, withRowsKept } from '../list.ts';
import type { Context, Key, KeyHelp, Screen, Step } from '../screen.ts';
import type { KnownIncident, Overview } from '../source.ts';
import { exceptionDialog, nameOf } from './incident-acts.ts';
import { fitted, wrapped } from './layout.ts';
import { overviewLines } from './overview-view.ts';
import { ofClientAndService } from './search.ts';
import { READ_ONLY } from './words.ts';

type State = {
  readonly overview: Overview | undefined;
  /** The worst incidents, of which one is chosen. */
  readonly worst: List<KnownIncident>;
  readonly failure: string | undefined;
};

const KEYS: readonly KeyHelp[] = [
  { keys: 'enter', does: 'open the chosen incident', hint: 'open' },
  { keys: 'a', does: 'acknowledge it, with a note', hint: 'acknowledge', changes: true },
  { keys: 'e', does: 'make an exception for some time', hint: 'except', changes: true },
  { keys: 't', does: 'go to its attempts', hint: 'attempts' },
];

function pressed(state: State, key: Key, { readOnly, height }: Context): Step<State> {
  const { worst } = state;
  const step = stepOf(key, height);
  if (step !== undefined) {
    const to = worst.at + step;
    return [{ ...state, worst: { ...movedTo(worst, to, worst.rows.length), top: 0 } }];
  }
  const incident = worst.rows[worst.at];
  if (!incident) return [state];
  const { id, client, service } = incident;
  switch (key.name) {
    case 'enter':
      return [state, { kind: 'open', screen: 'incidents', about: String(id) }];
    case 't':
      return [
        state,
        { kind: 'open', screen: 'attempts', search: ofClientAndService(client, service) },
      ];
    case 'a':
    case 'e': {
      if (readOnly) return [state, { kind: 'say', text: READ_ONLY, tone: 'warn' }];
      if (key.name === 'e') return [state, exceptionDialog(incident)];
      const title = `Acknowledge ${nameOf(incident)}`;
      const action = { kind: 'acknowledge' as const, incidents: [id] };
      return [state, { kind: 'dialog', dialog: { kind: 'note', title, action } }];
    }
    default:
      return [state];
  }
}

function withOverview(state: State, overview: Overview): State {
  const worst = withRowsKept(state.worst, overview.worst, true, ({ id }) => id);
  return { overview, worst, failure: undefined };
}

/** Is it working, who tried what, is anything open, what is to be done. */
export const overviewScreen: Screen<State> = {
  id: 'overview',
  title: 'Overview',
  keys: KEYS,
  start: { overview: undefined, worst: emptyList(), failure: undefined },
  update: (state, event, context) => {
    switch (event.kind) {
      case 'shown':
      case 'changed':
        return [state, { kind: 'ask', question: { kind: 'overview' } }];
      case 'answered':
        if (event.question.kind !== 'overview') return [state];
        return [withOverview(state, event.answer as Overview)];
      case 'failed':
        return [{ ...state, failure: event.message }];
      case 'key':
        return pressed(state, event.key, context);
      case 'click':
        return [state];
    }
  },
  view: ({ overview, worst, failure }, context) => {
    if (overview) return overviewLines(overview, worst, failure, context);
    return failure === undefined
      ? [line(span('Looking ...', 'dim'))]
      : fitted(wrapped(`${context.glyphs.bad} ${failure}`, context.width, 'bad'), context);
  },
  copied: ({ worst }) => {
    const incident = worst.rows[worst.at];
    return incident && { text: incident.client, what: 'the client' };
  },
};
