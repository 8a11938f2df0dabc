import { typeName, typeNumber } from '../../dns/constants.ts';
import { parseName } from '../../policy/name.ts';
import { parseNetwork } from '../../policy/network.ts';
import { ParseError } from '../../policy/problem.ts';
import { ROLES } from '../../policy/service.ts';
import { ATTEMPT_VERDICTS, POINTS } from '../attempt.ts';
import { SEVERITIES } from '../incident/incident.ts';
import { WAYS } from '../incident/way.ts';
import { parseMoment } from '../moment.ts';
import {
  type ClientValue,
  type Field,
  type NameValue,
  STATE_WORDS,
  type Values,
} from './search.ts';

/** What is spoken where no question is asked, in the place of its type. */
export const SPOKEN = ['TLS', 'SSH', 'HTTP', 'OTHER', 'PACKET'] as const;

/** The word for what is of no known service. */
export const NO_SERVICE = 'none';

/** Reads the values of a field, each without quotes and none of them empty. Throws ParseError. */
export function readValues(field: Field, values: readonly string[], now: number): Values {
  switch (field) {
    case 'client':
      return { field, values: values.map(clientValue) };
    case 'name':
      return { field, values: values.map(parseNameValue) };
    case 'service':
      return {
        field,
        values: values.map((value) => (value === NO_SERVICE ? undefined : value.toLowerCase())),
      };
    case 'role':
      return { field, values: values.map((value) => oneOf(value, ROLES)) };
    case 'verdict':
      return { field, values: values.map((value) => oneOf(value, ATTEMPT_VERDICTS)) };
    case 'point':
      return { field, values: values.map((value) => oneOf(value, POINTS)) };
    case 'way':
      return { field, values: values.map((value) => oneOf(value, WAYS)) };
    case 'state':
      return { field, values: [...new Set(values.flatMap(statesOf))] };
    case 'severity':
      return { field, values: values.map((value) => oneOf(value, SEVERITIES)) };
    case 'destination':
      return { field, values: values.map(parseNetwork) };
    case 'type':
      return { field, values: values.map(typeValue) };
    case 'since':
    case 'until':
      return { field, values: [momentOf(values, now)] };
    case 'id':
      return { field, values: values.map(idOf) };
    default:
      return { field, values };
  }
}

/** Reads `severity>=medium` and its like, from behind the word. Throws ParseError. */
export function readSeverities(operator: string, value: string): Values {
  const wanted = SEVERITIES.indexOf(oneOf(value, SEVERITIES));
  const fits = (rank: number): boolean => {
    if (rank === wanted) return operator.endsWith('=');
    return rank > wanted ? operator.startsWith('>') : operator.startsWith('<');
  };
  const values = SEVERITIES.filter((_, rank) => fits(rank));
  if (values.length === 0) {
    throw new ParseError(`nothing is ${operator} ${value}; the least is info, the most is high`);
  }
  return { field: 'severity', values };
}

/** A name and all below it; `=NAME` is only itself. Throws ParseError. */
export function parseNameValue(text: string): NameValue {
  return text.startsWith('=')
    ? { name: parseName(text.slice(1)), scope: 'exact' }
    : { name: parseName(text), scope: 'subtree' };
}

/** What is made of digits, dots, colons and a slash was meant as an address, and no one is called so. */
const LIKE_ADDRESS = /^[\d.]+(\/.*)?$|^[\da-f]*:[\da-f:.]*(\/.*)?$/i;

function clientValue(text: string): ClientValue {
  return LIKE_ADDRESS.test(text)
    ? { kind: 'network', network: parseNetwork(text) }
    : { kind: 'label', text };
}

function statesOf(text: string) {
  const word = text.toLowerCase();
  if (Object.hasOwn(STATE_WORDS, word)) return STATE_WORDS[word] ?? [];
  throw new ParseError(
    `"${text}" is none of ${Object.keys(STATE_WORDS).join(', ')}; write one of them`,
  );
}

function oneOf<T extends string>(text: string, known: readonly T[]): T {
  const found = known.find((value) => value === text.toLowerCase());
  if (found) return found;
  throw new ParseError(`"${text}" is none of ${known.join(', ')}; write one of them`);
}

function typeValue(text: string): string {
  const word = text.toUpperCase();
  if (SPOKEN.some((spoken) => spoken === word)) return word;
  const number = typeNumber(text);
  if (number !== undefined) return typeName(number);
  throw new ParseError(
    `"${text}" is not a type; write one such as A, HTTPS or TYPE65280, or ${SPOKEN.join(', ')}`,
  );
}

function momentOf(values: readonly string[], now: number) {
  const [written, more] = values;
  if (written === undefined || more !== undefined) {
    throw new ParseError('takes one time; write it twice where both are meant');
  }
  return { written, time: parseMoment(written, now) };
}

function idOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new ParseError(`"${text}" is not a number that rows have; write one such as 42`);
}
