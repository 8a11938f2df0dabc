import { edited, type Field, fieldOf, fieldSpans, inserted } from './edit.ts';
import type { Glyphs } from './glyphs.ts';
import { GLOBAL_KEYS, usable } from './keys.ts';
import { cutLine, EMPTY_LINE, type Line, line, padded, span } from './line.ts';
import { stepOf } from './list.ts';
import type { Mounted } from './mount.ts';
import type { Key, KeyHelp, ScreenId } from './screen.ts';

/** The keys, searched by what is typed. */
export type Help = {
  readonly kind: 'help';
  readonly sections: readonly Section[];
  readonly field: Field;
  readonly top: number;
};

type Section = { readonly title: string; readonly keys: readonly KeyHelp[] };

const LISTS: Section = {
  title: 'In lists',
  keys: [
    { keys: 'up, k / down, j', does: 'choose the row above or below' },
    { keys: 'pageup, ctrl+b', does: 'go a page up' },
    { keys: 'pagedown, ctrl+f', does: 'go a page down' },
    { keys: 'home, g / end, G', does: 'go to the first or the last row' },
  ],
};

const FIELDS: Section = {
  title: 'While writing',
  keys: [
    { keys: 'tab', does: 'complete the filter, or go to the next field' },
    { keys: 'up / down', does: 'recall earlier filters' },
    { keys: 'ctrl+a / ctrl+e', does: 'go to the beginning or the end' },
    { keys: 'ctrl+w / ctrl+u', does: 'delete the word, or all, before the cursor' },
    { keys: 'escape', does: 'leave it as it was' },
  ],
};

export function helpOf(screens: readonly Mounted[], screen: ScreenId, readOnly: boolean): Help {
  const own = screens.filter(({ id }) => id === screen);
  const others = screens.filter(({ id }) => id !== screen);
  const ofScreen = ({ title, keys }: Mounted): Section => ({
    title,
    keys: usable(keys, readOnly),
  });
  const numbers: KeyHelp = { keys: `1-${screens.length}`, does: 'go to a screen' };
  const mouse: Section = {
    title: 'Mouse',
    keys: [
      { keys: 'click', does: 'choose a row, or a screen at the top' },
      { keys: 'wheel', does: 'scroll' },
      { keys: 'shift+drag', does: 'select text, as the terminal does without a mouse mode' },
    ],
  };
  const everywhere: Section = {
    title: 'Everywhere',
    keys: [numbers, ...usable(GLOBAL_KEYS, readOnly).filter(({ keys }) => keys !== '')],
  };
  return {
    kind: 'help',
    sections: [...own.map(ofScreen), everywhere, LISTS, FIELDS, mouse, ...others.map(ofScreen)],
    field: fieldOf(''),
    top: 0,
  };
}

/** Undefined where help is left. */
export function helpKey(help: Help, key: Key, height: number): Help | undefined {
  const { field } = help;
  if (key.name === 'escape' || key.name === 'ctrl+c' || key.name === 'f1') return undefined;
  if (field.text === '' && (key.name === '?' || key.name === 'q' || key.name === 'backspace'))
    return undefined;
  const step = key.text === '' ? stepOf(key, height) : undefined;
  if (step !== undefined && !key.name.startsWith('ctrl+')) return scrolled(help, step, height);
  const next = edited(field, key);
  return next ? { ...help, field: next, top: 0 } : help;
}

export function helpPaste(help: Help, text: string): Help {
  return { ...help, field: inserted(help.field, text), top: 0 };
}

function scrolled(help: Help, by: number, height: number): Help {
  const most = Math.max(0, sectionLines(help, 80).length - Math.max(1, height - 2));
  return { ...help, top: Math.max(0, Math.min(most, help.top + by)) };
}

export function helpLines(
  help: Help,
  width: number,
  height: number,
  glyphs: Glyphs,
): readonly Line[] {
  const label = 'help, find: ';
  const typed: Line = {
    spans: [span(label, 'key'), ...fieldSpans(help.field, width - label.length, glyphs)],
  };
  const lines = sectionLines(help, width);
  const room = Math.max(1, height - 2);
  const shown = lines
    .slice(help.top, help.top + room)
    .map((row) => cutLine(row, width, glyphs.ellipsis));
  return [typed, EMPTY_LINE, ...shown];
}

/** By key and by action: letters that stand anywhere in either. */
function sectionLines({ sections, field }: Help, width: number): readonly Line[] {
  const wanted = field.text.trim().toLowerCase();
  const answers = ({ keys, does }: KeyHelp) =>
    wanted === '' || `${keys} ${does}`.toLowerCase().includes(wanted);
  const lines = sections.flatMap(({ title, keys }) => {
    const found = keys.filter(answers);
    if (found.length === 0) return [];
    const rows = found.map((row) =>
      line(span(`  ${padded(row.keys, width < 80 ? 18 : 24, '~')} `, 'key'), row.does),
    );
    return [line(span(title, 'title')), ...rows, EMPTY_LINE];
  });
  return lines.length > 0
    ? lines
    : [line(span('no key is called that, and none does that', 'dim'))];
}
