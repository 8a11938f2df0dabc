import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { createIntake } from '../../../src/firewall/log/intake.ts';
import { followKmsg } from '../../../src/firewall/log/kmsg.ts';
import type { LoggedPacket } from '../../../src/firewall/log/packet.ts';
import { eventually } from '../../support/e2e/patience.ts';
import { folder } from '../../support/e2e/tunnelwarden.ts';

const NOON = Date.UTC(2026, 10, 27, 12);
const record = (last: number) =>
  `4,${last},1000,-;TW-DENY IN=lan OUT=wan SRC=192.0.2.10 DST=203.0.113.${last} LEN=60 PROTO=UDP SPT=1 DPT=443 \n SUBSYSTEM=net\n`;

function follow(path?: string) {
  const packets: LoggedPacket[] = [];
  const states: (string | undefined)[] = [];
  const intake = createIntake((packet) => packets.push(packet), systemClock.now);
  const source = followKmsg(
    {
      intake,
      timers: systemClock,
      now: () => NOON,
      onState: (fault) => states.push(fault),
      pf: { take: () => assert.fail() },
    },
    path,
  );
  return { packets, states, intake, source };
}

// The kernel logs packets of its first network only, so a pipe stands in for /dev/kmsg: like that, it
// gives what there is, and then EAGAIN.
test('kmsg: what comes from now on', async (t) => {
  const path = join(folder(t), 'kmsg');
  execFileSync('mkfifo', [path]);
  const end = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  t.after(() => closeSync(end));
  writeSync(end, record(1) + record(2)); // before we came
  const { packets, intake, source } = follow(path);
  writeSync(end, `${record(3)}6,9,9,-;eth0: link up\n`);
  await eventually('a packet', () => packets.length > 0);
  assert.deepEqual(packets, [
    {
      time: NOON,
      entry: 'TW-DENY',
      from: '192.0.2.10',
      to: '203.0.113.3',
      transport: 'udp',
      port: 443,
      refused: true,
    },
  ]);
  assert.deepEqual(intake.tally(), { packets: 1, foreign: 1, unreadable: 0, passedOver: 0 });
  await source.stop();
});

test('kmsg: where there is none, that is what is said', async (t) => {
  const { states, source } = follow(join(folder(t), 'kmsg'));
  assert.match(
    states[0] ?? '',
    /there is no .*kmsg; give the file that the kernel's log is kept in/,
  );
  await source.stop();
});

const canWrite = (() => {
  try {
    accessSync('/dev/kmsg', constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
})();
test('kmsg: the real one, to which a program may write as well', {
  skip: canWrite ? false : 'needs /dev/kmsg',
}, async () => {
  const { packets, states, intake, source } = follow();
  await eventually('it is at the end', () => states.length > 0);
  assert.equal(states[0], undefined);
  const before = intake.tally();
  // What a program writes there is no word of the kernel's, whatever it says.
  writeFileSync('/dev/kmsg', record(1).split(';')[1] as string);
  await eventually('it is seen', () => intake.tally().foreign > before.foreign);
  assert.deepEqual(packets, []);
  await source.stop();
});
