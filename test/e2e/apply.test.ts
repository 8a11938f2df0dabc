import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { iptablesBackend } from '../../src/firewall/backends/iptables.ts';
import { nftablesBackend } from '../../src/firewall/backends/nftables.ts';
import { samplePlan } from '../firewall/sample-plan.ts';
import { ADDRESSES, createLab, type Lab } from '../support/e2e/lab.ts';
import { has } from '../support/e2e/output.ts';
import { eventually } from '../support/e2e/patience.ts';
import { type Ended, end, run, type StartOptions, start } from '../support/e2e/process.ts';
import { ENVIRONMENT, missing } from '../support/e2e/requirements.ts';
import { folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

const PROGRAM = fileURLToPath(new URL('../support/e2e/programs/live-gateway.ts', import.meta.url));
const skip = missing('root', 'ip', 'nft', 'setsid');
const skipIptables = skip || missing('iptables', 'ipset', 'unshare');

/** A table of one chain; rules may be anything. */
function rules(...lines: readonly string[]): string {
  return [
    'add table inet tunnelwarden',
    'add set inet tunnelwarden tw_deny4 { type ipv4_addr; flags timeout; timeout 1h; size 1024; }',
    'add chain inet tunnelwarden forward { type filter hook forward priority filter - 10; policy accept; }',
    'flush table inet tunnelwarden',
    ...lines.map((line) => `add rule inet tunnelwarden forward ${line}`),
    '',
  ].join('\n');
}
const OLD = rules('ip daddr @tw_deny4 counter reject comment "TW-DENY: old"');
const NEW = rules('ip daddr @tw_deny4 counter drop comment "TW-DENY: new"');
const LOCKOUT = rules('iifname "lan" counter drop comment "TW-DENY: everything"');

type Gateway = {
  readonly lab: Lab;
  readonly state: string;
  readonly call: (words: readonly string[], options?: StartOptions) => Promise<Ended>;
  /** Applies a rule set; more words may follow. */
  readonly apply: (text: string, ...words: readonly string[]) => Promise<Ended>;
  readonly status: (text: string) => Promise<string>;
  readonly policy: (text: string) => string;
  readonly dump: () => string;
  readonly nft: (...words: readonly string[]) => string;
};

function gateway(t: TestContext): Gateway {
  const lab = createLab(t);
  const { within } = lab.gateway;
  const home = folder(t);
  const state = join(home, 'state');
  const policy = (text: string) =>
    write(home, text.startsWith('[') ? 'policy.json' : 'policy.nft', text);
  const call: Gateway['call'] = (words, options) =>
    run(process.execPath, [PROGRAM, ...words, '--state', state], { within, ...options });
  const nft = (...words: readonly string[]) => inside(lab, 'nft', ...words);
  return {
    lab,
    state,
    call,
    policy,
    apply: (text, ...words) => call(['apply', ...words, '--policy', policy(text)]),
    status: async (text) => {
      const { stdout, stderr } = await call(['status', '--json', '--policy', policy(text)]);
      assert.equal(stderr, '');
      return JSON.parse(stdout).standing;
    },
    nft,
    dump: () => nft('-s', 'list', 'ruleset'),
  };
}

function inside({ gateway }: Lab, program: string, ...words: readonly string[]): string {
  const [ip = '', ...rest] = [...gateway.within, program, ...words];
  return execFileSync(ip, rest, { encoding: 'utf8', env: ENVIRONMENT, stdio: 'pipe' });
}

function ok({ code, stdout, stderr }: Ended): string {
  assert.equal(code, 0, stderr);
  return stdout;
}

test('apply --dry-run changes nothing, and leaves nothing behind', { skip }, async (t) => {
  const { dump, apply, state, nft } = gateway(t);
  nft('add', 'table', 'inet', 'mine');
  const before = dump();
  has(ok(await apply(NEW, '--dry-run')), 'can be loaded; nothing is loaded');
  assert.equal(dump(), before);
  assert.equal(existsSync(state), false);
});

test('apply refuses what the parser refuses, and changes nothing', { skip }, async (t) => {
  const { dump, apply, state, status } = gateway(t);
  ok(await apply(OLD, '--no-confirm'));
  const [rulesBefore, stateBefore] = [dump(), readFileSync(join(state, 'state.json'), 'utf8')];
  const { code, stderr } = await apply(rules('ip daddr @nosuch drop'));
  assert.equal(code, 1);
  has(stderr, 'nosuch');
  assert.equal(dump(), rulesBefore);
  assert.equal(readFileSync(join(state, 'state.json'), 'utf8'), stateBefore);
  assert.equal(await status(OLD), 'in-sync');
});

test('status tells every standing apart', { skip }, async (t) => {
  const { apply, call, status, nft, dump } = gateway(t);
  nft('add', 'table', 'inet', 'mine');
  const before = dump();
  assert.equal(await status(OLD), 'absent');
  has(ok(await apply(OLD)), 'tunnelwarden confirm');
  assert.equal(await status(OLD), 'awaiting');
  ok(await call(['confirm']));
  assert.equal(await status(OLD), 'in-sync');
  assert.equal(await status(NEW), 'outdated');
  nft('add', 'element', 'inet', 'tunnelwarden', 'tw_deny4', '{ 198.51.100.7 }');
  assert.equal(await status(OLD), 'in-sync', 'what the resolver puts into sets is no alteration');
  nft('add', 'rule', 'inet', 'tunnelwarden', 'forward', 'accept');
  assert.equal(await status(OLD), 'altered');
  ok(await apply(OLD, '--no-confirm'));
  assert.equal(await status(OLD), 'in-sync', 'and applying again mends it');
  has(ok(await call(['remove'])), 'are gone');
  assert.equal(await status(OLD), 'absent');
  has(ok(await call(['remove'])), 'No nftables rules were loaded');
  assert.equal(dump(), before);
});

test('status counts by rule', { skip }, async (t) => {
  const { apply, call, policy, lab } = gateway(t);
  ok(
    await apply(
      rules('counter comment "TW-ONE: all"', 'counter comment "TW-ONE: again"'),
      '--no-confirm',
    ),
  );
  const server = await listener(t, lab);
  assert.equal(await reaches(lab, server), true);
  const text = policy(rules('counter comment "TW-ONE: all"', 'counter comment "TW-ONE: again"'));
  const { code, stdout } = await call(['status', '--json', '--policy', text]);
  assert.equal(code, 0);
  const [counter, ...others] = JSON.parse(stdout).counters;
  assert.equal(counter.id, 'TW-ONE');
  assert.equal(others.length, 0);
  assert(counter.packets >= 6 && counter.packets % 2 === 0, `${counter.packets} packets`);
});

test('what the resolver put into live sets survives', { skip }, async (t) => {
  const { apply, nft } = gateway(t);
  ok(await apply(OLD, '--no-confirm'));
  nft(
    'add',
    'element',
    'inet',
    'tunnelwarden',
    'tw_deny4',
    '{ 198.51.100.7, 198.51.100.8 timeout 10m }',
  );
  ok(await apply(NEW, '--no-confirm'));
  const kept = () => nft('list', 'set', 'inet', 'tunnelwarden', 'tw_deny4');
  has(kept(), '198.51.100.7');
  has(kept(), /198\.51\.100\.8 timeout 10m/);
  // Another size is another set, and a base chain of another priority another chain.
  const other = NEW.replace('size 1024', 'size 2048').replace('filter - 10', 'filter - 9');
  ok(await apply(other, '--no-confirm'));
  has(kept(), 'size 2048');
  has(kept(), '198.51.100.7');
  has(kept(), /198\.51\.100\.8 timeout 10m/);
  has(nft('list', 'table', 'inet', 'tunnelwarden'), 'filter - 9');
  // A set that is gone takes its elements along.
  ok(await apply(rules('accept').replace(/^add set .*\n/m, ''), '--no-confirm'));
  assert.doesNotMatch(nft('list', 'table', 'inet', 'tunnelwarden'), /tw_deny4/);
});

test('rollback goes back to the element, once', { skip }, async (t) => {
  const { apply, call, nft, dump, status } = gateway(t);
  ok(await apply(OLD, '--no-confirm'));
  nft('add', 'element', 'inet', 'tunnelwarden', 'tw_deny4', '{ 198.51.100.7 }');
  const before = dump();
  ok(await apply(NEW));
  assert.notEqual(dump(), before);
  ok(await call(['rollback']));
  assert.equal(dump(), before);
  assert.equal(await status(OLD), 'in-sync');
  const again = await call(['rollback']);
  assert.equal(again.code, 1);
  has(again.stderr, 'nothing to go back to');
  const late = await call(['confirm']);
  assert.equal(late.code, 1);
  has(late.stderr, 'nothing waits for confirmation (last: rolled back');
});

test('a second apply waits for the first to be confirmed', { skip }, async (t) => {
  const { apply, call, dump } = gateway(t);
  ok(await apply(OLD));
  const before = dump();
  const second = await apply(NEW);
  assert.equal(second.code, 1);
  has(second.stderr, 'still waits for confirmation');
  assert.equal(dump(), before);
  ok(await call(['confirm']));
  ok(await apply(NEW, '--no-confirm'));
});

test('of two at once, at most one applies at a time', { skip }, async (t) => {
  const { call, policy, state, status } = gateway(t);
  const file = policy(OLD);
  const words = ['apply', '--no-confirm', '--policy', file];
  const ends = await Promise.all(Array.from({ length: 4 }, () => call(words)));
  assert(ends.some(({ code }) => code === 0));
  for (const { code, stderr } of ends)
    if (code !== 0) has(stderr, /is changing the rules just now|one process after another/);
  assert.equal(await status(OLD), 'in-sync');
  assert.equal(existsSync(join(state, 'lock')), false);
});

test('a rule set that locks everybody out goes away by itself', { skip }, async (t) => {
  const { apply, lab, dump, status } = gateway(t);
  const server = await listener(t, lab);
  ok(await apply(OLD, '--no-confirm'));
  const before = dump();
  ok(await apply(LOCKOUT, '--confirm-within', '2s'));
  assert.equal(await reaches(lab, server), false, 'the test would prove nothing');
  await eventually('the rules of before', () => dump() === before, 10_000);
  assert.equal(await reaches(lab, server), true);
  assert.equal(await status(OLD), 'in-sync');
});

test('so does the first one ever, though whoever applied it is killed', { skip }, async (t) => {
  const { lab, dump, policy, state } = gateway(t);
  const server = await listener(t, lab);
  const before = dump();
  // A terminal: a session leader whose end hangs up on all it has started.
  const shell = start(t, 'setsid', [
    'sh',
    '-c',
    'trap "" HUP; "$@"; trap - HUP; echo applied; sleep 60',
    'sh',
    ...lab.gateway.within,
    process.execPath,
    PROGRAM,
    ...['apply', '--policy', policy(LOCKOUT), '--state', state, '--confirm-within', '2s'],
  ]);
  await applied(shell);
  assert.equal(await reaches(lab, server), false, 'the test would prove nothing');
  process.kill(-(shell.pid as number), 'SIGHUP');
  process.kill(-(shell.pid as number), 'SIGKILL');
  const { pending } = JSON.parse(readFileSync(join(state, 'state.json'), 'utf8'));
  const [, timer] = /^process (\d+)$/.exec(pending.timer) ?? [];
  // Where systemd has the timer, nobody can hang up on it.
  if (timer !== undefined) process.kill(Number(timer), 'SIGHUP');
  await eventually('the rules of before', () => dump() === before, 10_000);
  assert.equal(await reaches(lab, server), true);
});

async function applied(shell: ReturnType<typeof start>): Promise<void> {
  let text = '';
  for await (const chunk of shell.stdout ?? []) {
    text += chunk;
    if (text.includes('applied')) return;
  }
  assert.fail(`it was not applied: ${text}`);
}

/** Stands in for nft: does its work, and at the call with a certain number kills who called. */
const KILLER = `#!/bin/sh
number=$(($(cat "$TW_COUNT") + 1))
echo "$number" >"$TW_COUNT"
[ "$number $TW_WHEN" != "$TW_AT before" ] || kill -9 "$PPID"
"$TW_NFT" "$@"
code=$?
[ "$number $TW_WHEN" != "$TW_AT after" ] || kill -9 "$PPID"
exit "$code"
`;

test('a process killed anywhere leaves the old rules or the new', { skip }, async (t) => {
  const { call, policy, apply, nft, state, dump } = gateway(t);
  const tools = folder(t);
  const nftHere = execFileSync('sh', ['-c', 'command -v nft'], {
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  writeFileSync(join(tools, 'nft'), KILLER);
  chmodSync(join(tools, 'nft'), 0o755);
  const outcomes: string[] = [];
  ok(await apply(OLD, '--no-confirm'));
  const old = dump();
  ok(await apply(NEW, '--no-confirm'));
  const fresh = dump();
  for (const when of ['before', 'after']) {
    for (let at = 1; ; at++) {
      ok(await apply(OLD, '--no-confirm'));
      write(tools, 'count', '0');
      const { signal, code } = await call(['apply', '--no-confirm', '--policy', policy(NEW)], {
        env: {
          PATH: `${tools}:${ENVIRONMENT.PATH}`,
          TW_COUNT: join(tools, 'count'),
          TW_NFT: nftHere.trim(),
          TW_WHEN: when,
          TW_AT: String(at),
        },
      });
      const now = dump();
      assert([old, fresh].includes(now), `${when} call ${at}: neither the old rules nor the new`);
      if (signal === null) {
        assert.equal(code, 0);
        break;
      }
      outcomes.push(now === old ? 'old' : 'new');
      assert(existsSync(join(state, 'lock')), 'it was killed at work');
    }
  }
  // It really was killed on both sides of the load.
  assert(outcomes.includes('old') && outcomes.includes('new'), outcomes.join(' '));
  has(nft('list', 'tables'), 'tunnelwarden');
});

test('a process killed after it has loaded is rolled back', { skip }, async (t) => {
  const { call, policy, apply, dump, status } = gateway(t);
  const tools = folder(t);
  const nftHere = execFileSync('sh', ['-c', 'command -v nft'], {
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  // At the load itself: the only call without -c that reads a file.
  writeFileSync(
    join(tools, 'nft'),
    `#!/bin/sh\n"${nftHere.trim()}" "$@"\ncode=$?\n[ "$1" != -f ] || [ -e "${tools}/done" ] || { : >"${tools}/done"; kill -9 "$PPID"; }\nexit "$code"\n`,
  );
  chmodSync(join(tools, 'nft'), 0o755);
  ok(await apply(OLD, '--no-confirm'));
  const before = dump();
  const words = ['apply', '--confirm-within', '1s', '--policy', policy(NEW)];
  const { signal } = await call(words, { env: { PATH: `${tools}:${ENVIRONMENT.PATH}` } });
  assert.equal(signal, 'SIGKILL');
  assert.notEqual(dump(), before);
  await eventually('the rules of before', () => dump() === before, 10_000);
  assert.equal(await status(OLD), 'in-sync');
});

test('what was confirmed stays', { skip }, async (t) => {
  const { apply, call, dump } = gateway(t);
  ok(await apply(NEW, '--confirm-within', '2s'));
  ok(await call(['confirm']));
  const before = dump();
  await delay(3500); // the timer, had it not been called off
  assert.equal(dump(), before);
});

test('the rule sets of a whole plan load, again and again', { skip }, async (t) => {
  const { apply, status, nft } = gateway(t);
  const text = JSON.stringify(nftablesBackend.print(samplePlan));
  ok(await apply(text, '--no-confirm'));
  ok(await apply(text, '--no-confirm'));
  assert.equal(await status(text), 'in-sync');
  has(nft('list', 'set', 'inet', 'tunnelwarden', 'tw_deny4'), '198.51.100.10');
});

for (const backend of [nftablesBackend, iptablesBackend]) {
  const lacking = backend === nftablesBackend ? skip : skipIptables;

  test(`${backend.id}: that a gate is there is no alteration, and survives`, {
    skip: lacking,
  }, async (t) => {
    const { apply, lab, status } = gateway(t);
    const isNft = backend === nftablesBackend;
    const textFor = (packets: typeof samplePlan.packets) =>
      JSON.stringify(backend.print({ ...samplePlan, packets }));
    const { packets } = samplePlan;
    const text = textFor(packets);
    // Sets and chains of another shape: nftables makes the table anew.
    const everyone = packets.audiences.filter(({ id }) => id === 'everyone');
    const other = textFor({
      ...packets,
      dispatch: [],
      audiences: everyone,
      sets: packets.sets.filter(({ id }) => !id.endsWith('guests')),
    });
    const listed = () =>
      isNft
        ? inside(lab, 'nft', 'list', 'set', 'inet', 'tunnelwarden', 'tw_gate')
        : inside(lab, 'ipset', 'list', 'tw_gate');

    ok(await apply(text, backend.id, '--no-confirm'));
    if (isNft) {
      const element = '{ 443 timeout 10m }';
      inside(lab, 'nft', 'add', 'element', 'inet', 'tunnelwarden', 'tw_gate', element);
    } else inside(lab, 'ipset', 'add', 'tw_gate', '443', 'timeout', '600');
    assert.equal(await status(text), 'in-sync');
    for (const next of [text, other, text]) {
      ok(await apply(next, backend.id, '--no-confirm'));
      has(listed(), /\b443 timeout/);
    }
  });

  test(`${backend.id}: the routes of a transparent gate come once, and go`, {
    skip: lacking,
  }, async (t) => {
    const { apply, call, lab } = gateway(t);
    const settings = { ...samplePlan.settings, transparent: true };
    const text = JSON.stringify(backend.print({ ...samplePlan, settings }));
    const routing = () =>
      ['-4', '-6'].map(
        (family) => inside(lab, 'ip', family, 'rule').match(/fwmark 0x1\/0x1/g)?.length ?? 0,
      );
    ok(await apply(text, backend.id, '--no-confirm'));
    ok(await apply(text, backend.id, '--no-confirm'));
    assert.deepEqual(routing(), [1, 1]);
    has(inside(lab, 'ip', '-6', 'route', 'show', 'table', '7353'), 'local default dev lo');
    ok(await call(['remove']));
    assert.deepEqual(routing(), [0, 0]);
  });
}

test('two dialects are not loaded at once', { skip: skipIptables }, async (t) => {
  const { apply, call } = gateway(t);
  ok(await apply(OLD, 'nftables', '--no-confirm'));
  const text = JSON.stringify(iptablesBackend.print(samplePlan));
  const { code, stderr } = await apply(text, 'iptables', '--no-confirm');
  assert.equal(code, 1);
  has(stderr, 'rules for nftables are loaded; `tunnelwarden remove` them first');
  ok(await call(['remove']));
  ok(await apply(text, 'iptables', '--no-confirm'));
});

const POLICY = `organisation: { name: Example Corp, contact: it-help@example.com }
ingress:
  - domain: tunnels.example.com
services: { ngrok: block }
firewall:
  lan: [lan]
  parts: [capture, resolvers, addresses, ports]
`;

test('the program itself: a policy is applied, not confirmed, applied again and kept', {
  skip,
}, async (t) => {
  const { lab, state, dump } = gateway(t);
  const home = folder(t);
  const policy = write(home, 'policy.yaml', POLICY);
  const { within } = lab.gateway;
  const call = (...words: readonly string[]) =>
    tunnelwarden([...words, '--state', state], { within });
  const before = dump();
  has(ok(await call('apply', '--policy', policy, '--dry-run')), 'Nothing was changed');
  assert.equal(dump(), before);

  const said = ok(await call('apply', '--policy', policy, '--confirm-within', '1s'));
  has(said, `tunnelwarden confirm --state ${state}`);
  assert.notEqual(dump(), before);
  await eventually('the rules of before', () => dump() === before, 10_000);
  const absent = await call('status', '--policy', policy);
  assert.equal(absent.code, 1);
  has(absent.stdout, 'not confirmed in time, rolled back');

  ok(await call('apply', '--policy', policy));
  ok(await call('confirm'));
  has(ok(await call('status', '--policy', policy)), 'in-sync');
  write(home, 'policy.yaml', POLICY.replace('capture, ', ''));
  const outdated = await call('status', '--policy', policy);
  assert.equal(outdated.code, 1);
  has(outdated.stdout, 'the policy yields other rules now');
  write(home, 'policy.yaml', 'nonsense: 1\n');
  const unreadable = await call('status', '--policy', policy);
  assert.equal(unreadable.code, 2);
  has(unreadable.stdout, 'cannot be read');
  for (const words of [
    ['apply', 'squid', '--policy', policy],
    ['apply', '--policy', policy, '--confirm-within', '0s'],
  ])
    assert.equal((await call(...words)).code, 2, words.join(' '));
});

test('whoever may not is told so', { skip: skip || missing('setpriv') }, async (t) => {
  const { lab, policy } = gateway(t);
  const user = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const file = policy(NEW);
  chmodSync(join(file, '..'), 0o755);
  const { code, stderr } = await run(
    process.execPath,
    [PROGRAM, 'apply', '--policy', file, '--state', '/var/lib/tw-no'],
    {
      within: [...lab.gateway.within, ...user],
    },
  );
  assert.equal(code, 1);
  has(stderr, /root/);
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test('iptables: only what is ours comes and goes', { skip: skipIptables }, async (t) => {
  const { apply, call, lab, policy } = gateway(t);
  const iptables = (...words: readonly string[]) => inside(lab, 'iptables', ...words);
  const dump = () =>
    [inside(lab, 'iptables-save'), inside(lab, 'ip6tables-save'), inside(lab, 'ipset', 'save')]
      .join('')
      .replace(/^#.*\n/gm, '')
      .replace(/\[\d+:\d+\]/g, '');
  iptables('-A', 'FORWARD', '-m', 'comment', '--comment', 'mine -j TW-NOT', '-j', 'ACCEPT');
  iptables('-t', 'nat', '-A', 'PREROUTING', '-p', 'tcp', '--dport', '8080', '-j', 'REDIRECT');
  inside(lab, 'ip6tables', '-t', 'nat', '-N', 'MINE');
  inside(lab, 'ipset', 'create', 'mine', 'hash:ip');
  const text = JSON.stringify(iptablesBackend.print(samplePlan));

  // Tables that iptables has looked at stay, empty as they are.
  const before = dump();
  has(ok(await apply(text, 'iptables', '--dry-run')), 'can be loaded; nothing is loaded');
  assert.equal(dump(), before);

  ok(await apply(text, 'iptables', '--no-confirm'));
  const standing = async () =>
    JSON.parse((await call(['status', '--json', '--policy', policy(text)])).stdout).standing;
  assert.equal(await standing(), 'in-sync');
  has(iptables('-S', 'FORWARD').split('\n')[1] ?? '', '-j TW-HOOK-FORWARD');
  inside(lab, 'ipset', 'add', 'tw_deny4', '198.51.100.7', 'timeout', '0');
  assert.equal(await standing(), 'in-sync');
  iptables('-I', 'FORWARD', '-j', 'ACCEPT');
  assert.equal(await standing(), 'altered', 'an accept in front of ours');
  iptables('-D', 'FORWARD', '1');
  const loaded = dump();

  // A policy with other chains and sets, and back.
  const { packets } = samplePlan;
  const everyone = packets.audiences.filter(({ id }) => id === 'everyone');
  const smaller = { ...packets, dispatch: [], audiences: everyone };
  const other = JSON.stringify(iptablesBackend.print({ ...samplePlan, packets: smaller }));
  ok(await apply(other, '--confirm-within', '60s'));
  assert.notEqual(dump(), loaded);
  ok(await call(['rollback']));
  assert.deepEqual(sorted(dump()), sorted(loaded));

  ok(await call(['remove']));
  assert.equal(withoutEmptyTables(dump()), withoutEmptyTables(before));
});

/** Elements of a hashed set come in any order; the timeouts of live ones run. */
function sorted(dump: string): string[] {
  return dump
    .split('\n')
    .map((line) => line.replace(/ timeout (?!0)\d+/, '').replace(/ (hashsize|initval) \S+/g, ''))
    .sort();
}

/** Looking at a table makes it; it stays when all that was in it is gone. */
function withoutEmptyTables(dump: string): string {
  return dump.replace(/^\*\w+\n(:[A-Z]+ ACCEPT ?\n)*COMMIT\n/gm, '');
}

test('iptables: a load that fails half-way is taken back', { skip: skipIptables }, async (t) => {
  const { call, apply, lab, policy } = gateway(t);
  const text = JSON.stringify(iptablesBackend.print(samplePlan));
  ok(await apply(text, 'iptables', '--no-confirm'));
  const dump = () =>
    sorted(
      [inside(lab, 'iptables-save'), inside(lab, 'ipset', 'save')].join('').replace(/^#.*\n/gm, ''),
    );
  const before = dump();
  // IPv6 fails when IPv4 is loaded already; not in the rehearsal, where it is called through sh.
  const tools = folder(t);
  const real = execFileSync('sh', ['-c', 'command -v ip6tables-restore'], {
    encoding: 'utf8',
    env: ENVIRONMENT,
  }).trim();
  writeFileSync(
    join(tools, 'ip6tables-restore'),
    `#!/bin/sh\ncase "$*" in *--wait*--test) ;; *--wait*) [ -e "${tools}/done" ] || { : >"${tools}/done"; exit 4; } ;; esac\nexec "${real}" "$@"\n`,
  );
  chmodSync(join(tools, 'ip6tables-restore'), 0o755);
  const { packets } = samplePlan;
  const fewer = { ...packets, dispatch: [], audiences: packets.audiences.slice(1) };
  const other = JSON.stringify(iptablesBackend.print({ ...samplePlan, packets: fewer }));
  const { code, stderr } = await call(['apply', '--no-confirm', '--policy', policy(other)], {
    env: { PATH: `${tools}:${ENVIRONMENT.PATH}` },
  });
  assert.equal(code, 1);
  has(stderr, 'ip6tables-restore');
  assert(existsSync(join(tools, 'done')), 'the test would prove nothing');
  assert.deepEqual(dump(), before);
});

/** A server beyond the gateway; gives its port. */
async function listener(t: TestContext, lab: Lab): Promise<number> {
  const script =
    "require('net').createServer((s) => s.end('hello')).listen(8080, '0.0.0.0', () => console.log('up'))";
  const child = spawn('ip', [...lab.internet.within.slice(1), process.execPath, '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: ENVIRONMENT,
  });
  t.after(() => end(child));
  await once(child.stdout, 'data');
  return 8080;
}

/** Whether the client gets an answer from it within a second. */
async function reaches(lab: Lab, port: number): Promise<boolean> {
  const script = `require('net').connect(${port}, '${ADDRESSES.ngrok[0]}').on('data', () => process.exit(0)).on('error', () => process.exit(1)); setTimeout(() => process.exit(1), 1000)`;
  const { code } = await run(process.execPath, ['-e', script], { within: lab.client.within });
  return code === 0;
}
