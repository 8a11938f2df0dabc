import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { canPassDescriptors } from '../../src/native/descriptors.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { clientHello } from '../firewall/support/hello.ts';
import { eventually } from '../support/e2e/patience.ts';
import { missing } from '../support/e2e/requirements.ts';
import { compiledPolicy } from '../support/policy.ts';
import { ending, startEcho, startFrontAt } from './support/gate.ts';

// The gate as a process of its own, on bare sockets. Servers have port 443 of a loopback address.

const policyWith = (more: string) =>
  compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
${more}
`).ruleset;
const RULES = policyWith('');
const HELLO = clientHello('tunnels.example.com');
const DOOR = clientHello('connect.ngrok-agent.com');
const skip = canPassDescriptors() ? missing('root') : 'needs Linux on a 64 bit machine';

let next = 0;
async function start(t: TestContext, ruleset = () => RULES) {
  next += 1;
  const address = parseAddress(`127.${20 + (process.pid % 200)}.${next}.1`);
  const echo = await startEcho(t, address, 443);
  const front = await startFrontAt(t, ruleset, { address });
  return { ...front, address, echo, visit: (octets = HELLO) => front.visit('shared', octets) };
}

const sha = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex');
const answers = (events: readonly { readonly answer: string }[]) =>
  events.map(({ answer }) => answer);

for (const size of [0, 1, 1_448, 65_536, 1_000_003, 20_000_000]) {
  test(`front: ${size} octets come there and back`, { skip }, async (t) => {
    const { visit, events, states } = await start(t);
    const socket = visit();
    const sent = randomBytes(size);
    socket.end(sent);
    const { heard, how } = await ending(socket);
    assert.equal(how, 'end');
    assert.equal(sha(heard), sha(Buffer.concat([HELLO, sent])));
    await eventually('it is told', () => events.length > 0);
    assert.deepEqual([answers(events), states], [['passed'], ['up']]);
  });
}

test('front: a blocked name is reset, and the rules say why', { skip }, async (t) => {
  const { visit, events, echo } = await start(t);
  assert.equal((await ending(visit(DOOR))).how, 'ECONNRESET');
  assert.equal(echo.connections(), 0);
  await eventually('it is told', () => events.length > 0);
  const [event] = events;
  assert(event?.opening.kind === 'tls');
  assert.deepEqual(
    [event.client, event.lane, event.opening.hello.serverName, event.answer],
    ['127.0.0.1', 'shared', 'connect.ngrok-agent.com', 'reset'],
  );
});

test('front: a hello in pieces is waited for', { skip }, async (t) => {
  const { visit } = await start(t);
  const socket = visit(HELLO.subarray(0, 1));
  for (const octet of HELLO.subarray(1)) {
    socket.write(Buffer.of(octet));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  assert.deepEqual((await ending(socket)).heard, HELLO);
});

test('front: many at once, none mixed up with another', { skip }, async (t) => {
  const { visit, events } = await start(t);
  const trips = Array.from({ length: 200 }, async () => {
    const socket = visit();
    const sent = randomBytes(30_000);
    socket.end(sent);
    const { heard } = await ending(socket);
    assert.equal(sha(heard), sha(Buffer.concat([HELLO, sent])));
  });
  await Promise.all(trips);
  await eventually('all are told', () => events.length === 200);
});

test('front: one that reads slowly holds up its own sender only', { skip }, async (t) => {
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

test('front: a half-close is passed on, and the other way stays open', { skip }, async (t) => {
  const { visit } = await start(t);
  const socket = visit();
  await once(socket, 'data');
  socket.end('last');
  const { heard, how } = await ending(socket);
  assert.deepEqual([String(heard), how], ['last', 'end']);
});

test('front: where nobody takes it, its visitor is reset', { skip }, async (t) => {
  const front = await startFrontAt(t, () => RULES, { address: parseAddress('127.9.9.9') });
  assert.equal((await ending(front.visit('shared', HELLO))).how, 'ECONNRESET');
  await eventually('it is told', () => front.events.length > 0);
  assert.deepEqual(answers(front.events), ['failed']);
});

test('front: what has passed is cut once the policy refuses it', { skip }, async (t) => {
  let rules = policyWith('allow: [{ name: connect.ngrok-agent.com, reason: a trial }]');
  const { visit, renew, events } = await start(t, () => rules);
  const [trial, sanctioned] = [visit(DOOR), visit()];
  await Promise.all([trial, sanctioned].map((socket) => once(socket, 'data')));
  const cut = ending(trial);
  rules = RULES;
  renew();
  assert.equal((await cut).how, 'ECONNRESET');
  await says(sanctioned, 'still there');
  await eventually('it is told', () => answers(events).includes('cut'));
});

test('front: what passes outlives who started it, and obeys who comes next', {
  skip,
}, async (t) => {
  let rules = policyWith('allow: [{ name: connect.ngrok-agent.com, reason: a trial }]');
  const first = await start(t, () => rules);
  const [trial, sanctioned] = [first.visit(DOOR), first.visit()];
  await Promise.all([trial, sanctioned].map((socket) => once(socket, 'data')));
  const [pid] = frontsAt(first.port);
  // As a restart does it.
  await first.close();
  await says(sanctioned, 'nobody is there');
  await eventually('nobody is taken', async () => {
    const { how } = await ending(first.visit());
    return how === 'ECONNREFUSED';
  });

  const cut = ending(trial);
  rules = RULES;
  const second = await startFrontAt(t, () => rules, first);
  assert.equal((await cut).how, 'ECONNRESET');
  assert.deepEqual(frontsAt(first.port), [pid], 'it is the same process');
  await says(sanctioned, 'still there');
  const newcomer = second.visit('shared', HELLO);
  await says(newcomer, HELLO.toString('latin1'));

  await second.close();
  for (const socket of [sanctioned, newcomer]) socket.destroy();
  await eventually('it ends', () => frontsAt(first.port).length === 0);
});

test('front: killed, it takes along what passed, and another takes its place', {
  skip,
}, async (t) => {
  const { visit, port, states } = await start(t);
  const lost = visit();
  await once(lost, 'data');
  const gone = ending(lost);
  for (const pid of frontsAt(port)) process.kill(pid, 'SIGKILL');
  await gone;
  // Whoever comes meanwhile waits in the kernel.
  const socket = visit();
  await says(socket, HELLO.toString('latin1'), false);
  await says(socket, 'as before');
  assert.deepEqual(states, ['up', 'down: its process has ended, and what passed through it', 'up']);
});

/** The processes that are the front of a gate. */
function frontsAt(port: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const [, program = '', , first] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return program.includes('front/program') && first === String(port);
      } catch {
        return false; // gone meanwhile
      }
    });
}

async function says(socket: Socket, words: string, isToSay = words !== HELLO.toString('latin1')) {
  if (isToSay) socket.write(words);
  const [octets] = await once(socket, 'data');
  assert.equal(octets.toString('latin1'), words);
}
