import type { Line } from './line.ts';
import type { Context, Effect, KeyHelp, Screen, ScreenEvent, ScreenId } from './screen.ts';

/** A screen together with its state, whatever type that is of. */
export type Mounted = {
  readonly id: ScreenId;
  readonly title: string;
  readonly keys: readonly KeyHelp[];
  readonly searches?: NonNullable<Screen<unknown>['searches']>;
  /** The screen afterwards; itself where nothing of it has changed. */
  readonly update: (
    event: ScreenEvent,
    context: Context,
  ) => readonly [Mounted, ...effects: readonly Effect[]];
  readonly view: (context: Context) => readonly Line[];
  readonly isTyping: boolean;
  readonly copied: () => { readonly text: string; readonly what: string } | undefined;
  readonly exported: (
    context: Context,
  ) => Extract<Effect, { readonly kind: 'act' | 'save' }> | undefined;
};

export function mounted<State>(screen: Screen<State>, state: State = screen.start): Mounted {
  const { id, title, keys, searches } = screen;
  const self: Mounted = {
    id,
    title,
    keys,
    ...(searches === undefined ? {} : { searches }),
    update: (event, context) => {
      const [next, ...effects] = screen.update(state, event, context);
      return [next === state ? self : mounted(screen, next), ...effects];
    },
    view: (context) => screen.view(state, context),
    isTyping: screen.isTyping?.(state) ?? false,
    copied: () => screen.copied?.(state),
    exported: (context) => screen.exported?.(state, context),
  };
  return self;
}
