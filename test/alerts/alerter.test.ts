import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Message } from '../../src/alerts/alert.ts';
import { createAlerter } from '../../src/alerts/alerter.ts';
import type { OutboxEvent } from '../../src/alerts/outbox.ts';
import { type Sink, SinkError } from '../../src/alerts/sink.ts';
import { createFakeClock } from '../support/clock.ts';
import { change } from './support.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A sink that keeps what it gets, or does as it is told. */
function sinkOf(name: string, does: (message: Message) => Promise<string> = async () => 'fine') {
  const got: Message[] = [];
  const sink: Sink = {
    name,
    send: async (message) => {
      const said = await does(message);
      got.push(message);
      return said;
    },
  };
  return { sink, got };
}

function setUp(sinks: readonly Sink[], { most = 20, group = 30_000 } = {}) {
  const clock = createFakeClock();
  const events: OutboxEvent[] = [];
  const alerter = createAlerter({
    ...{ severity: 'high', group, most, organisation: 'Example Corp', sinks, timers: clock },
    called: (client) => (client === '192.0.2.17' ? { label: 'Ada' } : {}),
    onEvent: (event) => events.push(event),
  });
  return { clock, events, alerter };
}

const ids = (messages: readonly Message[]) =>
  messages.map(({ alerts }) => alerts.map(({ incident }) => incident));

test('alerter: what comes within the time of a group is one message', async () => {
  const { sink, got } = sinkOf('a');
  const { clock, alerter } = setUp([sink]);
  alerter.note([change({ id: 1 })]);
  await clock.advance(20_000);
  alerter.note([change({ id: 2 }), change({ id: 3, severity: 'low' })]);
  await clock.advance(9_999);
  assert.deepEqual(ids(got), []);
  await clock.advance(1);
  assert.deepEqual(ids(got), [[1, 2]]);
  assert.deepEqual(
    got[0]?.alerts.map(({ label }) => label),
    ['Ada', 'Ada'],
  );
  alerter.note([change({ id: 4 })]);
  await clock.advance(30_000);
  assert.deepEqual(ids(got), [[1, 2], [4]]);
});

test('alerter: an incident that changes meanwhile is told once, as it was last', async () => {
  const { sink, got } = sinkOf('a');
  const { clock, alerter } = setUp([sink]);
  alerter.note([change({ id: 1, count: 1 })]);
  alerter.note([change({ id: 1, count: 7 }, { severity: 'high', state: 'new' })]);
  await clock.advance(MINUTE);
  assert.deepEqual(
    got.map(({ alerts }) => alerts.map(({ count, why }) => [count, why])),
    [[[7, 'new']]],
  );
});

test('alerter: fifty in a message, the severest first, and a count of the rest', async () => {
  const { sink, got } = sinkOf('a');
  const { clock, alerter } = setUp([sink]);
  alerter.note(Array.from({ length: 2000 }, (_, i) => change({ id: i + 1, first: 5000 - i })));
  await clock.advance(MINUTE);
  assert.equal(got.length, 1);
  assert.equal(got[0]?.alerts.length, 50);
  assert.equal(got[0]?.alerts[0]?.incident, 1000); // that began first, of those that were kept
  assert.equal(got[0]?.heldBack, 1950);
});

test('alerter: no more messages an hour than that; the rest comes as soon as it may, without a further alert', async () => {
  const { sink, got } = sinkOf('a');
  const { clock, alerter } = setUp([sink], { most: 2, group: 1000 });
  for (let id = 1; id <= 60; id += 1) {
    alerter.note([change({ id })]);
    await clock.advance(10_000);
  }
  assert.deepEqual(ids(got), [[1], [2]]);
  await clock.advance(HOUR);
  assert.equal(got.length, 3);
  assert.equal(got[2]?.alerts.length, 50);
  assert.equal(got[2]?.heldBack, 8);
  await clock.advance(HOUR);
  assert.equal(got.length, 3);
});

test('alerter: a sink that is down is tried four times, told once, and the next message counts what was lost', async () => {
  let isDown = true;
  let tries = 0;
  const down = sinkOf('down', async () => {
    tries += 1;
    if (isDown) throw new SinkError('answered 503');
    return 'fine';
  });
  const well = sinkOf('well');
  const { clock, alerter, events } = setUp([down.sink, well.sink]);
  alerter.note([change({ id: 1 }), change({ id: 2 })]);
  await clock.advance(10 * MINUTE);
  assert.equal(tries, 4);
  alerter.note([change({ id: 3 })]);
  await clock.advance(10 * MINUTE);
  assert.equal(tries, 8);
  assert.deepEqual(events, [{ kind: 'failed', sink: 'down', message: 'answered 503' }]);
  isDown = false;
  alerter.note([change({ id: 4 })]);
  await clock.advance(MINUTE);
  assert.deepEqual(events.at(-1), { kind: 'recovered', sink: 'down' });
  assert.deepEqual(ids(down.got), [[4]]);
  assert.equal(down.got[0]?.heldBack, 3);
  assert.deepEqual(ids(well.got), [[1, 2], [3], [4]]);
  assert.equal(well.got[2]?.heldBack, 0);
});

test('alerter: a sink that recovers within its tries loses nothing', async () => {
  let tries = 0;
  const { sink, got } = sinkOf('a', async () => {
    tries += 1;
    if (tries < 3) throw new SinkError('no');
    return 'fine';
  });
  const { clock, alerter, events } = setUp([sink]);
  alerter.note([change({ id: 1 })]);
  await clock.advance(MINUTE + 6_000);
  assert.deepEqual(ids(got), [[1]]);
  assert.equal(got[0]?.heldBack, 0);
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['failed', 'recovered'],
  );
});

test('alerter: a sink that never ends holds up no other, and its messages do not pile up', async () => {
  const stuck = sinkOf('stuck', () => new Promise(() => {}));
  const well = sinkOf('well');
  const { clock, alerter, events } = setUp([stuck.sink, well.sink], { most: 3600, group: 1000 });
  for (let id = 1; id <= 100; id += 1) {
    alerter.note([change({ id })]);
    await clock.advance(1000);
  }
  assert.equal(well.got.length, 100);
  assert.deepEqual(events, [{ kind: 'failed', sink: 'stuck', message: 'is not done in time' }]);
});

test('alerter: an ending sends what is gathered, and waits no longer than that', async () => {
  const stuck = sinkOf('stuck', () => new Promise(() => {}));
  const well = sinkOf('well');
  const { clock, alerter } = setUp([stuck.sink, well.sink]);
  alerter.note([change({ id: 1 })]);
  const begun = clock.now();
  await clock.until(alerter.stop(2000));
  assert.equal(clock.now() - begun, 2000);
  assert.deepEqual(ids(well.got), [[1]]);
});

test('alerter: without a sink nothing is gathered', async () => {
  const { clock, alerter } = setUp([]);
  alerter.note([change()]);
  await clock.until(alerter.stop(2000));
  assert.equal(clock.now(), 0);
});
