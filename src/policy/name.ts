import { domainToASCII } from 'node:url';
import { ParseError } from './problem.ts';

/**
 * A domain name in its one canonical text form: lower case, no final dot (the root is `.`), each
 * byte outside printable ASCII as `\DDD` and the characters that mean something in a master file
 * behind a backslash, as dig prints them (RFC 1035 5.1). A dot inside a label stays `\.`, so two
 * different names never share a text. Made only by the parsers of this file.
 */
export type Name = string & { readonly [nameBrand]: true };
declare const nameBrand: unique symbol;

export const ROOT = '.' as Name;

/** RFC 1035 3.1: at most 63 octets a label, 255 octets a name with its length octets. */
const MAX_LABEL = 63;
export const MAX_NAME = 255;

const DOT = 0x2e;
const BACKSLASH = 0x5c;

/** How each octet of a label is written: itself, behind a backslash, or as `\DDD`. */
const WRITTEN: readonly string[] = Array.from({ length: 256 }, (_, octet) => {
  const char = String.fromCharCode(octet).toLowerCase();
  if ('"$();@\\.'.includes(char)) return `\\${char}`;
  if (octet > 0x20 && octet < 0x7f) return char;
  return `\\${String(octet).padStart(3, '0')}`;
});

/** 1 where an octet is written as itself and is already lower case: the common case on the wire. */
const PLAIN = Uint8Array.from(WRITTEN, (text, octet) =>
  text.length === 1 && text.charCodeAt(0) === octet ? 1 : 0,
);

/**
 * Reads a name as people write it: a final dot is optional, `\DDD` and `\X` are escapes, labels
 * that are not ASCII become A-labels (IDNA, UTS 46). Throws ParseError.
 */
export function parseName(text: string): Name {
  if (text === '.') return ROOT;
  if (text === '')
    throw new ParseError('is empty; write a domain name such as tunnels.example.com');
  const labels = splitLabels(text).map((label) => octetsOf(label, text));
  if (labels.at(-1)?.length === 0) labels.pop();
  if (labels.length === 0 || labels.some((label) => label.length === 0)) {
    throw new ParseError(`"${text}" has an empty label; remove the extra dot`);
  }
  const long = labels.find((label) => label.length > MAX_LABEL);
  if (long) throw new ParseError(`"${text}" has a label of ${long.length} octets; the limit is 63`);
  const size = labels.reduce((sum, label) => sum + label.length + 1, 1);
  if (size > MAX_NAME) throw new ParseError(`"${text}" is ${size} octets long; the limit is 255`);
  return labels.map((label) => label.map((octet) => WRITTEN[octet]).join('')).join('.') as Name;
}

/** ASCII that stands in no domain a person means, unless escaped: URLs, mail addresses, filters. */
const PUNCTUATION = /[!-,/:-@[\]^`{-~]/;
/** What `127.0.0.1` and the other ways to write an address end in, and no domain does. */
export const NUMBER_AT_END = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/i;

/**
 * Reads a domain as policies and lists name it. What parseName would take but nobody ever asks is a
 * fault: a URL, an address, a filter; `*` only where `allowed` has it. Throws ParseError.
 */
export function parseDomain(text: string, allowed = ''): Name {
  const bare = text.replaceAll(/\\(?:\d{3}|.)/g, '');
  const odd = [...bare].find((char) => PUNCTUATION.test(char) && !allowed.includes(char));
  if (odd !== undefined) {
    throw new ParseError(
      `"${text}" has a "${odd}"; write the bare domain, without scheme, port or path`,
    );
  }
  if (NUMBER_AT_END.test(bare)) {
    throw new ParseError(`"${text}" ends in a number, as an address does; write a domain`);
  }
  return parseName(text);
}

/** Splits at dots that are not escaped; the other full stops of IDNA count where a label needs it. */
function splitLabels(text: string): string[] {
  const labels: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === '.' || '\u3002\uff0e\uff61'.includes(text[i] as string)) {
      labels.push(text.slice(start, i));
      start = i + 1;
    }
  }
  labels.push(text.slice(start));
  return labels;
}

function octetsOf(label: string, whole: string): number[] {
  if (!/^[\x00-\x7f]*$/.test(label)) {
    // domainToASCII reads a URL's host: it would cut at a slash, decode %2e, drop a tab.
    const ascii = /[\x00-,./:-@[-^`{-\x7f]/.test(label) ? '' : domainToASCII(label);
    if (!/^[a-z0-9_-]+$/.test(ascii)) {
      throw new ParseError(`"${whole}" has a label that IDNA does not allow: "${label}"`);
    }
    return [...Buffer.from(ascii, 'latin1')];
  }
  const octets: number[] = [];
  for (let i = 0; i < label.length; i++) {
    const code = label.charCodeAt(i);
    if (code === BACKSLASH) {
      const digits = /^\d{1,3}/.exec(label.slice(i + 1))?.[0];
      const escaped = digits === undefined ? label.charCodeAt(i + 1) : Number(digits);
      if (Number.isNaN(escaped) || escaped > 255 || (digits && digits.length < 3)) {
        throw new ParseError(`"${whole}" has a bad escape; write \\DDD (000 to 255) or \\X`);
      }
      octets.push(escaped);
      i += digits === undefined ? 1 : 3;
    } else if (code <= 0x20 || code === 0x7f) {
      throw new ParseError(`"${whole}" has a space or control character; remove it`);
    } else octets.push(code);
  }
  return octets;
}

const scratch = Buffer.alloc(MAX_NAME);

/**
 * Reads uncompressed wire labels: `wire[start]` is the first length octet, `end` is just behind
 * the final zero octet. The caller has checked lengths and label types (RFC 1035 3.1).
 */
export function nameFromWire(wire: Uint8Array, start: number, end: number): Name {
  if (end - start <= 1) return ROOT;
  // One pass over a plain name, which is nearly every name: dots for length octets, lower case.
  let at = start;
  let size = 0;
  while (wire[at] !== 0) {
    const stop = at + 1 + (wire[at] as number);
    if (size > 0) scratch[size++] = DOT;
    for (at += 1; at < stop; at++) {
      const octet = wire[at] as number;
      if (PLAIN[octet] === 1) scratch[size++] = octet;
      else if (octet >= 0x41 && octet <= 0x5a) scratch[size++] = octet + 32;
      else return oddNameFromWire(wire, start);
    }
  }
  return scratch.toString('latin1', 0, size) as Name;
}

function oddNameFromWire(wire: Uint8Array, start: number): Name {
  const labels: string[] = [];
  for (let at = start; wire[at] !== 0; at += (wire[at] as number) + 1) {
    const label = wire.subarray(at + 1, at + 1 + (wire[at] as number));
    labels.push(Array.from(label, (octet) => WRITTEN[octet]).join(''));
  }
  return labels.join('.') as Name;
}

/** The name's uncompressed wire form, final zero octet included. */
export function nameToWire(name: Name): Uint8Array {
  if (name === ROOT) return Uint8Array.of(0);
  const out: number[] = [];
  for (const label of labelsOf(name)) {
    const octets: number[] = [];
    for (let i = 0; i < label.length; i++) {
      if (label.charCodeAt(i) !== BACKSLASH) octets.push(label.charCodeAt(i));
      else if (/\d/.test(label[i + 1] as string)) {
        octets.push(Number(label.slice(i + 1, i + 4)));
        i += 3;
      } else octets.push(label.charCodeAt(++i));
    }
    out.push(octets.length, ...octets);
  }
  out.push(0);
  return Uint8Array.from(out);
}

/** The labels as canonical text, leftmost first; the root has none. */
export function labelsOf(name: Name): readonly string[] {
  if (name === ROOT) return [];
  return name.includes('\\') ? splitLabels(name) : name.split('.');
}

/** The name without its leftmost label; the root's parent is the root. */
export function parentOf(name: Name): Name {
  if (name === ROOT) return ROOT;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    if (!isEscaped(name, dot)) return name.slice(dot + 1) as Name;
  }
  return ROOT;
}

/** True for the name itself and all names below it. */
export function isAtOrBelow(name: Name, ancestor: Name): boolean {
  if (ancestor === ROOT || name === ancestor) return true;
  const dot = name.length - ancestor.length - 1;
  return dot > 0 && name[dot] === '.' && name.endsWith(ancestor) && !isEscaped(name, dot);
}

/** True where an odd number of backslashes stands before the character at `index`. */
function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
