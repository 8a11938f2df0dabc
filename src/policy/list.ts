import { createHash } from 'node:crypto';
import { parseName } from './name.ts';
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
  const table = createNameTable(countLines(bytes));
  const examples: { line: number; text: string }[] = [];
  let count = 0;
  let skipped = 0;
  let line = 0;
  for (let start = 0; start < bytes.length; line++) {
    let end = bytes.indexOf(LF, start);
    if (end < 0) end = bytes.length;
    const added = addLine(table, bytes, start, end);
    if (added >= 0) count += added;
    else {
      skipped += 1;
      if (examples.length < EXAMPLES) {
        const text = Buffer.from(bytes.subarray(start, Math.min(end, start + 80))).toString('utf8');
        examples.push({ line: line + 1, text: text.trim() });
      }
    }
    start = end + 1;
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { id, file, count, table: compact(table, count), skipped, examples, digest };
}

function countLines(bytes: Uint8Array): number {
  // A hosts line can hold several names, each after a space or a tab, so these count as well.
  let count = 1;
  for (const octet of bytes) if (octet === LF || octet === 0x20 || octet === 0x09) count += 1;
  return count;
}

/** How many new names the line held, 0 for a comment, -1 for a line that is none of the forms. */
function addLine(table: NameTable, bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && isSpace(bytes[start])) start += 1;
  while (end > start && isSpace(bytes[end - 1])) end -= 1;
  if (start === end || bytes[start] === 0x23 || bytes[start] === 0x21) return 0;
  if (isPlainName(bytes, start, end)) return add(table, bytes, start, end, LISTED_SUBTREE);
  return addOddLine(table, Buffer.from(bytes.subarray(start, end)).toString('utf8'));
}

/** Everything but the plain one-name line, which is nearly all of a large list. */
function addOddLine(table: NameTable, text: string): number {
  const body = text.replace(/[ \t]+#.*$/, '');
  const adblock = /^\|\|([^\^/$*|]+)\^?(?:\$(?:all|important|document|third-party))?$/.exec(body);
  if (adblock) return addText(table, adblock[1] as string, LISTED_SUBTREE);
  const fields = body.split(/[ \t]+/);
  if (fields.length === 1) return addText(table, body.replace(/^\*\./, ''), LISTED_SUBTREE);
  if (!/^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.%a-z]*)$/.test(fields[0] as string)) return -1;
  // What a hosts file says of the machine itself is not meant as a block.
  const names = fields.slice(1).filter((name) => !/^(localhost|ip6-|broadcasthost|local$|0\.0\.0\.0$)/.test(name));
  const added = names.map((name) => addText(table, name, LISTED_EXACT));
  return added.includes(-1) ? -1 : added.reduce((sum, n) => sum + n, 0);
}

function addText(table: NameTable, text: string, scope: number): number {
  const bytes = Buffer.from(text, 'latin1');
  if (isPlainName(bytes, 0, bytes.length)) return add(table, bytes, 0, bytes.length, scope);
  try {
    const name = parseName(text);
    if (!name.includes('.')) return -1;
    addName(table, name, scope);
    return 1;
  } catch (error) {
    if (error instanceof ParseError) return -1;
    throw error;
  }
}

function add(table: NameTable, bytes: Uint8Array, from: number, to: number, scope: number): number {
  const end = bytes[to - 1] === 0x2e ? to - 1 : to;
  return addAscii(table, bytes, from, end, scope) ? 1 : 0;
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
