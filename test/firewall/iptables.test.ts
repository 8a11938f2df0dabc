import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PacketEntry, PacketPlan, Plan } from '../../src/firewall/backend.ts';
import { iptablesBackend } from '../../src/firewall/backends/iptables.ts';
import type { Name } from '../../src/policy/name.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { samplePlan } from './sample-plan.ts';
import { textOf } from './support/iptables.ts';

const withPackets = (packets: Partial<PacketPlan>, settings: Partial<Plan['settings']> = {}) => ({
  ...samplePlan,
  settings: { ...samplePlan.settings, ...settings },
  packets: { ...samplePlan.packets, ...packets },
});
const kernelPlan: Plan = withPackets({ sni: 'kernel' });
const transparentPlan: Plan = withPackets({}, { transparent: true });
const withEntries = (...entries: readonly PacketEntry[]): Plan =>
  withPackets({ dispatch: [], audiences: [{ id: 'everyone', networks: [], entries }] });
const refusal: PacketEntry = {
  id: 'TW-X',
  to: { families: [4, 6] },
  ports: [],
  sparesExempt: false,
  deed: { kind: 'refuse' },
  note: 'note',
};

type Section = { readonly table: string; readonly chains: string[]; readonly rules: string[] };

function sections(text: string): Section[] {
  const out: Section[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) out.push({ table: line.slice(1), chains: [], rules: [] });
    else if (line.startsWith(':')) out.at(-1)?.chains.push(line.slice(1).split(' ')[0] as string);
    else if (line.startsWith('-A')) out.at(-1)?.rules.push(line);
  }
  return out;
}

/** The rules of one chain, without the words that name it. */
function chainOf(plan: Plan, path: string, table: string, chain: string): string[] {
  const found = sections(textOf(plan, path)).find((section) => section.table === table);
  const start = `-A ${chain} `;
  return (found?.rules ?? [])
    .filter((rule) => rule.startsWith(start))
    .map((rule) => rule.slice(start.length));
}

test('iptables: the rules come first, scripts can be run, each file begins with the header', () => {
  const artifacts = iptablesBackend.print(samplePlan);
  const paths = artifacts.map(({ path, executable }) => `${path}${executable ? ' x' : ''}`);
  assert.deepEqual(paths, ['rules.v4', 'rules.v6', 'sets', 'apply.sh x', 'remove.sh x']);
  for (const { text } of artifacts) {
    assert.match(text, /^(?:#!\/bin\/sh\n)?# tunnelwarden: iptables/);
    assert.match(text, /\n# - connect\.\*\.ngrok-agent\.com: only known regions\n/);
    assert.match(text, /[^\n]\n$/);
  }
  assert.deepEqual(iptablesBackend.print(samplePlan), artifacts);
});

const DENY = '-m set --match-set tw_deny4 dst';
const DOT6 = '-m set ! --match-set tw_dnsok6 src -m set ! --match-set tw_dnsok6 dst';
const LIMIT =
  '-m limit --limit 10/second --limit-burst 20 -j NFLOG --nflog-group 5 --nflog-size 128';
const WATCH = '-p udp -m udp --dport 5000:5100 -m set --match-set tw_net_0a0b0c0d4 dst';

const printed = [
  {
    when: 'a refusal is logged by a rule of its own, then TCP is reset, and the rest told',
    in: ['rules.v4', 'filter', 'TW-EVERYONE'],
    about: 'TW-DENY ',
    rules: [
      `${DENY} ${LIMIT} --nflog-prefix "TW-DENY "`,
      `-p tcp ${DENY} -m comment --comment "TW-DENY addresses of blocked names" -j REJECT --reject-with tcp-reset`,
      `${DENY} -m comment --comment "TW-DENY addresses of blocked names" -j REJECT --reject-with icmp-admin-prohibited`,
    ],
  },
  {
    when: 'ports are told apart by protocol, and exempt machines are spared on either side',
    in: ['rules.v6', 'filter', 'TW-GUESTS'],
    about: 'TW-DOT.guests ',
    rules: [
      `-p tcp -m tcp --dport 853 ${DOT6} ${LIMIT} --nflog-prefix "TW-DOT.guests "`,
      `-p udp -m udp --dport 853 ${DOT6} ${LIMIT} --nflog-prefix "TW-DOT.guests "`,
      `-p tcp -m tcp --dport 853 ${DOT6} -m comment --comment "TW-DOT.guests DNS over TLS and QUIC" -j REJECT --reject-with tcp-reset`,
      `-p udp -m udp --dport 853 ${DOT6} -m comment --comment "TW-DOT.guests DNS over TLS and QUIC" -j REJECT --reject-with icmp6-adm-prohibited`,
    ],
  },
  {
    when: 'what passes leaves all our chains',
    in: ['rules.v4', 'filter', 'TW-EVERYONE'],
    about: 'TW-CRL ',
    rules: [
      '-p tcp -m tcp --dport 80 -m set --match-set tw_support4 dst -m comment --comment "TW-CRL revocation lists of sanctioned agents" -j RETURN',
    ],
  },
  {
    when: 'what is recorded is counted in full and logged within a limit',
    in: ['rules.v4', 'filter', 'TW-EVERYONE'],
    about: 'TW-WATCH-0a0b0c0d ',
    rules: [
      `${WATCH} -m comment --comment "TW-WATCH-0a0b0c0d watched networks"`,
      `${WATCH} ${LIMIT} --nflog-prefix "TW-WATCH-0a0b0c0d "`,
    ],
  },
  {
    when: 'what a family has no address of is not asked there',
    in: ['rules.v6', 'filter', 'TW-EVERYONE'],
    about: 'TW-WATCH-0a0b0c0d ',
    rules: [],
  },
  {
    when: 'what looks sends to the gate before anything can refuse',
    in: ['rules.v4', 'nat', 'TW-EVERYONE'],
    about: 'TW-SNI ',
    rules: [
      '-p tcp -m tcp --dport 443 -m set --match-set tw_shared4 dst -m comment --comment "TW-SNI only sanctioned TLS names pass" -j REDIRECT --to-ports 9443',
    ],
  },
  {
    when: 'what an earlier entry refuses is not sent to the gate',
    in: ['rules.v4', 'nat', 'TW-EVERYONE'],
    about: 'TW-DENY ',
    rules: [
      '-p tcp -m tcp --dport 443 -m set --match-set tw_deny4 dst -m set --match-set tw_cdn4 dst -m comment --comment "TW-DENY addresses of blocked names" -j RETURN',
    ],
  },
  {
    when: 'an entry that looks has no rule where packets are refused',
    in: ['rules.v4', 'filter', 'TW-EVERYONE'],
    about: 'TW-SNI ',
    rules: [],
  },
] as const;

for (const { when, in: place, about, rules } of printed) {
  test(`iptables: ${when}`, () => {
    const lines = chainOf(samplePlan, ...(place as readonly [string, string, string]));
    assert.deepEqual(
      lines.filter((line) => line.includes(`"${about}`)),
      rules,
    );
  });
}

test('iptables: the narrowest network comes first, everyone last, and only the LAN is looked at', () => {
  const rules = (chain: string, path: string) => chainOf(samplePlan, path, 'filter', chain);
  assert.deepEqual(rules('TW-HOOK-FORWARD', 'rules.v4'), ['-i lan0 -g TW-BY-SOURCE']);
  assert.deepEqual(rules('TW-BY-SOURCE', 'rules.v4'), [
    '-s 192.0.2.128/25 -g TW-GUESTS',
    '-g TW-EVERYONE',
  ]);
  assert.deepEqual(rules('TW-BY-SOURCE', 'rules.v6'), [
    '-s 2001:db8:9::/64 -g TW-GUESTS',
    '-g TW-EVERYONE',
  ]);
});

const PLANS: readonly (readonly [string, Plan])[] = [
  ['a gate', samplePlan],
  ['a transparent gate', transparentPlan],
  ['the kernel looking', kernelPlan],
  ['nothing', withPackets({ dispatch: [], audiences: [], sets: [], capture: { to: [] } })],
];

for (const [when, plan] of PLANS) {
  test(`iptables: chains and sets that rules name are there, with ${when}`, () => {
    const created = new Set(
      [...textOf(plan, 'sets').matchAll(/^create (\S+)/gm)].map(([, name]) => name),
    );
    for (const path of ['rules.v4', 'rules.v6']) {
      for (const { chains, rules } of sections(textOf(plan, path))) {
        for (const rule of rules) {
          for (const [, chain] of rule.matchAll(/(?:^-A|-[jg]) (TW-\S+)/g)) {
            assert.ok(chains.includes(chain as string), rule);
          }
          for (const [, set] of rule.matchAll(/--match-set (\S+)/g)) {
            assert.ok(created.has(set), rule);
          }
          assert.ok(!rule.includes('ESTABLISHED'), rule);
          assert.ok(!/-m limit.* REJECT/.test(rule), rule);
          if (rule.includes('tcp-reset')) assert.match(rule, / -p tcp /);
        }
        assert.ok(chains.every((chain) => chain.length <= 28));
        assert.equal(new Set(chains).size, chains.length);
      }
    }
  });
}

test('iptables: groups may be called as our own chains are', () => {
  const ids = ['forward', 'by_source', 'sni', 'hook', 'names', 'divert', 'everyone'];
  const [, everyone] = samplePlan.packets.audiences;
  const audiences = ids.map((id) => ({ id, networks: [], entries: everyone?.entries ?? [] }));
  for (const plan of [
    withPackets({ audiences }),
    withPackets({ audiences, sni: 'kernel' }),
    withPackets({ audiences }, { transparent: true }),
  ]) {
    for (const { chains } of sections(textOf(plan, 'rules.v4'))) {
      assert.equal(new Set(chains).size, chains.length);
    }
  }
});

const single = (numbers: readonly number[]) =>
  numbers.map((number) => ({ number, transport: 'tcp' as const }));
const ranges = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    number: 1000 + 10 * i,
    last: 1005 + 10 * i,
    transport: 'tcp' as const,
  }));
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

for (const { when, ports, sizes } of [
  { when: 'fifteen fit', ports: single(upTo(15)), sizes: [15] },
  { when: 'the sixteenth makes another', ports: single(upTo(16)), sizes: [15, 1] },
  { when: 'seven ranges and a port fit', ports: [...ranges(7), ...single([7])], sizes: [8] },
  { when: 'an eighth range does not', ports: ranges(8), sizes: [7, 1] },
]) {
  test(`iptables: ports in one rule: ${when}`, () => {
    const rules = chainOf(
      withEntries({ ...refusal, ports }),
      'rules.v4',
      'filter',
      'TW-EVERYONE',
    ).filter((rule) => rule.includes('REJECT'));
    const counted = rules.map((rule) => /--dports? (\S+)/.exec(rule)?.[1]?.split(',').length);
    assert.deepEqual(counted, sizes);
  });
}

const DNS4 = '-m set ! --match-set tw_dnsok4 src -m set ! --match-set tw_dnsok4 dst';
const captured = '-m comment --comment "TW-DNS questions to whichever resolver"';

/** Without what is told of them before. */
const ledTo = (rules: readonly string[]) => rules.filter((rule) => !rule.includes(' -j NFLOG '));

test('iptables: questions are redirected to the gateway itself', () => {
  const rules = chainOf(samplePlan, 'rules.v4', 'nat', 'TW-BY-SOURCE');
  assert.deepEqual(ledTo(rules).slice(0, 2), [
    `-p udp -m udp --dport 53 ${DNS4} ${captured} -j REDIRECT --to-ports 53`,
    `-p tcp -m tcp --dport 53 ${DNS4} ${captured} -j REDIRECT --to-ports 53`,
  ]);
});

test('iptables: questions go to another host, and are refused where it has no address', () => {
  const plan = withPackets({ capture: { to: [parseAddress('192.0.2.53')] } });
  const led = chainOf(plan, 'rules.v4', 'nat', 'TW-BY-SOURCE');
  assert.deepEqual(ledTo(led).slice(0, 2), [
    `-p udp -m udp --dport 53 ${DNS4} ${captured} -j DNAT --to-destination 192.0.2.53`,
    `-p tcp -m tcp --dport 53 ${DNS4} ${captured} -j DNAT --to-destination 192.0.2.53`,
  ]);
  assert.match(textOf(plan, 'rules.v4'), /^# .*MASQUERADE/m);
  assert.ok(!textOf(plan, 'rules.v6').includes('--dport 53 '.concat(DOT6, ' ', captured)));
  const refusals = chainOf(plan, 'rules.v6', 'filter', 'TW-BY-SOURCE').filter((rule) =>
    rule.includes('REJECT'),
  );
  assert.equal(refusals.length, 2);
  assert.ok(refusals.every((rule) => rule.includes('--dport 53 ')));
  assert.equal(chainOf(plan, 'rules.v4', 'filter', 'TW-BY-SOURCE').length, 2);
});

test('iptables: tables that nothing is in are left out', () => {
  const { capture: _, ...packets } = samplePlan.packets;
  const plan = { ...kernelPlan, packets: { ...packets, sni: 'kernel' as const } };
  const names = (plan: Plan) => sections(textOf(plan, 'rules.v6')).map(({ table }) => table);
  assert.deepEqual(names(plan), ['filter']);
  assert.deepEqual(names(samplePlan), ['filter', 'nat']);
  assert.deepEqual(names(transparentPlan), ['filter', 'nat', 'mangle']);
  assert.doesNotMatch(textOf(plan, 'apply.sh'), /jump "\$program" nat/);
});

test('iptables: what is recorded before a look is recorded where it is sent to the gate', () => {
  const entries: readonly PacketEntry[] = [
    { ...refusal, id: 'TW-W', to: { set: 'net_0a0b0c0d' }, deed: { kind: 'record' } },
    { ...refusal, id: 'TW-P', ports: [{ number: 80, transport: 'tcp' }], deed: { kind: 'pass' } },
    {
      ...refusal,
      id: 'TW-L',
      to: { set: 'shared' },
      ports: [{ number: 443, transport: 'tcp' }],
      deed: { kind: 'look', otherwise: 'refuse' },
    },
  ];
  const both =
    '-p tcp -m tcp --dport 443 -m set --match-set tw_net_0a0b0c0d4 dst -m set --match-set tw_shared4 dst';
  assert.deepEqual(chainOf(withEntries(...entries), 'rules.v4', 'nat', 'TW-EVERYONE'), [
    `${both} -m comment --comment "TW-W note"`,
    `${both} ${LIMIT} --nflog-prefix "TW-W "`,
    '-p tcp -m tcp --dport 443 -m set --match-set tw_shared4 dst -m comment --comment "TW-L note" -j REDIRECT --to-ports 9443',
  ]);
});

test('iptables: the kernel lets whole sanctioned names through, and says which it cannot', () => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(59)}`;
  const sanctioned = [
    'tunnels.example.com',
    'pipe|d.example',
    'sp\\032ace.example',
    long,
  ] as Name[];
  const plan = withPackets({ sni: 'kernel', sanctioned });
  assert.deepEqual(chainOf(plan, 'rules.v4', 'filter', 'TW-ALLOW-NAMES'), [
    '-m string --algo bm --icase --hex-string "|000000180016000013|tunnels.example.com" -j CONNMARK --set-xmark 0x10/0x10',
  ]);
  for (const name of sanctioned.slice(1)) {
    assert.ok(
      textOf(plan, 'rules.v6').includes(`# Left out, as the kernel cannot look for it: ${name}`),
    );
  }
  // Only an allow list can be told by single packets: looks that pass the rest are left out.
  assert.doesNotMatch(textOf(plan, 'rules.v4'), /TW-CDN/);
});

test('iptables: static sets are swapped whole, live ones only added to', () => {
  const text = textOf(samplePlan, 'sets');
  const about = (name: string) => text.split('\n').filter((line) => line.includes(` ${name}`));
  const sizes = 'hashsize 1024 maxelem 1048576';
  assert.deepEqual(about('tw_deny6'), [
    `create tw_deny6 hash:ip family inet6 ${sizes} timeout 86400 -exist`,
    'add tw_deny6 2001:db8:2::10 -exist',
  ]);
  assert.deepEqual(about('tw_net_1f2e3d4c4'), [
    `create tw_net_1f2e3d4c4 hash:net family inet ${sizes} -exist`,
    `create tw_net_1f2e3d4c4_new hash:net family inet ${sizes} -exist`,
    'flush tw_net_1f2e3d4c4_new',
    'add tw_net_1f2e3d4c4_new 203.0.113.0/28 -exist',
    'swap tw_net_1f2e3d4c4_new tw_net_1f2e3d4c4',
    'destroy tw_net_1f2e3d4c4_new',
  ]);
  assert.deepEqual(about('tw_net_0a0b0c0d6'), []);
});

test('iptables: a set that the plan does not have is not passed over in silence', () => {
  const plan = withEntries({ ...refusal, to: { set: 'elsewhere' } });
  assert.throws(() => iptablesBackend.print(plan), /the plan has no set "elsewhere"/);
});

test('iptables: a hundred thousand addresses print quickly', () => {
  const networks = Array.from({ length: 100_000 }, (_, i) =>
    parseNetwork(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
  );
  const sets = [
    { id: 'deny', live: true, networks, note: 'many' },
    { id: 'net_1f2e3d4c', live: false, networks, note: 'many' },
    ...samplePlan.packets.sets.filter(({ id }) => !['deny', 'net_1f2e3d4c'].includes(id)),
  ];
  const start = performance.now();
  const text = textOf(withPackets({ sets }), 'sets');
  assert.ok(performance.now() - start < 2000);
  assert.match(text, /^create tw_deny4 .* hashsize 131072 maxelem 1048576 /m);
});
