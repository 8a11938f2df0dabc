import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCookieMaker } from '../../src/dns/server/cookie.ts';
import { parseAddress } from '../../src/policy/network.ts';

const secret = Buffer.alloc(32, 1);
const client = parseAddress('192.0.2.7');
const own = Buffer.from('0102030405060708', 'hex');
const NOON = Date.UTC(2026, 0, 1, 12);

test('cookie: the client part, version 1, the time, a hash of 8 octets (RFC 9018 section 4)', () => {
  const cookie = Buffer.from(createCookieMaker(secret)(client, own, NOON));
  assert.equal(cookie.length, 24);
  assert.deepEqual(cookie.subarray(0, 8), own);
  assert.deepEqual([...cookie.subarray(8, 12)], [1, 0, 0, 0]);
  assert.equal(cookie.readUInt32BE(12), NOON / 1000);
});

test('cookie: of a longer one only the client part counts', () => {
  const make = createCookieMaker(secret);
  assert.deepEqual(
    make(client, Buffer.concat([own, Buffer.alloc(16, 9)]), NOON),
    make(client, own, NOON),
  );
});

const others = [
  { when: 'another client', client: parseAddress('192.0.2.8'), cookie: own, now: NOON, secret },
  { when: 'another client part', client, cookie: Buffer.alloc(8), now: NOON, secret },
  { when: 'another time', client, cookie: own, now: NOON + 1000, secret },
  { when: 'another secret', client, cookie: own, now: NOON, secret: Buffer.alloc(32, 2) },
  { when: 'an IPv6 client', client: parseAddress('2001:db8::7'), cookie: own, now: NOON, secret },
];
for (const { when, client: who, cookie, now, secret: key } of others) {
  test(`cookie: ${when} makes another hash`, () => {
    const hash = (made: Uint8Array) => Buffer.from(made).toString('hex', 16);
    assert.notEqual(
      hash(createCookieMaker(key)(who, cookie, now)),
      hash(createCookieMaker(secret)(client, own, NOON)),
    );
  });
}
