import assert from 'node:assert/strict';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { type AccountEvent, readEvent } from '../../../src/attempts/account/event.ts';
import { eventsIn } from '../../../src/attempts/account/unwrap.ts';
import { valuesIn } from '../../../src/attempts/account/values.ts';
import { parseName } from '../../../src/policy/name.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { NOON } from '../support.ts';
import { event } from './support.ts';

const facts = {
  account: 'ac_2OtNvAlhso10Gx6s7eupzX3F98q',
  session: 'ts_2One',
  credential: 'cr_2One',
  agent: parseAddress('203.0.113.5'),
  server: parseAddress('198.51.100.20'),
  name: parseName('tunnels.example.com'),
  region: 'us',
  userAgent: 'ngrok-agent/3.39.7',
  transport: 'muxado',
  os: 'linux',
  arch: 'amd64',
};
const id = 'ev_25X2AsJ5xpvuOParTYUQWe12XKo';
const started = { ...facts, started: NOON, startEvent: id };
const STOP = {
  event_type: 'agent_session_stop.v0',
  event_timestamp: '2026-01-15T12:10:00.123456789Z',
};
const stopped = { ...facts, started: NOON, stopped: NOON + 600_123, stopEvent: id };

const fault = (message: string): AccountEvent => ({ kind: 'fault', message });

const cases: readonly {
  when: string;
  value: Readonly<Record<string, unknown>>;
  read: AccountEvent;
}[] = [
  { when: 'a start', value: event(), read: { kind: 'start', session: started } },
  {
    when: 'a start that failed',
    value: event({}, { error: 'ERR_NGROK_115' }),
    read: { kind: 'start', session: { ...started, failure: 'ERR_NGROK_115' } },
  },
  {
    when: 'a stop',
    value: event(STOP, { error: 'shut down' }),
    read: { kind: 'stop', session: { ...stopped, reason: 'shut down' } },
  },
  {
    when: 'a stop that says when',
    value: event(STOP, { stopped_at: '2026-01-15T13:00:00+01:00' }),
    read: { kind: 'stop', session: { ...stopped, stopped: NOON } },
  },
  {
    when: 'a stop before its start',
    value: event(STOP, { started_at: '2026-02-15T12:00:00Z' }),
    read: { kind: 'stop', session: { ...stopped, started: NOON + 600_123 } },
  },
  {
    when: 'no time of its start',
    value: event({}, { started_at: '0001-01-01T00:00:00Z' }),
    read: { kind: 'start', session: { ...started, started: NOON + 1000 } },
  },
  {
    when: 'a name in capitals with a port',
    value: event({}, { ingress_hostname: 'Tunnels.Example.com.:443' }),
    read: { kind: 'start', session: started },
  },
  {
    when: 'fields nobody knew',
    value: event({ more: 1 }, { more: { deep: [1] } }),
    read: { kind: 'start', session: started },
  },
  {
    when: 'another type',
    value: event({ event_type: 'ip_policy_created.v0' }),
    read: { kind: 'other' },
  },
  {
    when: 'a later version',
    value: event({ event_type: 'agent_session_start.v1' }),
    read: fault('event_type: version 1 is not known here, only v0 is'),
  },
  {
    when: 'no id',
    value: event({ event_id: 7 }),
    read: fault('event_id: is no id such as ev_25X2AsJ5xpvuOParTYUQWe12XKo'),
  },
  {
    when: 'a hostile id',
    value: event({ event_id: "ev_1'; DROP TABLE attempts" }),
    read: fault('event_id: is no id such as ev_25X2AsJ5xpvuOParTYUQWe12XKo'),
  },
  {
    when: 'no account',
    value: event({ account_id: '' }),
    read: fault('account_id: is no id of an account'),
  },
  {
    when: 'no time',
    value: event({ event_timestamp: 'yesterday' }),
    read: fault('event_timestamp: is no time of RFC 3339'),
  },
  {
    when: 'a day that is none',
    value: event({ event_timestamp: '2026-13-45T12:00:00Z' }),
    read: fault('event_timestamp: is no time of RFC 3339'),
  },
  { when: 'no object', value: event({ object: null }), read: fault('object: is missing') },
  {
    when: 'no session',
    value: event({}, { session: null }),
    read: fault('object.session.id: is no id of a session'),
  },
  {
    when: 'no address',
    value: event({}, { agent_ip: '127.1' }),
    read: fault('object.agent_ip: is no IP address'),
  },
];
for (const { when, value, read } of cases) {
  test(`readEvent: ${when}`, () => assert.deepEqual(readEvent(value), read));
}

test('readEvent: what is no name is left out', () => {
  for (const name of ['', null, 'no name at all', '192.0.2.1', 'a..b']) {
    const read = readEvent(event({}, { ingress_hostname: name }));
    const { name: _, ...rest } = started;
    assert.deepEqual(read, { kind: 'start', session: rest });
  }
});

test('readEvent: what an agent says of itself is kept within bounds', () => {
  const read = readEvent(event({}, { user_agent: `${'x'.repeat(399)}\u{1f600}` }));
  assert(read.kind === 'start');
  assert.equal(read.session.userAgent?.length, 400);
  assert.ok(read.session.userAgent.isWellFormed());
});

const one = event();
const two = event({ event_id: 'ev_2' }, { session: { id: 'ts_2' } });
const text = JSON.stringify(one) + JSON.stringify(two);
const cloudwatch = {
  messageType: 'DATA_MESSAGE',
  owner: '123456789012',
  logGroup: 'ngrok',
  logStream: 'events',
  subscriptionFilters: ['all'],
  logEvents: [one, two].map((value, i) => ({
    id: String(i),
    timestamp: NOON,
    message: JSON.stringify(value),
  })),
};
const base64 = (from: string | Buffer) => Buffer.from(from).toString('base64');
const wrappers = [
  { when: 'nothing', value: text },
  { when: 'an array', value: JSON.stringify([one, two]) },
  { when: 'a subscription of CloudWatch', value: JSON.stringify(cloudwatch) },
  {
    when: 'what the AWS command line prints of CloudWatch',
    value: JSON.stringify({ events: cloudwatch.logEvents, searchedLogStreams: [] }, null, 4),
  },
  {
    when: 'what it prints of Kinesis',
    value: JSON.stringify({
      Records: [one, two].map((value) => ({ Data: base64(JSON.stringify(value)) })),
    }),
  },
  {
    when: 'a Lambda event of Kinesis',
    value: JSON.stringify({ Records: [{ kinesis: { data: base64(text) } }] }),
  },
  {
    when: 'CloudWatch by way of Kinesis',
    value: JSON.stringify({ Records: [{ Data: base64(gzipSync(JSON.stringify(cloudwatch))) }] }),
  },
  {
    when: 'Firehose to an HTTP endpoint',
    value: JSON.stringify({ requestId: 'r', timestamp: NOON, records: [{ data: base64(text) }] }),
  },
  {
    when: 'a Lambda event of CloudWatch',
    value: JSON.stringify({ awslogs: { data: base64(gzipSync(JSON.stringify(cloudwatch))) } }),
  },
];
for (const { when, value } of wrappers) {
  test(`eventsIn: wrapped in ${when}`, () => {
    const found = valuesIn(`\n${value}`).flatMap((each) => eventsIn(each));
    assert.deepEqual(
      found.map((each) => (each.kind === 'value' ? each.value : each)),
      [one, two],
    );
    assert.ok(found.every(({ line }) => line === 2));
  });
}

const strange: readonly { when: string; value: unknown; message: string }[] = [
  { when: 'an object of another kind', value: { hello: 1 }, message: 'is no event of an account' },
  {
    when: 'a record that is no base64 of gzip',
    value: { records: [{ data: base64(Buffer.from([0x1f, 0x8b, 1, 2])) }] },
    message: 'holds a record that cannot be unpacked',
  },
  {
    when: 'a record of a number',
    value: { logEvents: [{ message: 7 }] },
    message: 'holds a record that cannot be unpacked',
  },
  { when: 'a message of words', value: { message: 'hello' }, message: 'is no JSON object' },
  {
    when: 'a message in a message, and so on',
    value: [1, 2, 3, 4, 5, 6].reduce<object>((inner) => ({ message: JSON.stringify(inner) }), {
      message: 'x',
    }),
    message: 'is wrapped too often',
  },
];
for (const { when, value, message } of strange) {
  test(`eventsIn: ${when}`, () => {
    assert.deepEqual(eventsIn({ kind: 'value', line: 3, value }), [
      { kind: 'fault', line: 3, message },
    ]);
  });
}

test('eventsIn: a probe of CloudWatch is no event and no fault', () => {
  assert.deepEqual(
    eventsIn({ kind: 'value', line: 1, value: { messageType: 'CONTROL_MESSAGE', logEvents: [] } }),
    [],
  );
});

test('eventsIn: a record that unpacks to more than memory is to hold is a fault', () => {
  const bomb = gzipSync(Buffer.alloc(80 * 1024 ** 2, ' '));
  const value = { records: [{ data: base64(bomb) }] };
  assert.deepEqual(eventsIn({ kind: 'value', line: 1, value }), [
    { kind: 'fault', line: 1, message: 'holds a record that cannot be unpacked' },
  ]);
});
