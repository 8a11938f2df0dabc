import type { Event, Next, Task } from '../../src/tui/event.ts';
import { UNICODE } from '../../src/tui/glyphs.ts';
import { line } from '../../src/tui/line.ts';
import { mounted } from '../../src/tui/mount.ts';
import type { Effect, Key, Screen, ScreenEvent, ScreenId } from '../../src/tui/screen.ts';
import { type Setup, type State, startOf } from '../../src/tui/state.ts';
import { update } from '../../src/tui/update.ts';

export const NOW = Date.UTC(2026, 10, 27, 15, 0, 0);

export const SETUP: Setup = {
  title: 'Example Corp',
  glyphs: UNICODE,
  readOnly: false,
  isDemo: false,
};

/** What a screen was told, the last at the end. */
export type Told = { readonly events: readonly (ScreenEvent & { readonly search: string })[] };

/** A screen that remembers what it is told, and asks for what `effects` says a key has it ask for. */
export function listening(
  id: ScreenId,
  effects: Readonly<Record<string, readonly Effect[]>> = {},
  more: Partial<Screen<Told>> = {},
): Screen<Told> {
  return {
    id,
    title: id.slice(0, 1).toUpperCase() + id.slice(1),
    keys: [
      { keys: 'a', does: 'acknowledge it', changes: true },
      { keys: 'enter', does: 'open it' },
    ],
    searches: 'attempts',
    start: { events: [] },
    update: (state, event, { search }) => {
      const name = event.kind === 'key' ? event.key.name : event.kind;
      // What it has no use for leaves it as it was, as screens do.
      if (name === 'escape') return [state];
      return [{ events: [...state.events, { ...event, search }] }, ...(effects[name] ?? [])];
    },
    view: ({ events }, { width, height }) => [
      line(`${id} ${width}x${height}`),
      ...events.map((event) => line(event.kind === 'key' ? event.key.name : event.kind)),
    ],
    ...more,
  };
}

export const key = (name: string, text = [...name].length === 1 ? name : ''): Key => ({
  name,
  text,
});
export const pressed = (name: string, text?: string): Event => ({
  kind: 'key',
  key: name === 'space' ? { name, text: ' ' } : key(name, text),
});

export function begun(
  screens: readonly Screen<Told>[],
  different: Partial<State> = {},
  setup: Partial<Setup> = {},
): State {
  return {
    ...startOf(
      { ...SETUP, ...setup },
      screens.map((screen) => mounted(screen)),
      {
        size: { width: 80, height: 24 },
        theme: 'dark',
        screen: screens[0]?.id ?? 'overview',
      },
    ),
    ...different,
  };
}

/** Feeds events one after the other; gives the state at the end and all tasks. */
export function fed(
  start: State,
  events: readonly Event[],
  now = NOW,
): { readonly state: State; readonly tasks: readonly Task[] } {
  let state = start;
  const tasks: Task[] = [];
  for (const event of events) {
    const [next, ...more]: Next = update(state, event, now);
    state = next;
    tasks.push(...more);
  }
  return { state, tasks };
}

export const typed = (text: string): readonly Event[] =>
  [...text].map((char) => pressed(char === ' ' ? 'space' : char));
