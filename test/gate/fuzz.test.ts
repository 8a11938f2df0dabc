import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createOpeningReader, type Opening } from '../../src/gate/opening.ts';
import { mutate } from '../support/mutate.ts';
import { createPrng, type Prng } from '../support/prng.ts';
import { messageOf, partsOf, recordsOf } from './support/build.ts';
import { CAPTURES } from './support/captures.ts';
import { readPieces, withoutFirst } from './support/read.ts';

const ROUNDS = 20_000;
/** After so many octets nothing may be asked for any more. */
const MOST = 16_384;
const SEEDS = [...CAPTURES.values()];
const HELLOS = SEEDS.filter((octets) => octets[0] === 22);

test('opening: whatever comes, and however it is cut, it is soon known and always the same', () => {
  const prng = createPrng(4);
  const seen: Record<Opening['kind'], number> = { tls: 0, malformed: 0, ssh: 0, http: 0, other: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    const octets = drawn(prng);
    try {
      const opening = readPieces(octets);
      const pieces = cutUp(octets, prng);
      assert.deepEqual(withoutFirst(readPieces(...pieces)), withoutFirst(opening));
      if (opening) seen[opening.kind] += 1;
      else if (octets.length > 0) assert(isKnownInTheEnd(pieces, octets.length, prng));
    } catch (error) {
      throw new Error(`opening ${octets.toString('hex')}`, { cause: error });
    }
  }
  assert(Math.min(...Object.values(seen)) > ROUNDS / 100, JSON.stringify(seen));
});

/** A mutated capture, a hello with mutated extensions, or noise. */
function drawn(prng: Prng): Buffer {
  switch (prng.below(8)) {
    case 0:
      return prng.octets(prng.below(80));
    case 1:
    case 2:
    case 3:
      return deeplyMutated(prng);
    default:
      return mutate(prng.pick(SEEDS), SEEDS, prng);
  }
}

/** The lengths around what is mutated are right again, so that it is read at all. */
function deeplyMutated(prng: Prng): Buffer {
  const parts = partsOf(prng.pick(HELLOS));
  const place = prng.below(parts.extensions.length);
  const extensions = parts.extensions.map((extension, i) =>
    i === place
      ? { ...extension, data: mutate(extension.data, [extension.data], prng) }
      : extension,
  );
  const message = messageOf({ ...parts, extensions });
  const cut = prng.below(message.length);
  return cut === 0
    ? recordsOf(message)
    : recordsOf(message.subarray(0, cut), message.subarray(cut));
}

function cutUp(octets: Buffer, { below }: Prng): readonly Buffer[] {
  const pieces: Buffer[] = [];
  const largest = 1 + below(400);
  for (let at = 0; at < octets.length; ) {
    const size = 1 + below(largest);
    pieces.push(octets.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

/** What is not known yet goes on with a letter, or with octets of a hello. */
function isKnownInTheEnd(pieces: readonly Buffer[], length: number, { pick }: Prng): boolean {
  const more = pick([Buffer.alloc(MOST - length, 'a'), Buffer.alloc(MOST - length, pick(HELLOS))]);
  return readPieces(...pieces, more) !== undefined;
}

test('opening: 16 KiB in single octets cost no more than a few looks at each', () => {
  const message = messageOf({
    ...partsOf(HELLOS[0] as Buffer),
    extensions: Array.from({ length: 3800 }, (_, i) => ({ type: i + 50, data: Buffer.alloc(0) })),
  });
  const drips = [
    recordsOf(message),
    recordsOf(...Array.from({ length: 2700 }, (_, i) => message.subarray(i, i + 1))),
    Buffer.from(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(1200)}`),
    Buffer.from(`GET /${'a'.repeat(8000)}`),
  ];
  const before = process.cpuUsage();
  for (const octets of drips) {
    const reader = createOpeningReader();
    for (let at = 0; at < octets.length; at++) reader.push(octets.subarray(at, at + 1));
  }
  const { user, system } = process.cpuUsage(before);
  // Some 20 ms here; parsing anew at each octet takes more than a second.
  assert(user + system < 400_000, `${user + system} µs`);
});
