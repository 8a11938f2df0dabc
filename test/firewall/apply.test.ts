import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  apply,
  type Confirmation,
  confirm,
  Refused,
  type Request,
  remove,
  rollback,
  type Site,
} from '../../src/firewall/apply/apply.ts';
import { isLive, ourSets, refill } from '../../src/firewall/apply/ipset-save.ts';
import { iptablesLoader } from '../../src/firewall/apply/iptables.ts';
import { oursIn, transition } from '../../src/firewall/apply/iptables-save.ts';
import {
  formatMark,
  hashOf,
  type Loader,
  type Mark,
  type Present,
  parseMark,
  StepFailure,
} from '../../src/firewall/apply/loader.ts';
import { nftLoader, nftShape } from '../../src/firewall/apply/nft.ts';
import {
  carried,
  countersOf,
  fingerprintOf,
  markOf,
} from '../../src/firewall/apply/nft-listing.ts';
import { pfLoader } from '../../src/firewall/apply/pf.ts';
import { runProgram } from '../../src/firewall/apply/run.ts';
import { Busy, openState, StateFailure } from '../../src/firewall/apply/state.ts';
import { statusOf } from '../../src/firewall/apply/status.ts';
import { createTimer, systemdRun } from '../../src/firewall/apply/timer.ts';
import { folder, write } from '../support/e2e/tunnelwarden.ts';

const MARK: Mark = { policy: 'ab'.repeat(26), text: '0123456789abcdef', shape: 'fedcba9876543210' };

test('mark: comes back, and fits into a comment of nftables', () => {
  const text = formatMark({ ...MARK, policy: 'ab'.repeat(32) });
  assert(text.length <= 128, `${text.length}`);
  assert.deepEqual(parseMark(text), MARK);
  assert.equal(parseMark('policy x'), undefined);
  assert.equal(parseMark(undefined), undefined);
});

const LISTING = `table inet tunnelwarden {
	set tw_deny4 {
		type ipv4_addr
		size 65536
		timeout 1h
		elements = { 192.0.2.1, 192.0.2.2 timeout 5m,
			     192.0.2.3 }
	}

	set tw_doh4 {
		type ipv4_addr
		flags interval
		auto-merge
		elements = { 198.51.100.0/24,
			     203.0.113.0/24 }
	}

	chain forward {
		type filter hook forward priority filter - 10; policy accept;
		ip daddr @tw_deny4 counter reject comment "TW-DENY: x"
	}

	chain tw_applied {
		return comment "${formatMark(MARK)}"
	}
}
`;

test('nft listing: the elements of live sets, and no others, are carried over', () => {
  assert.deepEqual(
    carried(LISTING).map(({ set, elements }) => `${set} ${elements.replace(/\s+/g, ' ')}`),
    ['tw_deny4 { 192.0.2.1, 192.0.2.2 timeout 5m, 192.0.2.3 }'],
  );
  assert.deepEqual(markOf(LISTING), { mark: MARK });
});

const SAME: readonly { when: string; change: (text: string) => string; same: boolean }[] = [
  { when: 'nothing changes', change: (text) => text, same: true },
  {
    when: 'a live element goes',
    change: (text) => text.replace('192.0.2.1, ', ''),
    same: true,
  },
  {
    when: 'static elements come in another order',
    change: (text) =>
      text
        .replace('198.51.100.0/24', 'X')
        .replace('203.0.113.0/24', '198.51.100.0/24')
        .replace('X', '203.0.113.0/24'),
    same: true,
  },
  {
    when: 'a static element goes',
    change: (text) => text.replace('198.51.100.0/24,', ''),
    same: false,
  },
  { when: 'a rule changes', change: (text) => text.replace('reject', 'accept'), same: false },
  { when: 'a priority changes', change: (text) => text.replace('- 10', '- 9'), same: false },
  { when: 'a set changes', change: (text) => text.replace('65536', '4'), same: false },
];
for (const { when, change, same } of SAME) {
  test(`nft fingerprint: ${same ? 'stays' : 'changes'} when ${when}`, () => {
    if (when !== 'nothing changes') assert.notEqual(change(LISTING), LISTING);
    assert.equal(fingerprintOf(change(LISTING)) === fingerprintOf(LISTING), same);
  });
}

test('nft counters: by id, those of both families together', () => {
  const rule = (comment: string, packets: number) => ({
    rule: { comment, expr: [{ match: {} }, { counter: { packets, bytes: packets * 10 } }] },
  });
  const json = JSON.stringify({
    nftables: [
      rule('TW-B: six', 1),
      rule('TW-A: four', 2),
      rule('TW-B: four', 4),
      { rule: { expr: [{ counter: { packets: 9, bytes: 9 } }] } },
    ],
  });
  assert.deepEqual(countersOf(json), [
    { id: 'TW-A', packets: 2, bytes: 20 },
    { id: 'TW-B', packets: 5, bytes: 50 },
  ]);
});

const ARTIFACT = [
  '# comment',
  'add table inet tunnelwarden',
  'add set inet tunnelwarden tw_deny4 { type ipv4_addr; flags timeout; timeout 1h; }',
  'add chain inet tunnelwarden forward { type filter hook forward priority 0; }',
  'flush table inet tunnelwarden',
  'add element inet tunnelwarden tw_doh4 {',
  '  192.0.2.1',
  '}',
  'add rule inet tunnelwarden forward drop',
].join('\n');
test('nft shape: declarations only', () => {
  assert.equal(nftShape(ARTIFACT), ARTIFACT.split('\n').slice(1, 4).join('\n'));
  const blocks = 'table inet tunnelwarden {\n  chain x {\n  }\n}\n';
  assert.equal(nftShape(blocks), blocks, 'a file in blocks is taken whole');
});

test('nft load: refills what is intact and of the same shape, and makes anew what is not', () => {
  const artifacts = [{ path: 'tunnelwarden.nft', text: ARTIFACT }];
  const present: Present = {
    mark: MARK,
    fingerprint: 'x',
    saved: [{ name: 'rollback.nft', text: LISTING }],
  };
  const text = (change: Partial<Parameters<typeof nftLoader.load>[0]>) =>
    nftLoader.load({ artifacts, mark: MARK, present, intact: true, ...change })[0]?.input ?? '';
  assert.doesNotMatch(text({}), /delete table/);
  for (const made of [
    text({ intact: false }),
    text({ mark: { ...MARK, shape: '0000000000000000' } }),
  ]) {
    assert.match(made, /^add table inet tunnelwarden\ndelete table inet tunnelwarden\n/);
    assert.match(made, /\nadd element inet tunnelwarden tw_deny4 \{ 192\.0\.2\.1,/);
    assert.doesNotMatch(made, /add element inet tunnelwarden tw_doh4 \{ 198/);
  }
  assert.doesNotMatch(text({ present: undefined, intact: false }), /tw_deny4 \{ 192/);
});

const SAVED = `# Generated
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [1:2]
:TW-HOOK-FORWARD - [0:0]
:TW-OLD - [0:0]
:MINE - [0:0]
-A FORWARD -m comment --comment "-j TW-NOT" -j ACCEPT
-A FORWARD -j TW-HOOK-FORWARD
[3:4] -A TW-HOOK-FORWARD -i lan -g TW-OLD
-A TW-OLD -j RETURN
-A MINE -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
COMMIT
`;

test('iptables: what is ours is told from what is not', () => {
  assert.deepEqual(oursIn(SAVED), [
    {
      name: 'filter',
      chains: ['TW-HOOK-FORWARD', 'TW-OLD'],
      rules: ['-A TW-HOOK-FORWARD -i lan -g TW-OLD', '-A TW-OLD -j RETURN'],
      jumps: ['-A FORWARD -j TW-HOOK-FORWARD'],
      behind: 1,
    },
  ]);
});

test('iptables: one commit takes the old out and puts the new first', () => {
  const next = {
    name: 'filter',
    chains: ['TW-HOOK-FORWARD', 'TW-NEW'],
    rules: ['-A TW-HOOK-FORWARD -i lan -g TW-NEW'],
    jumps: ['-A FORWARD -j TW-HOOK-FORWARD'],
    behind: 0,
  };
  assert.equal(
    transition(oursIn(SAVED), [next]),
    `*filter
:TW-HOOK-FORWARD - [0:0]
:TW-NEW - [0:0]
-D FORWARD -j TW-HOOK-FORWARD
-F TW-OLD
-A TW-HOOK-FORWARD -i lan -g TW-NEW
-I FORWARD 1 -j TW-HOOK-FORWARD
-X TW-OLD
COMMIT
`,
  );
  assert.equal(transition([], []), '');
});

test('ipset: only our sets, live ones told apart, swapped in whole', () => {
  const sets = ourSets(
    'create mine hash:ip family inet\nadd mine 192.0.2.9\ncreate tw_deny4 hash:ip family inet timeout 600\nadd tw_deny4 192.0.2.1 timeout 5\ncreate tw_doh4 hash:net family inet\n',
  );
  assert.deepEqual(
    sets.map((set) => [set.name, isLive(set)]),
    [
      ['tw_deny4', true],
      ['tw_doh4', false],
    ],
  );
  assert.equal(
    refill(sets.slice(0, 1)),
    'create tw_deny4 hash:ip family inet timeout 600 -exist\ncreate tw_restoring hash:ip family inet timeout 600\nadd tw_restoring 192.0.2.1 timeout 5 -exist\nswap tw_restoring tw_deny4\ndestroy tw_restoring\n',
  );
});

test('iptables: removal takes rules out before the sets they use', () => {
  const present: Present = {
    fingerprint: 'x',
    saved: [
      { name: 'rollback.v4', text: SAVED },
      { name: 'rollback.v6', text: '' },
      { name: 'rollback.sets', text: 'create tw_deny4 hash:ip family inet\n' },
    ],
  };
  const words = iptablesLoader.restore([], present).map(({ argv }) => argv.join(' '));
  const rules = words.indexOf('iptables-restore --wait 10 --noflush');
  assert(rules > words.indexOf('iptables-restore --wait 10 --noflush --test'), words.join('\n'));
  assert(words.indexOf('ipset destroy tw_deny4') > rules, words.join('\n'));
});

/** A packet filter that holds one text. */
function fakeSite(
  directory: string,
  options: { readonly fails?: boolean; readonly atomic?: boolean } = {},
) {
  let held: string | undefined;
  const journal: string[] = [];
  const loader: Loader = {
    format: 'fake',
    programs: [],
    transactional: options.atomic ?? true,
    shape: () => '',
    look: () =>
      held === undefined
        ? undefined
        : { fingerprint: hashOf(held), saved: [{ name: 'rollback.fake', text: held }] },
    check: ({ artifacts }) => [{ argv: ['check'], input: artifacts[0]?.text ?? '' }],
    load: ({ artifacts }) => [{ argv: ['load'], input: artifacts[0]?.text ?? '' }],
    checkRestore: () => [{ argv: ['check-restore'] }],
    restore: (saved) => [{ argv: ['restore'], input: saved[0]?.text ?? '' }],
    counters: () => [],
    hints: [],
  };
  let boot = 'one';
  const site: Site = {
    run: ({ argv: [word], input = '' }) => {
      journal.push(word);
      if (word === 'load' && options.fails) {
        held = 'half';
        return { status: 1, stdout: '', stderr: 'no' };
      }
      if (word === 'load' || word === 'restore') held = input === '' ? undefined : input;
      return { status: 0, stdout: '', stderr: '' };
    },
    store: openState(directory),
    loaderOf: () => loader,
    now: () => new Date(Date.UTC(2026, 0, 1)),
    boot: () => boot,
  };
  const confirmation: Confirmation = {
    seconds: 60,
    token: 'token',
    command: ['rollback'],
    start: () => {
      journal.push('timer');
      return 'process 1';
    },
  };
  const request = (text: string): Request => ({
    format: 'fake',
    artifacts: [{ path: 'rules', text }],
    digest: 'd',
  });
  return {
    site,
    journal,
    confirmation,
    request,
    held: () => held,
    alter: (text: string) => {
      held = text;
    },
    restart: () => {
      boot = 'two';
      held = undefined;
    },
  };
}

test('apply: checks, writes down the way back and starts the timer before it loads', (t) => {
  const { site, journal, request, confirmation, held } = fakeSite(join(folder(t), 'state'));
  apply(site, request('one'), confirmation);
  assert.deepEqual(journal, ['check', 'check-restore', 'timer', 'load']);
  assert.equal(held(), 'one');
  assert.equal(site.store.read().pending?.until, '2026-01-01T00:01:00.000Z');
});

test('apply: what waits is kept by confirm, and taken back without it', (t) => {
  const { site, request, confirmation, held } = fakeSite(join(folder(t), 'state'));
  apply(site, request('one'), confirmation);
  assert.throws(() => apply(site, request('two')), Refused);
  confirm(site);
  assert.equal(rollback(site, 'token'), false, 'the timer comes too late');
  assert.equal(held(), 'one');
  apply(site, request('two'), { ...confirmation, token: 'another' });
  assert.equal(rollback(site, 'token'), false, 'a timer of an earlier apply');
  assert.equal(held(), 'two');
  assert.equal(rollback(site, 'another'), true);
  assert.equal(held(), 'one');
  assert.throws(
    () => confirm(site),
    /nothing waits for confirmation \(last: not confirmed in time/,
  );
});

test('apply: after remove, no timer brings anything back', (t) => {
  const { site, request, confirmation, held } = fakeSite(join(folder(t), 'state'));
  apply(site, request('one'));
  apply(site, request('two'), confirmation);
  assert.equal(remove(site, 'fake'), true);
  assert.equal(rollback(site, 'token'), false);
  assert.equal(held(), undefined);
});

test('apply: nothing waits any more when the machine has been restarted', (t) => {
  const { site, request, confirmation, held, restart } = fakeSite(join(folder(t), 'state'));
  apply(site, request('one'), confirmation);
  restart();
  assert.throws(() => confirm(site), Refused);
  apply(site, request('two'));
  assert.equal(held(), 'two');
});

test('apply: confirm refuses rules that somebody has changed meanwhile', (t) => {
  const { site, request, confirmation, alter } = fakeSite(join(folder(t), 'state'));
  apply(site, request('one'), confirmation);
  alter('other');
  assert.throws(() => confirm(site), /are not the ones that were applied/);
});

for (const atomic of [true, false]) {
  test(`apply: a load that fails ${atomic ? 'in one transaction is left' : 'half-way is taken back'}`, (t) => {
    const { site, journal, request, confirmation } = fakeSite(join(folder(t), 'state'), {
      fails: true,
      atomic,
    });
    assert.throws(() => apply(site, request('one'), confirmation), StepFailure);
    assert.equal(journal.at(-1), atomic ? 'load' : 'restore');
    assert.equal(site.store.read().pending, undefined);
    assert.equal(existsSync(join(site.store.directory, 'lock')), false);
  });
}

test('status: in the order that matters', (t) => {
  const { site, request, confirmation, alter } = fakeSite(join(folder(t), 'state'));
  const { mark } = apply(site, request('one'), confirmation);
  const standing = (wanted?: Mark) => statusOf(site, 'fake', wanted).standing;
  assert.equal(standing(mark), 'awaiting');
  confirm(site);
  assert.equal(standing(mark), 'in-sync');
  assert.equal(standing({ ...mark, text: 'other' }), 'outdated');
  assert.equal(standing(), 'outdated');
  alter('other');
  assert.equal(standing(mark), 'altered');
  remove(site, 'fake');
  assert.equal(standing(mark), 'absent');
});

test('state: for its owner only', (t) => {
  const directory = join(folder(t), 'deep', 'state');
  const store = openState(directory);
  assert.deepEqual(store.read(), {});
  assert.equal(existsSync(directory), false, 'reading makes nothing');
  store.write({});
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, 'state.json')).mode & 0o777, 0o600);
  chmodSync(directory, 0o777);
  assert.throws(() => store.write({}), StateFailure);
  chmodSync(directory, 0o700);
  symlinkSync(directory, `${directory}-link`);
  assert.throws(() => openState(`${directory}-link`).write({}), StateFailure);
});

test('state: the lock of a process that died is nobody’s', (t) => {
  const directory = join(folder(t), 'state');
  const store = openState(directory);
  store.write({});
  store.alone(() => assert.throws(() => store.alone(() => {}), Busy));
  const stale: readonly string[] = [
    '4194305 1', // no such process: more than the most there can be
    `${process.pid} 1`, // our number, but another process's start
  ];
  for (const text of stale) {
    write(directory, 'lock', text);
    assert.equal(
      store.alone(() => 'done'),
      'done',
    );
    assert.equal(existsSync(join(directory, 'lock')), false);
  }
});

test('state: what is not JSON is not guessed at', (t) => {
  const store = openState(folder(t));
  write(store.directory, 'state.json', '{"loaded"');
  assert.throws(() => store.read(), StateFailure);
});

test('timer: systemd is asked first, without a shell', () => {
  const alarm = { token: 'ab', seconds: 60, command: ['node', 'cli.js', 'rollback'] } as const;
  const asked: string[] = [];
  const run: Site['run'] = ({ argv }) => {
    asked.push(argv.join(' '));
    return { status: 0, stdout: '', stderr: '' };
  };
  assert.equal(createTimer(run, () => true)(alarm), 'systemd timer tunnelwarden-rollback-ab');
  assert.deepEqual(asked, [systemdRun('tunnelwarden-rollback-ab', alarm).argv.join(' ')]);
  assert.match(asked[0] ?? '', /--on-active=60s .*-- node cli\.js rollback$/);
});

test('timer: a process of ours where systemd is not, or refuses', () => {
  const alarm = { token: 'ab', seconds: 0, command: [process.execPath, '-e', ''] } as const;
  const refuses: Site['run'] = () => ({ status: 1, stdout: '', stderr: '' });
  assert.match(createTimer(refuses, () => true)(alarm), /^process \d+$/);
  assert.match(createTimer(refuses, () => false)(alarm), /^process \d+$/);
});

/** Stands in for pfctl: notes its words and input, and says what a file of the test holds. */
const FAKE_PFCTL = `#!/bin/sh
here=$(dirname "$0")
printf '%s\\n' "$*" >>"$here/calls"
case "$*" in
  *"-f -") cat >"$here/input" ;;
  *"-s rules") cat "$here/rules" ;;
  *"-s nat") cat "$here/nat" ;;
  *"-s Tables") echo tw_deny; echo mine ;;
  *"-T show") echo "   192.0.2.1" ;;
  *"-s labels") echo "TW-DENY 10 5 500 0 0 0 0 0" ;;
esac
`;
for (const format of ['pf-openbsd', 'pf-freebsd'] as const) {
  test(`${format}: our anchor only, and the words pfctl knows`, (t) => {
    const here = folder(t);
    chmodSync(write(here, 'pfctl', FAKE_PFCTL), 0o755);
    write(here, 'rules', 'block return in quick to <tw_deny>\n');
    write(here, 'nat', 'rdr pass proto tcp to any port 53 -> 127.0.0.1\n');
    const calls = () => {
      const text = readFileSync(join(here, 'calls'), 'utf8');
      writeFileSync(join(here, 'calls'), '');
      return text.trim().split('\n');
    };
    const path = process.env.PATH;
    process.env.PATH = `${here}:${path}`;
    t.after(() => {
      process.env.PATH = path;
    });
    const loader = pfLoader(format);
    const nat = format === 'pf-freebsd';
    const present = loader.look(runProgram);
    assert.deepEqual(calls(), [
      '-a tunnelwarden -s rules',
      ...(nat ? ['-a tunnelwarden -s nat'] : []),
      '-a tunnelwarden -s Tables',
      '-a tunnelwarden -t tw_deny -T show',
    ]);
    assert.deepEqual(present?.saved, [
      {
        name: 'rollback.pf',
        text: `table <tw_deny> persist\n${nat ? 'rdr pass proto tcp to any port 53 -> 127.0.0.1\n' : ''}block return in quick to <tw_deny>\n`,
      },
      { name: 'tw_deny.table', text: '   192.0.2.1\n' },
    ]);
    const site: Site = {
      run: runProgram,
      store: openState(join(here, 'state')),
      loaderOf: () => loader,
      now: () => new Date(0),
      boot: () => '',
    };
    apply(site, {
      format,
      artifacts: [{ path: 'tunnelwarden.conf', text: 'pass quick\n' }],
      digest: 'd',
    });
    const words = calls();
    assert(words.indexOf('-a tunnelwarden -n -f -') < words.indexOf('-a tunnelwarden -f -'));
    assert.equal(readFileSync(join(here, 'input'), 'utf8'), 'pass quick\n');
    rollback(site);
    assert.deepEqual(calls().slice(-2), [
      '-a tunnelwarden -f -',
      '-a tunnelwarden -t tw_deny -T replace -f -',
    ]);
    remove(site, format);
    assert.deepEqual(calls().slice(nat ? -3 : -2), [
      '-a tunnelwarden -F rules',
      ...(nat ? ['-a tunnelwarden -F nat'] : []),
      '-a tunnelwarden -F Tables',
    ]);
    assert.deepEqual(loader.counters(runProgram), [{ id: 'TW-DENY', packets: 5, bytes: 500 }]);
    assert(!calls().some((line) => !line.startsWith('-a tunnelwarden ')));
  });
}

test('run: a program that is missing is told, and files are gone afterwards', () => {
  const missing = runProgram({ argv: ['tunnelwarden-no-such-program'] });
  assert.equal(missing.status, undefined);
  const { stdout } = runProgram({
    argv: ['sh', '-c', 'cat "$1"; echo "$1"', 'sh'],
    files: [{ name: 'a', text: 'text $(no) `shell`\n' }],
  });
  const [text, path = ''] = stdout.split('\n');
  assert.equal(text, 'text $(no) `shell`');
  assert.equal(existsSync(path), false);
});
