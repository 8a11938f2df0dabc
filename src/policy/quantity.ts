import { ParseError } from './problem.ts';

const MILLISECONDS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const BYTES: Readonly<Record<string, number>> = { KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };

/** Reads `90s`, `30m`, `12h`, `7d`, `2w` as milliseconds. Throws ParseError. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,9})([smhdw])$/.exec(text);
  if (!match)
    throw new ParseError(`"${text}" is not a duration; write one such as 90s, 30m, 12h or 7d`);
  return Number(match[1]) * (MILLISECONDS[match[2] as string] as number);
}

/** Reads `512KB`, `64MB`, `1GB` as bytes. Throws ParseError. */
export function parseSize(text: string): number {
  const match = /^(\d{1,6})(KB|MB|GB)$/.exec(text);
  if (!match || Number(match[1]) === 0) {
    throw new ParseError(`"${text}" is not a size; write one such as 512KB, 64MB or 1GB`);
  }
  return Number(match[1]) * (BYTES[match[2] as string] as number);
}

/**
 * Reads a day, which lasts until its last moment here (`2026-12-31`), or an instant with its offset
 * (`2026-12-31T18:00:00+01:00`). Milliseconds since the epoch. Throws ParseError.
 */
export function parseUntil(text: string): number {
  const parts = /^([12]\d{3})-(\d{2})-(\d{2})(T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/.exec(
    text,
  );
  const [year, month, date] = (parts ?? []).slice(1).map(Number) as [number, number, number];
  // 31 February would quietly become March, in both forms: the day has to come back unchanged.
  const real = new Date(Date.UTC(year, month - 1, date));
  const end = parts?.[4] ? Date.parse(text) : new Date(year, month - 1, date + 1).getTime();
  if (real.getUTCMonth() !== month - 1 || real.getUTCDate() !== date || Number.isNaN(end)) {
    throw new ParseError(
      `"${text}" is not a time; write a day such as 2026-12-31 or 2026-12-31T18:00:00+01:00`,
    );
  }
  return end;
}
