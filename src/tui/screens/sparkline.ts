import type { Minute } from '../../attempts/note.ts';
import type { Glyphs } from '../glyphs.ts';

const MINUTE = 60_000;

/** One column a value, the last at the right; nothing stands where a value is missing. */
export function sparkline(values: readonly (number | undefined)[], glyphs: Glyphs): string {
  const most = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0);
  const { levels } = glyphs;
  return values
    .map((value) => {
      if (value === undefined) return ' ';
      // What is little is not nothing: only zero stands on the lowest level.
      const level = value <= 0 ? 0 : Math.max(1, Math.round((value / most) * (levels.length - 1)));
      return levels[level] as string;
    })
    .join('');
}

/** A bar of at most `width` columns for a part of the most there is; what is there has at least one. */
export function barOf(value: number, most: number, width: number, glyphs: Glyphs): string {
  if (value <= 0 || most <= 0 || width <= 0) return '';
  const columns = Math.max(1, Math.min(width, Math.round((value / most) * width)));
  return (glyphs.levels.at(-1) as string).repeat(columns);
}

/** The last so many minutes that are over, the oldest first: undefined where none was written. */
export function lastMinutes(
  minutes: readonly Minute[],
  count: number,
  now: number,
): readonly (Minute | undefined)[] {
  const end = now - (now % MINUTE) - MINUTE;
  const known = new Map(minutes.map((minute) => [minute.time, minute]));
  return Array.from({ length: Math.max(0, count) }, (_, i) =>
    known.get(end - (count - 1 - i) * MINUTE),
  );
}
