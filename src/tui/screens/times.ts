import { formatMoment } from '../../attempts/moment.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** How long ago in at most six columns: `now`, `12s`, `3m`, `2h`; older than a day `21 Nov`, than this year `2025`. */
export function ageOf(time: number, now: number): string {
  const age = now - time;
  if (age < SECOND) return 'now';
  if (age < MINUTE) return `${Math.floor(age / SECOND)}s`;
  if (age < HOUR) return `${Math.floor(age / MINUTE)}m`;
  if (age < DAY) return `${Math.floor(age / HOUR)}h`;
  return isSameYear(time, now) ? dayOf(time) : String(new Date(time).getFullYear());
}

/** The same for sentences: `just now`, `3m ago`, `on 21 Nov 14:02`, `on 21 Nov 2025`. */
export function agoOf(time: number, now: number): string {
  if (now - time < SECOND) return 'just now';
  return now - time < DAY ? `${ageOf(time, now)} ago` : `on ${dateOf(time, now)}`;
}

/** `3m ago`, and older than a day only the day: `21 Nov`. */
export function shortAgo(time: number, now: number): string {
  const age = ageOf(time, now);
  return /^\d+[smh]$/.test(age) ? `${age} ago` : age;
}

/** The time of day within a day, else with its day: `14:02:11`, `21 Nov 14:02`, `21 Nov 2025`. */
export function momentOf(time: number, now: number): string {
  return Math.abs(now - time) < DAY ? formatMoment(time).slice(11) : dateOf(time, now);
}

function dateOf(time: number, now: number): string {
  if (!isSameYear(time, now)) return `${dayOf(time)} ${new Date(time).getFullYear()}`;
  return `${dayOf(time)} ${formatMoment(time).slice(11, 16)}`;
}

/** `21 Nov`, in the time zone of this machine. */
function dayOf(time: number): string {
  const date = new Date(time);
  return `${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

function isSameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}

/** How long in at most seven columns: `42s`, `55m`, `2h 5m`, `3d 4h`, `40d`. */
export function durationOf(length: number): string {
  const whole = Math.max(0, length);
  if (whole < MINUTE) return `${Math.floor(whole / SECOND)}s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)}m`;
  if (whole < DAY) return pair(whole, HOUR, 'h', MINUTE, 'm');
  return whole < 30 * DAY ? pair(whole, DAY, 'd', HOUR, 'h') : `${Math.floor(whole / DAY)}d`;
}

function pair(length: number, big: number, bigWord: string, small: number, smallWord: string) {
  const rest = Math.floor((length % big) / small);
  const whole = `${Math.floor(length / big)}${bigWord}`;
  return rest === 0 ? whole : `${whole} ${rest}${smallWord}`;
}

/** How long, as it is said: `1 second`, `4 minutes`, `3 hours`, `12 days`. */
export function spokenDuration(length: number): string {
  const [unit, word] = (
    [
      [DAY, 'day'],
      [HOUR, 'hour'],
      [MINUTE, 'minute'],
      [SECOND, 'second'],
    ] as const
  ).find(([size]) => length >= size) ?? [SECOND, 'second'];
  const count = Math.max(0, Math.floor(length / unit));
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** Whole days since a day written `2026-11-21`. */
export function daysSince(day: string, now: number): number {
  return Math.max(0, Math.floor((now - Date.parse(`${day}T00:00:00Z`)) / DAY));
}
