import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Artifact, PacketEntry, PacketPlan, Plan } from '../../src/firewall/backend.ts';
import { pfFreebsdBackend } from '../../src/firewall/backends/pf-freebsd.ts';
import { pfOpenbsdBackend } from '../../src/firewall/backends/pf-openbsd.ts';
import type { FirewallSettings } from '../../src/policy/firewall.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { lintPf, lintPfTable } from './pf-lint.ts';
import { createPf, fateByPlan, type Packet } from './pf-packets.ts';
import { samplePlan } from './sample-plan.ts';

const GOLDEN = fileURLToPath(new URL('./golden-pf/', import.meta.url));
const BACKENDS = [
  { dialect: 'openbsd', backend: pfOpenbsdBackend },
  { dialect: 'freebsd', backend: pfFreebsdBackend },
] as const;

const textOf = (artifacts: readonly Artifact[], path: string): string => {
  const found = artifacts.find((artifact) => artifact.path === path);
  assert(found, `no ${path} among ${artifacts.map(({ path }) => path).join(' ')}`);
  return found.text;
};
const withPackets = (
  packets: Partial<PacketPlan>,
  settings: Partial<FirewallSettings> = {},
): Plan => ({
  ...samplePlan,
  settings: { ...samplePlan.settings, ...settings },
  packets: { ...samplePlan.packets, ...packets },
});
const nets = (...texts: readonly string[]) => texts.map(parseNetwork);
const fixed = (id: string, ...texts: readonly string[]) => ({
  id,
  live: false,
  networks: nets(...texts),
  note: id,
});
const entry = (id: string, more: Partial<PacketEntry>): PacketEntry => ({
  id,
  to: { families: [4, 6] },
  ports: [],
  sparesExempt: false,
  deed: { kind: 'refuse' },
  note: id,
  ...more,
});
const tcp = (number: number, last = number) => ({ number, last, transport: 'tcp' }) as const;
const udp = (number: number) => ({ number, transport: 'udp' }) as const;
const everyone = (...entries: readonly PacketEntry[]) => [
  { id: 'everyone', networks: [], entries },
];

/** Exempt machines inside a group and inside sets, groups inside groups, orders that matter. */
const KNOTTY = withPackets({
  dispatch: [
    { network: parseNetwork('192.0.2.130'), audience: 'staff' },
    { network: parseNetwork('192.0.2.144/28'), audience: 'everyone' },
    { network: parseNetwork('192.0.2.128/25'), audience: 'guests' },
    { network: parseNetwork('2001:db8:9::/64'), audience: 'guests' },
  ],
  audiences: [
    {
      id: 'staff',
      networks: nets('192.0.2.130'),
      entries: [
        entry('ALLOW', { to: { set: 'net_open' }, deed: { kind: 'pass' } }),
        entry('LOOK', {
          to: { set: 'net_wide' },
          ports: [tcp(443)],
          deed: { kind: 'look', otherwise: 'pass' },
        }),
        entry('REST', { to: { set: 'net_wide' } }),
      ],
    },
    {
      id: 'guests',
      networks: nets('192.0.2.128/25', '2001:db8:9::/64'),
      entries: [
        entry('SOME', { to: { set: 'net_open' }, ports: [tcp(80, 500), udp(9)] }),
        entry('LOOK', {
          to: { set: 'net_wide' },
          ports: [tcp(443), tcp(8443)],
          deed: { kind: 'look', otherwise: 'refuse' },
        }),
        entry('SPARE', { to: { set: 'net_wide' }, sparesExempt: true }),
        entry('SEEN', { to: { families: [6] }, deed: { kind: 'record' } }),
        entry('ALL4', { to: { families: [4] }, ports: [udp(9)], sparesExempt: true }),
      ],
    },
    {
      id: 'everyone',
      networks: [],
      entries: [
        entry('SEEN', { to: { families: [4, 6] }, ports: [tcp(80)], deed: { kind: 'record' } }),
        entry('OPEN', { to: { set: 'net_open' }, ports: [tcp(80)], deed: { kind: 'pass' } }),
        entry('SPARE', { to: { set: 'net_wide' }, ports: [tcp(80), udp(80)], sparesExempt: true }),
        entry('ALL', { ports: [tcp(80), udp(53)], sparesExempt: true }),
      ],
    },
  ],
  sets: [
    fixed('dnsok', '192.0.2.131', '198.51.100.0/26', '203.0.113.7', '2001:db8:9::53'),
    fixed('net_open', '203.0.113.16/28'),
    fixed('net_wide', '198.51.100.32', '198.51.100.128/25', '203.0.113.0/24', '2001:db8:77::/48'),
  ],
});
const PLANS: Readonly<Record<string, Plan>> = {
  sample: samplePlan,
  knotty: KNOTTY,
  'knotty, resolvers of IPv4 only': withPackets({
    ...KNOTTY.packets,
    capture: { to: [parseAddress('192.0.2.131')] },
  }),
  'a refuser, and resolvers of IPv4 only': withPackets({
    capture: { to: [parseAddress('192.0.2.53')] },
    refuser: { to: ['203.0.113.20', '2001:db8:77::1'].map(parseAddress), port: 9080 },
    sets: [...samplePlan.packets.sets, fixed('refuser', '203.0.113.20', '2001:db8:77::1')],
  }),
  'no groups': withPackets({
    dispatch: [],
    audiences: [samplePlan.packets.audiences.at(-1) ?? assert.fail()],
  }),
  'no exempt machines': withPackets({
    sets: [fixed('dnsok'), ...samplePlan.packets.sets.slice(1)],
  }),
  'nothing but capture': withPackets({ dispatch: [], audiences: everyone(), sets: [] }),
  'a group of all clients': withPackets({
    dispatch: nets('0.0.0.0/0', '::/0').map((network) => ({ network, audience: 'guests' })),
  }),
  'several interfaces': withPackets({}, { lan: ['em1', 'egress', 'vlan0.10'], logGroup: 42 }),
  'no interface': withPackets({}, { lan: [] }),
};

for (const { dialect, backend } of BACKENDS) {
  for (const [when, plan] of Object.entries(PLANS)) {
    test(`${backend.id}, ${when}: no parser of pf is given what it refuses`, () => {
      const artifacts = backend.print(plan);
      assert.equal(artifacts[0]?.path, 'tunnelwarden.conf');
      assert.deepEqual(lintPf(textOf(artifacts, 'tunnelwarden.conf'), dialect), []);
      assert.deepEqual(lintPf(textOf(artifacts, 'pf.conf.fragment'), dialect, 'main'), []);
      for (const { path, text } of artifacts) {
        if (path.endsWith('.table')) assert.deepEqual(lintPfTable(text), [], path);
        assert.match(text, /^[\t\n\x20-\x7e]+\n$/);
        assert.match(text, /^(#!\/bin\/sh\n)?# tunnelwarden: pf of /);
      }
    });
  }

  for (const [when, plan] of Object.entries(PLANS).filter(([when]) => when !== 'no interface')) {
    test(`${backend.id}, ${when}: packets fare as the plan says`, () => {
      const artifacts = backend.print(plan);
      const files = new Map(artifacts.map(({ path, text }) => [path, text]));
      const pf = createPf(textOf(artifacts, 'tunnelwarden.conf'), files);
      const fates = new Set<string>();
      for (const packet of packets()) {
        const wanted = expected(plan, packet, dialect);
        fates.add(wanted.to);
        assert.deepEqual(pf(packet), wanted, JSON.stringify(packet));
      }
      assert(fates.size >= 2, 'the packets try different fates');
    });
  }

  test(`${backend.id}: is as it was`, () => {
    for (const { path, text } of backend.print(samplePlan)) {
      const file = join(GOLDEN, backend.id, path);
      if (process.env.UPDATE_GOLDEN === '1') {
        mkdirSync(join(GOLDEN, backend.id), { recursive: true });
        writeFileSync(file, text);
      }
      assert.equal(text, readFileSync(file, 'utf8'), path);
    }
  });

  test(`${backend.id}: notes, reasons and names from outside stay in comments`, () => {
    const evil = 'x"\nblock all\n`reboot` $(reboot) */ <u> \u202e \\';
    const plan: Plan = {
      ...samplePlan,
      organisation: { name: evil },
      gaps: [{ about: evil, text: evil }],
      packets: {
        ...samplePlan.packets,
        sets: samplePlan.packets.sets.map((set) => ({ ...set, note: evil })),
        audiences: samplePlan.packets.audiences.map((audience) => ({
          ...audience,
          entries: audience.entries.map((entry) => ({ ...entry, note: evil })),
        })),
      },
    };
    const code = (plan: Plan) =>
      backend.print(plan).map(({ path, text }) => ({
        path,
        lines: text.split('\n').filter((line) => !line.startsWith('# ')),
      }));
    assert.deepEqual(code(plan), code(samplePlan));
    assert.deepEqual(lintPf(textOf(backend.print(plan), 'tunnelwarden.conf'), dialect), []);
  });

  test(`${backend.id}: 100000 addresses are printed at once`, () => {
    const many = Array.from({ length: 100_000 }, (_, i) =>
      parseNetwork(`203.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`),
    );
    const plan = withPackets({
      sets: samplePlan.packets.sets.map((set) =>
        ['deny', 'doh'].includes(set.id) ? { ...set, networks: many } : set,
      ),
    });
    const before = performance.now();
    const artifacts = backend.print(plan);
    const took = performance.now() - before;
    assert(took < 1500, `${took} ms`);
    assert(textOf(artifacts, 'deny.table').split('\n').length > 100_000);
    assert.match(textOf(artifacts, 'pf.conf.fragment'), /# set limit table-entries 40\d{4}\n/);
  });
}

function expected(plan: Plan, packet: Packet, dialect: string) {
  const { capture } = plan.packets;
  const fate = fateByPlan(plan.packets, packet);
  const isV6 = packet.to.includes(':');
  const hasResolver = capture?.to.every((address) => address.includes(':') === isV6) ?? true;
  const isRefuser = plan.packets.refuser?.to.some((address) => address === packet.to);
  if (fate.to === 'resolver' && !hasResolver && isRefuser && packet.proto === 'tcp')
    return { to: 'refuser', logged: [] };
  if (fate.to === 'resolver' && !hasResolver) return { to: 'refused', logged: ['TW-DNS'] };
  // What FreeBSD translates never comes to the rules that record; `cannot` says so.
  if (['gate', 'fronts'].includes(fate.to) && dialect === 'freebsd') return { ...fate, logged: [] };
  return fate;
}

/** Every sender to every receiver at every port that the plans speak of, and at some others. */
function* packets(): Generator<Packet> {
  const hosts = [
    ...['192.0.2.1', '192.0.2.53', '192.0.2.130', '192.0.2.131', '192.0.2.132', '192.0.2.150'],
    ...['198.51.100.1', '198.51.100.10', '198.51.100.20', '198.51.100.30', '198.51.100.32'],
    ...['198.51.100.80', '198.51.100.200', '203.0.113.1', '203.0.113.7', '203.0.113.20'],
    ...['203.0.113.53', '203.0.113.70', '203.0.113.99', '8.8.8.8', '2001:db8::1'],
    ...['2001:db8:2::10', '2001:db8:2::20', '2001:db8:2::53', '2001:db8:9::1', '2001:db8:9::53'],
    ...['2001:db8:53::53', '2001:db8:77::1'],
  ];
  for (const from of hosts) {
    for (const to of hosts.filter((to) => to.includes(':') === from.includes(':'))) {
      for (const port of [9, 53, 80, 443, 500, 501, 853, 5000, 5100, 5101, 7844, 8443]) {
        yield { from, to, proto: 'tcp', port };
        yield { from, to, proto: 'udp', port };
      }
      yield { from, to, proto: 'icmp', port: 0 };
    }
  }
}

test('pf: a look without a gate is a mistake of the plan', () => {
  const { gate: _, ...settings } = samplePlan.settings;
  for (const { backend } of BACKENDS) {
    assert.throws(() => backend.print({ ...samplePlan, settings }), /has no gate/);
  }
});

test('pf: a prefix of no length is said in halves', () => {
  for (const { backend } of BACKENDS) {
    const artifacts = backend.print(PLANS['a group of all clients'] ?? assert.fail());
    const table = /^table <tw_c_any> .*$/m.exec(textOf(artifacts, 'tunnelwarden.conf'))?.[0];
    assert.equal(table, 'table <tw_c_any> persist { 0.0.0.0/1, 128.0.0.0/1, ::/1, 8000::/1 }');
  }
});

test('pf: an interface that could be a word of pf is quoted, and a pflog that pf lacks is not named', () => {
  for (const { backend } of BACKENDS) {
    const artifacts = backend.print(PLANS['several interfaces'] ?? assert.fail());
    const rules = textOf(artifacts, 'tunnelwarden.conf');
    assert.match(rules, / on \{ em1, "egress", "vlan0\.10" \} /);
    assert.match(rules, / log \(to pflog0\) /);
    assert.doesNotMatch(rules, /pflog42/);
    assert.match(textOf(artifacts, 'pf.conf.fragment'), /log-group: 42/);
  }
});

test('pf: without an interface there is no rule, since it would be about all of them', () => {
  for (const { backend } of BACKENDS) {
    const rules = textOf(
      backend.print(PLANS['no interface'] ?? assert.fail()),
      'tunnelwarden.conf',
    );
    assert.doesNotMatch(rules, /^(?:pass|block|match|rdr|no)\b/m);
  }
});

test('pf: a resolver on another machine is not let past the filter rules of FreeBSD', () => {
  const plan = withPackets({
    capture: { to: [parseAddress('2001:db8::7'), parseAddress('192.0.2.7')] },
  });
  const rules = textOf(pfFreebsdBackend.print(plan), 'tunnelwarden.conf');
  assert.match(
    rules,
    /^rdr on lan0 inet proto \{ tcp, udp \} .* port 53 -> 192\.0\.2\.7 port 53$/m,
  );
  assert.match(rules, /^rdr on lan0 inet6 proto .* port 53 -> 2001:db8::7 port 53$/m);
  assert.doesNotMatch(rules, /^rdr pass .* port 53 /m);
});

test('pf: live tables are declared without contents, which a reload would put in the place of theirs', () => {
  for (const { backend } of BACKENDS) {
    const rules = textOf(backend.print(samplePlan), 'tunnelwarden.conf');
    for (const { id, live } of samplePlan.packets.sets) {
      assert.match(
        rules,
        new RegExp(`^table <tw_${id}> persist${live ? ' counters$' : ' \\{'}`, 'm'),
      );
    }
  }
});

/** Remembers tables in files and what it was asked, and knows nothing of rules. */
const FAKE_PFCTL = String.raw`#!/bin/sh
echo "$*" >>"$STATE/asked"
anchor= table= command= file= show= flush= dry=
while [ $# -gt 0 ]; do
  case $1 in
  -q) ;;
  -n) dry=1 ;;
  -a) anchor=$2; shift ;;
  -t) table=$2; shift ;;
  -T) command=$2; shift ;;
  -f) file=$2; shift ;;
  -s) show=$2; shift ;;
  -F) flush=$2; shift ;;
  -k) ;;
  esac
  shift
done
[ -z "$dry" ] || { ! grep -q BROKEN "$file"; exit; }
case $show in
info) cat "$STATE/info"; exit ;;
rules | nat) cat "$STATE/$show"; exit ;;
Tables) ls "$STATE/tables"; exit ;;
esac
[ "$flush" != Tables ] || rm -f "$STATE"/tables/*
case $command in
show) [ -e "$STATE/tables/$table" ] || exit 255; sed 's/^/   /' "$STATE/tables/$table" ;;
add) grep -v '^#' "$file" >>"$STATE/tables/$table"; sort -u -o "$STATE/tables/$table" "$STATE/tables/$table" ;;
kill) rm "$STATE/tables/$table" ;;
*)
  [ -z "$file" ] || sed -n 's/^table <\([a-z0-9_]*\)> [a-z ]*\({ \(.*\) }\)*$/\1 \3/p' "$file" |
    while read -r name items; do
      [ -e "$STATE/tables/$name" ] || : >"$STATE/tables/$name"
      [ -z "$items" ] || echo "$items" | sed 's/, */\
/g' >"$STATE/tables/$name"
    done
  ;;
esac
exit 0
`;

function createGateway(t: TestContext, hooked = true) {
  const folder = mkdtempSync(join(tmpdir(), 'tw-pf-'));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'tables'));
  mkdirSync(join(folder, 'files'));
  writeFileSync(join(folder, 'bin', 'pfctl'), FAKE_PFCTL);
  chmodSync(join(folder, 'bin', 'pfctl'), 0o755);
  writeFileSync(join(folder, 'info'), 'Status: Enabled for 1 days\n');
  writeFileSync(join(folder, 'rules'), hooked ? 'anchor "tunnelwarden" in on lan0 all\n' : '\n');
  writeFileSync(join(folder, 'nat'), hooked ? 'rdr-anchor "tunnelwarden" all\n' : '\n');
  const run = (artifacts: readonly Artifact[], path: string) => {
    for (const { path, text } of artifacts) writeFileSync(join(folder, 'files', path), text);
    writeFileSync(join(folder, 'asked'), '');
    const { status, stderr } = spawnSync('/bin/sh', [join(folder, 'files', path)], {
      env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}`, STATE: folder },
      encoding: 'utf8',
    });
    const asked = readFileSync(join(folder, 'asked'), 'utf8').trimEnd().split('\n');
    return { status, stderr, asked, ended: asked.filter((line) => line.includes(' -k ')) };
  };
  const table = (name: string) => join(folder, 'tables', name);
  return { run, table };
}

for (const { dialect, backend } of BACKENDS) {
  const artifacts = backend.print(samplePlan);

  test(`${backend.id}: apply.sh checks, fills tables, loads, and ends what is refused now`, (t) => {
    const { run, table } = createGateway(t);
    const first = run(artifacts, 'apply.sh');
    assert.deepEqual([first.status, first.stderr], [0, '']);
    const order = [
      '-q -a tunnelwarden -n -f tunnelwarden.conf',
      '-q -a tunnelwarden -T load -f tunnelwarden.conf',
      '-q -a tunnelwarden -t tw_deny -T add -f deny.table',
      '-q -a tunnelwarden -f tunnelwarden.conf',
      '-q -k 0.0.0.0/0 -k 198.51.100.10',
    ].map((line) => first.asked.indexOf(line));
    assert(
      order.every((at, i) => at >= 0 && at > (order[i - 1] ?? -1)),
      first.asked.join('\n'),
    );
    assert.deepEqual(first.ended.toSorted(), [
      '-q -k 0.0.0.0/0 -k 198.51.100.10',
      '-q -k 0.0.0.0/0 -k 198.51.100.20',
      '-q -k 0.0.0.0/0 -k 203.0.113.0/28',
      '-q -k ::/0 -k 2001:db8:2::10',
      '-q -k ::/0 -k 2001:db8:2::20',
      '-q -k ::/0 -k 2001:db8:77::/48',
    ]);

    // The resolver has added an address; then a policy refuses one more, and a table is no longer.
    writeFileSync(table('tw_deny'), `${readFileSync(table('tw_deny'))}198.51.100.11\n`);
    writeFileSync(table('tw_old'), '198.51.100.12\n');
    const more = nets('198.51.100.10', '198.51.100.13', '2001:db8:2::10');
    const sets = samplePlan.packets.sets.map((set) =>
      set.id === 'deny' ? { ...set, networks: more } : set,
    );
    const again = run(backend.print(withPackets({ sets })), 'apply.sh');
    assert.deepEqual(again.ended, ['-q -k 0.0.0.0/0 -k 198.51.100.13']);
    assert.match(readFileSync(table('tw_deny'), 'utf8'), /198\.51\.100\.11/);
    assert.throws(() => readFileSync(table('tw_old')));
  });

  test(`${backend.id}: apply.sh changes nothing where the check fails`, (t) => {
    const { run } = createGateway(t);
    const broken = artifacts.map((artifact) =>
      artifact.path === 'tunnelwarden.conf' ? { ...artifact, text: 'BROKEN\n' } : artifact,
    );
    const { status, asked } = run(broken, 'apply.sh');
    assert.notEqual(status, 0);
    assert.deepEqual(asked, ['-q -a tunnelwarden -n -f tunnelwarden.conf']);
  });

  test(`${backend.id}: apply.sh says where the main rules do not ask our anchor`, (t) => {
    const { status, stderr } = createGateway(t, false).run(artifacts, 'apply.sh');
    assert.equal(status, 1);
    assert.match(stderr, /do not say anchor "tunnelwarden": see pf\.conf\.fragment/);
    assert.equal(/do not say rdr-anchor/.test(stderr), dialect === 'freebsd');
  });

  test(`${backend.id}: scripts of a plan that says nothing run too`, (t) => {
    const { run } = createGateway(t);
    const nothing = backend.print(withPackets({ dispatch: [], audiences: everyone(), sets: [] }));
    assert.deepEqual(run(nothing, 'apply.sh').ended, []);
    assert.equal(run(nothing, 'remove.sh').status, 0);
  });

  test(`${backend.id}: remove.sh empties the anchor by words of the dialect`, (t) => {
    const { run } = createGateway(t);
    run(artifacts, 'apply.sh');
    const { status, stderr, asked } = run(artifacts, 'remove.sh');
    assert.deepEqual([status, stderr], [0, '']);
    const flushed = dialect === 'openbsd' ? ['rules', 'Tables'] : ['nat', 'rules', 'Tables'];
    assert.deepEqual(
      asked,
      flushed.map((what) => `-q -a tunnelwarden -F ${what}`),
    );
  });
}
