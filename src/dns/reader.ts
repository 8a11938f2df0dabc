import { MAX_NAME, type Name, nameFromWire } from '../policy/name.ts';

/** A message that does not follow the protocol; ordinary work, so it carries no stack. */
export class Malformed extends Error {
  override name = 'Malformed';
}

export function malformed(message: string): Malformed {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new Malformed(message);
  Error.stackTraceLimit = limit;
  return error;
}

/** Pointers one name may hold: one for each of the labels that fit it, since one behind another says nothing. */
const MAX_JUMPS = 127;

const scratch = new Uint8Array(MAX_NAME);
let scratchLength = 0;
let nameEnd = 0;

/**
 * Spells the name at `at` out into the scratch buffer; `nameEnd` is set behind it. Pointers must
 * lead to an earlier place each time (RFC 1035 4.1.4: a prior occurrence), and never into the header.
 * Letters that come from the question by compression are lower case: their case there is ours
 * (0x20), not the upstream's.
 */
function expand(message: Uint8Array, start: number, end: number, questionEnd: number): void {
  let at = start;
  let limit = end;
  let jumps = 0;
  scratchLength = 0;
  for (;;) {
    if (at >= limit) throw malformed('a name runs off the end');
    const length = message[at] as number;
    if (length === 0) {
      if (scratchLength + 1 > MAX_NAME) throw malformed('a name is over 255 octets');
      scratch[scratchLength++] = 0;
      if (jumps === 0) nameEnd = at + 1;
      return;
    }
    if (length >= 0xc0) {
      if (at + 1 >= limit) throw malformed('a compression pointer is cut short');
      const target = ((length & 0x3f) << 8) | (message[at + 1] as number);
      if (jumps === 0) nameEnd = at + 2;
      // A chain of pointers alone costs its sender two octets a step, and us one for each name that uses it.
      if (++jumps > MAX_JUMPS) throw malformed('a name has too many pointers');
      if (target >= at || target >= start || target < 12)
        throw malformed('a pointer does not lead back');
      // Each jump has to land before the one it came from, so a chain of them must end.
      limit = at;
      start = target;
      at = target;
      continue;
    }
    if (length > 63) throw malformed('a label has an unknown type');
    const next = at + 1 + length;
    if (next > limit) throw malformed('a label runs off the end');
    if (scratchLength + length + 2 > MAX_NAME) throw malformed('a name is over 255 octets');
    const lower = jumps > 0 && at < questionEnd;
    scratch[scratchLength++] = length;
    for (let i = at + 1; i < next; i++) {
      const octet = message[i] as number;
      scratch[scratchLength++] = lower && octet >= 0x41 && octet <= 0x5a ? octet + 32 : octet;
    }
    at = next;
  }
}

/** The canonical name at `at`; where it ends is `endOfName()`. Throws Malformed. */
export function readName(message: Uint8Array, at: number, end: number, questionEnd = 0): Name {
  expand(message, at, end, questionEnd);
  return nameFromWire(scratch, 0, scratchLength);
}

/** The wire form of the name at `at`, compression undone; valid until the next name is read. */
export function readNameWire(
  message: Uint8Array,
  at: number,
  end: number,
  questionEnd: number,
): Uint8Array {
  expand(message, at, end, questionEnd);
  return scratch.subarray(0, scratchLength);
}

/** Just behind the name read last. */
export function endOfName(): number {
  return nameEnd;
}

export function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}

export function u32(octets: Uint8Array, at: number): number {
  return u16(octets, at) * 0x10000 + u16(octets, at + 2);
}
