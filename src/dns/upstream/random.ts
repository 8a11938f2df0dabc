import { randomFillSync } from 'node:crypto';

/** Unpredictable numbers for ids, ports and letter case (RFC 5452 section 9), from the system's CSPRNG. */
export type Random = {
  /** A number of 16 bits. */
  readonly u16: () => number;
  /** A number below `limit`, which is at most 65536; uniform. */
  readonly below: (limit: number) => number;
};

/** Draws from a buffer that is filled in one call, since a call for each number costs more. */
export function createRandom(
  fill: (buffer: Uint8Array) => void = (buffer) => randomFillSync(buffer),
): Random {
  const buffer = Buffer.alloc(4096);
  let at = buffer.length;
  const u16 = () => {
    if (at === buffer.length) {
      fill(buffer);
      at = 0;
    }
    at += 2;
    return buffer.readUInt16BE(at - 2);
  };
  const below = (limit: number) => {
    const ceiling = 65536 - (65536 % limit);
    for (;;) {
      const number = u16();
      if (number < ceiling) return number % limit;
    }
  };
  return { u16, below };
}

/**
 * The question in wire form with each letter's case drawn at random ("0x20", RFC 5452 section 9.1
 * mentions the idea): a forger has to guess the pattern as well.
 */
export function randomCase(wire: Uint8Array, random: Random): Uint8Array {
  const out = Uint8Array.from(wire);
  let bits = 0;
  let left = 0;
  for (let at = 0; out[at] !== 0; ) {
    const end = at + 1 + (out[at] as number);
    for (at += 1; at < end; at++) {
      const octet = out[at] as number;
      if ((octet | 0x20) < 0x61 || (octet | 0x20) > 0x7a) continue;
      if (left === 0) {
        bits = random.u16();
        left = 16;
      }
      out[at] = bits & 1 ? octet ^ 0x20 : octet;
      bits >>= 1;
      left -= 1;
    }
  }
  return out;
}
