import type { Name } from './name.ts';

/**
 * Names as 64-bit hashes with a 32-bit value each: an open-addressing table in one block of shared
 * memory, 12 bytes a slot and at most 5/8 full, so about 19 bytes a name. Threads read it as it is.
 * A name stands in it without its text: two names mix up with a probability of n / 2^64.
 */
export type NameTable = {
  /** Three words a slot: both halves of the hash, then the value; value 0 is an empty slot. */
  readonly words: Uint32Array;
  readonly slots: number;
};

/** A table with room for `count` names. */
export function createNameTable(count: number): NameTable {
  const slots = Math.max(8, Math.ceil(count * 1.6));
  return { words: new Uint32Array(new SharedArrayBuffer(slots * 12)), slots };
}

// The hash runs from the root outwards, so that one pass over a name meets every suffix of it. It is
// over octets, with 256 at each label boundary: a dot inside a label is not a boundary. Both halves
// are module state, since a returned pair would be an allocation for each step.
const BOUNDARY = 256;
let high = 0;
let low = 0;

function restart(): void {
  high = 0x811c9dc5;
  low = 0x9747b28c;
}

function mix(octet: number): void {
  high = Math.imul(high ^ octet, 0x01000193);
  low = Math.imul(low ^ octet, 0x5bd1e995);
  low ^= low >>> 13;
}

/** The slot of the hash just made: where it stands, or the empty one where it would go. */
function slotOf(table: NameTable): number {
  const { words, slots } = table;
  const a = high >>> 0;
  const b = low >>> 0;
  let slot = a % slots;
  for (;;) {
    const at = slot * 3;
    if (words[at + 2] === 0 || (words[at] === a && words[at + 1] === b)) return at;
    slot = slot + 1 === slots ? 0 : slot + 1;
  }
}

/** The same names in a table made for `count` of them, where the first guess was far too large. */
export function compact(table: NameTable, count: number): NameTable {
  const smaller = createNameTable(count);
  if (smaller.slots * 1.25 > table.slots) return table;
  for (let at = 0; at < table.words.length; at += 3) {
    const value = table.words[at + 2] as number;
    if (value === 0) continue;
    high = table.words[at] as number;
    low = table.words[at + 1] as number;
    setHere(smaller, value);
  }
  return smaller;
}

/** The value of the hash just made, 0 when it is not in the table. */
export function valueHere(table: NameTable): number {
  return table.words[slotOf(table) + 2] as number;
}

/** Sets the value of the hash just made; false when the name was there already. */
function setHere(table: NameTable, value: number): boolean {
  const at = slotOf(table);
  const fresh = table.words[at + 2] === 0;
  table.words[at] = high >>> 0;
  table.words[at + 1] = low >>> 0;
  table.words[at + 2] = (table.words[at + 2] as number) | value;
  return fresh;
}

/** Adds a name, or more bits to its value; false when it was there already. `value` is not 0. */
export function addName(table: NameTable, name: Name, value: number): boolean {
  walkSuffixes(name, () => undefined);
  return setHere(table, value);
}

/**
 * Adds the plain ASCII name `bytes[start..end)`, letters in either case, to the table; false when it
 * was there already. The road for lists of a million names, where a string each would be the cost.
 */
export function addAscii(
  table: NameTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  value: number,
): boolean {
  restart();
  for (let i = end - 1; i >= start; i--) {
    const octet = bytes[i] as number;
    if (octet === 0x2e) mix(BOUNDARY);
    else mix(octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet);
  }
  return setHere(table, value);
}

/**
 * Calls `visit` for each suffix of the name that ends at a label boundary, shortest first: the root,
 * `com`, `example.com`, … `start` is where the suffix begins in the text, `depth` counts its labels.
 * During the call `valueHere` looks that suffix up.
 */
export function walkSuffixes(name: Name, visit: (start: number, depth: number) => void): void {
  restart();
  visit(name.length, 0);
  if (name === '.') return;
  let depth = 0;
  if (!name.includes('\\')) {
    for (let i = name.length - 1; i >= 0; i--) {
      const octet = name.charCodeAt(i);
      if (octet === 0x2e) {
        visit(i + 1, ++depth);
        mix(BOUNDARY);
      } else mix(octet);
    }
    visit(0, ++depth);
    return;
  }
  const octets = escapedOctets(name);
  for (let i = octets.length - 1; i >= 0; i--) {
    const { octet, at } = octets[i] as { octet: number; at: number };
    if (octet === BOUNDARY) visit(at + 1, ++depth);
    mix(octet);
  }
  visit(0, ++depth);
}

/** The octets of a name with escapes, BOUNDARY between labels, each with its place in the text. */
function escapedOctets(name: Name): readonly { octet: number; at: number }[] {
  const octets: { octet: number; at: number }[] = [];
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === 0x2e) octets.push({ octet: BOUNDARY, at });
    else if (code !== 0x5c) octets.push({ octet: code, at });
    else if (/\d/.test(name[at + 1] as string)) {
      octets.push({ octet: Number(name.slice(at + 1, at + 4)), at });
      at += 3;
    } else octets.push({ octet: name.charCodeAt(at + 1), at: at++ });
  }
  return octets;
}
