import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { createDeframer, frame } from '../../src/dns/framing.ts';
import type { Answerer } from '../../src/dns/server/answerer.ts';
import { listenTcp, TCP_LIMITS, type TcpLimits } from '../../src/dns/server/tcp.ts';
import type { Listener } from '../../src/dns/server/udp.ts';
import { parseAddress } from '../../src/policy/network.ts';

/** Milliseconds that count as at once in a limit; what has to happen is waited for, however long it takes. */
const SHORT = 100;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server that gives each message back; one that begins with `wait` only when it is released. */
async function listen(limits: Partial<TcpLimits> = {}) {
  const held = new Map<string, () => void>();
  const taken: string[] = [];
  const answer: Answerer = async (message, _peer, _transport, deliver) => {
    const text = Buffer.from(message).toString();
    taken.push(text);
    if (text.startsWith('wait')) await new Promise<void>((resolve) => held.set(text, resolve));
    if (text.startsWith('much')) for (let i = 0; i < 200; i++) deliver(Buffer.alloc(60_000, i));
    else if (text !== 'silence') deliver(Buffer.from(text));
  };
  const endpoint = { address: parseAddress('127.0.0.1'), port: 0 };
  const listener = await listenTcp(endpoint, () => answer, { ...TCP_LIMITS, ...limits });
  cleanups.push(() => {
    for (const release of held.values()) release();
  });
  cleanups.push(() => listener.stop());
  const release = async (text: string) => {
    await until(() => held.has(text));
    held.get(text)?.();
  };
  return { listener, release, taken };
}

type Client = {
  readonly socket: Socket;
  readonly answers: string[];
  readonly send: (...texts: readonly string[]) => void;
  /** Resolves when so many answers have come. */
  readonly received: (count: number) => Promise<string[]>;
  readonly closed: Promise<unknown>;
};

async function dial({ endpoint }: Listener): Promise<Client> {
  const socket = connect({ port: endpoint.port, host: '127.0.0.1', noDelay: true });
  cleanups.push(() => socket.destroy());
  socket.on('error', () => {});
  const closed = once(socket, 'close').catch(() => undefined);
  const deframer = createDeframer();
  const answers: string[] = [];
  socket.on('data', (chunk: Buffer) => answers.push(...deframer.push(chunk).map(String)));
  await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
  return {
    socket,
    answers,
    send: (...texts) => {
      socket.write(Buffer.concat(texts.map((text) => frame(Buffer.from(text)))));
    },
    received: async (count) => {
      await until(() => answers.length >= count);
      return answers;
    },
    closed,
  };
}

/** Looks again at each turn of the event loop; the runner's own timeout is the bound. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

test('tcp: many questions on one connection, in one segment', async () => {
  const { listener } = await listen();
  const client = await dial(listener);
  client.send('one', 'two', 'three');
  assert.deepEqual(await client.received(3), ['one', 'two', 'three']);
  client.send('four');
  assert.deepEqual(await client.received(4), ['one', 'two', 'three', 'four']);
});

test('tcp: each answer leaves when it is known, not in the order of the questions', async () => {
  const { listener, release } = await listen();
  const client = await dial(listener);
  client.send('wait 1', 'wait 2', 'at once');
  assert.deepEqual(await client.received(1), ['at once']);
  await release('wait 2');
  assert.deepEqual(await client.received(2), ['at once', 'wait 2']);
  await release('wait 1');
  assert.deepEqual(await client.received(3), ['at once', 'wait 2', 'wait 1']);
});

test('tcp: a message cut at every octet', async () => {
  const { listener } = await listen();
  const client = await dial(listener);
  for (const octet of frame(Buffer.from('hello'))) {
    client.socket.write(Buffer.of(octet));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(await client.received(1), ['hello']);
});

test('tcp: the end of one message and the beginning of the next in one segment', async () => {
  const { listener, taken } = await listen();
  const client = await dial(listener);
  const stream = Buffer.concat([frame(Buffer.from('first')), frame(Buffer.from('second'))]);
  client.socket.write(stream.subarray(0, 4));
  await until(() => client.socket.bytesWritten === 4);
  client.socket.write(stream.subarray(4, 10));
  assert.deepEqual(await client.received(1), ['first']);
  assert.deepEqual(taken, ['first']);
  client.socket.write(stream.subarray(10));
  assert.deepEqual(await client.received(2), ['first', 'second']);
});

test('tcp: a message that gets no answer does not hold up the next', async () => {
  const { listener } = await listen();
  const client = await dial(listener);
  client.send('silence', '', 'heard');
  assert.deepEqual(await client.received(2), ['', 'heard']);
});

const deadlines: readonly { when: string; limits: Partial<TcpLimits>; octets: Buffer }[] = [
  { when: 'nothing is sent', limits: { message: SHORT }, octets: Buffer.alloc(0) },
  { when: 'half a length is sent', limits: { message: SHORT }, octets: Buffer.of(0) },
  { when: 'half a message is sent', limits: { message: SHORT }, octets: Buffer.of(0, 10, 1, 2) },
  {
    when: 'half a message follows a whole one',
    limits: { message: SHORT },
    octets: Buffer.of(0, 1, 97, 0, 10, 1),
  },
  { when: 'nothing follows a whole message', limits: { idle: SHORT }, octets: Buffer.of(0, 1, 97) },
];
for (const { when, limits, octets } of deadlines) {
  test(`tcp: the connection is closed when ${when}`, async () => {
    const { listener } = await listen(limits);
    const client = await dial(listener);
    if (octets.length > 0) client.socket.write(octets);
    await client.closed;
  });
}

test('tcp: octets in a drip do not move the deadline of their message', async () => {
  const { listener } = await listen({ message: SHORT });
  const client = await dial(listener);
  client.socket.write(Buffer.of(255, 255));
  const drip = setInterval(() => client.socket.write(Buffer.of(0)), SHORT / 10);
  await client.closed;
  clearInterval(drip);
});

test('tcp: no deadline runs while the client waits for us', async () => {
  const { listener, release } = await listen({ message: SHORT, idle: SHORT });
  const patient = await dial(listener);
  patient.send('wait');
  // A second client's idle time passes meanwhile, and another's after that.
  for (let i = 0; i < 2; i++) {
    const other = await dial(listener);
    other.send('a');
    await other.closed;
  }
  await release('wait');
  assert.deepEqual(await patient.received(1), ['wait']);
});

test('tcp: one client has its share of connections, and a new one takes the place of its longest idle', async () => {
  const { listener, taken } = await listen({ perClient: 3 });
  const [first, second, third] = [await dial(listener), await dial(listener), await dial(listener)];
  // The first speaks last, so the second has been idle for longest.
  for (const client of [second, third, first] as Client[]) {
    client?.send('hello');
    await client?.received(1);
  }
  const fourth = await dial(listener);
  fourth.send('new');
  assert.deepEqual(await fourth.received(1), ['new']);
  await second?.closed;
  first?.send('again');
  assert.deepEqual(await first?.received(2), ['hello', 'again']);
  assert.equal(third?.socket.destroyed, false);
  assert.equal(taken.length, 5);
});

test('tcp: connections with questions under way are not closed for a newcomer, which is turned away', async () => {
  const { listener, release, taken } = await listen({ perClient: 2 });
  const busy = [await dial(listener), await dial(listener)];
  for (const [i, client] of busy.entries()) client.send(`wait ${i}`);
  await until(() => taken.length === 2);
  const turnedAway = await dial(listener);
  await turnedAway.closed;
  for (const [i, client] of busy.entries()) {
    await release(`wait ${i}`);
    assert.deepEqual(await client.received(1), [`wait ${i}`]);
  }
});

test('tcp: in total, the longest idle of all makes room', async () => {
  const { listener } = await listen({ total: 2, perClient: 10 });
  const first = await dial(listener);
  const second = await dial(listener);
  const third = await dial(listener);
  await first.closed;
  third.send('hello');
  second.send('hello');
  assert.deepEqual([await third.received(1), await second.received(1)], [['hello'], ['hello']]);
});

test('tcp: many newcomers at once do not share one place', async () => {
  const { listener } = await listen({ total: 5, perClient: 100 });
  const crowd = await Promise.all(Array.from({ length: 40 }, () => dial(listener)));
  await until(() => crowd.filter(({ socket }) => !socket.destroyed).length <= 5);
  const left = crowd.filter(({ socket }) => !socket.destroyed);
  for (const client of left) client.send('still here');
  await Promise.all(left.map(({ received }) => received(1)));
  assert.equal(left.length, 5);
});

test('tcp: no more is read from a client with its share of questions under way', async () => {
  const { listener, release, taken } = await listen({ pipeline: 2 });
  const client = await dial(listener);
  client.send('wait 1');
  await until(() => taken.length === 1);
  client.send('wait 2');
  await until(() => taken.length === 2);
  client.send('third');
  const other = await dial(listener);
  other.send('other');
  assert.deepEqual(await other.received(1), ['other']);
  assert.deepEqual(taken, ['wait 1', 'wait 2', 'other']);
  await release('wait 1');
  assert.deepEqual(await client.received(2), ['wait 1', 'third']);
  await release('wait 2');
});

test('tcp: a client that does not read costs others nothing, and is closed in the end', async () => {
  const { listener } = await listen({ unread: SHORT });
  const deaf = await dial(listener);
  deaf.socket.pause();
  deaf.send('much');
  const other = await dial(listener);
  for (let i = 1; i <= 20; i++) {
    other.send(`question ${i}`);
    await other.received(i);
  }
  // It does not hear of its end as long as it does not read, unless it says something.
  const poke = setInterval(() => deaf.socket.write(Buffer.of(0)), 1);
  await deaf.closed;
  clearInterval(poke);
});

test('tcp: a client that reads slowly gets everything', async () => {
  const { listener } = await listen();
  const slow = await dial(listener);
  slow.socket.on('data', () => {
    slow.socket.pause();
    setImmediate(() => slow.socket.resume());
  });
  slow.send('much');
  assert.equal((await slow.received(200)).length, 200);
});

test('tcp: a client that has closed its side is still answered, then the connection ends', async () => {
  const { listener, release } = await listen();
  const client = await dial(listener);
  client.send('wait', 'at once');
  client.socket.end();
  await client.received(1);
  await release('wait');
  await client.closed;
  assert.deepEqual(client.answers, ['at once', 'wait']);
});

test('tcp: a client that closes its side without a question', async () => {
  const { listener } = await listen();
  const client = await dial(listener);
  client.socket.end();
  await client.closed;
});

test('tcp: stop takes no new connections, answers what is under way, then ends', async () => {
  const { listener, release, taken } = await listen();
  const [busy, idle] = [await dial(listener), await dial(listener)];
  busy.send('wait');
  await until(() => taken.length === 1);
  let stopped = false;
  const stopping = listener.stop().then(() => {
    stopped = true;
  });
  await idle.closed;
  assert.equal(stopped, false);
  const late = await dial(listener);
  await late.closed;
  await release('wait');
  await busy.closed;
  await stopping;
  assert.deepEqual(busy.answers, ['wait']);
});

test('tcp: stop does not wait for ever', async () => {
  const { listener, taken } = await listen({ message: SHORT });
  const busy = await dial(listener);
  busy.send('wait');
  await until(() => taken.length === 1);
  await Promise.all([listener.stop(), busy.closed]);
});
