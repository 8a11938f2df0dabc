import { createHash } from 'node:crypto';
import { labelsOf, type Name, parseDomain } from './name.ts';
import { addAscii, addName, compact, createNameTable, type NameTable } from './nametable.ts';
import { ParseError } from './problem.ts';

/** How a list covers a name; both bits may stand for one name. */
export const LISTED_SUBTREE = 1;
export const LISTED_EXACT = 2;

/** A file of names, as large as a million of them: hashes only, the texts are gone. */
export type NameList = {
  readonly id: string;
  readonly file: string;
  /** Different names in it. */
  readonly count: number;
  readonly table: NameTable;
  /** Lines that are no names: how many, and the first few with their numbers. */
  readonly skipped: number;
  readonly examples: readonly { readonly line: number; readonly text: string }[];
  /** SHA-256 of the file, in hex. */
  readonly digest: string;
};

const EXAMPLES = 5;
const LF = 0x0a;
const BAR = 0x7c;
const CARET = 0x5e;

/**
 * Reads a list in whatever of the three usual forms each line has:
 *
 *     example.com                 the name and everything below it (`*.` before it is the same)
 *     0.0.0.0 example.com         hosts form: only the names on the line
 *     ||example.com^              adblock form: the name and everything below it
 *
 * Comments (`#`, `!`) and blank lines are passed over; any other line is counted, never fatal.
 */
export function parseNameList(id: string, file: string, bytes: Uint8Array): NameList {
  const draft: Draft = { table: createNameTable(countFields(bytes)), count: 0 };
  const examples: { line: number; text: string }[] = [];
  let skipped = 0;
  let line = 0;
  for (let start = startOf(bytes); start < bytes.length; line++) {
    let end = bytes.indexOf(LF, start);
    if (end < 0) end = bytes.length;
    if (!addLine(draft, bytes, start, end)) {
      skipped += 1;
      if (examples.length < EXAMPLES) {
        const text = Buffer.from(bytes.subarray(start, Math.min(end, start + 80))).toString('utf8');
        examples.push({ line: line + 1, text: text.trim() });
      }
    }
    start = end + 1;
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  const { table, count } = draft;
  return { id, file, count, table: compact(table, count), skipped, examples, digest };
}

/** A list while it is read: `count` is how many different names the table holds. */
type Draft = { readonly table: NameTable; count: number; readonly texts?: Map<Name, number> };

/**
 * The names of a list as texts, each with the bits of how it is covered: for files generated from a
 * policy. What `parseNameList` passes over is passed over here as well.
 */
export function listedNames(bytes: Uint8Array): ReadonlyMap<Name, number> {
  const texts = new Map<Name, number>();
  const draft: Draft = { table: createNameTable(countFields(bytes)), count: 0, texts };
  for (let start = startOf(bytes); start < bytes.length; ) {
    let end = bytes.indexOf(LF, start);
    if (end < 0) end = bytes.length;
    addLine(draft, bytes, start, end);
    start = end + 1;
  }
  return texts;
}

function keep({ texts }: Draft, name: Name, scope: number): void {
  texts?.set(name, (texts.get(name) ?? 0) | scope);
}

/** Behind the byte order mark, which editors of Windows write. */
function startOf(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** At least as many as there are names: a hosts line can hold several, each behind white space. */
function countFields(bytes: Uint8Array): number {
  let count = 1;
  for (const octet of bytes) if (octet === LF || octet === 0x20 || octet === 0x09) count += 1;
  return count;
}

/** Adds the names of a line; false when something in it is neither name nor comment. */
function addLine(draft: Draft, bytes: Uint8Array, from: number, to: number): boolean {
  let start = from;
  let end = to;
  while (start < end && isSpace(bytes[start])) start += 1;
  while (end > start && isSpace(bytes[end - 1])) end -= 1;
  if (start === end || bytes[start] === 0x23 || bytes[start] === 0x21) return true;
  // A million lines in their usual forms are read as bytes; strings are for the odd ones.
  if (isPlainName(bytes, start, end)) return addPlain(draft, bytes, start, end, LISTED_SUBTREE);
  if (bytes[start] === BAR && bytes[start + 1] === BAR && bytes[end - 1] === CARET) {
    if (isPlainName(bytes, start + 2, end - 1)) {
      return addPlain(draft, bytes, start + 2, end - 1, LISTED_SUBTREE);
    }
  }
  const host = startOfHost(bytes, start);
  if (host > 0 && isPlainName(bytes, host, end)) {
    return addPlain(draft, bytes, host, end, LISTED_EXACT);
  }
  return addOddLine(draft, Buffer.from(bytes.subarray(start, end)).toString('utf8'));
}

const USUAL_ADDRESSES = [Buffer.from('0.0.0.0'), Buffer.from('127.0.0.1')];

/** Where the name of a usual hosts line begins; -1 for any other line. */
function startOfHost(bytes: Uint8Array, start: number): number {
  const address = USUAL_ADDRESSES.find((usual) =>
    usual.every((octet, i) => octet === bytes[start + i]),
  );
  if (!address) return -1;
  let at = start + address.length;
  while (bytes[at] === 0x20 || bytes[at] === 0x09) at += 1;
  // An `l` may begin localhost.localdomain, which is no block.
  return at === start + address.length || bytes[at] === 0x6c ? -1 : at;
}

const ADBLOCK = /^\|\|([^^/$*|]+)\^?(?:\$(?:all|important|document|third-party))?$/;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:.]*(?:%.*)?)$/i;
/** What a hosts file says of the machine itself is not meant as a block. */
const OWN = /^(?:localhost(?:\.localdomain)?|ip6-[a-z]+|broadcasthost|local|0\.0\.0\.0)$/i;

function addOddLine(draft: Draft, text: string): boolean {
  const body = text.replace(/[ \t]+#.*$/, '');
  const adblock = ADBLOCK.exec(body);
  if (adblock) return addText(draft, adblock[1] as string, LISTED_SUBTREE);
  const [first = '', ...names] = body.split(/[ \t]+/);
  if (names.length === 0) return addText(draft, body.replace(/^\*\./, ''), LISTED_SUBTREE);
  if (!ADDRESS.test(first)) return false;
  const added = names
    .filter((name) => !OWN.test(name))
    .map((name) => addText(draft, name, LISTED_EXACT));
  return !added.includes(false);
}

function addText(draft: Draft, text: string, scope: number): boolean {
  const bytes = Buffer.from(text, 'utf8');
  if (isPlainName(bytes, 0, bytes.length)) return addPlain(draft, bytes, 0, bytes.length, scope);
  try {
    const name = parseDomain(text);
    if (labelsOf(name).length < 2) return false;
    keep(draft, name, scope);
    if (addName(draft.table, name, scope)) draft.count += 1;
    return true;
  } catch (error) {
    if (error instanceof ParseError) return false;
    throw error;
  }
}

function addPlain(
  draft: Draft,
  bytes: Uint8Array,
  from: number,
  to: number,
  scope: number,
): boolean {
  const end = bytes[to - 1] === 0x2e ? to - 1 : to;
  if (draft.texts) {
    const text = Buffer.from(bytes.subarray(from, end)).toString('latin1').toLowerCase();
    keep(draft, text as Name, scope);
  }
  if (addAscii(draft.table, bytes, from, end, scope)) draft.count += 1;
  return true;
}

/**
 * Letters, digits, hyphens and underscores in labels of 1 to 63, at least two labels, 253 at most,
 * the last label not all digits: a plain host name, and never an address.
 */
function isPlainName(bytes: Uint8Array, start: number, to: number): boolean {
  const end = bytes[to - 1] === 0x2e ? to - 1 : to;
  if (end - start > 253) return false;
  let label = 0;
  let dots = 0;
  let digits = 0;
  for (let i = start; i < end; i++) {
    const octet = bytes[i] as number;
    if (octet === 0x2e) {
      if (label === 0) return false;
      label = 0;
      digits = 0;
      dots += 1;
      continue;
    }
    const digit = octet >= 0x30 && octet <= 0x39;
    const letter = (octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a;
    if (!digit && !letter && octet !== 0x2d && octet !== 0x5f) return false;
    if (++label > 63) return false;
    if (digit) digits += 1;
  }
  return dots > 0 && label > 0 && digits < label;
}

function isSpace(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09 || octet === 0x0d;
}
