import { ROLES } from '../../policy/service.ts';
import { ATTEMPT_VERDICTS, POINTS } from '../attempt.ts';
import { SEVERITIES } from '../incident/incident.ts';
import { WAYS } from '../incident/way.ts';
import { FIELD_ALIASES, FIELDS, type Field, STATE_WORDS } from './search.ts';
import { NO_SERVICE } from './values.ts';
import { isQuoted, plain, wordsOf } from './words.ts';

/** What is being typed, and what it may become. */
export type Completion = {
  /** The field whose value is typed; without one, a field or a bare word is. */
  readonly field?: Field;
  /** What of the value or word stands before the cursor, without its quotes. */
  readonly prefix: string;
  /** The piece of the text that a candidate takes the place of. */
  readonly from: number;
  readonly to: number;
  /** As they are written into the text: those that begin with the prefix before those that hold it. */
  readonly candidates: readonly string[];
};

/** Values that a field can have and no database need be asked for; the others are asked for. */
export const FIXED_VALUES: Readonly<Partial<Record<Field, readonly string[]>>> = {
  state: Object.keys(STATE_WORDS),
  severity: SEVERITIES,
  verdict: ATTEMPT_VERDICTS,
  role: ROLES,
  point: POINTS,
  way: WAYS,
  since: ['1h', '24h', '7d', '30d'],
  until: ['1h', '24h', '7d', '30d'],
};

/** Fields with their colon, and the bare words that mean something. */
const WORDS: readonly string[] = [
  ...FIELDS.map((field) => `${field}:`),
  ...['open', 'acked', 'new', 'high', 'blocked', 'watched'],
];

/** A field, its operator, and the values before the last one. */
const HEAD = /^-?([A-Za-z0-9]+)(?::|>=|<=|>|<)((?:[^",]|"[^"]*")*,)*/;

/**
 * What stands at the cursor of a search, and what it may become. `values` are those that the field is known
 * to have, as they are written in a search; a database is asked for them by `field` and `prefix`.
 */
export function completionsOf(
  text: string,
  cursor: number,
  values: readonly string[] = [],
): Completion {
  const word = wordsOf(text).find(({ from, to }) => from < cursor && cursor <= to);
  const start = word?.from ?? cursor;
  const to = word ? endOf(text, cursor, word.to) : cursor;
  const typed = text.slice(start, cursor);
  const [head, name = ''] = HEAD.exec(typed) ?? [];
  const field = fieldNamed(name);
  if (head !== undefined && field !== undefined) {
    const prefix = unquoted(typed.slice(head.length));
    const known = [...(FIXED_VALUES[field] ?? []), ...extras(field), ...values];
    return {
      ...{ field, prefix, from: start + head.length, to },
      candidates: fitting(known, prefix),
    };
  }
  const sign = typed.startsWith('-') ? 1 : 0;
  const prefix = typed.slice(sign);
  // What stands in quotes is text, whatever it looks like.
  const candidates = prefix.startsWith('"') ? [] : fitting(WORDS, prefix);
  return { prefix, from: start + sign, to, candidates };
}

const extras = (field: Field): readonly string[] => (field === 'service' ? [NO_SERVICE] : []);

function fieldNamed(word: string): Field | undefined {
  const lower = word.toLowerCase();
  if (Object.hasOwn(FIELD_ALIASES, lower)) return FIELD_ALIASES[lower];
  return FIELDS.find((field) => field === lower);
}

/** The end of the value at the cursor: what is typed in the middle of a list leaves the rest of it. */
function endOf(text: string, cursor: number, end: number): number {
  const comma = text.slice(cursor, end).indexOf(',');
  return comma < 0 ? end : cursor + comma;
}

function unquoted(written: string): string {
  const [word] = wordsOf(written);
  if (word === undefined) return '';
  return isQuoted(word.chars) ? plain(word.chars) : written;
}

function fitting(known: readonly string[], prefix: string): readonly string[] {
  const wanted = prefix.toLowerCase();
  const all = [...new Set(known)].filter((value) => value.toLowerCase().includes(wanted));
  const isBeginning = (value: string) => value.toLowerCase().startsWith(wanted);
  return [...all.filter(isBeginning), ...all.filter((value) => !isBeginning(value))];
}
