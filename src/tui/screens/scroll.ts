import { type Line, line, span } from '../line.ts';
import { stepOf } from '../list.ts';
import type { Context, Key } from '../screen.ts';

type Space = Pick<Context, 'height' | 'glyphs'>;

/** How far a text of so many lines is scrolled after a key; undefined for a key that does not scroll. */
export function scrolled(
  top: number,
  key: Key,
  lines: number,
  { height }: Space,
): number | undefined {
  const room = roomFor(lines, height);
  const step = stepOf(key, room);
  return step === undefined ? undefined : clamped(clamped(top, lines, room) + step, lines, room);
}

/** The part of a text that is seen; where not all of it is, the last line tells how much is below. */
export function scrolledLines(
  lines: readonly Line[],
  top: number,
  { height, glyphs }: Space,
): readonly Line[] {
  const room = roomFor(lines.length, height);
  const from = clamped(top, lines.length, room);
  const shown = lines.slice(from, from + room);
  if (room === height) return shown;
  const below = lines.length - from - room;
  const text = below > 0 ? `${glyphs.ellipsis} ${below} more below` : 'end; k or up goes back';
  return [...shown, line(span(text, 'dim'))];
}

function roomFor(lines: number, height: number): number {
  return Math.max(1, lines > height ? height - 1 : height);
}

function clamped(top: number, lines: number, room: number): number {
  return Math.max(0, Math.min(lines - room, top));
}
