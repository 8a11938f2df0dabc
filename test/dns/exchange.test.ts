import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCache } from '../../src/dns/cache.ts';
import { createForwarder } from '../../src/dns/forward.ts';
import { createEchoes } from '../../src/dns/upstream/echo.ts';
import { createAllowance, createUpstream, exchange } from '../../src/dns/upstream/exchange.ts';
import type { Channel } from '../../src/dns/upstream/udp.ts';
import { parseName, ROOT } from '../../src/policy/name.ts';
import { createFakeClock } from '../support/clock.ts';
import { buildPacket, parsePacket } from '../support/packet.ts';
import { createPrng } from '../support/prng.ts';
import { recordOf } from '../support/records.ts';

// What scenarios cannot say: that the machinery leaves nothing behind, whatever happens in it.

const question = { name: parseName('www.example.com'), type: 1, class: 1 };
const flags = { dnssecOk: false, checkingDisabled: false };

/** One upstream that answers after 10 ms, and counts who still listens. */
function upstreamThatAnswers() {
  const clock = createFakeClock();
  const { below, u16 } = createPrng(1);
  const tools = { random: { below, u16 }, clock, echoes: createEchoes() };
  const counts = { sent: 0, listening: 0 };
  const channel: Channel = {
    send: (message, hear) => {
      counts.sent += 1;
      counts.listening += 1;
      const { id, questions } = parsePacket(message);
      const answers = [recordOf('www.example.com 100 A 192.0.2.80')];
      const answer = buildPacket({ id, flags: ['QR', 'RD', 'RA'], questions, answers });
      clock.after(10, () => hear({ message: answer }));
      return () => {
        counts.listening -= 1;
      };
    },
    close: () => {},
  };
  const upstream = createUpstream({ udp: channel, stream: channel, padTo: 0 });
  return { clock, tools, counts, upstream };
}

test('exchange: nothing listens any more once there is an answer', async () => {
  const { clock, tools, counts, upstream } = upstreamThatAnswers();
  const allowance = createAllowance(clock);
  const result = await clock.until(
    exchange(question, flags, [upstream, upstream], () => undefined, tools, allowance),
  );
  assert.equal(result.kind, 'response');
  await clock.advance(60_000);
  assert.deepEqual(counts, { sent: 1, listening: 0 });
  assert.equal(allowance.queries, 7);
});

test('exchange: a fault of ours in reading an answer is the question’s, not the process’s', async () => {
  const { clock, tools, counts, upstream } = upstreamThatAnswers();
  const fault = new TypeError('a bug');
  const accept = () => {
    throw fault;
  };
  const asked = exchange(question, flags, [upstream], accept, tools, createAllowance(clock));
  await assert.rejects(clock.until(asked), fault);
  await clock.advance(60_000);
  assert.deepEqual(counts, { sent: 1, listening: 0 });
});

test('forwarder: a fault of ours wedges no name, and a renewal that meets it is nobody’s loss', async () => {
  const { clock, tools, counts, upstream } = upstreamThatAnswers();
  let faults = 0;
  const cache = createCache(1024 * 1024);
  const faulty = {
    ...cache,
    put: (...parts: Parameters<typeof cache.put>) => {
      if (faults-- > 0) throw new TypeError('a bug');
      cache.put(...parts);
    },
  };
  const routes = [{ domain: ROOT, upstreams: [upstream] }];
  const { find } = createForwarder({ routes, cache: faulty, stale: 0, prefetch: true, tools });
  const ask = () => clock.until(Promise.resolve(find(question, flags)));
  faults = 1;
  await assert.rejects(ask(), TypeError);
  for (let i = 0; i < 4; i++) assert.equal((await ask()).kind, 'fresh');
  assert.equal(counts.sent, 2);
  // In the last tenth of its life the popular answer is renewed; the fault in that reaches no client.
  await clock.advance(95_000);
  faults = 1;
  assert.equal((await ask()).kind, 'fresh');
  await clock.advance(1000);
  assert.equal((await ask()).kind, 'fresh');
  await clock.advance(1000);
  assert.deepEqual([counts.sent, counts.listening], [4, 0]);
});
