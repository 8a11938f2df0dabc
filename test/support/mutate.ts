import type { Prng } from './prng.ts';

/** Values that parsers trip over: nothing, everything, sign bits, pointers. */
const SHORTS = [
  0, 1, 12, 41, 63, 64, 255, 256, 0x7fff, 0x8000, 0xc000, 0xc00c, 0xc01c, 0xfffe, 0xffff,
];

/** The octets with one to six things wrong. `others` are what may be spliced in. */
export function mutate(octets: Uint8Array, others: readonly Uint8Array[], prng: Prng): Buffer {
  let mutant: Buffer = Buffer.from(octets);
  for (let left = 1 + prng.below(6); left > 0; left--) {
    mutant = prng.pick(MUTATIONS)(mutant, others, prng);
  }
  return mutant;
}

type Mutation = (mutant: Buffer, others: readonly Uint8Array[], prng: Prng) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (mutant, _, { below }) => {
    if (mutant.length > 0) mutant[below(mutant.length)] = below(256);
    return mutant;
  },
  (mutant, _, { below }) => {
    const at = below(mutant.length + 1);
    if (at < mutant.length) mutant[at] = (mutant[at] as number) ^ (1 << below(8));
    return mutant;
  },
  (mutant, _, { below, pick }) => {
    if (mutant.length > 1) mutant.writeUInt16BE(pick(SHORTS), below(mutant.length - 1));
    return mutant;
  },
  // The counts of the header, which say how much there is to read.
  (mutant, _, { below, pick }) => {
    if (mutant.length >= 12) mutant.writeUInt16BE(pick(SHORTS), 4 + 2 * below(4));
    return mutant;
  },
  // A pointer to anywhere in the message.
  (mutant, _, { below }) => {
    if (mutant.length > 14) {
      mutant.writeUInt16BE(
        0xc000 | below(Math.min(mutant.length, 0x4000)),
        12 + below(mutant.length - 13),
      );
    }
    return mutant;
  },
  (mutant, _, { below }) => mutant.subarray(0, below(mutant.length + 1)),
  (mutant, _, { below, octets }) => {
    const at = below(mutant.length + 1);
    return Buffer.concat([mutant.subarray(0, at), octets(1 + below(20)), mutant.subarray(at)]);
  },
  (mutant, _, { below }) => {
    const at = below(mutant.length + 1);
    return Buffer.concat([mutant.subarray(0, at), mutant.subarray(at + 1 + below(12))]);
  },
  (mutant, _, { below }) => {
    const at = below(mutant.length + 1);
    const piece = mutant.subarray(at, at + 1 + below(40));
    const to = below(mutant.length + 1);
    return Buffer.concat([mutant.subarray(0, to), piece, mutant.subarray(to)]);
  },
  (mutant, others, { below, pick }) => {
    const other = pick(others);
    return Buffer.concat([
      mutant.subarray(0, below(mutant.length + 1)),
      other.subarray(below(other.length + 1)),
    ]);
  },
];
