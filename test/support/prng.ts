import type { Random } from '../../src/dns/upstream/random.ts';

/** Numbers that look random and are the same in every run (mulberry32). */
export type Prng = Random & {
  /** From 0 up to 1. */
  readonly unit: () => number;
  readonly pick: <T>(values: readonly T[]) => T;
  readonly octets: (length: number) => Buffer;
};

export function createPrng(seed: number): Prng {
  let state = seed >>> 0;
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
  const below = (limit: number) => Math.floor(unit() * limit);
  return {
    unit,
    below,
    u16: () => below(0x10000),
    pick: (values) => values[below(values.length)] as (typeof values)[number],
    octets: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}
