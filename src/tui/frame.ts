import { formLines } from './form-view.ts';
import { helpLines } from './help.ts';
import { GLOBAL_KEYS, usable } from './keys.ts';
import { cutLine, EMPTY_LINE, type Line, line, type Span, span } from './line.ts';
import { paletteLines } from './palette.ts';
import { promptLines } from './prompt.ts';
import { contextOf, LEAST, type State, shownScreen } from './state.ts';
import { topLine } from './top.ts';

/** What is seen: exactly as many lines as the terminal has, none wider than it. */
export function frameOf(state: State, now: number): readonly Line[] {
  const { width, height } = state.size;
  const { glyphs } = state.setup;
  if (width < LEAST.width || height < LEAST.height) return tooSmall(state);
  const [status, hints] = bottomLines(state, now);
  return [topLine(state), ...bodyLines(state, now), status, hints].map((row) =>
    cutLine(row, width, glyphs.ellipsis),
  );
}

function tooSmall({ size: { width, height }, setup }: State): readonly Line[] {
  const words = [
    'This terminal is too small.',
    `It has ${width} columns and ${height} lines;`,
    `${LEAST.width} and ${LEAST.height} are needed.`,
    'q quits.',
  ];
  return filled(
    words.map((text) => cutLine(line(text), width, setup.glyphs.ellipsis)),
    height,
  );
}

/** The lines, as many as there is room for. */
function filled(lines: readonly Line[], height: number): readonly Line[] {
  const missing = Math.max(0, height - lines.length);
  return [...lines.slice(0, height), ...Array<Line>(missing).fill(EMPTY_LINE)];
}

/** The screen's own part, or what lies over it. */
export function bodyLines(state: State, now: number): readonly Line[] {
  const context = contextOf(state, state.screen, now);
  const { width, height, glyphs } = context;
  const { over } = state;
  if (over?.kind === 'help') return filled(helpLines(over, width, height, glyphs), height);
  const body = filled(shownScreen(state).view(context), height);
  if (over === undefined || over.kind === 'prompt') return body;
  const panel =
    over.kind === 'palette'
      ? paletteLines(over, width, Math.min(height - 2, 16), glyphs)
      : formLines(over, { width, now, glyphs });
  return under(body, panel, glyphs.rule, width, over.kind === 'palette' ? 16 : 0);
}

/** The body with a panel over its lower part, below a rule. */
function under(
  body: readonly Line[],
  panel: readonly Line[],
  rule: string,
  width: number,
  least: number,
): readonly Line[] {
  const height = Math.min(body.length, Math.max(least, panel.length));
  const rows = filled(panel, height);
  if (rows.length >= body.length) return rows.slice(0, body.length);
  return [
    ...body.slice(0, body.length - rows.length - 1),
    line(span(rule.repeat(width), 'dim')),
    ...rows,
  ];
}

/** The status line and the line of hints; a prompt takes them for itself. */
function bottomLines(state: State, now: number): readonly [Line, Line] {
  const { over, setup, size } = state;
  if (over?.kind === 'prompt') {
    return promptLines(over, { width: size.width, glyphs: setup.glyphs, now });
  }
  return [statusLine(state), hintLine(state)];
}

function statusLine(state: State): Line {
  const { message, searches, screen } = state;
  if (message) return line(span(message.text, message.tone));
  const search = searches[screen];
  return search ? line(span('filter ', 'dim'), span(search, 'note')) : EMPTY_LINE;
}

/** The screen's most useful keys as far as there is room, then those of everywhere. */
function hintLine({ over, setup, screens, screen, size }: State): Line {
  if (over) return line(span(HINTS[over.kind], 'dim'));
  const here = screens.find(({ id }) => id === screen);
  const everywhere = usable(GLOBAL_KEYS, setup.readOnly).flatMap(({ command, keys, hint }) =>
    hint === undefined || (command === 'filter' && !here?.searches) ? [] : hinted(keys, hint),
  );
  const room = size.width - widthOfAll(everywhere);
  const own: Span[] = [];
  for (const { keys, does, hint = does } of usable(here?.keys ?? [], setup.readOnly)) {
    const next = hinted(keys, hint);
    if (widthOfAll([...own, ...next]) <= room) own.push(...next);
  }
  return { spans: [...own, ...everywhere] };
}

const HINTS = {
  prompt: '',
  palette: 'enter runs it, escape leaves, up and down choose',
  help: 'letters search, up and down scroll, escape leaves',
  form: 'tab goes to the next field, escape leaves',
} as const;

function hinted(keys: string, does: string): Span[] {
  return [span(keys, 'key'), span(` ${does}  `, 'dim')];
}

function widthOfAll(spans: readonly Span[]): number {
  return spans.reduce((sum, { text }) => sum + text.length, 0);
}
