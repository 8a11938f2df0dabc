import { acted, shown, switched } from './deliver.ts';
import type { Next } from './event.ts';
import { helpOf } from './help.ts';
import type { Command } from './keys.ts';
import { paletteOf } from './palette.ts';
import { promptOf } from './prompt.ts';
import { contextOf, type State, saying, shownScreen } from './state.ts';
import { THEMES } from './theme.ts';

/** Does what can be done on every screen. */
export function run(state: State, command: Command, now: number): Next {
  const { screens, screen, setup } = state;
  const here = shownScreen(state);
  const say = (text: string): Next => [saying(state, text, 'note', now)];
  switch (command) {
    case 'next':
    case 'previous': {
      const by = command === 'next' ? 1 : -1;
      const place = screens.findIndex(({ id }) => id === screen) + by + screens.length;
      return switched(state, (screens[place % screens.length] ?? here).id, now);
    }
    case 'filter':
      return here.searches ? filter(state, here.searches) : say('There is nothing to filter here.');
    case 'palette':
      return [{ ...state, over: paletteOf(screens, screen, setup.readOnly) }];
    case 'help':
      return [{ ...state, over: helpOf(screens, screen, setup.readOnly) }];
    case 'freeze':
      return freeze(state, now);
    case 'undo':
      return undo(state, now);
    case 'copy': {
      const copied = here.copied();
      return copied ? [state, { kind: 'copy', ...copied }] : say('Nothing to copy is chosen.');
    }
    case 'export': {
      const exported = here.exported(contextOf(state, screen, now));
      if (!exported) return say('There is nothing to export here.');
      return exported.kind === 'act' ? acted(state, exported, now) : [state, exported];
    }
    case 'colours': {
      const theme = THEMES[(THEMES.indexOf(state.theme) + 1) % THEMES.length] ?? 'none';
      return [{ ...saying(state, `Colours: ${theme}.`, 'note', now), theme }];
    }
    case 'redraw':
    case 'suspend':
    case 'quit':
      return [state, { kind: command }];
  }
}

function filter(state: State, what: Parameters<typeof promptOf>[0]): Next {
  const { searches, screen, history } = state;
  const { prompt, question } = promptOf(what, searches[screen] ?? '', history[what] ?? []);
  const next = { ...state, over: prompt };
  return question ? [next, { kind: 'ask', asker: 'prompt', question }] : [next];
}

function freeze(state: State, now: number): Next {
  if (state.frozen === undefined) return [{ ...state, frozen: now }];
  const { frozen: _, ...thawed } = state;
  return shown(thawed, thawed.screen, now);
}

function undo(state: State, now: number): Next {
  const [last, ...others] = state.undo;
  if (!last) return [saying(state, 'Nothing was changed here that could be undone.', 'note', now)];
  return acted(
    { ...state, undo: others },
    { kind: 'act', action: { kind: 'undo', done: last.undo } },
    now,
  );
}
