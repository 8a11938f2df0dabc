import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCache } from '../../src/dns/cache.ts';
import { encodeSections, NO_RECORDS } from '../../src/dns/encode.ts';
import type { Answer } from '../../src/dns/message.ts';
import { parseName } from '../../src/policy/name.ts';

const key = (name: string, type = 1) => ({
  name: parseName(name),
  type,
  dnssecOk: false,
  checkingDisabled: false,
});
const answer = (changes: Partial<Answer> = {}): Answer => ({
  rcode: 0,
  sections: NO_RECORDS,
  leads: [],
  authenticData: false,
  extended: [],
  ttl: 60,
  ...changes,
});
/** An answer with one record of so many octets. */
const sized = (octets: number) => {
  const owner = parseName('x.example');
  const record = { owner, type: 65280, class: 1, ttl: 60, data: new Uint8Array(octets) };
  return answer({ sections: encodeSections(owner, [record], []) });
};
const LIMIT = 512 * 1024;

test('cache: never over its limit, however many names are asked', () => {
  const cache = createCache(LIMIT);
  for (let i = 0; i < 5000; i++) {
    cache.put(key(`n${i}.example.com`), sized(i % 500), 0);
    assert(cache.stats().octets <= LIMIT);
  }
  assert(cache.stats().entries > 100);
  assert(cache.stats().octets > LIMIT / 2);
});

test('cache: what is asked again outlives a flood of names asked once', () => {
  const cache = createCache(LIMIT);
  cache.put(key('www.example.com'), sized(100), 0);
  for (let i = 0; i < 5000; i++) {
    cache.put(key(`n${i}.example.com`), sized(100), 0);
    if (i % 50 === 0) assert(cache.get(key('www.example.com')), `gone after ${i}`);
  }
});

test('cache: what nobody asks again is pushed out', () => {
  const cache = createCache(LIMIT);
  cache.put(key('www.example.com'), sized(100), 0);
  for (let i = 0; i < 5000; i++) cache.put(key(`n${i}.example.com`), sized(100), 0);
  assert.equal(cache.get(key('www.example.com')), undefined);
});

test('cache: everything was asked again, and something has to go all the same', () => {
  const cache = createCache(LIMIT);
  for (let i = 0; i < 2000; i++) {
    cache.put(key(`n${i}.example.com`), sized(100), 0);
    cache.get(key(`n${i}.example.com`));
  }
  assert(cache.stats().octets <= LIMIT);
  assert(cache.get(key('n1999.example.com')));
});

test('cache: an answer over a quarter of the limit is not kept', () => {
  const cache = createCache(200 * 1024);
  cache.put(key('www.example.com'), sized(60_000), 0);
  assert.deepEqual(cache.stats(), { entries: 0, octets: 0 });
});

test('cache: texts of extended errors count', () => {
  const cache = createCache(LIMIT);
  cache.put(key('a.example.com'), answer(), 0);
  const { octets: plain } = cache.stats();
  cache.put(key('a.example.com'), answer({ extended: [{ code: 0, text: 'x'.repeat(1000) }] }), 0);
  assert.equal(cache.stats().octets, plain + 1000);
});

test('cache: octets and entries are given back', () => {
  const cache = createCache(LIMIT);
  const missing = answer({ rcode: 3 });
  cache.put(key('www.example.com', 1), sized(10), 0);
  const one = cache.stats();
  cache.put(key('www.example.com', 28), sized(10), 0);
  cache.put(key('www.example.com', 28), sized(10), 5);
  assert.deepEqual(cache.stats(), { entries: 2, octets: one.octets * 2 });
  cache.put(key('www.example.com', 1), missing, 0);
  assert.equal(cache.stats().entries, 1);
  cache.put(key('www.example.com', 1), sized(10), 0);
  assert.deepEqual(cache.stats(), one);
});

const nodes: readonly {
  when: string;
  put: [number, Answer][];
  get: number;
  ttl: number | undefined;
}[] = [
  { when: 'a type that was never asked', put: [[1, answer()]], get: 28, ttl: undefined },
  {
    when: 'NXDOMAIN answers every type',
    put: [[1, answer({ rcode: 3, ttl: 7 })]],
    get: 28,
    ttl: 7,
  },
  {
    when: 'NXDOMAIN takes the place of what was known',
    put: [
      [28, answer({ ttl: 9 })],
      [1, answer({ rcode: 3, ttl: 7 })],
    ],
    get: 28,
    ttl: 7,
  },
  {
    when: 'an answer takes the place of NXDOMAIN, for all types',
    put: [
      [1, answer({ rcode: 3, ttl: 7 })],
      [28, answer({ ttl: 9 })],
    ],
    get: 1,
    ttl: undefined,
  },
  { when: 'NODATA is for its own type', put: [[28, answer({ ttl: 5 })]], get: 28, ttl: 5 },
];
for (const { when, put, get, ttl } of nodes) {
  test(`cache: ${when}`, () => {
    const cache = createCache(LIMIT);
    for (const [type, what] of put) cache.put(key('www.example.com', type), what, 0);
    assert.equal(cache.get(key('www.example.com', get))?.answer.ttl, ttl);
  });
}

test('cache: DO and CD are parts of the question', () => {
  const cache = createCache(LIMIT);
  const plain = key('www.example.com');
  cache.put(plain, answer(), 0);
  assert(cache.get(plain));
  assert.equal(cache.get({ ...plain, dnssecOk: true }), undefined);
  assert.equal(cache.get({ ...plain, checkingDisabled: true }), undefined);
});
