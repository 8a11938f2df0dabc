import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCache } from '../../src/dns/cache.ts';
import { createEngine } from '../../src/dns/engine.ts';
import { type Answerer, createAnswerer } from '../../src/dns/server/answerer.ts';
import { createCookieMaker } from '../../src/dns/server/cookie.ts';
import { createEchoes } from '../../src/dns/upstream/echo.ts';
import { createUpstream } from '../../src/dns/upstream/exchange.ts';
import type { Channel } from '../../src/dns/upstream/udp.ts';
import { createFakeClock } from '../support/clock.ts';
import { buildPacket, parsePacket } from '../support/packet.ts';
import { compiledPolicy } from '../support/policy.ts';
import { createPrng } from '../support/prng.ts';

/** A resolver whose upstream forwards everything back to it. */
function resolverInACircle() {
  const clock = createFakeClock();
  const echoes = createEchoes();
  const { below, u16 } = createPrng(1);
  const { policy, ruleset } = compiledPolicy(`
    organisation: { name: Example Corp }
    resolver: { upstreams: [192.0.2.53] }`);
  const counts = { sent: 0, loops: 0 };
  let nextId = 1;
  const channel: Channel = {
    send: (message, hear) => {
      counts.sent += 1;
      message.writeUInt16BE(nextId++, 0);
      clock.after(1, () => {
        void answerer(message, '10.0.0.1', 'udp', (answer) => hear({ message: answer }));
      });
      return () => undefined;
    },
    close: () => undefined,
  };
  const engine = createEngine(policy.resolver, policy.resolver.upstreams, {
    ruleset: () => ruleset,
    cache: createCache(policy.resolver.cache),
    tools: { random: { below, u16 }, clock, echoes },
    connect: () => createUpstream({ udp: channel, stream: channel, padTo: 0 }),
  });
  const answerer: Answerer = createAnswerer({
    ...engine,
    echoes,
    makeCookie: createCookieMaker(),
    now: clock.now,
    keepalive: 100,
    onOutcome: () => undefined,
    onLoop: () => {
      counts.loops += 1;
    },
    onFault: (error) => assert.fail(error as Error),
  });
  const ask = async (name: string) => {
    const query = buildPacket({ id: 7, flags: ['RD'], questions: [{ name, type: 1, class: 1 }] });
    let rcode: number | undefined;
    await clock.until(
      answerer(query, '10.0.0.5', 'udp', (answer) => {
        rcode = parsePacket(answer).rcode;
      }),
    );
    return { rcode, took: clock.now(), ...counts };
  };
  return ask;
}

const circles = [
  {
    when: 'a name with letters enough to be known again',
    name: 'www.example.com',
    is: { rcode: 2, took: 1, sent: 1, loops: 1 },
  },
  // Not known for ours, it waits for its own answer with those who ask the same, and ends with them.
  {
    when: 'a name with few letters',
    name: 'a.example',
    is: { rcode: 2, took: 4500, sent: 4, loops: 0 },
  },
];
for (const { when, name, is } of circles) {
  test(`resolvers in a circle: ${when}`, async () => {
    assert.deepEqual(await resolverInACircle()(name), is);
  });
}
