import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeeper } from '../../../src/firewall/sets/keeper.ts';
import type { TableEvent } from '../../../src/firewall/sets/tables.ts';
import type { Changes } from '../../../src/firewall/sets/writer.ts';
import { type Address, parseAddress } from '../../../src/policy/network.ts';
import { createFakeFilter, createTimers } from './support.ts';

const A = parseAddress('192.0.2.1');
const B = parseAddress('2001:db8::1');
const MINUTE = 60_000;

/** A keeper of two sets over a packet filter in memory. */
async function setUp(options: { readonly expires?: boolean; readonly tables?: string[] } = {}) {
  const timers = createTimers();
  const filter = createFakeFilter(timers, {
    tables: options.tables ?? ['deny4', 'deny6', 'shared4', 'shared6'],
    expires: options.expires ?? true,
  });
  const events: TableEvent[] = [];
  const keeper = createKeeper({
    ...{ writer: filter.writer, timers, patience: 250 },
    onEvent: (event) => events.push(event),
  });
  await keeper.open(['shared', 'deny']);
  await timers.pass(10);
  filter.written.length = 0;
  const want = (address: Address, sets: readonly string[], minutes = 5) =>
    keeper.want(address, sets, timers.now() + minutes * MINUTE);
  return { timers, filter, keeper, events, want };
}

const brief = ({ puts, drops }: Changes) =>
  [
    ...puts.map(({ table, address, seconds }) => `+${table} ${address} ${seconds}`),
    ...drops.map(({ table, address }) => `-${table} ${address}`),
  ].join(', ');

test('keeper: a lone change is written at once', async () => {
  const { keeper, filter, want } = await setUp();
  assert.equal(keeper.settled([A]), true, 'nothing is wanted');
  want(A, ['deny']);
  assert.notEqual(keeper.settled([A]), true);
  assert.equal(await keeper.settled([A]), true);
  assert.deepEqual(filter.written.map(brief), ['+deny4 192.0.2.1 300']);
  assert.equal(keeper.settled([A]), true);
});

test('keeper: what comes close together is one transaction, a move never two', async () => {
  const { keeper, filter, timers, want } = await setUp();
  want(A, ['deny']);
  await keeper.settled([A]);
  want(A, ['shared']);
  want(B, ['deny']);
  want(B, ['shared']);
  const settled = keeper.settled([A, B]);
  assert.equal(filter.written.length, 1, 'the second waits for company');
  await timers.pass(2);
  assert.equal(await settled, true);
  assert.deepEqual(filter.written.map(brief).slice(1), [
    '+shared4 192.0.2.1 300, +shared6 2001:db8::1 300, -deny4 192.0.2.1, -deny6 2001:db8::1',
  ]);
});

test('keeper: only a timeout that is too short is renewed, and nobody waits for it', async () => {
  const { keeper, filter, timers } = await setUp();
  keeper.want(A, ['deny'], timers.now() + 5 * MINUTE);
  await keeper.settled([A]);
  await timers.pass(MINUTE);
  filter.written.length = 0;
  keeper.want(A, ['deny'], timers.now() + 5 * MINUTE, timers.now() + 2 * MINUTE);
  await timers.pass(2);
  assert.equal(filter.written.length, 0);
  keeper.want(A, ['deny'], timers.now() + 6 * MINUTE, timers.now() + 5 * MINUTE);
  assert.equal(keeper.settled([A]), true);
  await timers.pass(2);
  assert.deepEqual(filter.written.map(brief), ['+deny4 192.0.2.1 360']);
});

test('keeper: where elements do not end by themselves they are dropped, and not renewed', async () => {
  const { keeper, filter, timers, want } = await setUp({ expires: false });
  want(A, ['deny']);
  await timers.pass(2);
  want(A, ['deny'], 9);
  await timers.pass(9 * MINUTE);
  keeper.want(A, [], 0);
  await timers.pass(2);
  assert.deepEqual(filter.written.map(brief), ['+deny4 192.0.2.1 300', '-deny4 192.0.2.1']);
});

test('keeper: what has ended by itself is forgotten without a word', async () => {
  const { keeper, filter, timers, want } = await setUp();
  want(A, ['deny'], 1);
  await timers.pass(2 * MINUTE);
  filter.written.length = 0;
  keeper.want(A, [], 0);
  await timers.pass(10);
  assert.deepEqual(filter.written, []);
});

test('keeper: a filter that is slow is waited for, but not longer than that', async () => {
  const { keeper, filter, timers, want } = await setUp();
  filter.stall();
  want(A, ['deny']);
  const settled = keeper.settled([A]);
  await timers.pass(249);
  assert.equal(await Promise.race([settled, 'waiting']), 'waiting');
  await timers.pass(1);
  assert.equal(await settled, false);
  filter.resume();
  await timers.pass(10);
  assert.equal(keeper.settled([A]), true);
});

test('keeper: a table that is lost is told once, and filled when it is there again', async () => {
  const { keeper, filter, timers, events, want } = await setUp();
  want(A, ['deny']);
  want(B, ['deny']);
  await timers.pass(5);
  filter.remove('deny4');
  await timers.pass(3_000);
  assert.deepEqual(
    events.map(({ kind, table }) => `${kind} ${table}`),
    ['lost deny4'],
  );
  assert.equal(keeper.settled([A]), true, 'gone with its rules: nothing to wait for');
  assert.equal(keeper.settled([B]), true);
  filter.create('deny4');
  await timers.pass(6_000);
  assert.deepEqual([...filter.members('deny4')], [A]);
  assert.equal(events.at(-1)?.kind, 'filled');
  assert.equal(keeper.settled([A]), true);
});

test('keeper: a table that was emptied is filled within a second or so', async () => {
  const { filter, timers, want } = await setUp();
  want(A, ['deny']);
  await timers.pass(5);
  filter.remove('deny4');
  filter.create('deny4');
  await timers.pass(1_100);
  assert.deepEqual([...filter.members('deny4')], [A]);
});

test('keeper: a table that never was is not waited for, and the others go on', async () => {
  const { keeper, filter, timers, events, want } = await setUp({ tables: ['deny4', 'deny6'] });
  assert.deepEqual(
    events.map(({ kind, table }) => `${kind} ${table}`),
    ['missing shared4', 'missing shared6'],
  );
  want(A, ['deny']);
  await timers.pass(5);
  want(A, ['shared']);
  await timers.pass(5);
  assert.equal(keeper.settled([A]), true);
  assert.deepEqual([...filter.members('deny4')], [], 'it left all the same');
});

test('keeper: an address that cannot move stays where it is until it can', async () => {
  const { keeper, filter, timers, want } = await setUp();
  want(A, ['deny']);
  await timers.pass(5);
  filter.remove('shared4');
  want(A, ['shared']);
  assert.equal(await pass(timers, keeper.settled([A]), 300), false);
  assert.deepEqual([...filter.members('deny4')], [A]);
  filter.create('shared4');
  await timers.pass(6_000);
  assert.deepEqual([...filter.members('deny4')], []);
  assert.deepEqual([...filter.members('shared4')], [A]);
});

test('keeper: what an earlier process left is cleared at the start', async () => {
  const timers = createTimers();
  const filter = createFakeFilter(timers, { tables: ['deny4'], expires: true });
  filter.put('deny4', A);
  const keeper = createKeeper({ writer: filter.writer, timers, patience: 250, onEvent: () => {} });
  const C = parseAddress('192.0.2.3');
  keeper.want(C, ['deny'], MINUTE);
  await keeper.open(['deny']);
  assert.deepEqual([...filter.members('deny4')], [C]);
});

test('keeper: many addresses at the start are written in pieces', async () => {
  const timers = createTimers();
  const filter = createFakeFilter(timers, { tables: ['deny4'], expires: true });
  const keeper = createKeeper({ writer: filter.writer, timers, patience: 250, onEvent: () => {} });
  for (let i = 0; i < 2_000; i += 1) {
    keeper.want(parseAddress(`10.0.${i >> 8}.${i & 255}`), ['deny'], MINUTE);
  }
  await keeper.open(['deny']);
  await timers.pass(50);
  assert.equal(filter.members('deny4').size, 2_000);
  assert.ok(filter.written.every(({ puts }) => puts.length <= 500));
});

async function pass<T>(
  timers: { pass: (milliseconds: number) => Promise<void> },
  promise: T | Promise<T>,
  milliseconds: number,
): Promise<T> {
  await timers.pass(milliseconds);
  return promise;
}
