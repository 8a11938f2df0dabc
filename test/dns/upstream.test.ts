import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEchoes } from '../../src/dns/upstream/echo.ts';
import {
  answered,
  type Health,
  isDown,
  orderBy,
  timedOut,
  timeoutOf,
  UNKNOWN,
} from '../../src/dns/upstream/health.ts';
import { createRandom, randomCase } from '../../src/dns/upstream/random.ts';
import { nameOctets, words } from '../support/packet.ts';
import { createPrng } from '../support/prng.ts';

const wireOf = (name: string) => Buffer.concat([nameOctets(name), words(1, 1)]);
const lower = (wire: Uint8Array) => Buffer.from(wire).toString('latin1').toLowerCase();

test('randomCase: only letters of the name change, and only their case', () => {
  const prng = createPrng(3);
  // The lengths 65 to 90 and the type's octets look like letters, and are none.
  const wire = Buffer.concat([
    nameOctets(`a-1_\\200\\@[.${'b'.repeat(63)}.example`),
    words(0x4161, 1),
  ]);
  for (let round = 0; round < 100; round++) {
    const mixed = randomCase(wire, prng);
    assert.equal(lower(mixed), lower(wire));
    assert.deepEqual(Buffer.from(mixed.subarray(-4)), wire.subarray(-4));
    let at = 0;
    for (; wire[at] !== 0; at += 1 + (wire[at] as number)) assert.equal(mixed[at], wire[at]);
  }
});

test('randomCase: every letter comes in both cases, also beyond the first sixteen', () => {
  const prng = createPrng(4);
  const wire = wireOf('abcdefghijklmnopqrstuvwxyz.abcdefghijklmnopqrstuvwxyz');
  const seen = Array.from(wire, () => new Set<number>());
  for (let round = 0; round < 100; round++) {
    for (const [i, octet] of randomCase(wire, prng).entries()) seen[i]?.add(octet);
  }
  const both = seen.filter(({ size }) => size === 2).length;
  assert.equal(both, 52);
});

test('randomCase: the question passed in stays as it was; the root has no letters', () => {
  const wire = wireOf('example.com');
  randomCase(wire, createPrng(1));
  assert.deepEqual(wire, wireOf('example.com'));
  assert.deepEqual(Buffer.from(randomCase(wireOf('.'), createPrng(1))), wireOf('.'));
});

test('createRandom: refills its buffer, and a number below a limit never reaches it', () => {
  let fills = 0;
  const random = createRandom((buffer) => {
    fills += 1;
    buffer.fill(0xff);
    // One draw in the buffer is low enough for any limit.
    buffer.set([0, 5]);
  });
  assert.deepEqual([random.below(100), fills], [5, 1]);
  assert.deepEqual([random.below(100), fills], [5, 2]);
  assert.equal(random.u16(), 0xffff);
});

test('createRandom: below is uniform enough', () => {
  const { octets } = createPrng(9);
  const random = createRandom((buffer) => buffer.set(octets(buffer.length)));
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const drawn = random.below(10);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  assert(Math.min(...counts) > 850 && Math.max(...counts) < 1150, String(counts));
});

const from = (changes: readonly (number | 'timeout')[]): Health =>
  changes.reduce<Health>(
    (health, change) => (change === 'timeout' ? timedOut(health) : answered(health, change)),
    UNKNOWN,
  );
const healths = [
  { when: 'nothing is known', changes: [], timeout: 400, down: false },
  { when: 'it answers in 10 ms', changes: [10, 10, 10, 10, 10, 10], timeout: 120, down: false },
  { when: 'it answered once, in 300 ms', changes: [300], timeout: 900, down: false },
  { when: 'it answers in 5 s', changes: [5000, 5000], timeout: 1200, down: false },
  { when: 'it was silent twice', changes: [10, 'timeout', 'timeout'], timeout: 120, down: false },
  {
    when: 'it was silent three times',
    changes: ['timeout', 'timeout', 'timeout'],
    timeout: 400,
    down: true,
  },
  { when: 'it is back', changes: ['timeout', 'timeout', 'timeout', 10], timeout: 120, down: false },
] as const;
for (const { when, changes, timeout, down } of healths) {
  test(`health: ${when}`, () => {
    assert.deepEqual(
      [Math.round(timeoutOf(from(changes))), isDown(from(changes))],
      [timeout, down],
    );
  });
}

const orders = [
  { when: 'one alone', of: [[10]], draw: 0.99, order: [0] },
  { when: 'two alike, a low draw', of: [[10], [10]], draw: 0, order: [0, 1] },
  { when: 'two alike, a high draw', of: [[10], [10]], draw: 0.99, order: [1, 0] },
  {
    when: 'one twice as fast is first in four of five',
    of: [[40], [20]],
    draw: 0.21,
    order: [1, 0],
  },
  { when: 'and the other now and then', of: [[40], [20]], draw: 0.19, order: [0, 1] },
  {
    when: 'one that is down comes last, however fast it was',
    of: [[1, 'timeout', 'timeout', 'timeout'], [900]],
    draw: 0,
    order: [1, 0],
  },
  {
    when: 'all are down',
    of: [
      ['timeout', 'timeout', 'timeout'],
      ['timeout', 'timeout', 'timeout'],
    ],
    draw: 0,
    order: [0, 1],
  },
  {
    when: 'the highest draw there is',
    of: [[10], [10], [10]],
    draw: 1 - 2 ** -53,
    order: [2, 1, 0],
  },
] as const;
for (const { when, of, draw, order } of orders) {
  test(`orderBy: ${when}`, () => {
    assert.deepEqual(
      orderBy(
        of.map((changes) => from(changes)),
        () => draw,
      ),
      order,
    );
  });
}

test('orderBy: shares of many draws follow the square of the speed', () => {
  const { unit } = createPrng(5);
  const both = [from([10, 10]), from([20, 20])];
  const first = Array.from({ length: 5000 }, () => orderBy(both, unit)[0]);
  const share = first.filter((i) => i === 0).length / first.length;
  assert(share > 0.77 && share < 0.83, String(share));
});

const echoes = [
  {
    when: 'our own question comes back',
    sent: 'wWw.ExAmPlE.cOm',
    asked: 'wWw.ExAmPlE.cOm',
    is: true,
  },
  {
    when: 'the same name in another case',
    sent: 'wWw.ExAmPlE.cOm',
    asked: 'www.example.com',
    is: false,
  },
  { when: 'another name', sent: 'wWw.ExAmPlE.cOm', asked: 'wWw.ExAmPlE.nEt', is: false },
  { when: 'too few letters to be sure', sent: 'a.ExAmPlE', asked: 'a.ExAmPlE', is: false },
  {
    when: 'a pattern that is no mark',
    sent: 'www.example.com',
    asked: 'www.example.com',
    is: false,
  },
  { when: 'capitals alone', sent: 'WWW.EXAMPLE.COM', asked: 'WWW.EXAMPLE.COM', is: false },
];
for (const { when, sent, asked, is } of echoes) {
  test(`echoes: ${when}`, () => {
    const known = createEchoes();
    known.expect(wireOf(sent));
    assert.equal(known.has(wireOf(asked)), is);
  });
}

test('echoes: a question is known until each that expects it has ended', () => {
  const known = createEchoes();
  const wire = wireOf('wWw.ExAmPlE.cOm');
  const [first, second] = [known.expect(wire), known.expect(wire)];
  first();
  assert.equal(known.has(wire), true);
  second();
  assert.equal(known.has(wire), false);
});
