import type { StoredException } from '../../../src/attempts/exceptions.ts';
import { ASCII, type Glyphs, UNICODE } from '../../../src/tui/glyphs.ts';
import { plainText } from '../../../src/tui/line.ts';
import type { Context, Effect, Screen, ScreenEvent } from '../../../src/tui/screen.ts';
import type {
  Answer,
  ClientDetail,
  ClientRow,
  IncidentDetail,
  KnownAttempt,
  KnownIncident,
  Overview,
  Page,
  Question,
  Text,
} from '../../../src/tui/source.ts';
import { NOW } from './made-up.ts';
import { type PolicyWorld, policyAnswerOf, policyWorldOf } from './policies.ts';

export function contextOf(different: Partial<Context> = {}): Context {
  return {
    width: 80,
    height: 20,
    now: NOW,
    glyphs: UNICODE,
    readOnly: false,
    search: '',
    ...different,
  };
}

/** Everything that screens can be told, made up. */
export type World = {
  readonly overview: Overview;
  readonly incidents: readonly KnownIncident[];
  readonly details: ReadonlyMap<number, IncidentDetail>;
  readonly attempts: Page<KnownAttempt> & { readonly searchedTo?: number };
  readonly clients: readonly ClientRow[];
  readonly client: ClientDetail;
  readonly exceptions: readonly StoredException[];
  readonly explain: readonly Text[];
  readonly policy?: PolicyWorld;
};

export function answerOf(world: World, question: Question): Answer {
  switch (question.kind) {
    case 'overview':
      return world.overview;
    case 'incidents':
      return pageOf(world.incidents, question.behind ? world.incidents.length : 0, question.limit);
    case 'incident':
      return world.details.get(question.id);
    case 'attempts':
      return question.behind
        ? pageOf(
            world.attempts.rows.filter(({ first }) => first < (question.behind?.first ?? 0)),
            0,
            question.limit,
          )
        : world.attempts;
    case 'clients':
      return pageOf(world.clients, question.behind ? world.clients.length : 0, question.limit);
    case 'client':
      return world.client;
    case 'exceptions':
      return world.exceptions;
    case 'explain':
      return world.explain;
    default:
      return policyAnswerOf(world.policy ?? policyWorldOf(), question);
  }
}

function pageOf<Row>(rows: readonly Row[], from: number, limit: number): Page<Row> {
  return { rows: rows.slice(from, from + limit), isAll: from + limit >= rows.length };
}

/** The state after events, every question answered at once; and what else was wanted of the UI. */
export function played<State>(
  screen: Screen<State>,
  world: World,
  context: Context,
  events: readonly (ScreenEvent | string)[],
  from: State = screen.start,
): { readonly state: State; readonly effects: readonly Effect[] } {
  let state = from;
  const effects: Effect[] = [];
  const waiting: ScreenEvent[] = events.map((event) =>
    typeof event === 'string' ? keyEvent(event) : event,
  );
  for (let steps = 0; waiting.length > 0; steps += 1) {
    if (steps > 1000) throw new Error('the screen asks without end');
    const [next, ...wanted] = screen.update(state, waiting.shift() as ScreenEvent, context);
    state = next;
    for (const effect of wanted) {
      if (effect.kind !== 'ask') effects.push(effect);
      else {
        const { question } = effect;
        waiting.unshift({ kind: 'answered', question, answer: answerOf(world, question) });
      }
    }
  }
  return { state, effects };
}

export function keyEvent(name: string): ScreenEvent {
  return { kind: 'key', key: { name, text: [...name].length === 1 ? name : '' } };
}

export const SHOWN: ScreenEvent = { kind: 'shown' };
export const CHANGED: ScreenEvent = { kind: 'changed' };

/** What is seen, as it would be read aloud. */
export function seenText<State>(screen: Screen<State>, state: State, context: Context): string {
  return screen
    .view(state, context)
    .map((one) => plainText(one).trimEnd())
    .join('\n');
}

export const SIZES: readonly (readonly [width: number, height: number])[] = [
  [60, 16],
  [80, 20],
  [200, 56],
];
export const GLYPHS: readonly (readonly [name: string, glyphs: Glyphs])[] = [
  ['Unicode', UNICODE],
  ['ASCII', ASCII],
];
