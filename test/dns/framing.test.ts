import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeframer, frame } from '../../src/dns/framing.ts';
import { createPrng } from '../support/prng.ts';

const messages = ['', 'a', 'hello', 'x'.repeat(300)].map((text) => Buffer.from(text));
const stream = Buffer.concat(messages.map(frame));

/** The messages that come out when the stream arrives in these pieces. */
function cut(pieces: readonly Buffer[]): string[] {
  const deframer = createDeframer();
  const whole = pieces.flatMap((piece) => deframer.push(piece));
  assert.equal(deframer.isPartial(), false);
  return whole.map(String);
}

test('deframer: split in two at every position', () => {
  for (let at = 1; at < stream.length; at++) {
    assert.deepEqual(cut([stream.subarray(0, at), stream.subarray(at)]), messages.map(String));
  }
});

test('deframer: split in three at every pair of positions around the length octets', () => {
  for (let first = 1; first < 16; first++) {
    for (let second = first + 1; second < 17; second++) {
      const pieces = [
        stream.subarray(0, first),
        stream.subarray(first, second),
        stream.subarray(second),
      ];
      assert.deepEqual(cut(pieces), messages.map(String));
    }
  }
});

test('deframer: one octet at a time, and all at once', () => {
  assert.deepEqual(cut([...stream].map((octet) => Buffer.of(octet))), messages.map(String));
  assert.deepEqual(cut([stream]), messages.map(String));
});

test('deframer: pieces of random length', () => {
  const { below } = createPrng(7);
  for (let round = 0; round < 200; round++) {
    const pieces: Buffer[] = [];
    for (let at = 0; at < stream.length; ) {
      const end = at + 1 + below(40);
      pieces.push(stream.subarray(at, end));
      at = end;
    }
    assert.deepEqual(cut(pieces), messages.map(String));
  }
});

test('deframer: the longest message, in pieces of 1000 octets', () => {
  const longest = Buffer.alloc(65535, 7);
  const framed = frame(longest);
  const deframer = createDeframer();
  let whole: Buffer[] = [];
  for (let at = 0; at < framed.length; at += 1000) {
    assert.deepEqual(whole, []);
    whole = deframer.push(framed.subarray(at, at + 1000));
  }
  assert.deepEqual(whole, [longest]);
});

test('deframer: tells whether a message has begun', () => {
  const deframer = createDeframer();
  assert.equal(deframer.isPartial(), false);
  deframer.push(Buffer.of(0));
  assert.equal(deframer.isPartial(), true);
  deframer.push(Buffer.of(1, 97, 0));
  assert.equal(deframer.isPartial(), true);
  deframer.push(Buffer.of(0));
  assert.equal(deframer.isPartial(), false);
});
