import { ParseError } from '../policy/problem.ts';
import { parseDuration } from '../policy/quantity.ts';

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/;
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads how long ago (`7d`, `2h`, `30m`), a day or time here (`2026-11-21`, `2026-11-21T18:00`), or
 * an instant with its offset (`2026-11-21T18:00Z`). Milliseconds since the epoch. Throws ParseError.
 */
export function parseMoment(text: string, now: number): number {
  if (/^\d+[a-z]$/.test(text)) return now - parseDuration(text);
  const moment = WITH_OFFSET.test(text) ? Date.parse(text) : localMoment(text);
  if (Number.isNaN(moment)) {
    throw new ParseError(
      `"${text}" is not a time; write how long ago (7d, 2h, 30m) or when (2026-11-21, ` +
        '2026-11-21T18:00, 2026-11-21T18:00Z)',
    );
  }
  return moment;
}

function localMoment(text: string): number {
  const parts = LOCAL.exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts ?? [];
  const date = new Date(year, month - 1, day, hour, minute, second);
  // new Date(2026, 1, 31) would quietly become March.
  const real =
    date.getMonth() === month - 1 && date.getDate() === day && minute < 60 && second < 60;
  return parts && real ? date.getTime() : Number.NaN;
}

/** `2026-11-21 18:00:00`, in the time zone of this machine. */
export function formatMoment(time: number): string {
  const date = new Date(time);
  const two = (part: number) => String(part).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
