import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import { createHeartbeat } from '../../../src/firewall/sets/heartbeat.ts';
import { eventually } from '../../support/e2e/patience.ts';
import { run } from '../../support/e2e/process.ts';
import { missing } from '../../support/e2e/requirements.ts';
import { folder, write } from '../../support/e2e/tunnelwarden.ts';
import { emptyNamespace, succeeds } from '../support/ruleset.ts';
import { createTimers } from './support.ts';

const SET = 'inet tunnelwarden tw_gate';
const FEEDS = [
  {
    feed: 'nft',
    make: `nft 'add table inet tunnelwarden; add set ${SET} { type inet_service; flags timeout; }'`,
    lose: 'nft delete table inet tunnelwarden',
    list: `nft list set ${SET}`,
    reason: /No such file or directory/,
  },
  {
    feed: 'ipset',
    make: 'ipset create tw_gate bitmap:port range 0-65535 timeout 0',
    lose: 'ipset destroy tw_gate',
    list: 'ipset list tw_gate',
    reason: /does not exist/,
  },
] as const;

for (const { feed, make, lose, list, reason } of FEEDS) {
  const skip = missing('root', 'ip', feed);

  test(`heartbeat: ${feed} is told of the gate whenever there is a set`, { skip }, async (t) => {
    const within = await emptyNamespace(t);
    const program = write(folder(t), feed, `#!/bin/sh\nexec ${within.join(' ')} ${feed} "$@"\n`);
    chmodSync(program, 0o755);
    const shell = (command: string) => succeeds('sh', ['-c', command], { within });
    /** Milliseconds that are left of the port's time; undefined where it is not there. */
    const left = async () => {
      const text = await shell(list);
      const seconds = /\b443 (?:timeout 5s expires (\d+)s|timeout (\d+))/.exec(text);
      return seconds ? Number(seconds[1] ?? seconds[2]) * 1000 : undefined;
    };
    const timers = createTimers();
    const events: string[] = [];
    const reasons: string[] = [];
    const heartbeat = createHeartbeat({
      ...{ feed, timers, program },
      onEvent: (event) => {
        events.push(event.kind);
        if ('message' in event) reasons.push(event.message);
      },
    });
    t.after(heartbeat.stop);
    const told = (...expected: readonly string[]) =>
      eventually(`${expected}`, async () => {
        await timers.pass(1500);
        return events.join() === expected.join();
      });

    heartbeat.start();
    await told('missing');
    for (let i = 0; i < 4; i += 1) await timers.pass(1500);
    assert.deepEqual(events, ['missing'], 'it is told once');
    await shell(make);
    await told('missing', 'beating');
    assert.ok(((await left()) ?? 0) > 3000);

    // Its time runs, and each word begins it anew.
    await eventually('a second that passes', async () => ((await left()) ?? 9000) < 4000, 10_000);
    await eventually('a new beginning', async () => {
      await timers.pass(1500);
      return ((await left()) ?? 0) >= 4000;
    });

    await shell(lose);
    await told('missing', 'beating', 'lost');
    await shell(make);
    await told('missing', 'beating', 'lost', 'beating');
    for (const text of reasons) assert.match(text, reason);

    await heartbeat.stop();
    assert.equal(await left(), undefined);
    await timers.pass(10_000);
    assert.equal(await left(), undefined, 'nothing more is said');
    assert.equal((await run('sh', ['-c', list], { within })).code, 0);
  });
}
