import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Joined } from '../../src/gate/join.ts';
import { canPassDescriptors } from '../../src/native/descriptors.ts';
import { clientHello } from '../firewall/support/hello.ts';
import { eventually } from '../support/e2e/patience.ts';
import { compiledPolicy } from '../support/policy.ts';
import { ending, startEcho, startGate, startLink } from './support/gate.ts';

const { ruleset } = compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
`);
const HELLO = clientHello('tunnels.example.com');
const skip = canPassDescriptors() ? false : 'needs Linux on a 64 bit machine';

/** Each test has a carrier of its own. */
let next = 40_000 + (process.pid % 1_000) * 20;

async function start(t: TestContext) {
  const port = next++;
  const echo = await startEcho(t);
  const link = await startLink(t, port);
  const { visit, gate } = await startGate(t, () => ruleset, echo.port, { join: link.join });
  return { port, link, gate, visit: () => visit('shared', HELLO) };
}

const sha = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex');

for (const size of [0, 1, 1_448, 65_536, 1_000_003, 20_000_000]) {
  test(`carrier: ${size} octets come there and back`, { skip }, async (t) => {
    const { visit, gate, link } = await start(t);
    const socket = visit();
    const sent = randomBytes(size);
    socket.end(sent);
    const { heard, how } = await ending(socket);
    assert.equal(how, 'end');
    assert.equal(sha(heard), sha(Buffer.concat([HELLO, sent])));
    await eventually('its end is told', () => gate.stats().passing === 0);
    assert.deepEqual(link.problems, []);
  });
}

test('carrier: many at once, none mixed up with another', { skip }, async (t) => {
  const { visit } = await start(t);
  const trips = Array.from({ length: 200 }, async () => {
    const socket = visit();
    const sent = randomBytes(30_000);
    socket.end(sent);
    const { heard } = await ending(socket);
    assert.equal(sha(heard), sha(Buffer.concat([HELLO, sent])));
  });
  await Promise.all(trips);
});

test('carrier: one that reads slowly holds up its own sender only', { skip }, async (t) => {
  const { visit } = await start(t);
  const slow = visit();
  await once(slow, 'data');
  slow.pause();
  const sent = randomBytes(64 << 20);
  slow.end(sent);
  for (let i = 0; i < 20; i += 1) {
    const other = visit();
    other.end('quick');
    assert.equal((await ending(other)).how, 'end');
  }
  // Far more than sockets and pipes hold is still with the sender.
  assert(slow.writableLength > 8 << 20, `${slow.writableLength}`);
  const heard = ending(slow);
  slow.resume();
  assert.equal(sha((await heard).heard), sha(sent));
});

test('carrier: a half-close is passed on, and the other way stays open', { skip }, async (t) => {
  const { visit } = await start(t);
  const socket = visit();
  await once(socket, 'data');
  socket.end('last');
  const { heard, how } = await ending(socket);
  assert.deepEqual([String(heard), how], ['last', 'end']);
});

test('carrier: a reset is passed on', { skip }, async (t) => {
  const { visit, gate } = await start(t);
  const socket = visit();
  await once(socket, 'data');
  socket.resetAndDestroy();
  await eventually('its end is told', () => gate.stats().passing === 0);
});

test('carrier: what it carries outlives the gate, and the next gate can cut it', {
  skip,
}, async (t) => {
  const { port, link, gate, visit } = await start(t);
  const [one, other] = [visit(), visit()];
  await Promise.all([one, other].map((socket) => once(socket, 'data')));
  // As a restart does it.
  gate.close();
  link.close();
  await says(one, 'nobody is there');

  const carried: Joined[] = [];
  let ended = 0;
  const successor = await startLink(t, port, ({ client, lane, opening }, joined) => {
    assert.deepEqual([client, lane, opening.kind], ['127.0.0.1', 'shared', 'tls']);
    carried.push(joined);
    return () => {
      ended += 1;
    };
  });
  assert.equal(carried.length, 2);
  assert.deepEqual(successor.pids, [], 'it is the same carrier');
  const cut = ending(one);
  carried[0]?.cut();
  assert.equal((await cut).how, 'ECONNRESET');
  await says(other, 'still there');
  other.end();
  await eventually('both ends are told', () => ended === 2);
});

test('carrier: killed, it takes its connections along, and another takes its place', {
  skip,
}, async (t) => {
  const { link, gate, visit } = await start(t);
  const lost = visit();
  await once(lost, 'data');
  const gone = ending(lost);
  process.kill(link.pids[0] as number, 'SIGKILL');
  await gone;
  await eventually('its end is noticed', () => gate.stats().passing === 0);
  assert.match(link.problems.join(), /has ended/);
  await eventually('another carrier', () => link.pids.length === 2);
  const socket = visit();
  await once(socket, 'data');
  await says(socket, 'as before');
});

async function says(socket: Socket, words: string): Promise<void> {
  socket.write(words);
  const [octets] = await once(socket, 'data');
  assert.equal(String(octets), words);
}
