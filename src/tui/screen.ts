import type { Glyphs } from './glyphs.ts';
import type { Line, Tone } from './line.ts';
import type { Action, Answer, Question } from './source.ts';

/** In the order of their tabs. */
export const SCREENS = [
  'overview',
  'incidents',
  'attempts',
  'clients',
  'records',
  'rules',
  'firewall',
  'closure',
  'exceptions',
] as const;
export type ScreenId = (typeof SCREENS)[number];

/**
 * A key as it was pressed: a letter as it is (`a`, `G`, `/`), a named key (`up`, `enter`, `escape`,
 * `tab`, `pageup`, `space`), with `ctrl+`, `alt+` or, where the letter does not tell, `shift+` in front. `text` is
 * what it would type; empty where that is nothing.
 */
export type Key = { readonly name: string; readonly text: string };

/** What a screen may know of where it is shown. */
export type Context = {
  /** Columns and lines of the screen's own part. */
  readonly width: number;
  readonly height: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly glyphs: Glyphs;
  /** Nothing can be changed here. */
  readonly readOnly: boolean;
  /** What `/` narrows this screen to; empty where it does not. Already known to be well formed. */
  readonly search: string;
};

export type ScreenEvent =
  /** The screen comes into view, or is wanted anew with another search: time to ask for what it shows. */
  | { readonly kind: 'shown'; readonly about?: string }
  /** Something in the database is new, or a second is over; not while frozen. */
  | { readonly kind: 'changed' }
  | { readonly kind: 'key'; readonly key: Key }
  /** A click on a line of the screen's own part, and where in it; counted from 0. */
  | { readonly kind: 'click'; readonly row: number; readonly column?: number }
  | { readonly kind: 'answered'; readonly question: Question; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly question: Question; readonly message: string };

/** What is to be done beside drawing; whoever runs the UI does it. */
export type Effect =
  /** Asks the source; `answered` or `failed` follows. A question of a kind that is under way is asked once that is answered, the last of them only. */
  | { readonly kind: 'ask'; readonly question: Question }
  /** Changes something; what came of it is said in the status line, and `changed` follows. */
  | { readonly kind: 'act'; readonly action: Action }
  /** Goes to another screen; `about` is what it shall show: an id, a name. */
  | {
      readonly kind: 'open';
      readonly screen: ScreenId;
      readonly search?: string;
      readonly about?: string;
    }
  | { readonly kind: 'dialog'; readonly dialog: Dialog }
  | { readonly kind: 'copy'; readonly text: string; readonly what: string }
  /** Saves a text in the working folder, under a name that is not there yet. */
  | { readonly kind: 'save'; readonly name: string; readonly text: string }
  | { readonly kind: 'say'; readonly text: string; readonly tone: Tone };

/** What is asked of the person before something is done. */
export type Dialog =
  | {
      readonly kind: 'note';
      readonly title: string;
      /** What is done with the note; the note is put in. */
      readonly action: Extract<Action, { readonly note?: string }>;
    }
  | { readonly kind: 'confirm'; readonly title: string; readonly action: Action }
  | {
      readonly kind: 'exception';
      /** What the form is filled with: a name or a service's id, clients as text. */
      readonly subject: string;
      readonly clients: string;
      readonly incident?: number;
    };

export type Step<State> = readonly [state: State, ...effects: readonly Effect[]];

export type KeyHelp = {
  /** As shown: `a`, `enter`, `ctrl+d`. */
  readonly keys: string;
  /** What it does, beginning with a verb. */
  readonly does: string;
  /** The same in a word or two, for the line of hints. */
  readonly hint?: string;
  /** True for those that change something: not offered where nothing can be changed. */
  readonly changes?: boolean;
};

/** One screen: its state, how events change it, and what of it is seen. Pure. */
export type Screen<State> = {
  readonly id: ScreenId;
  readonly title: string;
  /** Its own keys, the most useful first; those of all screens are elsewhere. */
  readonly keys: readonly KeyHelp[];
  /** What `/` filters here; without it there is nothing to filter. */
  readonly searches?: 'attempts' | 'incidents' | 'clients';
  readonly start: State;
  readonly update: (state: State, event: ScreenEvent, context: Context) => Step<State>;
  /** At most `context.height` lines of at most `context.width` columns. */
  readonly view: (state: State, context: Context) => readonly Line[];
  /** True while letters are typed into the screen, so that they are no commands. */
  readonly isTyping?: (state: State) => boolean;
  /** What `y` copies: the chosen thing. */
  readonly copied?: (state: State) => { readonly text: string; readonly what: string } | undefined;
  /** What `x` exports: an action of the source, or a text to save. */
  readonly exported?: (
    state: State,
    context: Context,
  ) => Extract<Effect, { readonly kind: 'act' | 'save' }> | undefined;
};
