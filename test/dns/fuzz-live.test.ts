import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { createDeframer, frame } from '../../src/dns/framing.ts';
import { listenTcp } from '../../src/dns/server/tcp.ts';
import { type Listener, listenUdp } from '../../src/dns/server/udp.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { type Liar, startLiar } from '../support/liar.ts';
import { mutate } from '../support/mutate.ts';
import { buildPacket, type Packet, parsePacket } from '../support/packet.ts';
import { createPrng } from '../support/prng.ts';
import { textOf } from '../support/records.ts';
import { fastClock, type Resolver, startResolver } from '../support/resolver.ts';
import { QUERIES } from '../support/seeds.ts';

/** Questions in flight at a time, so that no socket buffer overflows. */
const BATCH = 100;
const address = parseAddress('127.0.0.1');
const prng = createPrng(11);
let liar: Liar;
let resolver: Resolver;
let udp: Listener;
let tcp: Listener;

before(async () => {
  liar = await startLiar(createPrng(12));
  const policy = `
    organisation: { name: Example Corp, contact: it-help@example.com }
    block: [bad.example.net]
    resolver: { upstreams: ['127.0.0.1:${liar.port}'] }`;
  // A question that gets lies alone fails after 4.5 s: here after 23 ms.
  resolver = startResolver(policy, { clock: fastClock(100) });
  udp = await listenUdp({ address, port: 0 }, () => resolver.answer);
  tcp = await listenTcp(udp.endpoint, () => resolver.answer);
});

after(async () => {
  await Promise.all([udp.stop(), tcp.stop()]);
  resolver.close();
  await liar.close();
});

/** A message with something wrong, or a fresh name that the upstream has to be asked for. */
function message(id: number): Buffer {
  const name = `n${prng.below(1e6)}.example.com`;
  const fresh = { name, type: prng.pick([1, 5, 28, 65, 16, 255]), class: 1 };
  const edns = {
    size: prng.pick([0, 512, 800, 1232, 4096]),
    version: 0,
    dnssecOk: prng.pick([true, false]),
    options: [],
  };
  const mutant = prng.pick([
    () => mutate(prng.pick(QUERIES), QUERIES, prng),
    () => buildPacket({ flags: ['RD'], questions: [fresh], edns }),
    () => buildPacket({ flags: ['RD'], questions: [fresh] }),
  ])();
  if (mutant.length >= 2) mutant.writeUInt16BE(id, 0);
  return mutant;
}

function wantsAnswer(query: Buffer): boolean {
  return query.length >= 12 && ((query[2] as number) & 0x80) === 0;
}

/** Throws unless the answer is sound and, over UDP, no longer than this client takes. */
function checkAnswer(query: Buffer, answer: Buffer, transport: 'udp' | 'tcp'): void {
  try {
    const packet = parsePacket(answer);
    assert(packet.flags.includes('QR'));
    assert.equal(packet.id, query.readUInt16BE(0));
    const takes = sizeOf(query);
    if (transport === 'udp') assert(answer.length <= takes, `${answer.length} octets for ${takes}`);
    else assert(!packet.flags.includes('TC'));
  } catch (error) {
    throw new Error(`answer ${answer.toString('hex')} to ${query.toString('hex')}`, {
      cause: error,
    });
  }
}

function sizeOf(query: Buffer): number {
  try {
    return Math.min(1232, Math.max(512, parsePacket(query).edns?.size ?? 0));
  } catch {
    // What is no sound question gets an error, which is short.
    return 512;
  }
}

test('live server: mutated messages over UDP, and an upstream that lies', async () => {
  const client = createSocket('udp4');
  await new Promise<void>((resolve) => client.connect(udp.endpoint.port, '127.0.0.1', resolve));
  for (let round = 0; round < 10; round++) {
    const open = new Map<number, Buffer>();
    const batch = Array.from({ length: BATCH }, (_, id) => message(id));
    for (const [id, query] of batch.entries()) if (wantsAnswer(query)) open.set(id, query);
    await new Promise<void>((resolve, reject) => {
      const patience = setTimeout(() => {
        const missing = [...open.values()].map((query) => query.toString('hex'));
        reject(new Error(`no answer to ${missing.join(' ')}`));
      }, 20_000);
      const done = (end: () => void) => {
        clearTimeout(patience);
        client.removeAllListeners('message');
        end();
      };
      client.on('message', (answer) => {
        const query = open.get(answer.readUInt16BE(0));
        try {
          assert(query, `an answer nobody asked for: ${answer.toString('hex')}`);
          checkAnswer(query, answer, 'udp');
        } catch (error) {
          done(() => reject(error));
        }
        open.delete(answer.readUInt16BE(0));
        if (open.size === 0) done(resolve);
      });
      for (const query of batch) client.send(query);
    });
  }
  client.close();
  assert.deepEqual(resolver.faults, []);
});

test('live server: mutated messages over TCP, cut anywhere, and frames that lie about their length', async () => {
  for (let round = 0; round < 10; round++) {
    const queries = Array.from({ length: 25 }, (_, id) => message(id));
    const stream = Buffer.concat(queries.map(frame));
    // Half of the connections end in a frame that promises more than will come.
    const tail =
      round % 2 === 0 ? Buffer.concat([Buffer.of(255, 255), prng.octets(20)]) : Buffer.alloc(0);
    const answers = await converse(Buffer.concat([stream, tail]));
    const open = new Map(queries.map((query, id) => [id, query]));
    for (const answer of answers) {
      const query = open.get(answer.readUInt16BE(0));
      assert(query && wantsAnswer(query), `an answer nobody asked for: ${answer.toString('hex')}`);
      checkAnswer(query, answer, 'tcp');
    }
    assert.equal(answers.length, queries.filter(wantsAnswer).length);
  }
  assert.deepEqual(resolver.faults, []);
});

/** Sends the octets in random pieces, ends, and gives what came back. */
function converse(octets: Buffer): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: tcp.endpoint.port, host: '127.0.0.1', noDelay: true });
    const deframer = createDeframer();
    const answers: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => answers.push(...deframer.push(chunk)));
    socket.on('error', reject);
    socket.on('close', () => resolve(answers));
    for (let at = 0; at < octets.length; ) {
      const end = at + 1 + prng.below(120);
      socket.write(octets.subarray(at, end));
      at = end;
    }
    socket.end();
  });
}

test('live server: after all that, it answers as ever', async () => {
  const query = buildPacket({
    id: 99,
    flags: ['RD'],
    questions: [{ name: 'localhost', type: 1, class: 1 }],
  });
  const client = createSocket('udp4');
  await new Promise<void>((resolve) => client.connect(udp.endpoint.port, '127.0.0.1', resolve));
  const datagram = new Promise<Buffer>((resolve) => client.once('message', resolve));
  client.send(query);
  const [overTcp] = await converse(frame(query));
  for (const answer of [await datagram, overTcp as Buffer]) {
    const packet: Packet = parsePacket(answer);
    assert.deepEqual(packet.answers.map(textOf), ['localhost 3600 A 127.0.0.1']);
  }
  client.close();
});
