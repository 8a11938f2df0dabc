import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Found } from '../../../src/firewall/log/intake.ts';
import { createPfIntake, labelsIn } from '../../../src/firewall/log/pf-rules.ts';
import type { PfPacket } from '../../../src/firewall/log/pflog.ts';
import type { Address } from '../../../src/policy/network.ts';
import { createFakeClock } from '../../support/clock.ts';

// As pfctl(8) prints rules with -vv: made by hand from its source, since no pf was at hand.
const LISTED = `@0 block return in log (to pflog5) quick on lan0 from any to <tw_refuser> label "TW-REFUSER"
  [ Evaluations: 12        Packets: 0         Bytes: 0           States: 0     ]
  [ Inserted: uid 0 pid 4711 State Creations: 0     ]
@1 match in on lan0 proto tcp from any to <tw_support> port = http label "TW-CRL" tag TW_PASS
@2 block return in log (to pflog5) quick on lan0 from any to <tw_deny> ! tagged TW_PASS label "TW-DENY"
@3(1700000001) block return in log quick on lan0 inet6 from any to any label "TW-DENY.c0123abcd"
@4 pass in quick on lan0 from any to any label "mine"
`;

test('pf rules: their labels by number', () => {
  assert.deepEqual(
    [...labelsIn(LISTED)],
    [
      [0, 'TW-REFUSER'],
      [1, 'TW-CRL'],
      [2, 'TW-DENY'],
      [3, 'TW-DENY.c0123abcd'],
    ],
  );
});

function createWorld() {
  const clock = createFakeClock();
  const found: Found[] = [];
  const faults: string[] = [];
  let listed: string | Error = LISTED;
  let reads = 0;
  const { take } = createPfIntake({
    intake: { take: (one) => found.push(one) },
    timers: clock,
    onFault: (message) => faults.push(message),
    read: async () => {
      reads += 1;
      if (listed instanceof Error) throw listed;
      return listed;
    },
  });
  const packet = (rule: number, anchor = 'tunnelwarden'): PfPacket => ({
    ...{ time: 1, anchor, rule, refused: true },
    headers: { from: '192.0.2.1' as Address, to: '192.0.2.2' as Address, transport: 'tcp' },
  });
  const entries = () => found.map((one) => (typeof one === 'string' ? one : one.entry));
  return {
    clock,
    take: (...rules: readonly number[]) => {
      for (const rule of rules) take(packet(rule));
    },
    takeOf: (anchor: string) => take(packet(0, anchor)),
    list: (next: string | Error) => {
      listed = next;
    },
    entries,
    faults,
    reads: () => reads,
  };
}

test('pf rules: read once for what comes together, and again when they are old', async () => {
  const { clock, take, takeOf, list, entries, reads } = createWorld();
  take(2, 3);
  takeOf('');
  takeOf('others');
  assert.deepEqual(entries(), ['foreign', 'foreign']);
  await clock.advance(0);
  assert.deepEqual(entries().slice(2), ['TW-DENY', 'TW-DENY.c0123abcd']);
  await clock.advance(1_900);
  take(0, 4, 9);
  assert.deepEqual(entries().slice(4), ['TW-REFUSER', 'foreign', 'foreign']);
  assert.equal(reads(), 1);
  list('@2 block return in log quick on lan0 from any to any label "TW-DOT"\n');
  await clock.advance(200);
  take(2);
  await clock.advance(0);
  assert.deepEqual(entries().slice(7), ['TW-DOT']);
});

test('pf rules: where they cannot be read, the number says which it was', async () => {
  const { clock, take, list, entries, faults } = createWorld();
  list(new Error('pfctl: /dev/pf: Permission denied'));
  take(2);
  await clock.advance(3_000);
  take(3);
  await clock.advance(3_000);
  assert.deepEqual(entries(), ['TW-PF-2', 'TW-PF-3']);
  assert.deepEqual(faults, ['pfctl: /dev/pf: Permission denied']);
});

test('pf rules: no more packets wait than there is room for', () => {
  const { take, entries } = createWorld();
  take(...Array.from({ length: 1_005 }, () => 2));
  assert.deepEqual(
    entries(),
    Array.from({ length: 5 }, () => 'unreadable'),
  );
});
