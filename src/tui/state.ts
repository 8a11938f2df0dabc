import type { Size } from './event.ts';
import type { Form } from './form.ts';
import type { Glyphs } from './glyphs.ts';
import type { Help } from './help.ts';
import type { Tone } from './line.ts';
import type { Mounted } from './mount.ts';
import type { Palette } from './palette.ts';
import type { Prompt, Searched } from './prompt.ts';
import type { Context, ScreenId } from './screen.ts';
import type { Undo } from './source.ts';
import type { ThemeName } from './theme.ts';

/** What stays as it is while the UI runs. */
export type Setup = {
  /** What is looked at: the name of an organisation, or a database's. */
  readonly title: string;
  readonly glyphs: Glyphs;
  readonly readOnly: boolean;
  readonly isDemo: boolean;
};

/** What lies over the screen and has the keys. */
export type Over = Prompt | Palette | Help | Form;

export type Message = {
  readonly text: string;
  readonly tone: Tone;
  /** Milliseconds since the epoch. */
  readonly time: number;
};

export type State = {
  readonly setup: Setup;
  readonly screens: readonly Mounted[];
  readonly screen: ScreenId;
  readonly searches: Readonly<Partial<Record<ScreenId, string>>>;
  /** What was searched for, the newest first. */
  readonly history: Readonly<Partial<Record<Searched, readonly string[]>>>;
  readonly over?: Over | undefined;
  readonly message?: Message | undefined;
  /** Since when nothing moves, in milliseconds since the epoch. */
  readonly frozen?: number | undefined;
  /** What can be taken back, the newest first. */
  readonly undo: readonly Undoable[];
  readonly theme: ThemeName;
  readonly size: Size;
  /** Incidents nobody has looked at; unknown at first. */
  readonly open?: number | undefined;
  /** When the number was asked for last. */
  readonly askedOpen: number;
};

export type Undoable = { readonly undo: Undo; readonly message: string };

/** Smaller, nothing can be shown that would be of use. */
export const LEAST: Size = { width: 60, height: 20 };

/** Lines that are not the screen's own: the top line, the status line and the line of hints. */
export const FRAME_LINES = 3;

export function startOf(
  setup: Setup,
  screens: readonly Mounted[],
  { size, theme, screen }: Pick<State, 'size' | 'theme' | 'screen'>,
): State {
  return {
    setup,
    screens,
    screen,
    searches: {},
    history: {},
    undo: [],
    theme,
    size,
    askedOpen: Number.NEGATIVE_INFINITY,
  };
}

export function shownScreen({ screens, screen }: State): Mounted {
  return screens.find(({ id }) => id === screen) as Mounted;
}

export function contextOf(state: State, id: ScreenId, now: number): Context {
  const { setup, size, searches, frozen } = state;
  return {
    width: size.width,
    height: Math.max(1, size.height - FRAME_LINES),
    now: frozen ?? now,
    glyphs: setup.glyphs,
    readOnly: setup.readOnly,
    search: searches[id] ?? '',
  };
}

export function saying(state: State, text: string, tone: Tone, now: number): State {
  return { ...state, message: { text, tone, time: now } };
}
