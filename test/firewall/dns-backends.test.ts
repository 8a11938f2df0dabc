import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import type { Backend, NameEntry, Plan } from '../../src/firewall/backend.ts';
import { adblockBackend } from '../../src/firewall/backends/adblock.ts';
import { bindBackend } from '../../src/firewall/backends/bind.ts';
import { dnsmasqBackend } from '../../src/firewall/backends/dnsmasq.ts';
import { domainsBackend } from '../../src/firewall/backends/domains.ts';
import { hostsBackend } from '../../src/firewall/backends/hosts.ts';
import { rpzBackend, triggerOf } from '../../src/firewall/backends/rpz.ts';
import { unboundBackend } from '../../src/firewall/backends/unbound.ts';
import { windowsBackend } from '../../src/firewall/backends/windows.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseNetwork } from '../../src/policy/network.ts';
import { parsePattern } from '../../src/policy/pattern.ts';
import { missing } from '../support/e2e/requirements.ts';
import { samplePlan } from './sample-plan.ts';
import { DNS_READERS } from './support/dns-readers.ts';
import { written } from './support/ruleset.ts';

const backends: readonly Backend[] = [
  ...[rpzBackend, unboundBackend, dnsmasqBackend, bindBackend, domainsBackend, hostsBackend],
  ...[adblockBackend, windowsBackend],
];

function blocked(text: string, more: Partial<NameEntry> = {}): NameEntry {
  const name = parseName(text);
  const depth = name.split('.').length;
  return {
    id: `block/${text}`,
    pattern: { name, scope: 'subtree', anchor: name, depth },
    action: 'block',
    answer: 'nxdomain',
    reason: 'because',
    ...more,
  };
}

const LONG = `${'x'.repeat(63)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${'w'.repeat(55)}`;

/** Names and texts that want out of their quotes, comments and fields. */
const hostilePlan: Plan = {
  ...samplePlan,
  organisation: { name: 'Evil\' $(calc) "Corp" `x` */ ; %\n#\r! {' },
  names: [
    ...[
      "a'b",
      'a\\"b',
      'a\\;b',
      'a\\$b',
      'a\\(b',
      'a\\\\',
      'a\\.b',
      'a\\000b',
      'a\\255b',
      'a\\010b',
    ],
    ...[
      'a/b',
      'a#b',
      'a\\@b',
      '\\@',
      '{a}',
      '|a',
      '^a',
      '!a',
      '-a',
      "'\u003b",
      '#',
      ';'.padStart(2, '\\'),
    ],
    ...[
      '%a',
      'a,b',
      'a=b',
      'a&b',
      '<a>',
      '`a`',
      '[a]',
      'xn--a',
      '_dmarc',
      '$ttl'.padStart(5, '\\'),
    ],
  ]
    .flatMap((label) => [
      blocked(`${label}.example`, { reason: `it is ${label} "' */ ;\n} $x % \u2028 \u00e9 \\` }),
      blocked(`in.${label}.example`, { action: 'allow', id: `allow/${label}` }),
    ])
    .concat(
      ['1.2.3.rpz-ip', 'rpz-client-ip', 'x.rpz-nsdname', LONG].map((text) => blocked(text)),
      blocked('sink.example', { answer: 'sinkhole' }),
    ),
};
const rootPlan: Plan = {
  ...samplePlan,
  names: [
    { ...blocked('com'), pattern: parsePattern('.'), id: 'block/.' },
    blocked('ok.example', { action: 'allow' }),
  ],
};
const emptyPlan: Plan = { ...samplePlan, names: [], networks: [], gaps: [], collisions: [] };
const plans = { sample: samplePlan, hostile: hostilePlan, root: rootPlan, empty: emptyPlan };

for (const backend of backends) {
  for (const [when, plan] of Object.entries(plans)) {
    test(`${backend.id}: ${when} plan in printable lines, alike each time`, () => {
      const artifacts = backend.print(plan);
      assert.deepEqual(artifacts, backend.print(plan));
      assert.equal(new Set(artifacts.map(({ path }) => path)).size, artifacts.length);
      for (const { path, text } of artifacts) {
        assert.match(text, /^(?:[\x20-\x7e]*\n)*$/, path);
        if (path !== 'domains-bare.txt') assert.match(text, /^.{1,2} tunnelwarden: /, path);
      }
    });
  }
  test(`${backend.id}: 100,000 names and addresses are quick to print`, () => {
    const names = Array.from({ length: 100_000 }, (_, i) => blocked(`h${i}.d${i % 999}.example`));
    const networks = Array.from({ length: 100_000 }, (_, i) =>
      parseNetwork(`10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`),
    );
    const began = performance.now();
    backend.print({ ...samplePlan, names, networks });
    const took = performance.now() - began;
    // Far above what it takes, far below what anything quadratic takes.
    assert(took < 3000, `${took} ms`);
  });
}

for (const { backend, tool, objections } of DNS_READERS) {
  for (const [when, plan] of Object.entries(plans)) {
    test(`${tool} takes ${backend.id} of the ${when} plan`, { skip: missing(tool) }, async (t) => {
      assert.equal(await objections(written(t, backend.print(plan))), '');
    });
  }
}

const triggers = [
  ['203.0.113.0/28', '28.0.113.0.203.rpz-ip'],
  ['198.51.100.10', '32.10.100.51.198.rpz-ip'],
  ['2001:db8:77::/48', '48.zz.77.db8.2001.rpz-ip'],
  ['2001:db8::10', '128.10.zz.db8.2001.rpz-ip'],
  ['::1', '128.1.zz.rpz-ip'],
  ['2001:db8:0:1:2:3:4:5', '128.5.4.3.2.1.0.db8.2001.rpz-ip'],
] as const;
for (const [network, owner] of triggers) {
  test(`rpz: ${network} is ${owner}`, () => {
    assert.equal(triggerOf(parseNetwork(network)), owner);
  });
}

const lines: readonly { readonly backend: Backend; readonly holds: readonly string[] }[] = [
  {
    backend: rpzBackend,
    holds: [
      '@ IN SOA localhost. nobody.invalid. 19088743 3600 600 604800 30',
      'evil.example.net A 192.0.2.1',
      '*.evil.example.net AAAA 2001:db8::1',
      'exact.example.net CNAME *.',
      'ok.evil.example.net CNAME rpz-passthru.',
      'watch.example.net CNAME rpz-passthru.',
      '*.tunnels.example.com CNAME rpz-passthru.',
      '28.0.113.0.203.rpz-ip CNAME .',
      '; left out: connect.*.ngrok-agent.com: a * that stands for one label cannot be said here',
    ],
  },
  {
    backend: unboundBackend,
    holds: [
      '  local-zone: "evil.example.net." redirect',
      '  local-data: "evil.example.net. 30 IN AAAA 2001:db8::1"',
      '  local-zone: "ok.evil.example.net." always_transparent',
      '  local-zone: "exact.example.net." transparent',
      '  local-zone: "watch.example.net." inform',
    ],
  },
  {
    backend: dnsmasqBackend,
    holds: [
      'address=/evil.example.net/192.0.2.1',
      'address=/evil.example.net/2001:db8::1',
      'local=/evil.example.net/',
      'server=/ok.evil.example.net/#',
      'local=/exact.example.net/',
      'server=/*.exact.example.net/#',
      '#nftset=/connect.ngrok-agent.com/4#inet#tunnelwarden#tw_deny4,6#inet#tunnelwarden#tw_deny6',
    ],
  },
  {
    backend: hostsBackend,
    holds: ['192.0.2.1 evil.example.net', '0.0.0.0 exact.example.net', ':: exact.example.net'],
  },
  { backend: domainsBackend, holds: ['connect.ngrok-agent.com'] },
  { backend: adblockBackend, holds: ['||evil.example.net^', '@@||ok.evil.example.net^'] },
  {
    backend: windowsBackend,
    holds: [
      "    'TW-evil.example.net' = 'EQ,evil.example.net,*.evil.example.net,NE,ok.evil.example.net,*.ok.evil.example.net'",
      "    'TW-exact.example.net' = 'EQ,exact.example.net'",
      "    '.evil.example.net'",
    ],
  },
];
for (const { backend, holds } of lines) {
  test(`${backend.id}: the lines of the sample`, () => {
    const text = backend.print(samplePlan)[0]?.text.split('\n') ?? [];
    assert.deepEqual(
      holds.filter((line) => !text.includes(line)),
      [],
    );
  });
}

test('dnsmasq and unbound: nothing is said of allowed names where nothing is refused', () => {
  for (const backend of [unboundBackend, dnsmasqBackend]) {
    const text = backend.print(samplePlan)[0]?.text.replaceAll(/^\s*#.*$/gm, '');
    assert.doesNotMatch(text as string, /tunnels\.example\.com/);
  }
});

test('rpz: names that would be triggers or too long are left out', () => {
  const text = rpzBackend.print(hostilePlan)[0]?.text as string;
  const records = text.replaceAll(/^;.*$/gm, '');
  assert.doesNotMatch(records, /rpz-client-ip|rpz-nsdname|1\.2\.3\.rpz-ip|xxxx/);
  for (const name of ['1.2.3.rpz-ip', 'rpz-client-ip', 'x.rpz-nsdname', LONG]) {
    assert(text.includes(`; left out: ${name}: `), name);
  }
});

test('windows: every quote is closed on its line, and nothing in one is expanded', () => {
  for (const plan of Object.values(plans)) {
    const text = windowsBackend.print(plan)[0]?.text as string;
    for (const line of text.split('\n')) {
      if (/^\s*#/.test(line)) continue;
      const bare = line.replaceAll(/'(?:[^']|'')*'/g, '');
      assert.doesNotMatch(bare, /'/, line);
      assert.doesNotMatch(bare, /example|evil|calc/, line);
      assert.doesNotMatch(bare, /#|`|\$\(/, line);
    }
    const script = text.replaceAll(/^\s*#.*$/gm, '').replaceAll(/'(?:[^']|'')*'/g, '');
    for (const pair of ['()', '{}', '[]']) {
      const [open, close] = [...pair].map((mark) => script.split(mark).length);
      assert.equal(open, close, pair);
    }
  }
});
