/**
 * Our own questions under way, so that one that comes back to us is known for what it is: resolvers
 * that forward to each other in a circle. The random letter case of each question is the mark, and
 * it survives other forwarders.
 */
export type Echoes = {
  /** Notes a question in wire form until the returned function is called. */
  readonly expect: (wire: Uint8Array) => () => void;
  /** True for a client's question that is one of ours come back. */
  readonly has: (wire: Uint8Array) => boolean;
};

/** Letters in a name below which a client could hit on our pattern by chance. */
const LETTERS = 12;

export function createEchoes(): Echoes {
  const underWay = new Map<string, number>();
  return {
    expect: (wire) => {
      if (!isMarked(wire)) return () => {};
      const key = keyOf(wire);
      underWay.set(key, (underWay.get(key) ?? 0) + 1);
      return () => {
        const left = (underWay.get(key) ?? 1) - 1;
        if (left > 0) underWay.set(key, left);
        else underWay.delete(key);
      };
    },
    has: (wire) => underWay.size > 0 && underWay.has(keyOf(wire)),
  };
}

/** A pattern that a client would not send by itself: mixed case over enough letters. */
function isMarked(wire: Uint8Array): boolean {
  let upper = 0;
  let lower = 0;
  for (const octet of wire.subarray(0, wire.length - 4)) {
    if (octet >= 0x41 && octet <= 0x5a) upper += 1;
    else if (octet >= 0x61 && octet <= 0x7a) lower += 1;
  }
  return upper > 0 && lower > 0 && upper + lower >= LETTERS;
}

function keyOf(wire: Uint8Array): string {
  return Buffer.from(wire.buffer, wire.byteOffset, wire.length).toString('latin1');
}
