import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audiencesOf } from '../../../src/firewall/audience.ts';
import { createFeeder } from '../../../src/firewall/sets/feeder.ts';
import { createKeeper } from '../../../src/firewall/sets/keeper.ts';
import type { Member } from '../../../src/firewall/sets/pair.ts';
import type { Leading } from '../../../src/firewall/sets/told.ts';
import { excepting } from '../../../src/policy/excepting.ts';
import type { Exception } from '../../../src/policy/exception.ts';
import { judge } from '../../../src/policy/judge.ts';
import type { Name } from '../../../src/policy/name.ts';
import { type Address, parseAddress, parseNetwork } from '../../../src/policy/network.ts';
import { catalogueOf, compiledPolicy } from '../../support/policy.ts';
import { createFakeFilter, createTimers } from './support.ts';

// What exceptions let through by address: pairs of client and destination beside sets that stay as they are.

const DOOR = 'connect.ngrok-agent.com' as Name;
const ANNA = parseAddress('192.0.2.7');
const ANNA6 = parseAddress('2001:db8::7');
const BEN = parseAddress('192.0.2.8');
const X = parseAddress('198.51.100.10');
const Y = parseAddress('2001:db8:2::10');
/** The wall clock when the timers begin. */
const NOON = Date.UTC(2026, 0, 15, 12);
const HOUR = 3_600_000;

const POLICY = `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, service: ngrok }]
services: { ngrok: block }
clients: { lab: { networks: [192.0.2.0/24], block: [lab.example.org] } }
`;

const ngrok = (
  id: number,
  clients: readonly Address[],
  more: Partial<Exception> = {},
): Exception => ({
  ...{ id, subject: { kind: 'service', service: 'ngrok' }, reason: 'a trial', author: 'anna' },
  ...{ clients: clients.map(parseNetwork), created: NOON, until: NOON + HOUR, ...more },
});

/** A feeder over a packet filter in memory, before anything is open. */
function prepare() {
  const timers = createTimers();
  const date = () => NOON + timers.now();
  const { ruleset: written } = compiledPolicy(POLICY);
  let ruleset = written;
  const audiences = ['deny', 'shared', 'cdn', 'support'].flatMap((set) => [
    set,
    `${set}_c2efbec79`,
  ]);
  const tables = ['pass', ...audiences].flatMap((set) => [`${set}4`, `${set}6`]);
  const filter = createFakeFilter(timers, { tables, expires: true });
  const { writer } = filter;
  const keeper = createKeeper({ writer, timers, patience: 250, onEvent: () => {} });
  const { readPairs } = writer;
  const feeder = createFeeder({ ruleset: () => ruleset, keeper, timers, date, readPairs });
  return {
    ...{ timers, filter, feeder },
    except: (...exceptions: readonly Exception[]) => {
      ruleset = excepting(written, exceptions, catalogueOf(), date()).ruleset;
      feeder.review();
    },
    members: (table: string): readonly Member[] => [...filter.members(table)].sort(),
    answer: async (client: Address, addresses: readonly Address[], asked = DOOR) => {
      const answer: Leading = {
        leads: addresses.map((address) => ({ from: asked, to: { address } })),
      };
      const verdict = judge(ruleset, { client, name: asked });
      const isExcepted = verdict.kind === 'allowed' && verdict.rule.origin === 'exception';
      const excepted = isExcepted ? { client, rule: verdict.rule } : undefined;
      const ready = feeder.prepare(asked, answer, 60, excepted);
      await timers.pass(5);
      return ready;
    },
  };
}

async function setUp() {
  const lab = prepare();
  const home = parseAddress('198.51.100.20');
  lab.feeder.learn({ names: new Map([['tunnels.example.com' as Name, [home]]]) });
  await lab.feeder.open();
  return lab;
}

test('passes: an answer that leaves by an exception lets this client through, and nobody else', async () => {
  const { except, answer, members } = await setUp();
  except(ngrok(12, [ANNA]));
  assert.equal(await answer(ANNA, [X]), true);
  await answer(BEN, [X]);
  assert.deepEqual(members('pass4'), [`${ANNA},${X}`]);
  assert.deepEqual(members('deny4'), [X], 'it is refused to all others as before');
});

test('passes: one machine by its addresses of both families', async () => {
  const { except, answer, members } = await setUp();
  except(ngrok(12, [ANNA, ANNA6]));
  await answer(ANNA, [X, Y]);
  assert.deepEqual(members('pass4'), [`${ANNA},${X}`]);
  assert.deepEqual(members('pass6'), [`${ANNA6},${Y}`]);
});

test('passes: an end takes out the pair, and refuses what runs though it was long forgotten', async () => {
  const { except, answer, members, timers } = await setUp();
  except(ngrok(12, [ANNA], { until: NOON + 5 * HOUR }));
  await answer(ANNA, [X]);
  await timers.pass(4 * HOUR);
  assert.deepEqual([members('pass4'), members('deny4')], [[`${ANNA},${X}`], []]);
  except();
  await timers.pass(50);
  assert.deepEqual([members('pass4'), members('deny4')], [[], [X]]);
});

test('passes: where nobody is there to end them, pairs end no later than their exceptions', async () => {
  const { except, answer, filter, members, timers, feeder } = await setUp();
  except(ngrok(12, [ANNA], { until: NOON + 4_700 }));
  await answer(ANNA, [X]);
  const puts = filter.written.flatMap(({ puts }) => puts).filter(({ table }) => table === 'pass4');
  assert.deepEqual(
    puts.map(({ seconds, note }) => [seconds, note?.id]),
    [[4, '12']],
  );
  feeder.close();
  await timers.pass(4_700);
  assert.deepEqual(members('pass4'), []);
});

test('passes: a pair stays for as long as any exception holds it', async () => {
  const { except, answer, members, timers, filter } = await setUp();
  const [long, short] = [
    ngrok(1, [ANNA], { until: NOON + 2 * HOUR }),
    ngrok(2, [], { until: NOON + HOUR }),
  ];
  except(long);
  await answer(ANNA, [X]);
  except(short);
  await answer(ANNA, [X]);
  await timers.pass(50);
  assert.deepEqual(members('pass4'), [`${ANNA},${X}`]);
  const last = filter.written
    .flatMap(({ puts }) => puts)
    .findLast(({ table }) => table === 'pass4');
  assert.deepEqual([last?.note?.id, (last?.seconds ?? 0) <= 3_600], ['2', true]);
});

test('passes: an exception for everyone makes an address one that is not refused', async () => {
  const { except, answer, members, timers } = await setUp();
  await answer(BEN, [X]);
  assert.deepEqual(members('deny4'), [X]);
  except(ngrok(1, []));
  await timers.pass(500);
  assert.deepEqual(members('deny4'), []);
  except();
  await timers.pass(500);
  assert.deepEqual(members('deny4'), [X]);
});

test('passes: exceptions part nobody off from the others', () => {
  const { ruleset } = compiledPolicy(POLICY);
  const some = [ngrok(1, [ANNA, BEN]), ngrok(2, [parseAddress('192.0.2.0')])];
  const excepted = excepting(ruleset, some, catalogueOf(), NOON).ruleset;
  assert.deepEqual(audiencesOf(excepted), audiencesOf(ruleset));
});

test('passes: what an earlier process has left stays where its exception still holds', async () => {
  const { except, feeder, filter, members, timers } = prepare();
  for (const [pair, id] of [
    [`${ANNA},${X}`, '1'],
    [`${ANNA},${HOUR}`, '2'],
    [`${BEN},${X}`, '1'],
  ] as const) {
    filter.put('pass4', pair as Member & string);
    filter.leave(pair, id);
  }
  except(ngrok(1, [ANNA]));
  await feeder.open();
  await timers.pass(5);
  assert.deepEqual(members('pass4'), [`${ANNA},${X}`]);
});
