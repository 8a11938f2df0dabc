import type { Tone } from './line.ts';
import type { Key, ScreenId } from './screen.ts';
import type { Action, Answer, Done, Question } from './source.ts';
import type { State } from './state.ts';

/** Who asked a question: a screen, the line at the top, or the prompt that completes values. */
export type Asker = ScreenId | 'top' | 'prompt';

export type Size = { readonly width: number; readonly height: number };

/** What comes from the terminal. Columns and rows are counted from 0. */
export type Input =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'paste'; readonly text: string }
  | { readonly kind: 'click'; readonly column: number; readonly row: number }
  /** So many notches, downwards where positive. */
  | { readonly kind: 'wheel'; readonly by: number };

export type Event =
  | Input
  | { readonly kind: 'begin' }
  | { readonly kind: 'resize'; readonly size: Size }
  /** A second is over, or the database has changed. */
  | { readonly kind: 'tick' }
  | {
      readonly kind: 'answered';
      readonly asker: Asker;
      readonly question: Question;
      readonly answer: Answer;
    }
  | {
      readonly kind: 'failed';
      readonly asker: Asker;
      readonly question: Question;
      readonly message: string;
    }
  | { readonly kind: 'done'; readonly action: Action; readonly done: Done }
  | { readonly kind: 'refused'; readonly action: Action; readonly message: string }
  /** What became of a copy or a file. */
  | { readonly kind: 'said'; readonly text: string; readonly tone: Tone };

/** What is to be done beside drawing. */
export type Task =
  | { readonly kind: 'ask'; readonly asker: Asker; readonly question: Question }
  | { readonly kind: 'act'; readonly action: Action }
  | { readonly kind: 'copy'; readonly text: string; readonly what: string }
  | { readonly kind: 'save'; readonly name: string; readonly text: string }
  | { readonly kind: 'quit' | 'suspend' | 'redraw' };

export type Next = readonly [state: State, ...tasks: readonly Task[]];
