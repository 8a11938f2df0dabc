import type { Key, KeyHelp } from './screen.ts';

/** What can be done on every screen. */
export type Command =
  | 'next'
  | 'previous'
  | 'filter'
  | 'palette'
  | 'help'
  | 'freeze'
  | 'undo'
  | 'copy'
  | 'export'
  | 'colours'
  | 'redraw'
  | 'suspend'
  | 'quit';

type GlobalKey = KeyHelp & {
  readonly command: Command;
  readonly names: readonly string[];
};

/** In the order of the help. */
export const GLOBAL_KEYS: readonly GlobalKey[] = [
  { command: 'filter', names: ['/'], keys: '/', does: 'filter what is shown', hint: 'filter' },
  {
    command: 'palette',
    names: [':', 'ctrl+p'],
    keys: ':',
    does: 'search all actions and screens',
    hint: 'actions',
  },
  { command: 'help', names: ['?', 'f1'], keys: '?', does: 'show the keys', hint: 'help' },
  { command: 'freeze', names: ['space'], keys: 'space', does: 'freeze what is shown, or go on' },
  {
    command: 'undo',
    names: ['u'],
    keys: 'u',
    does: 'undo the last change made here',
    changes: true,
  },
  { command: 'copy', names: ['y'], keys: 'y', does: 'copy the chosen thing' },
  { command: 'export', names: ['x'], keys: 'x', does: 'export what is shown to a file' },
  { command: 'next', names: ['tab'], keys: 'tab', does: 'go to the next screen' },
  {
    command: 'previous',
    names: ['shift+tab'],
    keys: 'shift+tab',
    does: 'go to the previous screen',
  },
  { command: 'colours', names: [], keys: '', does: 'change the colours: dark, light, none' },
  { command: 'redraw', names: ['ctrl+l'], keys: 'ctrl+l', does: 'draw the screen afresh' },
  { command: 'suspend', names: ['ctrl+z'], keys: 'ctrl+z', does: 'go to the shell; fg comes back' },
  { command: 'quit', names: ['q', 'ctrl+c'], keys: 'q', does: 'quit', hint: 'quit' },
];

export function commandOf(key: Key): Command | undefined {
  return GLOBAL_KEYS.find(({ names }) => names.includes(key.name))?.command;
}

/** Those that no text that is being written can mean. */
export function commandWhileTyping(key: Key): Command | undefined {
  const command = commandOf(key);
  const isMeant = command === 'redraw' || command === 'suspend' || key.name === 'ctrl+c';
  return isMeant ? command : undefined;
}

const NAMED =
  /^(?:(?:ctrl|alt|shift)\+)*(?:.|up|down|left|right|enter|escape|tab|space|home|end|pageup|pagedown|backspace|delete|insert|f\d\d?)$/u;

/** The key that a help text such as `enter`, `ctrl+d` or `a` names; undefined where it names several. */
export function keyNamed(keys: string): Key | undefined {
  if (!NAMED.test(keys)) return undefined;
  const isLetter = [...keys].length === 1;
  return { name: keys, text: isLetter ? keys : keys === 'space' ? ' ' : '' };
}

/** What of the keys can be used where nothing can be changed. */
export function usable<Row extends KeyHelp>(
  keys: readonly Row[],
  readOnly: boolean,
): readonly Row[] {
  return readOnly ? keys.filter(({ changes }) => !changes) : keys;
}
