import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RECORDS } from '../../src/dns/encode.ts';
import type { Outcome, Query } from '../../src/dns/message.ts';
import { type AnswererParts, createAnswerer } from '../../src/dns/server/answerer.ts';
import { createCookieMaker } from '../../src/dns/server/cookie.ts';
import { createEchoes } from '../../src/dns/upstream/echo.ts';
import { createClients } from '../../src/policy/clients.ts';
import { parseNetwork } from '../../src/policy/network.ts';
import { buildPacket, nameOctets, type Packet, parsePacket, words } from '../support/packet.ts';

const outcome = (query: Query): Outcome => ({
  query,
  verdict: { kind: 'unmatched' },
  reply: { rcode: 0, sections: NO_RECORDS, age: 0, authenticData: false, extended: [] },
  source: 'upstream',
});

/** An answerer of these parts, with everything it does written down. */
function watched(changes: Partial<AnswererParts> = {}) {
  const events: string[] = [];
  const answer = createAnswerer({
    resolve: async (query) => outcome(query),
    clientOf: createClients([parseNetwork('10.0.0.0/8'), parseNetwork('fe80::/10')]),
    strangers: 'refuse',
    echoes: createEchoes(),
    makeCookie: createCookieMaker(Buffer.alloc(32)),
    now: () => 0,
    keepalive: 100,
    onOutcome: () => events.push('outcome'),
    onLoop: () => events.push('loop'),
    onFault: (error) => events.push(`fault: ${(error as Error).message}`),
    ...changes,
  });
  const ask = async (packet: Partial<Packet> = {}, peer = '10.0.0.5') => {
    const question = { name: 'wWw.ExAmPlE.cOm', type: 1, class: 1 };
    const message = buildPacket({ id: 7, flags: ['RD'], questions: [question], ...packet });
    const answers: Packet[] = [];
    await answer(message, peer, 'udp', (octets) => {
      events.push('answer');
      answers.push(parsePacket(octets));
    });
    return answers;
  };
  return { ask, events };
}
const throwing = (message: string) => () => {
  throw new Error(message);
};

test('answerer: the answer leaves before anything is recorded', async () => {
  const { ask, events } = watched();
  assert.equal((await ask())[0]?.rcode, 0);
  assert.deepEqual(events, ['answer', 'outcome']);
});

test('answerer: a fault of ours is SERVFAIL for this client, and told', async () => {
  const { ask, events } = watched({ resolve: throwing('broken') });
  assert.deepEqual(
    (await ask()).map(({ rcode }) => rcode),
    [2],
  );
  assert.deepEqual(events, ['answer', 'fault: broken']);
});

test('answerer: a fault in recording is told, and the client gets one answer', async () => {
  const { ask, events } = watched({ onOutcome: throwing('disk full') });
  assert.deepEqual(
    (await ask()).map(({ rcode }) => rcode),
    [0],
  );
  assert.deepEqual(events, ['answer', 'fault: disk full']);
});

test('answerer: our own question that comes back is a loop, answered without asking on', async () => {
  const echoes = createEchoes();
  const forget = echoes.expect(Buffer.concat([nameOctets('wWw.ExAmPlE.cOm'), words(1, 1)]));
  const { ask, events } = watched({ echoes, resolve: throwing('asked on') });
  assert.deepEqual(
    (await ask()).map(({ rcode }) => rcode),
    [2],
  );
  assert.deepEqual(events, ['answer', 'loop']);
  forget();
  await ask();
  assert.deepEqual(events.slice(2), ['answer', 'fault: asked on']);
});

const peers = [
  { when: 'a client inside', peer: '10.1.2.3', rcodes: [0] },
  { when: 'a client outside', peer: '192.0.2.1', rcodes: [5] },
  { when: 'an IPv4 client on an IPv6 socket', peer: '::ffff:10.1.2.3', rcodes: [0] },
  { when: 'a link-local client with its interface', peer: 'fe80::1%eth0', rcodes: [0] },
];
for (const { when, peer, rcodes } of peers) {
  test(`answerer: ${when}`, async () => {
    assert.deepEqual(
      (await watched().ask({}, peer)).map(({ rcode }) => rcode),
      rcodes,
    );
  });
}

test('answerer: a stranger is ignored where the policy says so, even with a message that is broken', async () => {
  const { ask, events } = watched({ strangers: 'ignore' });
  await ask({}, '192.0.2.1');
  await ask({ questions: [] }, '192.0.2.1');
  assert.deepEqual(events, []);
});

test('answerer: more peers than it remembers', async () => {
  const clientOf = createClients([parseNetwork('10.0.0.0/8')]);
  for (let i = 0; i < 25_000; i++) {
    assert.equal(clientOf(`10.0.${i >> 8}.${i & 255}`).served, true);
  }
  assert.equal(clientOf('192.0.2.1').served, false);
});
