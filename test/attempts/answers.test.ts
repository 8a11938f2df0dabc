import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnswers } from '../../src/attempts/answers.ts';
import { RCODE, TYPE } from '../../src/dns/constants.ts';
import { NO_RECORDS } from '../../src/dns/encode.ts';
import type { Answer, Lead, Outcome } from '../../src/dns/message.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { createPrng } from '../support/prng.ts';
import { MINUTE, NOON } from './support.ts';

const HOUR = 60 * MINUTE;
const address = parseAddress;
const UNANSWERED = { kind: 'unanswered' };

function answered(
  client: string,
  name: string,
  addresses: readonly string[],
  { ttl = 300, age = 0, stale = false } = {},
): Outcome {
  const asked = parseName(name);
  const leads: Lead[] = [
    { from: asked, to: { name: parseName('edge.example.net') } },
    ...addresses.map((text) => ({
      from: parseName('edge.example.net'),
      to: { address: address(text) },
    })),
  ];
  const common = { rcode: RCODE.NOERROR, sections: NO_RECORDS, authenticData: false, extended: [] };
  const answer: Answer = { ...common, leads, ttl };
  return {
    query: {
      ...{ id: 1, questionWire: new Uint8Array(), client: address(client), transport: 'udp' },
      question: { name: asked, type: TYPE.A, class: 1 },
      ...{ recursionDesired: true, authenticData: false, checkingDisabled: false },
    },
    reply: { ...common, age, ...(stale ? { ttl: 30 } : {}) },
    verdict: { kind: 'unmatched' },
    answer,
    source: 'upstream',
  };
}

test('answers: the name that this client asked for last', () => {
  const { note, find } = createAnswers();
  note(answered('192.0.2.10', 'a.example', ['203.0.113.1', '203.0.113.2']), NOON);
  note(answered('192.0.2.11', 'b.example', ['203.0.113.1']), NOON + 1);
  note(answered('192.0.2.10', 'c.example', ['203.0.113.2']), NOON + 2);
  const found = (client: string, to: string) => find(address(client), address(to), NOON + 3);
  assert.deepEqual(found('192.0.2.10', '203.0.113.1'), { kind: 'answered', name: 'a.example' });
  assert.deepEqual(found('192.0.2.10', '203.0.113.2'), { kind: 'answered', name: 'c.example' });
  assert.deepEqual(found('192.0.2.11', '203.0.113.1'), { kind: 'answered', name: 'b.example' });
  assert.deepEqual(found('192.0.2.11', '203.0.113.2'), UNANSWERED);
  assert.deepEqual(found('192.0.2.12', '203.0.113.1'), UNANSWERED);
  assert.deepEqual(found('192.0.2.10', '203.0.113.3'), UNANSWERED);
});

test('answers: clients whose addresses end alike are told apart', () => {
  const { note, find } = createAnswers();
  note(answered('2001:db8:1:2:11:22:33:44', 'a.example', ['203.0.113.1']), NOON);
  const other = address('2001:db8:2:2:11:22:33:44');
  assert.deepEqual(find(other, address('203.0.113.1'), NOON), UNANSWERED);
});

test('answers: who asks over IPv4 may go there over IPv6', () => {
  const { note, find } = createAnswers();
  note(answered('192.0.2.10', 'a.example', ['2001:db8::1']), NOON);
  note(answered('192.0.2.10', 'b.example', ['2001:db8::1']), NOON);
  const perhaps = find(address('2001:db8:1::10'), address('2001:db8::1'), NOON);
  assert.deepEqual(perhaps, { kind: 'perhaps', name: 'b.example' });
  note(answered('2001:db8:1::10', 'c.example', ['2001:db8::1']), NOON);
  const sure = find(address('2001:db8:1::10'), address('2001:db8::1'), NOON);
  assert.deepEqual(sure, { kind: 'answered', name: 'c.example' });
});

const lives = [
  { when: 'a short TTL counts an hour', ttl: 1, last: HOUR },
  { when: 'a long one as long, and a minute', ttl: 7_200, last: 2 * HOUR + MINUTE },
  { when: 'from the cache, what is left of it', ttl: 7_200, age: 3_000, last: 4_200_000 + MINUTE },
  { when: 'a stale answer', ttl: 86_400, age: 0, stale: true, last: HOUR },
];
for (const { when, last, ...answer } of lives) {
  test(`answers: ${when}`, () => {
    const { note, find } = createAnswers();
    note(answered('192.0.2.10', 'a.example', ['203.0.113.1'], answer), NOON);
    const found = (time: number) => find(address('192.0.2.10'), address('203.0.113.1'), time).kind;
    assert.equal(found(NOON + last), 'answered');
    assert.equal(found(NOON + last + 1), 'unanswered');
  });
}

test('answers: what was refused, or leads nowhere, is none', () => {
  const { note, find } = createAnswers();
  const { answer: _, ...refused } = answered('192.0.2.10', 'a.example', ['203.0.113.1']);
  note(refused, NOON);
  note(answered('192.0.2.10', 'b.example', []), NOON);
  assert.deepEqual(find(address('192.0.2.10'), address('203.0.113.1'), NOON), UNANSWERED);
});

test('answers: of a long answer the beginning counts, and it cannot push out all others', () => {
  const many = Array.from({ length: 4_000 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
  const { note, find } = createAnswers(100);
  note(answered('192.0.2.10', 'a.example', ['203.0.113.1']), NOON);
  for (let i = 0; i < 10; i += 1) note(answered('192.0.2.66', 'long.example', many), NOON);
  const found = (client: string, to: string) => find(address(client), address(to), NOON).kind;
  assert.equal(found('192.0.2.10', '203.0.113.1'), 'answered');
  assert.equal(found('192.0.2.66', many[5] as string), 'answered');
  assert.equal(found('192.0.2.66', many.at(-1) as string), 'unanswered');
});

test('answers: the ring says what a plain list says, however it goes round', () => {
  const prng = createPrng(5);
  const capacity = 50;
  const { note, find } = createAnswers(capacity);
  const clients = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'];
  const targets = Array.from({ length: 8 }, (_, i) => `203.0.113.${i}`);
  let list: { client: string; name: string; to: readonly string[] }[] = [];
  const kinds = new Set<string>();
  for (let round = 0; round < 3_000; round += 1) {
    const [client, name] = [prng.pick(clients), `n${prng.below(20)}.example`];
    const to = Array.from({ length: 1 + prng.below(7) }, () => prng.pick(targets));
    note(answered(client, name, to), NOON);
    list.push({ client, name, to });
    let leads = list.reduce((sum, one) => sum + one.to.length + 1, 0);
    while (list.length > capacity || leads > capacity * 6) {
      leads -= (list[0]?.to.length ?? 0) + 1;
      list = list.slice(1);
    }
    const [who, where] = [
      prng.pick([...clients, '192.0.2.9']),
      prng.pick([...targets, '203.0.113.99']),
    ];
    const holding = list.filter((one) => one.to.includes(where));
    const own = holding.findLast((one) => one.client === who);
    const other = holding.findLast((one) => one.client.includes(':') !== who.includes(':'));
    const expected = own
      ? { kind: 'answered', name: own.name }
      : other
        ? { kind: 'perhaps', name: other.name }
        : UNANSWERED;
    assert.deepEqual(find(address(who), address(where), NOON), expected);
    kinds.add(expected.kind);
  }
  assert.equal(kinds.size, 3);
});
