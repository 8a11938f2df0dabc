import { edited, type Field, fieldOf, fieldSpans, inserted } from './edit.ts';
import { ranked } from './fuzzy.ts';
import type { Glyphs } from './glyphs.ts';
import { type Command, GLOBAL_KEYS, keyNamed, usable } from './keys.ts';
import { cutLine, type Line, line, padded, span } from './line.ts';
import type { Mounted } from './mount.ts';
import type { Key, ScreenId } from './screen.ts';

/** What enter does. */
export type Choice =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'screen'; readonly screen: ScreenId };

export type Entry = { readonly title: string; readonly keys: string; readonly choice: Choice };

/** All that can be done, searched. */
export type Palette = {
  readonly kind: 'palette';
  readonly entries: readonly Entry[];
  readonly field: Field;
  /** Of the entries that answer what is typed. */
  readonly at: number;
};

export type PaletteStep =
  | { readonly kind: 'on'; readonly palette: Palette }
  | { readonly kind: 'left' }
  | { readonly kind: 'chosen'; readonly choice: Choice };

/** The actions of the screen in view come first, then what goes everywhere, then the other screens. */
export function paletteOf(
  screens: readonly Mounted[],
  screen: ScreenId,
  readOnly: boolean,
): Palette {
  const here = screens.find(({ id }) => id === screen);
  const own = usable(here?.keys ?? [], readOnly).flatMap(({ keys, does }): Entry[] => {
    const key = keyNamed(keys);
    return key ? [{ title: does, keys, choice: { kind: 'key', key } }] : [];
  });
  const everywhere = usable(GLOBAL_KEYS, readOnly)
    .filter(({ command }) => command !== 'palette')
    .map(
      ({ does, keys, command }): Entry => ({
        title: does,
        keys,
        choice: { kind: 'command', command },
      }),
    );
  const others = screens.map(
    ({ id, title }, i): Entry => ({
      title: `go to ${title}`,
      keys: String(i + 1),
      choice: { kind: 'screen', screen: id },
    }),
  );
  const elsewhere = screens
    .filter(({ id }) => id !== screen)
    .flatMap(({ id, title, keys }) =>
      usable(keys, readOnly).map(
        ({ does }): Entry => ({
          title: `${title}: ${does}`,
          keys: '',
          choice: { kind: 'screen', screen: id },
        }),
      ),
    );
  return {
    kind: 'palette',
    entries: [...own, ...others, ...everywhere, ...elsewhere],
    field: fieldOf(''),
    at: 0,
  };
}

export function paletteKey(palette: Palette, key: Key): PaletteStep {
  const count = found(palette).length;
  const to = (at: number): PaletteStep => ({
    kind: 'on',
    palette: { ...palette, at: Math.max(0, Math.min(count - 1, at)) },
  });
  switch (key.name) {
    case 'escape':
    case 'ctrl+c':
      return { kind: 'left' };
    case 'enter': {
      const entry = found(palette)[palette.at];
      return entry ? { kind: 'chosen', choice: entry.choice } : { kind: 'on', palette };
    }
    case 'up':
    case 'shift+tab':
    case 'ctrl+p':
      return to(palette.at - 1);
    case 'down':
    case 'tab':
    case 'ctrl+n':
      return to(palette.at + 1);
    case 'pageup':
      return to(palette.at - 10);
    case 'pagedown':
      return to(palette.at + 10);
    case 'backspace':
      if (palette.field.text === '') return { kind: 'left' };
  }
  const field = edited(palette.field, key);
  return { kind: 'on', palette: field ? { ...palette, field, at: 0 } : palette };
}

export function palettePaste(palette: Palette, text: string): Palette {
  return { ...palette, field: inserted(palette.field, text), at: 0 };
}

function found({ entries, field }: Palette): readonly Entry[] {
  return ranked(entries, field.text, ({ title, keys }) => `${title} ${keys}`);
}

export function paletteLines(
  palette: Palette,
  width: number,
  height: number,
  glyphs: Glyphs,
): readonly Line[] {
  const entries = found(palette);
  const room = Math.max(1, height - 1);
  const top = Math.max(0, palette.at - room + 1);
  const label = 'do: ';
  const typed: Line = {
    spans: [span(label, 'key'), ...fieldSpans(palette.field, width - label.length, glyphs)],
  };
  if (entries.length === 0) {
    return [typed, line(span('nothing here is called that; fewer letters find more', 'dim'))];
  }
  const rows = entries.slice(top, top + room).map(({ title, keys }, i): Line => {
    const isChosen = top + i === palette.at;
    const row = line(
      span(isChosen ? `${glyphs.chosen} ` : '  ', 'key'),
      span(padded(keys, 10, glyphs.ellipsis), 'key'),
      ` ${title}`,
    );
    return { ...cutLine(row, width, glyphs.ellipsis), ...(isChosen ? { chosen: true } : {}) };
  });
  return [typed, ...rows];
}
