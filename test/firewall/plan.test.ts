import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AddressBook } from '../../src/firewall/addressbook.ts';
import { audiencesOf } from '../../src/firewall/audience.ts';
import type { Backend, Facet, Plan } from '../../src/firewall/backend.ts';
import { BACKENDS } from '../../src/firewall/backends/index.ts';
import { classOf } from '../../src/firewall/classes.ts';
import { fateOf, type Packet } from '../../src/firewall/interpret.ts';
import { lastingPlan } from '../../src/firewall/lasting.ts';
import { plan } from '../../src/firewall/plan.ts';
import { judge } from '../../src/policy/judge.ts';
import { listedNames } from '../../src/policy/list.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { compiledPolicy } from '../support/policy.ts';
import { createPrng } from '../support/prng.ts';

const backend = (
  enforces: readonly Facet[],
  sni: Backend['sni'] = ['gate', 'kernel'],
): Backend => ({
  id: 'test',
  title: 'a test',
  enforces,
  sni,
  use: '',
  cannot: [],
  print: () => [],
});
const PACKETS = backend(['packets', 'liveness', 'watch']);

const HEAD = `organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
`;
const FIREWALL = 'firewall: { lan: [lan0], gate: 9443 }\n';

function bookOf(names: Readonly<Record<string, readonly string[]>>): AddressBook {
  return {
    names: new Map(
      Object.entries(names).map(([name, addresses]) => [
        parseName(name),
        addresses.map(parseAddress),
      ]),
    ),
  };
}

function planOf(text: string, book: AddressBook, made = PACKETS): Plan {
  const { ruleset, policy } = compiledPolicy(text);
  return plan({ ruleset, settings: policy.firewall, book, listed: new Map() }, made);
}

const flow = (
  to: string,
  port = 443,
  from = '192.0.2.10',
  transport: Packet['transport'] = 'tcp',
): Packet => ({
  from: parseAddress(from),
  to: parseAddress(to),
  transport,
  port,
});

const SESSION = 'connect.ngrok-agent.com';
const DOOR = 'tunnels.example.com';

type Fated = {
  readonly when: string;
  readonly policy: string;
  readonly book?: Readonly<Record<string, readonly string[]>>;
  readonly flow: Packet;
  readonly fate: string;
};

const SINK = `refusal: { addresses: [203.0.113.9, '2001:db8::1'] }
allow: [{ network: 203.0.113.0/24, clients: [192.0.2.77] }]
firewall: { lan: [lan0], exempt: [192.0.2.53], resolver: [192.0.2.54], refuser: 9080 }
`;
const [SINK4, SINK6] = ['203.0.113.9', '2001:db8::1'] as const;
const TO_REFUSER: readonly Fated[] = [
  { when: 'TCP to where refused names lead', flow: flow(SINK4, 22), fate: 'refuser TW-REFUSER' },
  {
    when: 'QUIC to there',
    flow: flow(SINK4, 443, '192.0.2.10', 'udp'),
    fate: 'refuse TW-REFUSER',
  },
  {
    when: 'a question to there',
    flow: flow(SINK4, 53, '192.0.2.10', 'udp'),
    fate: 'resolver TW-DNS',
  },
  {
    when: 'a question of an exempt machine to there',
    flow: flow(SINK4, 53, '192.0.2.53'),
    fate: 'refuser TW-REFUSER',
  },
  {
    when: 'QUIC of an exempt machine to there',
    flow: flow(SINK4, 443, '192.0.2.53', 'udp'),
    fate: 'refuse TW-REFUSER',
  },
  {
    when: 'TCP to there, from a client that may go anywhere near',
    flow: flow(SINK4, 443, '192.0.2.77'),
    fate: 'refuser TW-REFUSER',
  },
  {
    when: 'TCP to there over IPv6, where the resolver has no address',
    flow: flow(SINK6, 53, '2001:db8:1::10'),
    fate: 'refuser TW-REFUSER',
  },
  {
    when: 'UDP to there over IPv6, where the resolver has no address',
    flow: flow(SINK6, 53, '2001:db8:1::10', 'udp'),
    fate: 'refuse TW-DNS',
  },
].map((each) => ({ policy: SINK, ...each }));

const fates: readonly Fated[] = [
  {
    when: 'only a blocked name lives there',
    policy: `services: { ngrok: block }\n${FIREWALL}`,
    book: { [SESSION]: ['198.51.100.10'], [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.10', 9999),
    fate: 'refuse TW-DENY',
  },
  {
    when: 'the ingress lives there as well',
    policy: `services: { ngrok: block }\n${FIREWALL}`,
    book: { [SESSION]: ['198.51.100.20'], [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.20'),
    fate: 'shared TW-SNI',
  },
  {
    when: 'the ingress lives there as well, and it is not TLS',
    policy: `services: { ngrok: block }\n${FIREWALL}`,
    book: { [SESSION]: ['198.51.100.20'], [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.20', 22),
    fate: 'refuse TW-SHARED',
  },
  {
    when: 'nobody knows yet where the ingress lives',
    policy: `services: { ngrok: block }\n${FIREWALL}`,
    book: { [SESSION]: ['198.51.100.10'] },
    flow: flow('198.51.100.10'),
    fate: 'shared TW-SNI',
  },
  {
    when: 'an address of another service, though nobody knows where the ingress lives',
    policy: `services: { bore: block }\n${FIREWALL}`,
    book: { 'bore.pub': ['198.51.100.10'] },
    flow: flow('198.51.100.10'),
    fate: 'refuse TW-DENY',
  },
  {
    when: 'nobody can look at TLS names where the ingress lives: it is no outage',
    policy: 'services: { ngrok: block }\nfirewall: { lan: [lan0], parts: [addresses] }\n',
    book: { [SESSION]: ['198.51.100.20'], [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.20'),
    fate: 'pass TW-SHARED',
  },
  {
    when: 'a network is blocked that holds the ingress',
    policy: `block: [198.51.100.0/24]\n${FIREWALL}`,
    book: { [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.20'),
    fate: 'shared TW-SNI',
  },
  {
    when: 'the very address of the ingress is blocked',
    policy: `block: [198.51.100.20]\n${FIREWALL}`,
    book: { [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.20'),
    fate: 'shared TW-SNI',
  },
  {
    when: 'a network is blocked that holds the ingress, elsewhere in it',
    policy: `block: [198.51.100.0/24]\n${FIREWALL}`,
    book: { [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.21'),
    fate: 'refuse TW-BLOCK',
  },
  {
    when: 'the revocation list lives beside the sessions',
    policy: `services: { ngrok: block }\n${FIREWALL}`,
    book: {
      [SESSION]: ['198.51.100.20'],
      [DOOR]: ['198.51.100.20'],
      'crl.ngrok-agent.com': ['198.51.100.20'],
    },
    flow: flow('198.51.100.20', 80),
    fate: 'pass TW-CRL',
  },
  {
    when: 'a blocked name lives at a front of many',
    policy: `services: { ngrok: block }\n${FIREWALL}`,
    book: { [SESSION]: ['104.16.1.1'], [DOOR]: ['198.51.100.20'] },
    flow: flow('104.16.1.1'),
    fate: 'fronts TW-CDN',
  },
  {
    when: 'plain ssh to a front of many',
    policy: `services: { serveo: block }\n${FIREWALL}`,
    book: { 'serveo.net': ['104.16.1.1'], [DOOR]: ['198.51.100.20'] },
    flow: flow('104.16.1.1', 22),
    fate: 'refuse TW-SSH',
  },
  {
    when: 'QUIC to a denied address',
    policy: `services: { ngrok: block }\n${FIREWALL}`,
    book: { [SESSION]: ['198.51.100.10'], [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.10', 443, '192.0.2.10', 'udp'),
    fate: 'refuse TW-DENY',
  },
  {
    when: 'a port that only a blocked service uses',
    policy: `services: { cloudflare-tunnel: block }\n${FIREWALL}`,
    flow: flow('203.0.113.99', 7844, '192.0.2.10', 'udp'),
    fate: 'refuse TW-PORT-cloudflare-tunnel',
  },
  {
    when: 'an address that a blocked service publishes',
    policy: `services: { cloudflare-tunnel: block }\n${FIREWALL}`,
    flow: flow('198.41.192.7'),
    fate: 'refuse TW-ADDR-cloudflare-tunnel',
  },
  {
    when: 'DNS over HTTPS at a public resolver',
    policy: `bypass: { resolvers: block }\n${FIREWALL}`,
    flow: flow('8.8.8.8', 443),
    fate: 'refuse TW-DOH',
  },
  {
    when: 'DNS over TLS anywhere',
    policy: `bypass: { resolvers: block }\n${FIREWALL}`,
    flow: flow('2001:db8:77::9', 853, '2001:db8:1::10'),
    fate: 'refuse TW-DOT',
  },
  {
    when: 'one resolver is allowed DNS over TLS',
    policy: `bypass: { resolvers: block }\nallow: [{ network: 203.0.113.53, ports: [853/tcp] }]\n${FIREWALL}`,
    flow: flow('203.0.113.53', 853),
    fate: 'pass TW-ALLOW-41aea11a-1',
  },
  {
    when: 'a question to a foreign resolver',
    policy: FIREWALL,
    flow: flow('8.8.8.8', 53, '192.0.2.10', 'udp'),
    fate: 'resolver TW-DNS',
  },
  ...TO_REFUSER,
  {
    when: 'no refuser where refused names lead',
    policy: 'refusal: { addresses: [203.0.113.9] }\nfirewall: { lan: [lan0] }\n',
    flow: flow('203.0.113.9', 22),
    fate: 'pass ',
  },
  {
    when: 'a question of an exempt machine',
    policy: 'bypass: { resolvers: block }\nfirewall: { lan: [lan0], exempt: [192.0.2.53] }\n',
    flow: flow('8.8.8.8', 53, '192.0.2.53', 'udp'),
    fate: 'pass ',
  },
  {
    when: 'an exempt machine speaks DNS over TLS',
    policy: 'bypass: { resolvers: block }\nfirewall: { lan: [lan0], exempt: [192.0.2.53] }\n',
    flow: flow('8.8.8.8', 853, '192.0.2.53'),
    fate: 'pass ',
  },
  {
    when: 'a client that may use the service dials a denied address',
    policy: `services: { ngrok: block }\nallow: [{ service: ngrok, clients: [192.0.2.77] }]\n${FIREWALL}`,
    book: { [SESSION]: ['198.51.100.10'], [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.10', 443, '192.0.2.77'),
    fate: 'pass ',
  },
  {
    when: 'a client that is only observed dials a denied address',
    policy: `services: { ngrok: block }\nclients: { lab: { networks: [192.0.2.64/26], mode: observe } }\n${FIREWALL}`,
    book: { [SESSION]: ['198.51.100.10'], [DOOR]: ['198.51.100.20'] },
    flow: flow('198.51.100.10', 443, '192.0.2.77'),
    fate: 'pass ',
  },
  {
    when: 'a watched network inside a blocked one',
    policy: `block: [203.0.113.0/24]\nwatch: [203.0.113.8/29]\n${FIREWALL}`,
    flow: flow('203.0.113.9'),
    fate: 'pass TW-WATCH-pass',
  },
];

for (const { when, policy, book = {}, flow, fate: expected } of fates) {
  test(`plan: ${when}`, () => {
    const { packets } = planOf(HEAD + policy, bookOf(book));
    const fate = fateOf(packets, flow);
    const { id = '' } = fate;
    const kind = fate.kind === 'look' ? fate.lane : fate.kind;
    // An audience's id stands behind a dot.
    assert.equal(`${kind} ${id.replace(/\.c[0-9a-f]{8}$/, '')}`, expected);
  });
}

for (const { when, facets, parts, at } of [
  {
    when: 'the format can tell a gate that is down',
    facets: ['liveness'],
    parts: '',
    at: 'fronts',
  },
  { when: 'it cannot', facets: [], parts: '', at: 'pass' },
  {
    when: 'the policy leaves fronts out',
    facets: ['liveness'],
    parts: ', parts: [addresses, sni]',
    at: 'pass',
  },
] as const) {
  test(`plan: fronts of many go to a gate: ${when}`, () => {
    const made = planOf(
      `${HEAD}services: { ngrok: block }\nfirewall: { lan: [lan0], gate: 9443${parts} }\n`,
      bookOf({ [SESSION]: ['104.16.1.1'], [DOOR]: ['198.51.100.20'] }),
      backend(['packets', 'watch', ...facets]),
    );
    const fate = fateOf(made.packets, flow('104.16.1.1'));
    assert.equal(fate.kind === 'look' ? fate.lane : fate.kind, at);
    const isTold = made.gaps.some(
      ({ about, text }) => about === 'fronts of many' && text.startsWith('blocked TLS names pass'),
    );
    assert.ok(isTold);
  });
}

test('plan: of rules about addresses the one that judge takes decides', () => {
  const random = createPrng(7);
  const network = () =>
    random.pick([
      `203.0.113.${random.below(16)}`,
      `203.0.113.${random.below(4) * 4}/30`,
      `203.0.113.${random.below(2) * 8}/29`,
      '203.0.113.0/28',
      `2001:db8:77::${random.below(16).toString(16)}`,
      '2001:db8:77::/125',
      '2001:db8:77::/124',
    ]);
  let ruled = 0;
  for (let round = 0; round < 60; round++) {
    const used = new Set<string>();
    const lines = (['block', 'allow', 'watch'] as const).map((action) => {
      const made = Array.from({ length: 5 }, () => {
        const clients = random.pick([
          '',
          '',
          ', clients: [192.0.2.0/25]',
          ', clients: [192.0.2.77]',
        ]);
        const target = network() + clients;
        if (used.has(target)) return '';
        used.add(target);
        return `  - { network: "${target.replace(/, .*/, '')}"${clients} }\n`;
      }).join('');
      return made === '' ? '' : `${action}:\n${made}`;
    });
    const text = `organisation: { name: X }\n${lines.join('')}firewall: { lan: [lan0] }\n`;
    const { ruleset, policy } = compiledPolicy(text);
    const { packets } = plan(
      { ruleset, settings: policy.firewall, book: bookOf({}), listed: new Map() },
      PACKETS,
    );
    for (const from of ['192.0.2.10', '192.0.2.77', '192.0.2.200'].map(parseAddress)) {
      for (let host = 0; host < 16; host++) {
        const text = random.pick([`203.0.113.${host}`, `2001:db8:77::${host.toString(16)}`]);
        const address = parseAddress(text);
        const { kind } = judge(ruleset, { client: from, address });
        if (kind !== 'unmatched') ruled += 1;
        const expected = {
          blocked: 'refuse',
          allowed: 'pass',
          watched: 'pass',
          unmatched: 'pass',
          observed: 'pass',
        }[kind];
        const fate = fateOf(packets, { from, to: address, transport: 'tcp', port: 9999 });
        assert.equal(
          fate.kind,
          expected,
          `${from} to ${address}: ${kind}, by ${fate.id}\n${lines.join('')}`,
        );
        assert.equal(fate.recorded.length > 0, kind === 'watched', `${from} to ${address}`);
      }
    }
  }
  assert.ok(ruled > 1000, `${ruled} verdicts`);
});

test('plan: rules beyond those of one audience do not change its ids', () => {
  const before = planOf(`${HEAD}block: [203.0.113.0/24, 198.51.100.7]\n${FIREWALL}`, bookOf({}));
  const after = planOf(
    `${HEAD}services: { others: block }\nblock: [203.0.113.0/24, 198.51.100.7, 192.0.2.200]\nallow: [{ name: a.example.net, clients: [192.0.2.9] }]\n${FIREWALL}`,
    bookOf({}),
  );
  const ids = ({ packets }: Plan) => packets.audiences.at(-1)?.entries.map(({ id }) => id) ?? [];
  const [few, many] = [ids(before), ids(after)];
  assert.deepEqual(
    few.filter((id) => !many.includes(id)),
    [],
  );
});

test('plan: a rule that would hit the ingress is told with the names that collide', () => {
  const { collisions, networks } = planOf(
    `${HEAD}services: { ngrok: block }\nblock: [198.51.100.0/24, 198.51.100.20, 203.0.113.0/24]\n${FIREWALL}`,
    bookOf({ [SESSION]: ['198.51.100.20'], [DOOR]: ['198.51.100.20'] }),
    backend(['networks']),
  );
  assert.deepEqual(collisions, [
    {
      address: '198.51.100.20',
      sanctioned: [DOOR],
      blocked: [SESSION, 'block/198.51.100.0/24', 'block/198.51.100.20'],
    },
  ]);
  // A file of addresses can say no exception: the network that holds the ingress is left out whole.
  assert.deepEqual(
    networks.map(({ text }) => text),
    ['203.0.113.0/24'],
  );
});

test('audiences: clients are parted by what rules and modes are for them, and ids last', () => {
  const text = `organisation: { name: X }
services: { ngrok: block }
allow: [{ service: ngrok, clients: [192.0.2.77] }]
clients:
  guests: { networks: [192.0.2.0/25, '2001:db8:9::/64'], mode: observe }
  same: { networks: [198.51.100.0/24] }
`;
  const audiences = audiencesOf(compiledPolicy(text).ruleset);
  assert.deepEqual(
    audiences.map(({ networks, mode }) => [networks.map((n) => n.text), mode]),
    [
      [['192.0.2.0/25', '2001:db8:9::/64'], 'observe'],
      [['192.0.2.77'], 'observe'],
      [[], 'enforce'],
    ],
  );
  const [guests] = audiences;
  const more = audiencesOf(
    compiledPolicy(`${text}watch: [{ name: w.example.net, clients: [203.0.113.9] }]\n`).ruleset,
  );
  assert.ok(more.some(({ id }) => id === guests?.id));
});

const classes: readonly {
  when: string;
  policy: string;
  names: readonly string[];
  class: string | undefined;
  at?: string;
}[] = [
  {
    when: 'nothing blocked lives there',
    policy: '',
    names: [DOOR, 'www.example.net'],
    class: undefined,
  },
  {
    when: 'a blocked and an unspoken name live there',
    policy: 'services: { ngrok: block }',
    names: [SESSION, 'www.example.net'],
    class: 'cdn',
  },
  {
    when: 'a blocked, an unspoken and a sanctioned name',
    policy: 'services: { ngrok: block }',
    names: [SESSION, 'www.example.net', DOOR],
    class: 'shared',
  },
  {
    when: 'a sanctioned name at a front of many',
    policy: 'services: { ngrok: block }',
    names: [SESSION, DOOR],
    class: 'cdn',
    at: '104.16.1.1',
  },
  {
    when: 'an account page beside sessions',
    policy: 'services: { ngrok: block }\nallow: [dashboard.ngrok.com]',
    names: [SESSION, 'dashboard.ngrok.com'],
    class: 'cdn',
  },
  {
    when: 'a revocation list beside sessions',
    policy: 'services: { ngrok: block }',
    names: [SESSION, 'crl.ngrok-agent.com'],
    class: 'shared',
  },
  {
    when: 'only observed',
    policy: 'mode: observe\nservices: { ngrok: block }',
    names: [SESSION],
    class: 'deny',
  },
];
for (const { when, policy, names, class: expected, at = '198.51.100.10' } of classes) {
  test(`classes: ${when}`, () => {
    const { ruleset } = compiledPolicy(`${HEAD}${policy}\n`);
    const found = classOf(
      ruleset,
      parseAddress('192.0.2.10'),
      parseAddress(at),
      names.map(parseName),
    );
    assert.equal(found.class, expected);
  });
}

const DNS: readonly Facet[] = ['dns-name', 'exact', 'exception', 'answer', 'watch'];
const naming: readonly {
  when: string;
  policy: string;
  enforces: readonly Facet[];
  names: readonly string[];
  gaps: readonly RegExp[];
}[] = [
  {
    when: 'a * within a name becomes the names known today',
    policy: 'services: { ngrok: { session: block } }',
    enforces: DNS,
    names: ['block connect.eu.ngrok-agent.com', 'block tunnel.jp.ngrok.com'],
    gaps: [/connect\.\*\.ngrok-agent\.com/],
  },
  {
    when: 'or stays where it can be said',
    policy: 'services: { ngrok: { session: block } }',
    enforces: [...DNS, 'wildcard'],
    names: ['block connect.*.ngrok-agent.com'],
    gaps: [],
  },
  {
    when: 'a rule for some clients is a gap',
    policy: 'block: [{ name: a.example.net, clients: [192.0.2.9] }]',
    enforces: DNS,
    names: [],
    gaps: [/1 rule for some clients only: .*192\.0\.2\.9/],
  },
  {
    when: 'a watched name passes where nothing can be recorded',
    policy: 'block: [example.net]\nwatch: [w.example.net]',
    enforces: ['dns-name', 'exact', 'exception'],
    names: ['block example.net', 'allow w.example.net'],
    gaps: [/1 watched name:/],
  },
  {
    when: 'a block with an exception shrinks to the name itself where none can be said',
    policy: 'block: [example.net]\nallow: [w.example.net]',
    enforces: ['dns-name', 'exact'],
    names: ['block =example.net'],
    gaps: [/example\.net/],
  },
  {
    when: 'one name is left out where a subtree is all that can be said',
    policy: "block: ['=example.net']",
    enforces: ['dns-name'],
    names: [],
    gaps: [/example\.net/],
  },
  {
    when: 'nothing is blocked where the policy observes',
    policy: 'mode: observe\nblock: [example.net]',
    enforces: DNS,
    names: ['watch example.net'],
    gaps: [],
  },
];
for (const { when, policy, enforces, names, gaps } of naming) {
  test(`plan of names: ${when}`, () => {
    const made = planOf(`organisation: { name: X }\n${policy}\n`, bookOf({}), backend(enforces));
    const said = made.names.map(
      ({ action, pattern }) => `${action} ${pattern.scope === 'exact' ? '=' : ''}${pattern.name}`,
    );
    for (const name of names) assert.ok(said.includes(name), `${name} is not in ${said}`);
    if (names.length === 0)
      assert.ok(!said.some((text) => text.includes('example.net')), `${said}`);
    const told = made.gaps.map(({ about, text }) => `${about}: ${text}`);
    for (const gap of gaps)
      assert.ok(
        told.some((text) => gap.test(text)),
        `${gap} is not in\n${told.join('\n')}`,
      );
  });
}

test('lists: their names are read as texts, each with how it is covered', () => {
  const list = Buffer.from(
    '# tunnels\nExample.COM\n0.0.0.0 host.example.net\n||ads.example.org^\nno name here!\nexample.com\n',
  );
  assert.deepEqual(
    [...listedNames(list)],
    [
      ['example.com', 1],
      ['host.example.net', 2],
      ['ads.example.org', 1],
    ],
  );
});

for (const id of ['nftables', 'iptables', 'pf-openbsd', 'pf-freebsd']) {
  test(`lasting: a new address is no new rule of ${id}, and a new rule is one`, () => {
    const printer = BACKENDS.find((backend) => backend.id === id) as Backend;
    const textOf = (policy: string, book: AddressBook) =>
      printer
        .print(lastingPlan(planOf(HEAD + policy + FIREWALL, book, printer)))
        .map(({ path, text }) => `${path}\n${text}`)
        .join('\n');
    const policy = 'services: { ngrok: block }\n';
    const before = textOf(policy, bookOf({}));
    const known = bookOf({
      [SESSION]: ['198.51.100.10', '198.51.100.20'],
      [DOOR]: ['198.51.100.20'],
    });
    assert.equal(textOf(policy, known), before);
    assert.notEqual(textOf(`${policy}block: [203.0.113.0/24]\n`, known), before);
  });
}
