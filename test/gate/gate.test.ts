import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { Lane } from '../../src/policy/firewall.ts';
import { clientHello } from '../firewall/support/hello.ts';
import { eventually } from '../support/e2e/patience.ts';
import { compiledPolicy } from '../support/policy.ts';
import { addressesOf, ending, type Setting, startEcho, startGate } from './support/gate.ts';

const policyWith = (more = '') =>
  compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
${more}
`).ruleset;
const RULES = policyWith();

const SANCTIONED = 'tunnel.eu.tunnels.example.com';
const DOOR = 'connect.ngrok-agent.com';
const SSH = Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n');
const HTTP = Buffer.from('GET / HTTP/1.1\r\nHost: www.example.net\r\n\r\n');

type Case = {
  readonly when: string;
  readonly lane: Lane;
  readonly says: Uint8Array;
  readonly passes: boolean;
  readonly more?: string;
};
const cases: readonly Case[] = [
  { when: 'a sanctioned name', lane: 'shared', says: clientHello(SANCTIONED), passes: true },
  { when: 'a blocked name', lane: 'shared', says: clientHello(DOOR), passes: false },
  { when: 'an unknown name', lane: 'shared', says: clientHello('www.example.net'), passes: false },
  { when: 'no name', lane: 'shared', says: clientHello(), passes: false },
  { when: 'ssh', lane: 'shared', says: SSH, passes: false },
  { when: 'HTTP in clear', lane: 'shared', says: HTTP, passes: false },
  { when: 'garbage', lane: 'shared', says: Buffer.alloc(40, 1), passes: false },
  { when: 'a sanctioned name', lane: 'fronts', says: clientHello(SANCTIONED), passes: true },
  { when: 'a blocked name', lane: 'fronts', says: clientHello(DOOR), passes: false },
  { when: 'an unknown name', lane: 'fronts', says: clientHello('www.example.net'), passes: true },
  { when: 'no name', lane: 'fronts', says: clientHello(), passes: true },
  { when: 'ssh', lane: 'fronts', says: SSH, passes: false },
  { when: 'HTTP in clear', lane: 'fronts', says: HTTP, passes: true },
  {
    when: 'a blocked name of a client that is only observed',
    lane: 'shared',
    says: clientHello(DOOR),
    passes: true,
    more: 'mode: observe',
  },
  {
    when: 'an unknown name of a client that is only observed',
    lane: 'shared',
    says: clientHello('www.example.net'),
    passes: true,
    more: 'mode: observe',
  },
  {
    when: 'a watched name',
    lane: 'shared',
    says: clientHello('www.example.net'),
    passes: true,
    more: 'watch: [example.net]',
  },
];
for (const { when, lane, says, passes, more } of cases) {
  test(`gate: ${when}, ${lane}: ${passes ? 'passes' : 'is refused'}`, async (t) => {
    const echo = await startEcho(t);
    const rules = more ? policyWith(more) : RULES;
    const { visit, events } = await startGate(t, () => rules, echo.port);
    const socket = visit(lane, says);
    if (passes) {
      socket.end('and more');
      const { heard, how } = await ending(socket);
      assert.equal(how, 'end');
      assert.deepEqual(heard, Buffer.concat([says, Buffer.from('and more')]));
    } else {
      assert.equal((await ending(socket)).how, 'ECONNRESET');
      assert.equal(echo.connections(), 0);
    }
    assert.deepEqual(
      events.map(({ lane, answer, port }) => ({ lane, answer, port })),
      [{ lane, answer: passes ? 'passed' : 'reset', port: echo.port }],
    );
  });
}

test('gate: a refused TLS client can be told by an alert, which arrives', async (t) => {
  const { visit, events } = await startGate(t, () => RULES, 1, {
    refusal: () => 'alert',
  });
  const socket = visit('shared', Buffer.concat([clientHello(DOOR), Buffer.alloc(100_000)]));
  const { heard, how } = await ending(socket);
  assert.deepEqual([...heard], [21, 3, 3, 0, 2, 2, 112]); // unrecognized_name
  assert.equal(how, 'end');
  assert.equal(events[0]?.answer, 'alert');
});

test('gate: a name goes where it leads for us, wherever its client went', async (t) => {
  const [echo, elsewhere] = [await startEcho(t), await startEcho(t)];
  const { visit } = await startGate(t, () => RULES, echo.port, {
    // The client meant another address of that port.
    destinationOf: () => ({ address: addressesOf('127.0.0.9')[0] as never, port: echo.port }),
  });
  const socket = visit('shared', clientHello(SANCTIONED));
  socket.end();
  await ending(socket);
  assert.deepEqual([echo.connections(), elsewhere.connections()], [1, 0]);
});

for (const where of ['here', 'stranger'] as const) {
  const whose = where === 'here' ? 'that nobody sent' : 'of no client of ours';
  test(`gate: a connection ${whose} goes nowhere`, async (t) => {
    const echo = await startEcho(t);
    const { visit } = await startGate(t, () => RULES, echo.port, {
      ...(where === 'here'
        ? { destinationOf: () => 'here' }
        : { clientOf: () => ({ address: addressesOf('192.0.2.1')[0] as never, served: false }) }),
    });
    const socket = visit('fronts', clientHello(SANCTIONED));
    assert.equal((await ending(socket)).how, 'ECONNRESET');
    assert.equal(echo.connections(), 0);
  });
}

test('gate: where nobody knows where it was going, what has no name is refused', async (t) => {
  const { visit, events } = await startGate(t, () => RULES, 1, {
    destinationOf: () => undefined,
  });
  assert.equal((await ending(visit('fronts', HTTP))).how, 'ECONNRESET');
  assert.equal(events[0]?.answer, 'failed');
});

const hasty = { total: 10, perClient: 5, firstOctet: 100, opening: 200 };
const dawdlers = [
  { when: 'says nothing', says: undefined },
  { when: 'stops in the middle of its hello', says: clientHello(SANCTIONED).subarray(0, 50) },
];
for (const { when, says } of dawdlers) {
  test(`gate: whoever ${when} is refused in time`, async (t) => {
    const { visit, events } = await startGate(t, () => RULES, 1, { limits: hasty });
    assert.equal((await ending(visit('shared', says))).how, 'ECONNRESET');
    assert.deepEqual(
      events.map(({ opening, answer }) => [opening.kind, answer]),
      [['silent', 'reset']],
    );
  });
}

test('gate: a crowd that says nothing keeps nobody out', async (t) => {
  const echo = await startEcho(t);
  const limits = { ...hasty, firstOctet: 60_000, opening: 60_000 };
  const { visit, gate } = await startGate(t, () => RULES, echo.port, { limits });
  const silent = Array.from({ length: 40 }, () => visit('shared'));
  const ended = silent.map((socket) => ending(socket));
  await eventually('a crowd', () => gate.stats().waiting === hasty.perClient);
  const socket = visit('shared', clientHello(SANCTIONED));
  socket.end();
  assert.equal((await ending(socket)).how, 'end');
  // The longest waiting have gone first.
  assert.equal((await (ended[0] as (typeof ended)[number])).how, 'ECONNRESET');
});

test('gate: what has passed is cut once the policy refuses it, and nothing else', async (t) => {
  const echo = await startEcho(t);
  let rules = policyWith('allow: [{ name: connect.ngrok-agent.com, reason: a trial }]');
  const { visit, gate, events } = await startGate(t, () => rules, echo.port);
  const [trial, sanctioned] = [DOOR, SANCTIONED].map((name) => visit('shared', clientHello(name)));
  assert(trial && sanctioned);
  await Promise.all([trial, sanctioned].map((socket) => once(socket, 'data')));
  assert.equal(gate.stats().passing, 2);
  const ended = ending(trial);
  rules = RULES;
  gate.review();
  assert.equal((await ended).how, 'ECONNRESET');
  assert.equal(events.at(-1)?.answer, 'cut');
  sanctioned.write('still there');
  const [octets] = await once(sanctioned, 'data');
  assert.equal(String(octets), 'still there');
  assert.equal(gate.stats().passing, 1);
});

test('gate: a client that goes while its server is looked for leaves nothing behind', async (t) => {
  const { promise, resolve } = Promise.withResolvers<readonly never[]>();
  const { visit, gate, events } = await startGate(t, () => RULES, 1, { lookUp: () => promise });
  const socket = visit('shared', clientHello(SANCTIONED));
  await once(socket, 'connect');
  socket.resetAndDestroy();
  resolve([]);
  await eventually('an end', () => events.length > 0);
  const { waiting, passing } = gate.stats();
  assert.deepEqual({ waiting, passing }, { waiting: 0, passing: 0 });
});

function isQuiet({ gate }: Setting): boolean {
  const { waiting, passing } = gate.stats();
  return waiting + passing === 0;
}

test('gate: every connection is forgotten in the end', async (t: TestContext) => {
  const echo = await startEcho(t);
  const setting = await startGate(t, () => RULES, echo.port);
  const visits = Array.from({ length: 50 }, (_, i) => {
    const socket = setting.visit('shared', clientHello(i % 2 ? SANCTIONED : DOOR));
    socket.end();
    return ending(socket);
  });
  const ends = await Promise.all(visits);
  assert.equal(ends.filter(({ how }) => how === 'end').length, 25);
  await eventually('quiet', () => isQuiet(setting));
});
