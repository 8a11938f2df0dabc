import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import test, { type TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { createAsker } from '../../src/commands/asking.ts';
import { frame } from '../../src/dns/framing.ts';
import { createRandom } from '../../src/dns/upstream/random.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { createFakeClock } from '../support/clock.ts';
import { freePort } from '../support/e2e/ports.ts';
import { readFrames } from '../support/e2e/question.ts';
import { buildPacket, type Packet, parsePacket } from '../support/packet.ts';
import { recordOf } from '../support/records.ts';

type Way = 'udp' | 'tcp';
/** What a server does with each query; undefined is silence. */
type Answer = (query: Packet, way: Way) => Partial<Packet> | undefined;

/** A server on one port of loopback, over UDP and TCP. */
async function startServer(context: TestContext, answer: Answer): Promise<number> {
  const port = await freePort();
  const reply = (message: Buffer, way: Way) => {
    const query = parsePacket(message);
    const said = answer(query, way);
    return (
      said && buildPacket({ id: query.id, questions: query.questions, flags: ['QR'], ...said })
    );
  };
  const socket = createSocket('udp4', (message, { port, address }) => {
    const packet = reply(message, 'udp');
    if (packet) socket.send(packet, port, address);
  });
  const server = createServer((stream) => {
    stream.on('error', () => {});
    readFrames(stream, (message) => {
      const packet = reply(message, 'tcp');
      if (packet) stream.write(frame(packet));
    });
  });
  socket.bind(port, '127.0.0.1');
  server.listen(port, '127.0.0.1');
  await Promise.all([once(socket, 'listening'), once(server, 'listening')]);
  context.after(() => {
    socket.close();
    server.close();
  });
  return port;
}

const NAME = parseName('tunnels.example.com');
const RECORD = recordOf('tunnels.example.com 60 A 192.0.2.1');

async function ask(
  context: TestContext,
  port: number,
  { recursion = 'direct' as 'direct' | 'recursive', clock = systemClock } = {},
) {
  const asker = createAsker(createRandom(), clock);
  context.after(asker.close);
  return asker.ask({ address: parseAddress('127.0.0.1'), port }, NAME, 'A', recursion);
}

for (const recursion of ['direct', 'recursive'] as const) {
  test(`ask: a ${recursion} question says so, and is told with its authority`, async (context) => {
    const flags: (readonly string[])[] = [];
    const port = await startServer(context, (query) => {
      flags.push(query.flags);
      return {
        flags: recursion === 'direct' ? ['QR', 'AA'] : ['QR', 'RD', 'RA'],
        answers: [RECORD],
      };
    });
    const said = await ask(context, port, { recursion });
    assert.equal(flags[0]?.includes('RD'), recursion === 'recursive');
    const { answers, ...rest } = said.kind === 'said' ? said : assert.fail(said.why);
    assert.deepEqual(rest, {
      ...{ kind: 'said', rcode: 'NOERROR' },
      ...{ authoritative: recursion === 'direct', authorities: [] },
    });
    assert.deepEqual(
      answers.map(({ owner, type, data }) => [owner, type, [...data]]),
      [[NAME, 'A', [192, 0, 2, 1]]],
    );
  });
}

test('ask: what is too long for a datagram comes by TCP', async (context) => {
  const ways: Way[] = [];
  const port = await startServer(context, (_, way) => {
    ways.push(way);
    return way === 'udp' ? { flags: ['QR', 'TC'] } : { answers: [RECORD] };
  });
  const said = await ask(context, port);
  assert.deepEqual(ways, ['udp', 'tcp']);
  assert.equal(said.kind === 'said' && said.answers.length, 1);
});

test('ask: a server that knows no EDNS is asked without, and by TCP if it must be', async (context) => {
  const port = await startServer(context, (query, way) => {
    if (query.edns) return { rcode: 1 };
    return way === 'udp' ? { flags: ['QR', 'TC'] } : { answers: [RECORD] };
  });
  const said = await ask(context, port);
  assert.equal(said.kind === 'said' && said.answers.length, 1);
});

test('ask: silence ends after two seconds', async (context) => {
  const port = await startServer(context, () => undefined);
  const clock = createFakeClock();
  const said = await clock.until(ask(context, port, { clock }));
  assert.deepEqual(said, { kind: 'silent', why: 'no answer' });
  assert.equal(clock.now(), 2_000);
});

test('ask: a port where nobody listens is told at once', async (context) => {
  const said = await ask(context, await freePort());
  assert.deepEqual(said, { kind: 'silent', why: 'cannot be reached (ECONNREFUSED)' });
});

test('ask: more questions than may be under way at a time are all answered', async (context) => {
  let asked = 0;
  const port = await startServer(context, () => {
    asked += 1;
    return { rcode: 3 };
  });
  const asker = createAsker(createRandom(), systemClock);
  context.after(asker.close);
  const server = { address: parseAddress('127.0.0.1'), port };
  const names = Array.from({ length: 200 }, (_, i) => parseName(`n${i}.example.com`));
  const said = await Promise.all(names.map((name) => asker.ask(server, name, 'NS', 'direct')));
  assert(said.every((one) => one.kind === 'said' && one.rcode === 'NXDOMAIN'));
  assert(asked >= 200);
});
