import assert from 'node:assert/strict';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { afterEach, test } from 'node:test';
import { type Listener, listenUdp } from '../../src/dns/server/udp.ts';
import { createRandom } from '../../src/dns/upstream/random.ts';
import { type Channel, createUdpChannel } from '../../src/dns/upstream/udp.ts';
import { parseAddress } from '../../src/policy/network.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A socket on loopback that hands over what it hears. */
async function listen(
  hear: (message: Buffer, peer: RemoteInfo) => void,
): Promise<{ socket: Socket; port: number }> {
  const socket = createSocket('udp4').on('message', hear);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  cleanups.push(() => socket.close());
  return { socket, port: socket.address().port };
}

function channelTo(address: string, port: number): Channel {
  const channel = createUdpChannel(
    { address: parseAddress(address), port },
    createRandom(),
    performance.now.bind(performance),
  );
  cleanups.push(channel.close);
  return channel;
}

/** Sends a query of so many octets, and gives what is heard first. */
function ask(channel: Channel, length = 20): Promise<{ message: Buffer } | { error: Error }> {
  return new Promise((resolve) => {
    const forget = channel.send(Buffer.alloc(length), (event) => {
      forget();
      resolve(event);
    });
  });
}

test('udp channel: the answer with the id of the query is heard, and no other', async () => {
  const { socket, port } = await listen((message, { port: from }) => {
    const wrong = Buffer.from(message);
    wrong.writeUInt16BE(message.readUInt16BE(0) ^ 1, 0);
    for (const answer of [wrong, Buffer.of(1), Buffer.alloc(0), message]) socket.send(answer, from);
  });
  const heard = await ask(channelTo('127.0.0.1', port), 33);
  assert('message' in heard);
  assert.equal(heard.message.length, 33);
});

test('udp channel: what comes from another port of the upstream is not heard', async () => {
  const forger = await listen(() => {});
  const { socket, port } = await listen((message, { port: from }) => {
    const forged = Buffer.concat([message, Buffer.from('forged')]);
    forger.socket.send(forged, from, '127.0.0.1', () => socket.send(message, from));
  });
  const heard = await ask(channelTo('127.0.0.1', port), 20);
  assert('message' in heard);
  assert.equal(heard.message.length, 20);
});

test('udp channel: queries come from many ports, with ids all over', async () => {
  const [ports, ids] = [new Set<number>(), new Set<number>()];
  const { socket, port } = await listen((message, { port: from }) => {
    ports.add(from);
    ids.add(message.readUInt16BE(0));
    socket.send(message, from);
  });
  const channel = channelTo('127.0.0.1', port);
  for (let i = 0; i < 10; i++) await Promise.all(Array.from({ length: 100 }, () => ask(channel)));
  assert(ports.size > 200, `${ports.size} ports`);
  assert(ids.size > 950, `${ids.size} ids`);
});

const unreachable = [
  { when: 'a port is closed', address: '127.0.0.1', port: 1 },
  // What connect itself refuses, as it does every address on a machine without a route.
  { when: 'the kernel will not connect', address: '255.255.255.255', port: 53 },
];
for (const { when, address, port } of unreachable) {
  test(`udp channel: ${when}, which is an error of the query and of nothing else`, async () => {
    const channel = channelTo(address, port);
    for (let i = 0; i < 3; i++) assert('error' in (await ask(channel)));
  });
}

test('udp channel: closed with queries under way and sockets not yet connected', async () => {
  const { port } = await listen(() => {});
  const channel = channelTo('127.0.0.1', port);
  channel.send(Buffer.alloc(20), () => assert.fail('heard something'));
  channel.close();
  await new Promise((resolve) => setImmediate(resolve));
});

async function serve(
  answer: Parameters<typeof listenUdp>[1],
  address = '127.0.0.1',
): Promise<Listener> {
  return await listenUdp({ address: parseAddress(address), port: 0 }, answer);
}

test('udp listener: stop answers what is under way, and hears no more', async () => {
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const listener = await serve(() => async (message, _peer, _transport, deliver) => {
    begun.resolve();
    await held.promise;
    deliver(Buffer.from(message));
  });
  const { socket } = await listen(() => {});
  const answered = new Promise<Buffer>((resolve) => socket.once('message', resolve));
  socket.send(Buffer.from('question'), listener.endpoint.port, '127.0.0.1');
  await begun.promise;
  const stopped = listener.stop();
  held.resolve();
  assert.equal(String(await answered), 'question');
  await stopped;
});

test('udp listener: a client that has gone away costs nothing', async () => {
  const listener = await serve(
    () => async (message, _peer, _transport, deliver) => deliver(Buffer.from(message)),
  );
  cleanups.push(listener.stop);
  const gone = createSocket('udp4');
  await new Promise<void>((resolve) => gone.bind(0, '127.0.0.1', resolve));
  gone.send(Buffer.from('question'), listener.endpoint.port, '127.0.0.1', () => gone.close());
  const { socket } = await listen(() => {});
  const answered = new Promise<Buffer>((resolve) => socket.once('message', resolve));
  socket.send(Buffer.from('another'), listener.endpoint.port, '127.0.0.1');
  assert.equal(String(await answered), 'another');
});

test('udp listener: an address in use is refused with its code', async () => {
  const listener = await serve(() => async () => undefined);
  cleanups.push(listener.stop);
  await assert.rejects(
    listenUdp(listener.endpoint, () => async () => undefined),
    { code: 'EADDRINUSE' },
  );
});
