import type { Next, Task } from './event.ts';
import { formOf } from './form.ts';
import type { Mounted } from './mount.ts';
import type { Effect, ScreenEvent, ScreenId } from './screen.ts';
import { contextOf, type State, saying } from './state.ts';

/** More than anybody recalls. */
const HISTORY = 50;

/** Gives an event to a screen, and sees to what it asks for. */
export function given(state: State, id: ScreenId, event: ScreenEvent, now: number): Next {
  const before = state.screens.find((screen) => screen.id === id);
  if (!before) return [state];
  const [after, ...effects] = before.update(event, contextOf(state, id, now));
  let next = after === before ? state : { ...state, screens: replaced(state.screens, after) };
  const tasks: Task[] = [];
  for (const effect of effects) {
    const [followed, ...more] = effected(next, id, effect, now);
    next = followed;
    tasks.push(...more);
  }
  return [next, ...tasks];
}

function replaced(screens: readonly Mounted[], after: Mounted): readonly Mounted[] {
  return screens.map((screen) => (screen.id === after.id ? after : screen));
}

function effected(state: State, id: ScreenId, effect: Effect, now: number): Next {
  switch (effect.kind) {
    case 'ask':
      return [state, { kind: 'ask', asker: id, question: effect.question }];
    case 'act':
      return acted(state, effect, now);
    case 'copy':
    case 'save':
      return [state, effect];
    case 'say':
      return [saying(state, effect.text, effect.tone, now)];
  }
  // What a screen that is not in view any more wants to show would come out of the blue.
  if (id !== state.screen) return [state];
  if (effect.kind === 'dialog') {
    return state.setup.readOnly
      ? [readOnly(state, now)]
      : [{ ...state, over: formOf(effect.dialog) }];
  }
  const { screen, search, about } = effect;
  const searches = search === undefined ? state.searches : { ...state.searches, [screen]: search };
  return shown({ ...state, screen, searches }, screen, now, about);
}

/** Where nothing can be changed, only what changes nothing is done. */
export function acted(
  state: State,
  { action }: Extract<Effect, { readonly kind: 'act' }>,
  now: number,
): Next {
  if (state.setup.readOnly && action.kind !== 'export') return [readOnly(state, now)];
  return [state, { kind: 'act', action }];
}

function readOnly(state: State, now: number): State {
  return saying(
    state,
    'Nothing can be changed here: this was started with --read-only.',
    'warn',
    now,
  );
}

/** Tells a screen that it is in view. */
export function shown(state: State, id: ScreenId, now: number, about?: string): Next {
  return given(state, id, { kind: 'shown', ...(about === undefined ? {} : { about }) }, now);
}

export function switched(state: State, screen: ScreenId, now: number): Next {
  return screen === state.screen ? [state] : shown({ ...state, screen }, screen, now);
}

/** The screen with another filter, which is remembered. */
export function searching(state: State, id: ScreenId, search: string, now: number): Next {
  const searches = { ...state.searches, [id]: search };
  const what = state.screens.find((screen) => screen.id === id)?.searches;
  const before = what ? (state.history[what] ?? []) : [];
  const history =
    what && search !== ''
      ? {
          ...state.history,
          [what]: [search, ...before.filter((old) => old !== search)].slice(0, HISTORY),
        }
      : state.history;
  return shown({ ...state, searches, history }, id, now);
}
