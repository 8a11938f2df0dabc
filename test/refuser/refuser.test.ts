import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { Address } from '../../src/policy/network.ts';
import { REFUSER_LIMITS, type RefuserParts } from '../../src/refuser/refuser.ts';
import { IDENTIFICATION } from '../../src/refuser/ssh.ts';
import { createFakeClock } from '../support/clock.ts';
import { eventually } from '../support/e2e/patience.ts';
import { ENDPOINT, hear, open, POLICY, rulesetOf, SESSION, say, startRefuser } from './support.ts';

const GET = `GET / HTTP/1.1\r\nHost: ${ENDPOINT}\r\nAccept: text/html\r\n\r\n`;

/** What a TLS client is told, as its library says it. */
function alertTo(port: number, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port, servername });
    socket.on('error', ({ message }) => resolve(message));
    socket.on('secureConnect', () => resolve('connected'));
  });
}

test('refuser: a TLS client gets access_denied, and is told of with its fingerprint', async (t) => {
  const { port, events, told } = await startRefuser(t);
  assert.match(await alertTo(port, SESSION), /alert access denied/);
  assert.deepEqual(told(), [`tls ${SESSION} alert`]);
  const [event] = events;
  assert(event?.opening.kind === 'tls' && event.verdict.kind === 'blocked');
  assert.match(event.opening.hello.ja4, /^t13d/);
  assert.equal(event.verdict.rule.id, `ngrok/session/${SESSION}`);
  assert.equal(event.client, '127.0.0.1');
});

const openings: readonly {
  when: string;
  said: string | Uint8Array;
  told: string;
  text?: RegExp;
  end: string;
}[] = [
  {
    when: 'a request',
    said: GET,
    told: `http ${ENDPOINT} page`,
    text: /^HTTP\/1\.1 403 [\s\S]*<h1>/,
    end: 'end',
  },
  {
    when: 'a request without Host',
    said: 'GET / HTTP/1.0\r\n\r\n',
    told: 'http page',
    text: /does not allow this connection/,
    end: 'end',
  },
  {
    when: 'a request to an address',
    said: 'GET / HTTP/1.1\r\nHost: 192.0.2.1:8080\r\n\r\n',
    told: 'http page',
    text: /does not allow this connection/,
    end: 'end',
  },
  {
    when: 'a host that is a trap',
    said: 'GET / HTTP/1.1\r\nHost: <script>alert(1)</script>\r\nAccept: text/html\r\n\r\n',
    told: 'http page',
    text: /^(?![\s\S]*<script)[\s\S]*<h1>/,
    end: 'end',
  },
  {
    when: 'HEAD',
    said: `HEAD / HTTP/1.1\r\nHost: ${ENDPOINT}\r\n\r\n`,
    told: `http ${ENDPOINT} page`,
    text: /^HTTP\/1\.1 403 [\s\S]*\r\n\r\n$/,
    end: 'end',
  },
  {
    when: 'a request to a proxy',
    said: `GET http://user@${ENDPOINT}:80/x HTTP/1.1\r\nHost: other.example\r\n\r\n`,
    told: `http ${ENDPOINT} page`,
    end: 'end',
  },
  {
    when: 'a tunnel through a proxy',
    said: `CONNECT ${SESSION}:443 HTTP/1.1\r\nHost: other.example\r\n\r\n`,
    told: `http ${SESSION} page`,
    end: 'end',
  },
  {
    when: 'a WebSocket',
    said: `GET /ws HTTP/1.1\r\nHost: ${ENDPOINT}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    told: `http ${ENDPOINT} page`,
    text: /^HTTP\/1\.1 403 /,
    end: 'end',
  },
  {
    when: 'SSH',
    said: 'SSH-2.0-OpenSSH_9.2p1 Debian\r\n',
    told: 'ssh disconnect',
    text: /^SSH-2\.0-tunnelwarden\r\n[\s\S]*Example Corp/,
    end: 'end',
  },
  {
    when: 'HTTP/2 right away',
    said: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    told: 'http reset',
    text: /^$/,
    end: 'ECONNRESET',
  },
  {
    when: 'TLS that is none',
    said: Buffer.from('16030100050100000100', 'hex'),
    told: 'malformed reset',
    text: /^$/,
    end: 'ECONNRESET',
  },
  {
    when: 'anything else',
    said: 'EHLO me\r\n',
    told: 'other reset',
    text: /^$/,
    end: 'ECONNRESET',
  },
];
for (const { when, said, told, text, end } of openings) {
  test(`refuser: ${when}`, async (t) => {
    const { port, toldOf } = await startRefuser(t);
    const heard = await say(port, said);
    assert.equal(heard.end, end);
    if (text) assert.match(heard.text, text);
    assert.deepEqual(await toldOf(1), [told]);
  });

  test(`refuser: ${when}, an octet at a time`, async (t) => {
    const { port, toldOf } = await startRefuser(t);
    const socket = open(port).setNoDelay(true);
    const heard = hear(socket);
    for (const octet of Buffer.from(said)) {
      if (socket.destroyed) break;
      socket.write(Buffer.of(octet));
      await new Promise(setImmediate);
    }
    assert.equal((await heard).end, end);
    assert.deepEqual(await toldOf(1), [told]);
  });
}

test('refuser: the words and the rules are those in force when it answers', async (t) => {
  let ruleset = rulesetOf();
  const { port } = await startRefuser(t, { ruleset: () => ruleset });
  assert.match((await say(port, GET)).text, /Example Corp/);
  ruleset = rulesetOf(POLICY.replace('Example Corp', 'Other & Sons'));
  assert.match((await say(port, GET)).text, /Other &amp; Sons/);
});

test('refuser: where a connection was going is told, and who came to us himself meant us', async (t) => {
  const far = { address: '192.0.2.99' as Address, port: 8443 };
  let target: ReturnType<RefuserParts['destinationOf']> = far;
  const { port, events } = await startRefuser(t, { destinationOf: () => target });
  await say(port, GET);
  target = 'here';
  await say(port, GET);
  assert.deepEqual(
    events.map(({ destination, port }) => ({ address: destination, port })),
    [far, { address: '127.0.0.1', port }],
  );
});

test('refuser: strangers are reset and not told of', async (t) => {
  const { port, events } = await startRefuser(t, {
    clientOf: () => ({ address: '203.0.113.9' as Address, served: false }),
  });
  assert.equal((await say(port, GET)).end, 'ECONNRESET');
  assert.deepEqual(events, []);
});

test('refuser: a connection that is opened and left is told of', async (t) => {
  const { port, toldOf } = await startRefuser(t);
  open(port)
    .on('error', () => {})
    .end();
  assert.deepEqual(await toldOf(1), ['silent reset']);
});

/** A refuser whose clock stands still, with one client connected to it. */
async function withClient(t: TestContext, parts: Parameters<typeof startRefuser>[1] = {}) {
  const clock = createFakeClock();
  let came = 0;
  const running = await startRefuser(t, {
    clock,
    clientOf: (peer) => {
      came += 1;
      return { address: peer as Address, served: true };
    },
    ...parts,
  });
  const come = async (octets = '') => {
    const [before, socket] = [came, open(running.port)];
    const heard = hear(socket, octets);
    await eventually('a connection', () => came > before);
    return { socket, heard };
  };
  return { clock, come, ...running };
}

test('refuser: silence ends in a reset at the deadline of the first octet', async (t) => {
  const { clock, come, told } = await withClient(t);
  const { heard } = await come();
  await clock.advance(REFUSER_LIMITS.firstOctet - 1);
  assert.deepEqual(told(), []);
  await clock.advance(1);
  assert.deepEqual(told(), ['silent reset']);
  assert.equal((await heard).end, 'ECONNRESET');
});

test('refuser: a drip of octets ends in a reset at the deadline of the whole', async (t) => {
  const { clock, come, told } = await withClient(t);
  const { socket, heard } = await come('G');
  await clock.advance(REFUSER_LIMITS.firstOctet - 1);
  socket.write('E');
  await clock.advance(REFUSER_LIMITS.opening - REFUSER_LIMITS.firstOctet);
  assert.deepEqual(told(), []);
  await clock.advance(1);
  assert.deepEqual(told(), ['silent reset']);
  assert.equal((await heard).end, 'ECONNRESET');
});

test('refuser: who waits for the server at port 22 is greeted, and then not twice', async (t) => {
  const { clock, come, told, toldOf } = await withClient(t, {
    destinationOf: () => ({ address: '192.0.2.99' as Address, port: 22 }),
  });
  const { socket, heard } = await come();
  const greeting = once(socket, 'data');
  await clock.advance(REFUSER_LIMITS.greeting);
  assert.deepEqual((await greeting)[0], IDENTIFICATION);
  assert.deepEqual(told(), []);
  socket.write('SSH-2.0-late\r\n');
  assert.deepEqual(await toldOf(1), ['ssh disconnect']);
  assert.equal((await heard).text.split('SSH-2.0-').length, 2);
});

test('refuser: a client that never stops talking is cut in the end', async (t) => {
  const { clock, port, toldOf } = await withClient(t);
  const socket = open(port).on('error', () => {});
  socket.resume().write(GET);
  await Promise.all([toldOf(1), once(socket, 'end')]);
  const talk = setInterval(() => socket.write('more'), 5);
  t.after(() => clearInterval(talk));
  await clock.advance(REFUSER_LIMITS.farewell - 1);
  assert(!socket.destroyed);
  // Not once(): that a write fails is part of it.
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await clock.advance(1);
  await closed;
});

test('refuser: a client with too many connections loses its oldest', async (t) => {
  const limits = { ...REFUSER_LIMITS, perClient: 3 };
  const { come, told } = await withClient(t, { limits });
  const [first] = [await come(), await come(), await come()];
  assert.deepEqual(told(), []);
  await come();
  assert.equal((await first.heard).end, 'ECONNRESET');
  assert.deepEqual(told(), ['silent reset']);
});

test('refuser: deadlines shrink in a crowd, and what is closed makes room', async (t) => {
  const limits = { ...REFUSER_LIMITS, total: 10, perClient: 10 };
  const { clock, come, told } = await withClient(t, { limits });
  const crowd = [];
  for (let i = 0; i < 10; i++) crowd.push(await come());
  // From the fifth on they have 0.3 of the time, from the eighth on a tenth.
  await clock.advance(REFUSER_LIMITS.firstOctet / 10);
  assert.equal(told().length, 3);
  await clock.advance(REFUSER_LIMITS.firstOctet / 5);
  assert.equal(told().length, 6);
  await clock.advance(REFUSER_LIMITS.firstOctet);
  assert.equal(told().length, 10);
  await Promise.all(crowd.map(({ heard }) => heard));
  await come();
  await clock.advance(REFUSER_LIMITS.firstOctet - 1);
  assert.equal(told().length, 10);
});

test('refuser: two thousand that say nothing keep nobody out', async (t) => {
  const limits = { ...REFUSER_LIMITS, total: 1000, perClient: 1000 };
  const { port, told } = await startRefuser(t, { limits });
  const idle = Array.from({ length: 2000 }, () => open(port).on('error', () => {}));
  t.after(() => {
    for (const socket of idle) socket.destroy();
  });
  await eventually('a crowd', () => told().length >= 1000);
  const start = performance.now();
  assert.match(await alertTo(port, SESSION), /alert access denied/);
  assert(performance.now() - start < 500);
});

test('refuser: an address that it cannot listen on is an error', async (t) => {
  const { port } = await startRefuser(t);
  const { createRefuser } = await import('../../src/refuser/refuser.ts');
  const { systemClock } = await import('../../src/clock.ts');
  const refuser = createRefuser({
    listen: [{ address: '127.0.0.1' as Address, port }],
    ruleset: rulesetOf,
    clientOf: (peer) => ({ address: peer as Address, served: true }),
    destinationOf: () => undefined,
    titleOf: () => undefined,
    limits: REFUSER_LIMITS,
    clock: systemClock,
    onEvent: () => {},
  });
  await assert.rejects(refuser.listening, { code: 'EADDRINUSE' });
  await refuser.close();
});
