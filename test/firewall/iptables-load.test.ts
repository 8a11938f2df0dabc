import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Plan } from '../../src/firewall/backend.ts';
import { iptablesBackend } from '../../src/firewall/backends/iptables.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { folder } from '../support/e2e/tunnelwarden.ts';
import { samplePlan } from './sample-plan.ts';
import { scriptsOf, stateOf, VARIANTS } from './support/iptables.ts';
import { emptyNamespace, succeeds, told, written } from './support/ruleset.ts';

const { settings, packets } = samplePlan;
const HOSTILE =
  'quote " back \\ dollar $(id) `id` semi ; hash # percent % */ \n-j ACCEPT\u00fc\u202e\\';
const hostile = (text: string) => `${text} ${HOSTILE}`;

/** A plan in which everything that comes from outside is hostile. */
const hostilePlan: Plan = {
  ...samplePlan,
  organisation: { name: HOSTILE, contact: HOSTILE },
  packets: {
    ...packets,
    sets: packets.sets.map((set) => ({ ...set, note: hostile(set.note) })),
    audiences: packets.audiences.map((audience) => ({
      ...audience,
      entries: audience.entries.map((entry) => ({
        ...entry,
        note: `${hostile(entry.note)} ${'"\\'.repeat(200)}`,
      })),
    })),
  },
  gaps: [{ about: HOSTILE, text: HOSTILE }],
};

const PLANS: readonly (readonly [string, Plan])[] = [
  ['a gate', samplePlan],
  ['a transparent gate', { ...samplePlan, settings: { ...settings, transparent: true } }],
  ['the kernel looking', { ...samplePlan, packets: { ...packets, sni: 'kernel' } }],
  ['hostile text', hostilePlan],
];

for (const variant of VARIANTS) {
  const skip = missing('root', 'ip', 'ipset', variant);
  const program6 = variant.replace('ip', 'ip6');

  for (const [what, plan] of PLANS) {
    test(`${variant}: ${what} loads, twice to the same end, and goes without a trace`, {
      skip,
    }, async (t) => {
      const within = await emptyNamespace(t);
      for (const program of [variant, program6]) {
        await succeeds(program, ['-A', 'FORWARD', '-j', 'ACCEPT'], { within });
      }
      await succeeds('ipset', ['create', 'other', 'hash:ip'], { within });
      const before = await stateOf(within, variant);
      const { apply, remove } = scriptsOf(t, plan, within, variant);

      const first = await apply();
      assert.equal(first.code, 0, told(first));
      assert.equal(first.stdout + first.stderr, '');
      await succeeds('ipset', ['add', 'tw_deny4', '203.0.113.99', 'timeout', '300'], { within });
      await succeeds('ipset', ['add', 'tw_net_1f2e3d4c4', '203.0.113.99'], { within });
      const loaded = await stateOf(within, variant);
      assert.match(loaded, /^-A FORWARD -j TW-HOOK-FORWARD\n-A FORWARD -j ACCEPT$/m);

      const second = await apply();
      assert.equal(second.code, 0, told(second));
      // What the resolver has found stays; what is the file's is as the file has it.
      assert.equal(
        await stateOf(within, variant),
        loaded.replace('add tw_net_1f2e3d4c4 203.0.113.99\n', ''),
      );
      assert.match(loaded, /^add tw_deny4 203\.0\.113\.99$/m);

      for (const _ of ['once', 'again']) {
        const removed = await remove();
        assert.equal(removed.code, 0, told(removed));
        assert.equal(await stateOf(within, variant), before);
      }
      assert.doesNotMatch(await succeeds('ip', ['rule'], { within }), /fwmark/);
    });
  }

  test(`${variant}: comments are read back as they were written`, { skip }, async (t) => {
    const within = await emptyNamespace(t);
    const { apply } = scriptsOf(t, hostilePlan, within, variant);
    await apply();
    const rules = await succeeds(variant, ['-S', 'TW-EVERYONE'], { within });
    const wanted = 'TW-DENY addresses of blocked names quote \\" back \\\\ dollar $(id) `id` semi';
    assert.ok(
      rules.includes(`--comment "${wanted} ; hash # percent % */ <U+000A>-j ACCEPT`),
      rules,
    );
    assert.doesNotMatch(rules, /-j ACCEPT$/m);
  });

  test(`${variant}: what an earlier policy had is taken away`, { skip }, async (t) => {
    const within = await emptyNamespace(t);
    const old = scriptsOf(t, samplePlan, within, variant);
    const { capture: _, ...rest } = packets;
    const everyone = packets.audiences.filter(({ id }) => id === 'everyone');
    const next = scriptsOf(
      t,
      {
        ...samplePlan,
        packets: {
          ...rest,
          dispatch: [],
          audiences: everyone,
          sets: packets.sets.filter(({ id }) => !id.endsWith('_guests')),
          sni: 'kernel',
        },
      },
      within,
      variant,
    );
    assert.equal((await old.apply()).code, 0);
    const ended = await next.apply();
    assert.equal(ended.code, 0, told(ended));
    const state = await stateOf(within, variant);
    assert.doesNotMatch(state, /guests|TW-GUESTS|TW-HOOK-NAT|REDIRECT/);
    assert.match(state, /TW-SNI-EVERYONE/);
  });

  test(`${variant}: a jump that others stand before becomes the first again`, {
    skip,
  }, async (t) => {
    const within = await emptyNamespace(t);
    const { apply } = scriptsOf(t, samplePlan, within, variant);
    await apply();
    for (const program of [variant, program6]) {
      await succeeds(program, ['-I', 'FORWARD', '-i', 'lan0', '-j', 'ACCEPT'], { within });
    }
    assert.equal((await apply()).code, 0);
    for (const program of [variant, program6]) {
      const rules = await succeeds(program, ['-S', 'FORWARD'], { within });
      assert.deepEqual(rules.trim().split('\n').slice(1), [
        '-A FORWARD -j TW-HOOK-FORWARD',
        '-A FORWARD -i lan0 -j ACCEPT',
      ]);
    }
  });

  test(`${variant}: a set of another kind stops it before any rule`, { skip }, async (t) => {
    const within = await emptyNamespace(t);
    await succeeds('ipset', ['create', 'tw_deny4', 'hash:net'], { within });
    const ended = await scriptsOf(t, samplePlan, within, variant).apply();
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /tunnelwarden: not all sets are loaded; the rules are as they were/);
    assert.doesNotMatch(await stateOf(within, variant), /TW-/);
  });

  test(`${variant}: it says so when only one family has been loaded`, { skip }, async (t) => {
    const within = await emptyNamespace(t);
    const path = folder(t);
    // Takes the test, not the load; everything else is the real program.
    const restore = `case "$*" in *--test*) exec ${program6}-restore "$@" ;; *) exit 4 ;; esac`;
    for (const [name, line] of [
      ['six', `exec ${program6} "$@"`],
      ['six-save', `exec ${program6}-save "$@"`],
      ['six-restore', restore],
    ] as const) {
      writeFileSync(`${path}/${name}`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    }
    const { apply } = scriptsOf(t, samplePlan, within, variant);
    const ended = await apply({ IP6TABLES: `${path}/six` });
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /IPv4 has the new rules, IPv6 is as it was before/);
  });

  test(`${variant}: ipset and the parsers take the files by themselves`, { skip }, async (t) => {
    const within = await emptyNamespace(t);
    const path = written(t, iptablesBackend.print(samplePlan));
    await succeeds('ipset', ['restore', '-file', `${path}/sets`], { within });
    await succeeds(`${variant}-restore`, ['--test', '--noflush', `${path}/rules.v4`], { within });
    await succeeds(`${program6}-restore`, ['--test', '--noflush', `${path}/rules.v6`], { within });
    assert.doesNotMatch(await stateOf(within, variant), /TW-/);
  });
}

test('iptables: the scripts are sh', { skip: missing('bash') }, async (t) => {
  for (const [, plan] of PLANS) {
    const path = written(t, iptablesBackend.print(plan));
    for (const script of ['apply.sh', 'remove.sh']) {
      const ended = await run('sh', ['-n', `${path}/${script}`]);
      assert.equal(ended.code, 0, told(ended));
    }
  }
});
