import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainOf } from '../../src/closure/chains.ts';
import type { StepId } from '../../src/closure/step.ts';
import { type Walked, walkChain } from '../../src/closure/walk.ts';
import type { PacketPlan } from '../../src/firewall/backend.ts';
import { BACKENDS } from '../../src/firewall/backends/index.ts';
import { plan } from '../../src/firewall/plan.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { parseName } from '../../src/policy/name.ts';
import { type Address, parseAddress } from '../../src/policy/network.ts';
import { compiledPolicy } from '../support/policy.ts';

const catalogue = readCatalogue(SHIPPED_RULES);

/** The vendor's door and the sanctioned one at one address, another at one of its own, one at a front. */
const SHARED = '198.51.100.20';
const DENIED = '198.51.100.21';
const FRONT = '104.16.1.1';
const BOOK = {
  'connect.ngrok-agent.com': [SHARED],
  'tunnels.example.com': [SHARED],
};

type World = {
  readonly policy?: string;
  readonly firewall?: string;
  readonly book?: Readonly<Record<string, readonly string[]>>;
  readonly backend?: string;
  readonly client?: string;
  readonly service?: string;
};

const NO_FILTER: PacketPlan = { dispatch: [], audiences: [], sets: [], sanctioned: [] };

function walked({
  policy: more = 'bypass: { resolvers: block }',
  firewall = 'gate: 9443',
  book: names = BOOK,
  backend = 'nftables',
  client = '192.0.2.7',
  service: id = 'ngrok',
}: World): readonly Walked[] {
  const { ruleset, policy } = compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
firewall: { lan: [lan0], ${firewall} }
${more}
`);
  const book = {
    names: new Map(
      Object.entries(names).map(([name, at]) => [parseName(name), at.map(parseAddress)] as const),
    ),
  };
  const settings = policy.firewall;
  const service = catalogue.services.get(id);
  const printer = BACKENDS.find((one) => one.id === backend);
  assert(service);
  const walls = printer
    ? plan({ ruleset, settings, book, listed: new Map() }, printer).packets
    : NO_FILTER;
  const doors = ruleset.doors.map(({ name }) => name);
  const steps = chainOf(service, { bypasses: [...catalogue.bypasses.values()], doors });
  const world = { ruleset, plan: walls, book, client: parseAddress(client) as Address };
  return walkChain({ ...world, service, settings }, steps);
}

function step(world: World, id: StepId): Walked {
  const found = walked(world).find((one) => one.id === id);
  assert(found, `no step ${id}`);
  return found;
}

const byOf = ({ by }: Walked) => by.map(({ where, rule }) => `${where} ${rule}`);

/** `closed`, with all that closes it; or what it is, with ! where the policy means to close it. */
function outcome(one: Walked): string {
  if (one.state === 'closed') return byOf(one).join(', ');
  return `${one.state}${one.broken ? '!' : ''}`;
}

const all = (world: World) =>
  Object.fromEntries(walked(world).map((one) => [one.id, outcome(one)]));

const DNS = {
  'system-dns': /^resolver ngrok\/session\/connect\.ngrok-agent\.com, /,
  'foreign-dns': 'packet filter TW-DNS, resolver ngrok/session/connect.ngrok-agent.com',
  dot: 'packet filter TW-RESOLVER',
  'doh-name': 'resolver bypass/google/dns.google.com, resolver bypass/google/dns.google',
  'doh-address': 'packet filter TW-DOH',
  file: 'beyond',
  proxy: 'beyond',
};
const DOOR = 'ngrok/session/connect.ngrok-agent.com';
const every = (ids: readonly StepId[], said: string) =>
  Object.fromEntries(ids.map((id) => [id, said]));
const TLS: readonly StepId[] = ['session-name', 'session-fragmented', 'session-decoy'];
const STRANGE: readonly StepId[] = ['session-address', 'session-foreign-sni'];
const SESSION: readonly StepId[] = [
  ...TLS,
  ...STRANGE,
  ...(['session-reversed-sni', 'session-sanctioned-sni', 'quic', 'ssh-22', 'ssh-443'] as const),
];

const worlds: readonly {
  readonly when: string;
  readonly world: World;
  readonly steps: Readonly<Record<string, string | RegExp>>;
}[] = [
  {
    when: 'a gate looks at what the sanctioned ingress shares',
    world: {},
    steps: {
      ...DNS,
      ...every(TLS, `gate ${DOOR}`),
      ...every(STRANGE, 'gate TW-SNI'),
      // One of the two is a name of the catalogue, the other is nobody's.
      'session-reversed-sni': 'gate ngrok/session/korgn.*.lennut.com, gate TW-SNI',
      'session-sanctioned-sni': 'beyond',
      quic: 'packet filter TW-SHARED',
      'ssh-22': 'packet filter TW-SHARED',
      'ssh-443': 'gate TW-SNI',
    },
  },
  {
    when: 'the same by iptables',
    world: { backend: 'iptables' },
    steps: {
      ...DNS,
      ...every(TLS, `gate ${DOOR}`),
      ...every(STRANGE, 'gate TW-SNI'),
      'session-reversed-sni': 'gate ngrok/session/korgn.*.lennut.com, gate TW-SNI',
      'session-sanctioned-sni': 'beyond',
      quic: 'packet filter TW-SHARED',
      'ssh-22': 'packet filter TW-SHARED',
      'ssh-443': 'gate TW-SNI',
    },
  },
  {
    when: 'the kernel looks, and a decoy deceives it',
    world: { firewall: '' },
    steps: {
      ...DNS,
      ...every([...SESSION.filter((id) => id !== 'session-decoy')], 'packet filter TW-SNI'),
      'session-decoy': 'open!',
      'session-sanctioned-sni': 'beyond',
      quic: 'packet filter TW-SHARED',
      'ssh-22': 'packet filter TW-SHARED',
    },
  },
  {
    when: 'nobody looks',
    world: { firewall: '', backend: 'pf-openbsd' },
    steps: { ...DNS, ...every(SESSION, 'open!') },
  },
  {
    when: 'the address is the service’s alone',
    world: { book: { ...BOOK, 'connect.ngrok-agent.com': [DENIED] } },
    steps: { ...DNS, ...every(SESSION, 'packet filter TW-DENY') },
  },
  {
    when: 'a gate looks at a front of many',
    world: { book: { ...BOOK, 'connect.ngrok-agent.com': [FRONT] } },
    steps: {
      ...DNS,
      ...every(TLS, `gate ${DOOR}`),
      ...every(STRANGE, 'beyond'),
      'session-reversed-sni': 'beyond',
      'session-sanctioned-sni': 'beyond',
      quic: 'beyond',
      'ssh-22': 'packet filter TW-SSH',
      'ssh-443': 'gate TW-CDN',
    },
  },
  {
    when: 'nobody looks at a front of many',
    world: { firewall: '', book: { ...BOOK, 'connect.ngrok-agent.com': [FRONT] } },
    steps: {
      ...DNS,
      ...every(TLS, 'open!'),
      ...every(STRANGE, 'beyond'),
      'session-reversed-sni': 'beyond',
      'session-sanctioned-sni': 'beyond',
      quic: 'beyond',
      'ssh-22': 'packet filter TW-SSH',
      'ssh-443': 'open!',
    },
  },
  {
    when: 'nobody has looked the session up',
    world: { book: {} },
    steps: { ...DNS, ...every(SESSION, 'unknown') },
  },
  {
    when: 'there is no packet filter',
    world: { backend: 'none' },
    steps: {
      ...every([...SESSION, 'foreign-dns', 'dot', 'doh-address'], 'open!'),
      'system-dns': DNS['system-dns'],
      'doh-name': DNS['doh-name'],
      ...{ file: 'beyond', proxy: 'beyond' },
    },
  },
  {
    when: 'the policy only observes',
    world: { policy: 'bypass: { resolvers: block }\nmode: observe' },
    steps: {
      ...every([...SESSION, 'system-dns', 'foreign-dns', 'dot'], 'open'),
      ...{ 'doh-name': 'open', 'doh-address': 'open', file: 'beyond', proxy: 'beyond' },
    },
  },
];
for (const { when, world, steps } of worlds) {
  test(`walk: ${when}`, () => {
    const found = all(world);
    for (const [id, said] of Object.entries(steps)) {
      if (typeof said === 'string') assert.equal(found[id], said, id);
      else assert.match(found[id] ?? '', said, id);
    }
    assert.deepEqual(Object.keys(found).sort(), Object.keys(steps).sort());
  });
}

const remedies: readonly {
  readonly when: string;
  readonly world: World;
  readonly id: StepId;
  readonly said: string;
  readonly remedy?: RegExp;
  readonly collateral?: RegExp;
}[] = [
  {
    when: 'public resolvers are not blocked',
    world: { policy: '' },
    id: 'doh-name',
    said: 'open',
    remedy: /^`bypass: \{ resolvers: block \}`$/,
  },
  {
    when: 'the same by address',
    world: { policy: '' },
    id: 'dot',
    said: 'open',
    remedy: /^`bypass: \{ resolvers: block \}`$/,
  },
  {
    when: 'questions are not captured, and the resolver is nobody’s',
    world: { policy: '', firewall: 'parts: [addresses, sni]' },
    id: 'foreign-dns',
    said: 'open',
    remedy: /^`firewall: \{ parts: \[addresses, sni, capture\] \}`$/,
  },
  {
    when: 'the client is exempt',
    world: { firewall: 'exempt: [192.0.2.0/24]' },
    id: 'foreign-dns',
    said: 'open',
    remedy: /exempt/,
  },
  {
    when: 'the same for another client',
    world: { firewall: 'exempt: [192.0.2.8/32]' },
    id: 'foreign-dns',
    said: DNS['foreign-dns'],
  },
  {
    when: 'addresses are no part of the rule set',
    world: {
      firewall: 'parts: [capture]',
      book: { ...BOOK, 'connect.ngrok-agent.com': [DENIED] },
    },
    id: 'session-name',
    said: 'open!',
    remedy: /parts: \[capture, addresses\]/,
  },
  {
    when: 'the bootstrap file is on a host of many',
    world: {},
    id: 'file',
    said: 'beyond',
    remedy: /^`block: \['=s3\.amazonaws\.com'\]`$/,
    collateral: /^everything else at s3\.amazonaws\.com$/,
  },
  {
    when: 'the policy takes that loss',
    world: { policy: "block: ['=s3.amazonaws.com']" },
    id: 'file',
    said: 'resolver block/=s3.amazonaws.com',
  },
  {
    when: 'no name is in sight at a front',
    world: {
      book: { ...BOOK, 'connect.ngrok-agent.com': [FRONT], 'www.example.org': [FRONT] },
    },
    id: 'session-address',
    said: 'beyond',
    remedy: /^`block: \[\{ network: '104\.16\.1\.1', ports: \[443\/tcp\] \}\]`$/,
    collateral: /such as www\.example\.org$/,
  },
  {
    when: 'the policy takes that loss too',
    world: {
      policy: `block: [{ network: '${FRONT}', ports: [443/tcp] }]`,
      book: { ...BOOK, 'connect.ngrok-agent.com': [FRONT] },
    },
    id: 'session-address',
    said: 'closed by something else than the gate',
  },
  {
    when: 'QUIC to a front',
    world: { book: { ...BOOK, 'connect.ngrok-agent.com': [FRONT] } },
    id: 'quic',
    said: 'beyond',
    remedy: /^`block: \[\{ network: '104\.16\.1\.1', ports: \[443\/udp\] \}\]`$/,
    collateral: /^HTTP\/3 of /,
  },
  {
    when: 'a service that nothing forbids',
    world: { service: 'tailscale', book: { 'controlplane.tailscale.com': ['203.0.113.9'] } },
    id: 'session-name',
    said: 'open',
    remedy: /^`services: \{ tailscale: block \}`$/,
  },
  {
    when: 'the same at its fixed addresses, and there is no packet filter',
    world: { service: 'cloudflare-tunnel', backend: 'none' },
    id: 'session-name',
    said: 'open',
    remedy: /^`services: \{ cloudflare-tunnel: block \}`$/,
  },
  {
    when: 'an agent has addresses built in that no rule is about',
    world: { service: 'tailscale', policy: 'block: [{ service: tailscale }]' },
    id: 'session-address',
    said: 'open!',
    remedy: /^`block: \['104\.248\.8\.210', …\]`/,
  },
  {
    when: 'ssh to fronts is no part of the rule set',
    world: {
      firewall: 'gate: 9443, parts: [addresses, sni, fronts]',
      book: { ...BOOK, 'connect.ngrok-agent.com': [FRONT] },
    },
    id: 'ssh-22',
    said: 'open!',
    remedy: /parts: \[addresses, sni, fronts, ports\]/,
  },
  {
    when: 'a region that the policy allows',
    world: {
      policy: 'allow: [connect.eu.ngrok-agent.com]',
      book: { 'connect.eu.ngrok-agent.com': ['203.0.113.9'] },
    },
    id: 'system-dns',
    said: 'open',
  },
];
for (const { when, world, id, said, remedy, collateral } of remedies) {
  test(`walk: what would close it where ${when}`, () => {
    const one = step(world, id);
    if (said.startsWith('closed by something')) {
      assert.equal(one.state, 'closed');
      assert.match(outcome(one), /^packet filter TW-BLOCK/);
      return;
    }
    assert.equal(outcome(one), said);
    if (remedy) assert.match(one.remedy ?? '', remedy);
    if (collateral) assert.match(one.collateral ?? '', collateral);
    else assert.equal(one.collateral, undefined);
  });
}

test('walk: a file leads to sessions, and it is said what becomes of them', () => {
  assert.match(
    step({}, 'file').why ?? '',
    /the session that follows is closed by gate TW-SNI, gate ngrok/,
  );
  assert.match(step({ book: {} }, 'file').why ?? '', /nobody knows whether the session/);
  assert.match(
    step({ backend: 'none' }, 'file').why ?? '',
    /the session that follows is not closed/,
  );
});

test('walk: refused questions lead to the refuser where there is one', () => {
  const policy = 'refusal: { answer: sinkhole, addresses: [192.0.2.66] }';
  const holds = (firewall: string) => byOf(step({ policy, firewall }, 'system-dns'));
  assert.deepEqual(
    holds('gate: 9443').filter((by) => by.startsWith('refuser')),
    [],
  );
  assert.deepEqual(
    holds('gate: 9443, refuser: 9449').filter((by) => by.startsWith('refuser')),
    ['refuser TW-REFUSER'],
  );
});

test('walk: clients of a group are walked by the rules of the group', () => {
  const policy =
    'bypass: { resolvers: block }\nclients: { guests: { networks: [192.0.2.0/24], services: { ngrok: allow } } }';
  assert.equal(step({ policy, client: '192.0.2.7' }, 'system-dns').state, 'open');
  assert.equal(step({ policy, client: '192.0.2.7' }, 'system-dns').broken, false);
  assert.equal(step({ policy, client: '203.0.113.7' }, 'system-dns').state, 'closed');
});

test('walk: names that nobody has looked up are told beside those that were', () => {
  const { state, unlisted } = step({}, 'session-name');
  assert.equal(state, 'closed');
  assert(unlisted.includes(parseName('tunnel.ngrok.com')));
  assert(!unlisted.includes(parseName('connect.ngrok-agent.com')));
});
