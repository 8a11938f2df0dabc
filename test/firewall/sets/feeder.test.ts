import assert from 'node:assert/strict';
import { test } from 'node:test';
import { audiencesOf } from '../../../src/firewall/audience.ts';
import { createFeeder } from '../../../src/firewall/sets/feeder.ts';
import { createKeeper } from '../../../src/firewall/sets/keeper.ts';
import type { Leading } from '../../../src/firewall/sets/told.ts';
import type { Name } from '../../../src/policy/name.ts';
import { type Address, parseAddress } from '../../../src/policy/network.ts';
import { compiledPolicy } from '../../support/policy.ts';
import { createFakeFilter, createTimers } from './support.ts';

const DOOR = 'connect.ngrok-agent.com' as Name;
const OWN = 'tunnels.example.com' as Name;
const AGENT = 'eu.tunnels.example.com' as Name;
const STRANGER = 'www.example.net' as Name;
const X = parseAddress('198.51.100.10');
const Y = parseAddress('2001:db8::10');
const HOME = parseAddress('198.51.100.20');

const policyText = (more = '') => `
organisation: { name: Example Corp }
ingress: [{ domain: ${OWN}, service: ngrok }]
services: { ngrok: block }
${more}
`;
const name = (text: string) => text as Name;
const leads = (...links: readonly [from: string, to: string][]): Leading => ({
  leads: links.map(([from, to]) => ({
    from: name(from),
    to: /^[\d.]+$|:/.test(to) ? { address: parseAddress(to) } : { name: name(to) },
  })),
});

type Book = readonly (readonly [Name, readonly Address[]])[];
const BOOK: Book = [
  [DOOR, [X, Y]],
  [OWN, [HOME]],
];

/** A feeder over a packet filter in memory; `setsOf` are the sets an address is in now. */
async function setUp(more = '', book = BOOK) {
  const timers = createTimers();
  let { ruleset } = compiledPolicy(policyText(more));
  const audiences = audiencesOf(ruleset).map(({ id }) => (id === 'everyone' ? '' : `_${id}`));
  const tables = ['support', 'shared', 'cdn', 'deny'].flatMap((set) =>
    audiences.flatMap((audience) => [`${set}${audience}4`, `${set}${audience}6`]),
  );
  const filter = createFakeFilter(timers, { tables, expires: true });
  const keeper = createKeeper({ writer: filter.writer, timers, patience: 250, onEvent: () => {} });
  const feeder = createFeeder({
    ...{ ruleset: () => ruleset, keeper, timers, date: () => 0 },
    readPairs: undefined,
  });
  const learn = (book: Book) => feeder.learn({ names: new Map(book) });
  learn(book);
  await feeder.open();
  await timers.pass(5);
  filter.written.length = 0;
  const setsOf = (address: Address) =>
    tables.filter((table) => filter.members(table).has(address)).map((t) => t.slice(0, -1));
  const answer = async (asked: Name, answer: Leading, seconds = 60) => {
    const ready = feeder.prepare(asked, answer, seconds);
    await timers.pass(5);
    return ready === undefined ? 'leaves' : `waited: ${await ready}`;
  };
  return {
    ...{ timers, filter, feeder, learn, setsOf, answer },
    reload: (more: string) => {
      ruleset = compiledPolicy(policyText(more)).ruleset;
    },
  };
}

type Case = {
  readonly when: string;
  readonly asked: Name;
  readonly answer: Leading;
  readonly more?: string;
  readonly waits?: boolean;
  readonly sets: readonly string[];
};
const cases: readonly Case[] = [
  {
    when: 'a sanctioned name where a blocked one lives',
    asked: AGENT,
    answer: leads([AGENT, X]),
    waits: true,
    sets: ['shared'],
  },
  {
    when: 'a sanctioned name that leads there by an alias nobody knows',
    asked: AGENT,
    answer: leads([AGENT, 'edge.example.org'], ['edge.example.org', X]),
    waits: true,
    sets: ['shared'],
  },
  {
    when: 'a sanctioned name that leads there by the blocked name',
    asked: AGENT,
    answer: leads([AGENT, DOOR], [DOOR, X]),
    waits: true,
    sets: ['shared'],
  },
  {
    when: 'a stranger that leads there by a sanctioned name',
    asked: STRANGER,
    answer: leads([STRANGER, AGENT], [AGENT, X]),
    waits: true,
    sets: ['shared'],
  },
  {
    when: 'a stranger',
    asked: STRANGER,
    answer: leads([STRANGER, X]),
    waits: true,
    sets: ['cdn'],
  },
  {
    when: 'a watched name, which is as strange',
    asked: STRANGER,
    more: `watch: [${STRANGER}]`,
    answer: leads([STRANGER, X]),
    waits: true,
    sets: ['cdn'],
  },
  {
    when: 'the blocked name itself, in observe mode, by an alias nobody knows',
    asked: DOOR,
    more: 'mode: observe',
    answer: leads([DOOR, 'edge.example.org'], ['edge.example.org', X]),
    sets: ['deny'],
  },
  {
    when: 'another address of the blocked name does not matter here',
    asked: STRANGER,
    answer: leads([STRANGER, '198.51.100.99']),
    sets: ['deny'],
  },
];

for (const { when, asked, answer, more, waits = false, sets } of cases) {
  test(`feeder: ${when}`, async () => {
    const { setsOf, answer: take } = await setUp(more);
    assert.deepEqual(setsOf(X), ['deny']);
    assert.equal(await take(asked, answer), waits ? 'waited: true' : 'leaves');
    assert.deepEqual(setsOf(X), sets);
    assert.deepEqual(setsOf(Y), ['deny']);
  });
}

test('feeder: while the own ingress is nowhere to be found nothing of its service is denied', async () => {
  const { setsOf, learn, timers } = await setUp('', [[DOOR, [X]]]);
  assert.deepEqual(setsOf(X), ['shared']);
  learn(BOOK);
  await timers.pass(50);
  assert.deepEqual(setsOf(X), ['deny']);
});

test('feeder: a sanctioned address stays known until the blocked name comes to it', async () => {
  const { setsOf, learn, answer, timers } = await setUp('', [[OWN, [HOME]]]);
  assert.equal(await answer(AGENT, leads([AGENT, X])), 'leaves');
  learn(BOOK);
  await timers.pass(5);
  assert.deepEqual(setsOf(X), ['shared']);
});

test('feeder: a revocation list is reachable in clear', async () => {
  const crl = name('crl.ngrok-agent.com');
  const { setsOf, answer } = await setUp();
  assert.equal(await answer(crl, leads([crl, X])), 'waited: true');
  assert.deepEqual(setsOf(X), ['support', 'shared']);
});

test('feeder: a client group with an exception has sets of its own', async () => {
  const guests = `clients: { guests: { networks: [192.0.2.0/24], allow: [${DOOR}] } }`;
  const { setsOf, answer } = await setUp(guests);
  assert.deepEqual(setsOf(X), ['deny']);
  assert.equal(await answer(STRANGER, leads([STRANGER, X])), 'waited: true');
  assert.deepEqual(setsOf(X), ['cdn']);
  const only = `clients: { guests: { networks: [192.0.2.0/24], block: [only.example.org] } }`;
  const other = await setUp(only);
  const z = parseAddress('198.51.100.77');
  const asked = name('only.example.org');
  assert.equal(await other.answer(asked, leads([asked, z])), 'waited: true');
  assert.equal(other.setsOf(z).length, 1);
  assert.match(other.setsOf(z)[0] ?? '', /^deny_./);
});

test('feeder: a cache hit extends a timeout only where it is too short for the answer', async () => {
  const { answer, filter, timers } = await setUp();
  await answer(AGENT, leads([AGENT, X]));
  const count = filter.written.length;
  for (let i = 0; i < 10; i += 1) {
    assert.equal(await answer(AGENT, leads([AGENT, X])), 'leaves');
  }
  assert.equal(filter.written.length, count);
  await answer(AGENT, leads([AGENT, X]), 5_000);
  const seconds = filter.written
    .slice(count)
    .flatMap(({ puts }) => puts.map(({ seconds }) => seconds));
  assert.deepEqual(seconds, [5_060]);
  await timers.pass(10);
});

test('feeder: when nobody asks any more an address is what it was', async () => {
  const { answer, setsOf, learn, timers } = await setUp();
  await answer(STRANGER, leads([STRANGER, X]));
  assert.deepEqual(setsOf(X), ['cdn']);
  await timers.pass(200_000);
  learn(BOOK);
  await timers.pass(110_000);
  assert.deepEqual(setsOf(X), ['deny']);
});

test('feeder: an address that the book holds no more is let go', async () => {
  const { setsOf, learn, timers } = await setUp();
  learn([
    [OWN, [HOME]],
    [DOOR, [Y]],
  ]);
  await timers.pass(890_000);
  assert.deepEqual(setsOf(X), ['deny']);
  await timers.pass(20_000);
  assert.deepEqual(setsOf(X), []);
});

test('feeder: a new ruleset moves what is known', async () => {
  const { setsOf, reload, timers } = await setUp();
  reload(`allow: [${DOOR}]`);
  await timers.pass(1_000);
  assert.deepEqual(setsOf(X), []);
  reload('');
  await timers.pass(1_000);
  assert.deepEqual(setsOf(X), ['deny']);
});

test('feeder: a flood of names never pushes out what we looked up', async () => {
  const { answer, setsOf } = await setUp();
  for (let i = 0; i < 200; i += 1) {
    const flood = name(`x${i}.tunnels.example.com`);
    await answer(flood, leads([flood, X]));
  }
  assert.deepEqual(setsOf(X), ['shared']);
});

test('feeder: a flood of addresses is bounded, and costs strangers nothing', async () => {
  const { feeder, filter } = await setUp();
  for (let i = 0; i < 120_000; i += 1) {
    const address = `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
    assert.equal(feeder.prepare(AGENT, leads([AGENT, address]), 60), undefined);
  }
  const strange = leads(
    ...Array.from({ length: 8 }, (_, i): [string, string] => [STRANGER, `11.0.0.${i}`]),
  );
  const started = performance.now();
  for (let i = 0; i < 100_000; i += 1) feeder.prepare(STRANGER, strange, 60);
  const micros = (performance.now() - started) / 100;
  assert.ok(micros < 20, `${micros} us an answer`);
  assert.deepEqual(filter.written, []);
});
