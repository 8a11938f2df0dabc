import { parseNetwork } from '../../policy/network.ts';
import { ParseError } from '../../policy/problem.ts';
import {
  FIELD_ALIASES,
  FIELDS,
  type Field,
  fieldOfBareWord,
  type Search,
  type Term,
  type Values,
} from './search.ts';
import { readSeverities, readValues } from './values.ts';
import { type Char, isQuoted, plain, valuesOf, type Word, wordsOf } from './words.ts';

/**
 * Reads a search: `client:10.1.2.3 service:ngrok since:1h -acked`. Terms stand between spaces, and all of
 * them must apply; `-` in front takes away what a term finds, and of values with commas between one must
 * apply. Words without a field are states, verdicts, severities and addresses; every other is text.
 * Times count from `now`, in milliseconds since the epoch. Throws ParseError, which names the word.
 */
export function parseSearch(text: string, now: number): Search {
  return { terms: wordsOf(text).map((word, i) => termOf(word, i + 1, now)) };
}

function termOf(word: Word, number: number, now: number): Term {
  try {
    if (!word.closed) throw new ParseError('has a quote that is not closed; write one more "');
    return readTerm(word.chars, now);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new ParseError(`word ${number}, ${shown(word.written)}: ${error.message}`, {
      cause: error,
    });
  }
}

const shown = (written: string) => (written.length > 60 ? `${written.slice(0, 59)}…` : written);

function readTerm(chars: readonly Char[], now: number): Term {
  const negated = chars[0]?.char === '-' && !chars[0].quoted;
  const rest = negated ? chars.slice(1) : chars;
  if (plain(rest) === '' && !isQuoted(rest)) {
    throw new ParseError('takes nothing away; write what to leave out right behind the -');
  }
  return { negated, ...(fielded(rest, now) ?? bare(rest, now)) };
}

const OPERATOR = /^([A-Za-z][A-Za-z0-9]*)(:|>=|<=|>|<|=)/;

/** A term with a field in front; undefined where there is none. */
function fielded(chars: readonly Char[], now: number): Values | undefined {
  const quote = chars.findIndex(({ quoted }) => quoted);
  const open = plain(quote < 0 ? chars : chars.slice(0, quote));
  const [all, word, operator] = OPERATOR.exec(open) ?? [];
  // A quote takes up no place in what is said, so both are counted in the same characters.
  if (all === undefined || word === undefined) return undefined;
  if (isAddress(plain(chars))) return undefined; // IPv6, as `fe80::1`
  const field = fieldOf(word, operator as string);
  const value = chars.slice(all.length);
  if (operator !== ':') {
    if (field !== 'severity') {
      throw new ParseError(`only severity is compared; write ${field}:VALUE`);
    }
    return readSeverities(operator as string, plain(value));
  }
  if (plain(value) === '') {
    throw new ParseError(`has no value; write one right behind the colon, as ${EXAMPLES[field]}`);
  }
  return readValues(field, valuesOf(value).map(plain), now);
}

function fieldOf(word: string, operator: string): Field {
  const lower = word.toLowerCase();
  const field = FIELDS.find((known) => known === lower);
  if (field) return field;
  if (Object.hasOwn(FIELD_ALIASES, lower)) return FIELD_ALIASES[lower] as Field;
  throw new ParseError(
    `there is no field "${word}"; write one of ${FIELDS.join(', ')}, or put the word in quotes ` +
      `to look for the text "${word}${operator}…"`,
  );
}

/** How each field is written. */
const EXAMPLES: Readonly<Record<Field, string>> = {
  client: 'client:10.1.2.3, client:10.1.0.0/16 or client:anna',
  name: 'name:ngrok.com, or name:=ngrok.com for itself alone',
  service: 'service:ngrok or service:none',
  since: 'since:1h or since:2026-11-21',
  until: 'until:2026-11-21T18:00',
  state: 'state:open',
  severity: 'severity:high or severity>=medium',
  verdict: 'verdict:blocked',
  rule: 'rule:ngrok/session/connect.ngrok-agent.com',
  role: 'role:session',
  type: 'type:A',
  point: 'point:resolver',
  way: 'way:doh',
  destination: 'destination:198.51.100.0/24',
  ja4: 'ja4:t13d1516h2_8daaf6152771_02713d6af862',
  team: 'team:sales',
  person: 'person:anna',
  id: 'id:42',
};

function bare(chars: readonly Char[], now: number): Values {
  if (isQuoted(chars)) return { field: 'text', values: valuesOf(chars).map(plain) };
  const values = valuesOf(chars).map(plain);
  const fields = new Set(values.map((value) => fieldOfBareWord(value.toLowerCase())));
  const [field] = fields;
  if (fields.size === 1 && field) return readValues(field, values, now);
  if (values.every(isAddress)) return readValues('client', values, now);
  return { field: 'text', values };
}

function isAddress(text: string): boolean {
  try {
    parseNetwork(text);
    return true;
  } catch {
    return false;
  }
}
