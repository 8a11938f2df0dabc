import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressBookOf,
  formatSightings,
  NO_SIGHTINGS,
  namesToResolve,
  parseSightings,
} from '../../src/firewall/addressbook.ts';
import { type Looked, refreshSightings } from '../../src/firewall/refresh.ts';
import type { Name } from '../../src/policy/name.ts';
import { type Address, parseAddress } from '../../src/policy/network.ts';
import { InputError } from '../../src/policy/problem.ts';
import { compiledPolicy } from '../support/policy.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-08-22T12:00:00Z');
const DOOR = 'connect.ngrok-agent.com' as Name;
const [A, B, C] = ['192.0.2.1', '192.0.2.2', '2001:db8::1'].map(parseAddress) as [
  Address,
  Address,
  Address,
];

test('address book: what is written is read', () => {
  const sightings = new Map([
    [DOOR, { addresses: [A, C], seen: NOW, earlier: new Map([[B, NOW - 1000]]) }],
    ['b.example' as Name, { addresses: [B], seen: NOW, earlier: new Map() }],
  ]);
  const text = formatSightings(sightings);
  assert.deepEqual(parseSightings('book.json', text), sightings);
  assert.equal(formatSightings(parseSightings('book.json', text)), text);
  assert.deepEqual(addressBookOf(sightings).names.get(DOOR), [A, C, B]);
});

const entry = (value: unknown) => JSON.stringify({ version: 1, names: { 'a.example': value } });
const seen = '2026-08-22T12:00:00.000Z';
const faults: readonly { when: string; text: string; says: RegExp }[] = [
  {
    when: 'no JSON',
    text: '{',
    says: /book\.json:1:1: is not an address book of version 1; delete/,
  },
  {
    when: 'another version',
    text: '{"version":2,"names":{}}',
    says: /version 1; delete the file and run/,
  },
  { when: 'an unknown key', text: '{"version":1,"names":{},"x":1}', says: /x: is not a known key/ },
  {
    when: 'a bad name',
    text: '{"version":1,"names":{"a..b":{}}}',
    says: /names\.a\.\.b: .*empty label/,
  },
  {
    when: 'no addresses',
    text: entry({ seen }),
    says: /names\.a\.example: has no list of addresses/,
  },
  {
    when: 'a bad address',
    text: entry({ addresses: ['127.1'], seen }),
    says: /addresses\.0: "127\.1" is not an IP address.*delete the file/,
  },
  {
    when: 'a number',
    text: entry({ addresses: [1], seen }),
    says: /addresses\.0: 1 is not a text/,
  },
  { when: 'no time', text: entry({ addresses: [] }), says: /seen: nothing is not a text/ },
  { when: 'a bad time', text: entry({ addresses: [], seen: 'now' }), says: /"now" is not a time/ },
  {
    when: 'a bad time before',
    text: entry({ addresses: [], seen, earlier: { '192.0.2.1': 'x' } }),
    says: /earlier\.192\.0\.2\.1: "x" is not a time/,
  },
];
for (const { when, text, says } of faults) {
  test(`address book: is refused: ${when}`, () => {
    assert.throws(
      () => parseSightings('book.json', text),
      (error) => {
        assert.ok(error instanceof InputError);
        assert.match(error.message, says);
        return true;
      },
    );
  });
}

test('address book: names of interest are blocked doors, own doors and support names', () => {
  const { ruleset } = compiledPolicy(`
organisation: { name: x }
ingress: [{ domain: tunnels.example.com, service: ngrok, names: [eu.tunnels.example.com] }]
services: { ngrok: { session: block, endpoint: block } }
block: [other.example.net]
`);
  const names = namesToResolve(ruleset);
  for (const name of [
    DOOR,
    'tunnels.example.com',
    'eu.tunnels.example.com',
    'crl.ngrok-agent.com',
  ]) {
    assert.ok(names.includes(name as Name), name);
  }
  assert.ok(
    names.some((name) => /^connect\.[a-z]+\.ngrok-agent\.com$/.test(name)),
    'regions',
  );
  assert.ok(names.every((name) => !name.includes('*')));
  for (const name of ['ngrok.app', 'other.example.net'])
    assert.ok(!names.includes(name as Name), name);
});

const found = (...addresses: Address[]): Looked => ({ kind: 'found', addresses });
const none: Looked = { kind: 'none' };
const failed: Looked = { kind: 'failed' };
const before = { addresses: [A, C], seen: NOW - 1000, earlier: new Map<Address, number>() };

const rounds: readonly {
  when: string;
  looked: readonly [Looked, Looked];
  later?: number;
  book: readonly Address[];
  seen?: number;
  isFailed?: boolean;
}[] = [
  { when: 'the same again', looked: [found(A), found(C)], book: [A, C] },
  { when: 'another of many', looked: [found(B), found(C)], book: [B, C, A] },
  { when: 'another, a day later', looked: [found(B), found(C)], later: 2 * DAY, book: [B, C] },
  { when: 'gone', looked: [none, none], book: [A, C] },
  { when: 'gone for more than a day', looked: [none, none], later: 2 * DAY, book: [] },
  { when: 'one family failed', looked: [failed, found(C)], book: [A, C], isFailed: true },
  {
    when: 'both failed, for however long',
    looked: [failed, failed],
    later: 9 * DAY,
    book: [A, C],
    seen: NOW - 1000,
    isFailed: true,
  },
];
for (const { when, looked, later = 0, book, seen = NOW + later, isFailed = false } of rounds) {
  test(`refresh: ${when}`, async () => {
    const { sightings, failed } = await refreshSightings(new Map([[DOOR, before]]), [DOOR], {
      lookup: async (_, family) => looked[family === 4 ? 0 : 1],
      now: NOW + later,
    });
    assert.deepEqual(addressBookOf(sightings).names.get(DOOR) ?? [], book);
    if (book.length > 0) assert.equal(sightings.get(DOOR)?.seen, seen);
    assert.deepEqual(failed, isFailed ? [DOOR] : []);
  });
}

test('refresh: many names, few at a time; names not asked for are left out', async () => {
  const names = Array.from({ length: 50 }, (_, i) => `n${i}.example` as Name);
  let underWay = 0;
  let most = 0;
  const { sightings } = await refreshSightings(new Map([[DOOR, before]]), names, {
    lookup: async (name) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return found(parseAddress(`10.0.0.${name.slice(1).split('.')[0]}`));
    },
    now: NOW,
  });
  assert.deepEqual([...sightings.keys()], names);
  assert.ok(most > 8 && most <= 16, `${most} lookups at once`);
  assert.notEqual(sightings, NO_SIGHTINGS);
});
