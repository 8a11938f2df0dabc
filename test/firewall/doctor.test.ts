import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine } from '../../src/firewall/doctor/doctor.ts';
import type { Machine, Needs, Severity } from '../../src/firewall/doctor/finding.ts';

const NEEDS: Needs = {
  format: 'nftables',
  programs: ['nft'],
  lan: ['lan0'],
  resolver: true,
  gate: [9443],
  transparent: false,
};

const SS = [
  'udp UNCONN 0 0 0.0.0.0:53 0.0.0.0:* users:(("MainThread",pid=7,fd=20))',
  'tcp LISTEN 0 511 [::]:53 [::]:* users:(("MainThread",pid=7,fd=21))',
  'tcp LISTEN 0 511 *:9443 *:* users:(("MainThread",pid=8,fd=21))',
].join('\n');

/** With someone at the gate's other port and at the refuser's. */
const SS_ALL = [
  SS,
  'tcp LISTEN 0 511 *:9444 *:* users:(("MainThread",pid=8,fd=22))',
  'tcp LISTEN 0 511 *:9080 *:* users:(("MainThread",pid=8,fd=23))',
].join('\n');

const FILES: Readonly<Record<string, string>> = {
  '/proc/self/status': 'Name:\tnode\nCapEff:\t000001ffffffffff\n',
  '/proc/self/net/dev': 'Inter-|   Receive\n face |bytes\n    lo: 0 0\n  lan0: 0 0\n  wan0: 0 0\n',
  '/proc/sys/net/ipv4/ip_forward': '1\n',
  '/proc/sys/net/ipv6/conf/all/forwarding': '1\n',
  '/proc/sys/net/netfilter/nf_conntrack_count': '10\n',
  '/proc/sys/net/netfilter/nf_conntrack_max': '262144\n',
  '/etc/resolv.conf': '# mine\nnameserver 127.0.0.1\nnameserver 192.0.2.1\n',
  '/proc/7/cmdline': '/usr/bin/node\0/opt/tunnelwarden/dist/cli.js\0serve\0--policy\0policy.yaml\0',
};

type Programs = Readonly<Record<string, string | undefined>>;
const PROGRAMS: Programs = {
  'nft --version': 'nftables v1.0.6\n',
  'nft -t -j list ruleset': JSON.stringify({ nftables: [{ metainfo: {} }] }),
  'ss -H -l -n -t -u -p': SS,
};

/** Undefined takes away what a healthy machine has. */
function machine(files: Programs = {}, programs: Programs = {}): Machine {
  const [text, said] = [
    { ...FILES, ...files },
    { ...PROGRAMS, ...programs },
  ];
  return {
    readFile: (path) => text[path],
    run: ({ argv }) => {
      const stdout = said[argv.join(' ')];
      return stdout === undefined
        ? { stdout: '', stderr: 'ENOENT' }
        : { status: 0, stdout, stderr: '' };
    },
    addresses: () => ['192.0.2.1'],
  };
}

test('doctor: a healthy machine is healthy', () => {
  assert.deepEqual(examine(machine(), NEEDS), []);
});

const accept = (...expr: readonly unknown[]) => [...expr, { accept: null }];
const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
const link = (name: string) => match({ meta: { key: 'iifname' } }, name);
const port = (protocol: string, right: unknown) =>
  match({ payload: { protocol, field: 'dport' } }, right);
const ESTABLISHED = accept(match({ ct: { key: 'state' } }, ['established', 'related'], 'in'));
const DNS = accept(
  link('lan0'),
  match({ meta: { key: 'l4proto' } }, { set: ['tcp', 'udp'] }),
  port('th', 53),
);
const GATE = accept(port('tcp', { set: [22, 9443] }));

/** A ruleset of one base chain at the input hook, and a chain that it may go to. */
function input(
  policy: string,
  rules: readonly (readonly unknown[])[],
  other: readonly (readonly unknown[])[] = [],
) {
  const place = { family: 'inet', table: 'filter' };
  const listed = (chain: string, list: readonly (readonly unknown[])[]) =>
    list.map((expr) => ({ rule: { ...place, chain, expr } }));
  return {
    'nft -t -j list ruleset': JSON.stringify({
      nftables: [
        { chain: { ...place, name: 'input', type: 'filter', hook: 'input', prio: 0, policy } },
        { chain: { ...place, name: 'other' } },
        ...listed('input', rules),
        ...listed('other', other),
      ],
    }),
  };
}
const jump = [link('lan0'), { jump: { target: 'other' } }];
const REJECT = [{ reject: {} }];

const INPUTS: readonly {
  when: string;
  programs: Programs;
  refused: readonly ('resolver' | 'gate' | 'refuser')[];
  needs?: Partial<Needs>;
}[] = [
  { when: 'a policy accepts', programs: input('accept', []), refused: [] },
  { when: 'a policy drops', programs: input('drop', []), refused: ['resolver', 'gate'] },
  { when: 'both are accepted', programs: input('drop', [ESTABLISHED, DNS, GATE]), refused: [] },
  {
    when: 'only what is established',
    programs: input('drop', [ESTABLISHED]),
    refused: ['resolver', 'gate'],
  },
  { when: 'only questions', programs: input('drop', [DNS]), refused: ['gate'] },
  {
    when: 'only udp questions',
    programs: input('drop', [accept(port('udp', 53)), GATE]),
    refused: ['resolver'],
  },
  {
    when: 'another interface',
    programs: input('drop', [accept(link('lo'), port('th', 53)), GATE]),
    refused: ['resolver'],
  },
  { when: 'interfaces by a pattern', programs: input('drop', [accept(link('lan*'))]), refused: [] },
  {
    when: 'not from that interface',
    programs: input('drop', [accept(match({ meta: { key: 'iifname' } }, 'wan0', '!='))]),
    refused: [],
  },
  {
    when: 'a range of ports',
    programs: input('drop', [DNS, accept(port('tcp', { range: [9000, 9999] }))]),
    refused: [],
  },
  { when: 'a chain it jumps to', programs: input('drop', [jump], [DNS, GATE]), refused: [] },
  {
    when: 'a chain that rejects first',
    programs: input('accept', [jump], [DNS, REJECT]),
    refused: ['gate'],
  },
  {
    when: 'a last rule that rejects',
    programs: input('accept', [ESTABLISHED, REJECT]),
    refused: ['resolver', 'gate'],
  },
  {
    when: 'what may be is taken to be',
    programs: input('drop', [accept(match({ fib: {} }, 'local'))]),
    refused: [],
  },
  {
    when: 'a drop that may not be',
    programs: input('accept', [[match({ fib: {} }, 'local', '!='), { drop: null }]]),
    refused: [],
  },
  {
    when: 'a map of verdicts',
    programs: input(
      'drop',
      [
        [
          {
            vmap: {
              key: { meta: { key: 'iifname' } },
              data: {
                set: [
                  ['wan0', { drop: null }],
                  ['lan0', { jump: { target: 'other' } }],
                ],
              },
            },
          },
        ],
      ],
      [DNS],
    ),
    refused: ['gate'],
  },
  {
    when: 'the mark of a transparent gate',
    programs: input('drop', [DNS, accept(match({ '&': [{ meta: { key: 'mark' } }, 1] }, 1))]),
    needs: { transparent: true },
    refused: [],
  },
  {
    when: 'no mark of a transparent gate',
    programs: input('drop', [DNS, GATE]),
    needs: { transparent: true },
    refused: ['gate'],
  },
  {
    when: 'iptables drops',
    programs: {
      'iptables-save':
        '*filter\n:INPUT DROP [0:0]\n-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lan0 -p tcp -m multiport --dports 53,9443 -j ACCEPT\nCOMMIT\n',
    },
    refused: ['resolver'],
  },
  {
    when: 'iptables accepts',
    programs: {
      'iptables-save':
        '*filter\n:INPUT DROP [0:0]\n-A INPUT -m comment --comment "-p tcp" -j LOG\n-A INPUT ! -i wan0 -p udp -m udp --dport 1:100 -j ACCEPT\n-A INPUT -i lan+ -p tcp -j mine\n-A mine -s 192.0.2.0/24 -j ACCEPT\nCOMMIT\n',
    },
    refused: [],
  },
  {
    when: 'all the ports there are',
    programs: { ...input('drop', []), 'ss -H -l -n -t -u -p': SS_ALL },
    needs: { gate: [9443, 9444], refuser: { port: 9080, addresses: ['192.0.2.9'] } },
    refused: ['resolver', 'gate', 'gate', 'refuser'],
  },
  {
    when: 'ip6tables rejects',
    programs: {
      'ip6tables-save':
        '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p ipv6-icmp -j ACCEPT\n-A INPUT -j REJECT --reject-with icmp6-adm-prohibited\nCOMMIT\n',
    },
    refused: ['resolver', 'gate'],
  },
];
for (const { when, programs, refused, needs } of INPUTS) {
  test(`doctor: input filter, ${when}`, () => {
    const found = examine(machine({}, programs), { ...NEEDS, ...needs });
    const what = found.map(
      ({ id, text }) => `${id} ${/the (resolver|gate|refuser)/.exec(text)?.[1]}`,
    );
    assert.deepEqual(
      what,
      refused.map((one) => `input-drops ${one}`),
    );
    assert(found.every(({ severity, remedy }) => severity === 'breaks' && /accept/i.test(remedy)));
  });
}

const ROUTES: Programs = Object.fromEntries(
  ['-4', '-6'].flatMap((family) => [
    [`ip ${family} rule`, '0: from all lookup local\n7353: from all fwmark 0x1/0x1 lookup 7353\n'],
    [`ip ${family} route show table 7353`, 'local default dev lo scope host \n'],
  ]),
);
const MARKING: Programs = {
  'nft -t -j list ruleset': JSON.stringify({
    nftables: [{ chain: { family: 'inet', table: 'tunnelwarden', name: 'pre' } }],
  }),
};

const CASES: readonly {
  when: string;
  files?: Programs;
  programs?: Programs;
  needs?: Partial<Needs>;
  /** No gate. */
  idle?: true;
  finds: readonly (readonly [Severity, string])[];
}[] = [
  {
    when: 'no capability',
    files: { '/proc/self/status': 'CapEff:\t0000000000000400\n' },
    finds: [['breaks', 'no-capability']],
  },
  { when: 'no nft', programs: { 'nft --version': undefined }, finds: [['breaks', 'no-program']] },
  {
    when: 'no ipset',
    needs: { format: 'iptables', programs: ['iptables', 'ip6tables', 'ipset'] },
    programs: { 'iptables --version': 'v1.8.9', 'ip6tables --version': 'v1.8.9' },
    finds: [['breaks', 'no-program']],
  },
  { when: 'no such interface', needs: { lan: ['lan0', 'lan1'] }, finds: [['breaks', 'no-link']] },
  { when: 'no interface named', needs: { lan: [] }, finds: [['breaks', 'no-lan']] },
  {
    when: 'no forwarding',
    files: { '/proc/sys/net/ipv4/ip_forward': '0\n' },
    finds: [['breaks', 'no-forwarding']],
  },
  {
    when: 'no IPv6 forwarding',
    files: { '/proc/sys/net/ipv6/conf/all/forwarding': '0\n' },
    finds: [['weakens', 'no-forwarding-v6']],
  },
  {
    when: 'no IPv6 at all',
    files: { '/proc/sys/net/ipv6/conf/all/forwarding': undefined },
    finds: [],
  },
  {
    when: 'no connection tracking yet',
    files: { '/proc/sys/net/netfilter/nf_conntrack_max': undefined },
    finds: [['note', 'no-conntrack']],
  },
  {
    when: 'no room for connections',
    files: { '/proc/sys/net/netfilter/nf_conntrack_count': '262000\n' },
    finds: [['weakens', 'conntrack-full']],
  },
  {
    when: 'another resolver',
    files: { '/etc/resolv.conf': 'nameserver 198.51.100.53\n' },
    finds: [['note', 'other-resolver']],
  },
  {
    when: 'another resolver, and no capture',
    files: { '/etc/resolv.conf': 'nameserver 198.51.100.53\n' },
    needs: { resolver: false },
    finds: [],
  },
  {
    when: 'port 53 taken',
    programs: { 'ss -H -l -n -t -u -p': SS.replaceAll('"MainThread",pid=7', '"dnsmasq",pid=9') },
    finds: [
      ['breaks', 'port-taken'],
      ['breaks', 'port-taken'],
    ],
  },
  {
    when: 'another Node at port 53',
    files: { '/proc/7/cmdline': 'node\0/srv/cli.js\0other\0' },
    finds: [
      ['breaks', 'port-taken'],
      ['breaks', 'port-taken'],
    ],
  },
  {
    when: 'nobody listens',
    programs: { 'ss -H -l -n -t -u -p': '' },
    finds: [
      ['breaks', 'nobody-listens'],
      ['breaks', 'nobody-listens'],
      ['breaks', 'nobody-listens'],
    ],
  },
  {
    when: 'nobody has to listen',
    programs: { 'ss -H -l -n -t -u -p': '' },
    needs: { resolver: false },
    idle: true,
    finds: [],
  },
  {
    when: 'nftables.service flushes everything',
    files: { '/etc/nftables.conf': '#!/usr/sbin/nft -f\n\nflush ruleset\n' },
    programs: { 'systemctl is-enabled nftables.service': 'enabled\n' },
    finds: [['breaks', 'flush-ruleset']],
  },
  {
    when: 'it does, and is not enabled',
    files: { '/etc/nftables.conf': 'flush ruleset\n' },
    programs: { 'systemctl is-enabled nftables.service': 'disabled\n' },
    finds: [],
  },
  {
    when: 'it only speaks of it',
    files: { '/etc/nftables.conf': '# flush ruleset\n' },
    programs: { 'systemctl is-enabled nftables.service': 'enabled\n' },
    finds: [],
  },
  {
    when: 'a flowtable',
    programs: {
      'nft -t -j list ruleset': JSON.stringify({
        nftables: [{ flowtable: { family: 'inet', table: 'fast', name: 'f', dev: ['lan0'] } }],
      }),
    },
    finds: [['breaks', 'flowtable']],
  },
  {
    when: 'docker, ufw and firewalld beside nftables',
    programs: {
      'iptables-save':
        '*filter\n:INPUT ACCEPT [0:0]\n:DOCKER-USER - [0:0]\n:ufw-before-input - [0:0]\nCOMMIT\n',
      'nft -t -j list ruleset': JSON.stringify({
        nftables: [{ table: { family: 'inet', name: 'firewalld' } }],
      }),
    },
    finds: [
      ['note', 'docker'],
      ['note', 'ufw'],
      ['note', 'firewalld'],
    ],
  },
  {
    when: 'docker in front of our jump',
    needs: { format: 'iptables', programs: [] },
    programs: {
      'iptables-save':
        '*filter\n:FORWARD DROP [0:0]\n:DOCKER-USER - [0:0]\n:TW-HOOK-FORWARD - [0:0]\n-A FORWARD -j DOCKER-USER\n-A FORWARD -j TW-HOOK-FORWARD\nCOMMIT\n',
    },
    finds: [
      ['breaks', 'jump-order'],
      ['weakens', 'docker'],
    ],
  },
  {
    when: 'nobody at the gate for fronts, nor at the refuser',
    needs: { gate: [9443, 9444], refuser: { port: 9080, addresses: ['192.0.2.9'] } },
    finds: [
      ['breaks', 'nobody-listens'],
      ['breaks', 'nobody-listens'],
    ],
  },
  {
    when: 'another program where refused names lead',
    needs: { refuser: { port: 9080, addresses: ['192.0.2.9', '2001:db8::9'] } },
    programs: {
      'ss -H -l -n -t -u -p': [
        SS,
        'tcp LISTEN 0 511 *:9080 *:* users:(("MainThread",pid=7,fd=22))',
        'tcp LISTEN 0 128 192.0.2.9:22 0.0.0.0:* users:(("sshd",pid=11,fd=3))',
        'tcp LISTEN 0 128 [2001:db8::9]:443 [::]:* users:(("MainThread",pid=7,fd=23))',
        'udp UNCONN 0 0 192.0.2.9:123 0.0.0.0:* users:(("ntpd",pid=12,fd=3))',
      ].join('\n'),
    },
    finds: [['breaks', 'sinkhole-taken']],
  },
  {
    when: 'a transparent gate without a route of IPv6',
    needs: { transparent: true },
    programs: { ...ROUTES, ...MARKING, 'ip -6 rule': '0: from all lookup local\n' },
    finds: [['breaks', 'no-gate-route']],
  },
  {
    when: 'a transparent gate with its routes',
    needs: { transparent: true },
    programs: { ...ROUTES, ...MARKING },
    finds: [],
  },
  {
    when: 'a transparent gate, and no rules yet',
    needs: { transparent: true },
    programs: { 'ip -4 rule': '', 'ip -6 rule': '' },
    finds: [],
  },
  {
    when: 'pf is off',
    needs: { format: 'pf-openbsd', programs: [] },
    programs: {
      'pfctl -s info': 'Status: Disabled\n',
      'pfctl -s rules': 'anchor "tunnelwarden" in on em1 all\n',
    },
    finds: [['breaks', 'pf-off']],
  },
  {
    when: 'pf does not ask our anchor',
    needs: { format: 'pf-freebsd', programs: [] },
    programs: { 'pfctl -s info': 'Status: Enabled for 1 days\n', 'pfctl -s rules': 'pass all\n' },
    finds: [['breaks', 'no-anchor']],
  },
];
for (const { when, files, programs, needs, idle, finds } of CASES) {
  test(`doctor: ${when}`, () => {
    const gate = idle ? [] : NEEDS.gate;
    const found = examine(machine(files, programs), { ...NEEDS, gate, ...needs });
    assert.deepEqual(
      found.map(({ severity, id }) => [severity, id]),
      finds,
    );
    for (const { text, remedy } of found) assert(text.length > 20 && remedy.length > 9, text);
  });
}
