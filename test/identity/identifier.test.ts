import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact } from '../../src/identity/fact.ts';
import { createIdentifier, type Reader } from '../../src/identity/identifier.ts';
import { type Address, parseAddress } from '../../src/policy/network.ts';
import { createFakeClock } from '../support/clock.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const client = (n: number) => parseAddress(`10.0.${n >> 8}.${n & 255}`);

/** An identifier with a reader that knows a host name of every client, and what it was asked. */
function setUp({
  most = 100,
  every = 5 * MINUTE,
  capacity = 1000,
  takes = 0,
  host = (n: Address) => `host-${n}`,
} = {}) {
  const clock = createFakeClock();
  const looks: (readonly Address[])[] = [];
  const told: (readonly Fact[])[] = [];
  const faults: unknown[] = [];
  const reader: Reader = {
    ...{ every, most },
    look: async (clients) => {
      looks.push(clients);
      if (takes > 0) await new Promise<void>((resolve) => clock.after(takes, resolve));
      return clients.map((client) => ({
        client,
        kind: 'host',
        value: host(client),
        source: 'lease',
        time: clock.now(),
      }));
    },
    onFault: (error) => faults.push(error),
  };
  const identifier = createIdentifier({
    ...{ readers: [reader], timers: clock, capacity },
    onFacts: (facts) => told.push(facts),
  });
  return { clock, looks, told, faults, reader, identifier };
}

test('identifier: nobody is looked up who was not wanted', async () => {
  const { clock, looks } = setUp();
  await clock.advance(HOUR);
  assert.deepEqual(looks, []);
});

test('identifier: a new client is looked up at once, the next ones together within half a second', async () => {
  const { clock, looks, told, identifier } = setUp();
  identifier.want(client(1));
  await clock.advance(0);
  assert.deepEqual(looks, [[client(1)]]);
  for (const n of [2, 3, 2, 1]) identifier.want(client(n));
  await clock.advance(500);
  assert.deepEqual(looks.slice(1), [[client(2), client(3)]]);
  assert.deepEqual(
    told.flat().map(({ value }) => value),
    ['host-10.0.0.1', 'host-10.0.0.2', 'host-10.0.0.3'],
  );
});

test('identifier: it is looked up again every few minutes, and told again where something changed or after a while', async () => {
  let name = 'before';
  const { clock, looks, told, identifier } = setUp({ host: () => name });
  identifier.want(client(1));
  await clock.advance(14 * MINUTE);
  assert.equal(looks.length, 3);
  assert.deepEqual(
    told.flat().map(({ time }) => time),
    [0],
  );
  name = 'after';
  await clock.advance(MINUTE + 1000);
  assert.deepEqual(
    told.flat().map(({ value, time }) => [value, Math.round(time / MINUTE)]),
    [
      ['before', 0],
      ['after', 15],
    ],
  );
  await clock.advance(15 * MINUTE + 1000);
  assert.deepEqual(
    told
      .flat()
      .map(({ value, time }) => [value, Math.round(time / MINUTE)])
      .at(-1),
    ['after', 30],
  );
  assert.equal(told.length, 3);
});

test('identifier: a client that tries nothing for a day is let go of, and is new when it comes back', async () => {
  const { clock, looks, told, identifier } = setUp({ every: HOUR });
  identifier.want(client(1));
  await clock.advance(20 * HOUR);
  identifier.want(client(1));
  await clock.advance(20 * HOUR);
  assert.equal(looks.length, 41);
  await clock.advance(100 * HOUR);
  assert.equal(looks.length, 44);
  const before = told.length;
  identifier.want(client(1));
  await clock.advance(0);
  assert.equal(looks.length, 45);
  assert.equal(told.length, before + 1);
});

test('identifier: beyond its capacity, the client that was wanted longest ago makes room', async () => {
  const { clock, looks, identifier } = setUp({ capacity: 2 });
  for (const n of [1, 2]) identifier.want(client(n));
  await clock.advance(1000);
  identifier.want(client(1));
  identifier.want(client(3));
  await clock.advance(6 * MINUTE);
  const again = looks.filter((_, i) => i > 0).flat();
  assert.deepEqual([...new Set(again)].sort(), [client(1), client(3)]);
});

test('identifier: a reader gets no more clients than it takes, and new ones come before old ones', async () => {
  const { clock, looks, identifier } = setUp({ most: 2, every: 10_000 });
  for (const n of [1, 2, 3, 4]) identifier.want(client(n));
  await clock.advance(10_000);
  identifier.want(client(5));
  await clock.advance(500);
  assert.ok(looks.every(({ length }) => length <= 2));
  const first = looks.findIndex((clients) => clients.includes(client(5)));
  assert.equal(looks[first]?.[0], client(5));
});

test('identifier: one look at a time, however long it takes', async () => {
  const { clock, looks, told, identifier } = setUp({ takes: 10_000 });
  identifier.want(client(1));
  await clock.advance(1000);
  for (const n of [2, 3]) identifier.want(client(n));
  await clock.advance(8000);
  assert.equal(looks.length, 1);
  await clock.advance(1500);
  assert.deepEqual(looks, [[client(1)], [client(2), client(3)]]);
  assert.equal(told.length, 1);
});

test('identifier: a look that fails is told, and tried again when its time comes', async () => {
  const { clock, identifier, faults, reader } = setUp();
  let looks = 0;
  identifier.replace([
    {
      ...reader,
      look: async () => {
        looks += 1;
        throw new Error('broken');
      },
    },
  ]);
  identifier.want(client(1));
  await clock.advance(5 * MINUTE);
  assert.equal(looks, 2);
  assert.equal(faults.length, 2);
});

test('identifier: other readers look at everyone anew; once stopped, nobody is looked up', async () => {
  const { clock, looks, identifier, reader } = setUp();
  for (const n of [1, 2]) identifier.want(client(n));
  await clock.advance(1000);
  identifier.replace([reader]);
  await clock.advance(1000);
  assert.deepEqual(looks.at(-1), [client(1), client(2)]);
  const before = looks.length;
  identifier.stop();
  identifier.want(client(3));
  await clock.advance(HOUR);
  assert.equal(looks.length, before);
});

test('identifier: ten thousand clients are told in pieces, and a million wants are a matter of a second', async () => {
  const { clock, told, identifier } = setUp({ most: 10_000, capacity: 10_000 });
  const clients = Array.from({ length: 12_000 }, (_, n) => client(n));
  const begun = performance.now();
  for (let n = 0; n < 1_000_000; n += 1) identifier.want(clients[n % clients.length] as Address);
  const taken = performance.now() - begun;
  await clock.advance(1000);
  assert.ok(told.flat().length >= 9_000 && told.flat().length <= 10_000);
  assert.ok(told.every(({ length }) => length <= 500));
  assert.ok(taken < 5000, `${taken} ms`);
});
