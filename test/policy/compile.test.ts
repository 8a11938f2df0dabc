import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Compiled } from '../../src/policy/compile.ts';
import { type Asked, judge } from '../../src/policy/judge.ts';
import { labelsOf, type Name, parseName } from '../../src/policy/name.ts';
import { type Address, parseAddress } from '../../src/policy/network.ts';
import { InputError } from '../../src/policy/problem.ts';
import type { Rule, Ruleset } from '../../src/policy/ruleset.ts';
import { catalogue, compileText, faultsOf, NOW } from './support/build.ts';
import { createRandom, type Random } from './support/random.ts';
import { referenceJudge } from './support/reference-judge.ts';

const HEAD = 'organisation: { name: Example Corp }\n';

const faults = [
  {
    when: 'two lines tie and disagree',
    policy: 'block: [example.com]\nallow: [example.com]\n',
    are: [
      'policy.yaml:3:9: allow/example.com: policy.yaml:2:9 and policy.yaml:3:9 say different things of ' +
        'example.com for the same clients (block and allow); keep one, or limit one to narrower clients',
    ],
  },
  {
    when: 'two answers for one name',
    policy:
      'block:\n  - { name: example.com, answer: nodata }\n  - { name: example.com, answer: nxdomain }\n',
    are: [
      'policy.yaml:4:5: block/example.com: policy.yaml:3:5 and policy.yaml:4:5 say different things of ' +
        'example.com for the same clients (block with nodata and block with nxdomain); keep one, or ' +
        'limit one to narrower clients',
    ],
  },
  {
    when: 'a tie in one of several client networks',
    policy:
      'block: [{ name: a.example, clients: [10.0.0.0/8, 192.0.2.0/24] }]\n' +
      'watch: [{ name: a.example, clients: [192.0.2.0/24, 203.0.113.9] }]\n',
    are: [
      'policy.yaml:3:9: watch/a.example@192.0.2.0/24,203.0.113.9: policy.yaml:2:9 and policy.yaml:3:9 say ' +
        'different things of a.example for the same clients (block and watch); keep one, or limit one to ' +
        'narrower clients',
    ],
  },
  {
    when: 'two groups of one network disagree about a service, in all its names: one fault',
    policy:
      'clients:\n' +
      '  a: { networks: [10.0.0.0/8], services: { alpha: block } }\n' +
      '  b: { networks: [10.0.0.0/8], services: { alpha: allow } }\n',
    are: [
      'policy.yaml:4:51: alpha/session/198.51.100.0/28@b: policy.yaml:3:51 and policy.yaml:4:51 say different ' +
        'things of 198.51.100.0/28 and 3 more for the same clients (block and allow); keep one, or limit ' +
        'one to narrower clients',
    ],
  },
  {
    when: 'a network that is blocked and allowed',
    policy: 'block: [192.0.2.0/24]\nallow: [{ network: 192.0.2.0/24 }]\n',
    are: [
      'policy.yaml:3:9: allow/192.0.2.0/24: policy.yaml:2:9 and policy.yaml:3:9 say different things of ' +
        '192.0.2.0/24 for the same clients (block and allow); keep one, or limit one to narrower clients',
    ],
  },
  {
    when: 'one list that is blocked and watched',
    policy: 'lists: [{ file: a.txt }, { file: a.txt, action: watch }]\n',
    are: [
      'policy.yaml:2:26: list/a.txt: policy.yaml:2:9 and policy.yaml:2:26 say different things of list a.txt ' +
        'for the same clients (block and watch); keep one, or limit one to narrower clients',
    ],
  },
  {
    when: 'an own block is the ingress',
    policy: 'ingress: [{ domain: t.example.com, service: alpha }]\nblock: [t.example.com]\n',
    are: [
      'policy.yaml:3:9: block: "t.example.com" lies in the sanctioned ingress t.example.com ' +
        '(policy.yaml:2:21); remove one of the two',
    ],
  },
  {
    when: 'own blocks lie in the ingress, for whatever clients',
    policy:
      'ingress: [{ domain: t.example.com, service: alpha }]\n' +
      'block: ["=a.t.example.com", "*.t.example.com"]\n' +
      'clients: { guests: { networks: [10.0.0.0/8], block: [b.t.example.com] } }\n',
    are: [
      'policy.yaml:3:9: block: "=a.t.example.com" lies in the sanctioned ingress t.example.com ' +
        '(policy.yaml:2:21); remove one of the two',
      'policy.yaml:3:29: block: "*.t.example.com" lies in the sanctioned ingress t.example.com ' +
        '(policy.yaml:2:21); remove one of the two',
      'policy.yaml:4:54: block: "b.t.example.com" lies in the sanctioned ingress t.example.com ' +
        '(policy.yaml:2:21); remove one of the two',
    ],
  },
  ...[
    {
      when: 'is a session name',
      domain: 'connect.alpha.example',
      of: 'alpha (connect.alpha.example)',
    },
    { when: 'holds a session name', domain: 'alpha.example', of: 'alpha (connect.alpha.example)' },
    {
      when: 'is a session name by pattern',
      domain: 'connect.eu.alpha.example',
      of: 'alpha (connect.*.alpha.example)',
    },
    { when: 'lies below a session name', domain: 'x.beta.example', of: 'beta (beta.example)' },
    { when: 'holds a name of a pattern', domain: 'eu.net', of: 'alpha (rev.*.net)' },
    {
      when: 'lies in a pattern',
      domain: 'x.door.gamma.example',
      of: 'gamma (*.door.gamma.example)',
    },
  ].map(({ when, domain, of }) => ({
    when: `an ingress domain ${when}`,
    policy: `ingress: [{ domain: ${domain}, service: alpha }]\n`,
    are: [
      `policy.yaml:2:21: ingress.0.domain: "${domain}" holds names of ${of}; name a domain of yours`,
    ],
  })),
  {
    when: 'the whole of DNS as ingress, which holds names of every service',
    policy: 'ingress: [{ domain: ".", service: alpha }]\n',
    are: [
      'policy.yaml:2:21: ingress.0.domain: "." holds names of alpha (connect.alpha.example); name a domain of yours',
      'policy.yaml:2:21: ingress.0.domain: "." holds names of beta (beta.example); name a domain of yours',
      'policy.yaml:2:21: ingress.0.domain: "." holds names of gamma (*.door.gamma.example); name a domain of yours',
    ],
  },
  {
    when: 'services and ways round that nobody knows',
    policy:
      'ingress: [{ domain: t.example.com, service: alfa }]\n' +
      'services: { alph: block, constructor: block }\n' +
      'bypass: { signal: block }\n' +
      'block: [{ service: delta }]\n' +
      'clients: { guests: { networks: [10.0.0.0/8], services: { zeta: block } } }\n',
    are: [
      'policy.yaml:2:21: ingress.0.service: "alfa" is not in the catalogue; `tunnelwarden services` lists them',
      'policy.yaml:3:19: services.alph: "alph" is not in the catalogue; did you mean alpha?',
      'policy.yaml:3:39: services.constructor: "constructor" is not in the catalogue; `tunnelwarden services` lists them',
      'policy.yaml:4:19: bypass.signal: "signal" is not a known way round; did you mean signals?',
      'policy.yaml:5:9: block.service: "delta" is not in the catalogue; `tunnelwarden services` lists them',
      'policy.yaml:6:64: clients.guests.services.zeta: "zeta" is not in the catalogue; `tunnelwarden services` lists them',
    ],
  },
  {
    when: 'support names in an entry',
    policy: 'block: [{ service: alpha, roles: [session, support] }]\n',
    are: [
      'policy.yaml:2:9: block.roles: support names are never blocked: sanctioned agents need them',
    ],
  },
];
for (const { when, policy, are } of faults) {
  test(`compile refuses: ${when}`, () => assert.deepEqual(faultsOf(HEAD + policy), are));
}

const fine = [
  { when: 'the same line twice', policy: 'block: [example.com, example.com]' },
  {
    when: 'the same, once for some',
    policy: 'block: [example.com, { name: example.com, clients: [10.0.0.1] }]',
  },
  {
    when: 'different things for different clients',
    policy: 'block: [example.com]\nallow: [{ name: example.com, clients: [10.0.0.1] }]',
  },
  {
    when: 'a service blocked and one of its names allowed',
    policy: 'services: { alpha: block }\nallow: [connect.alpha.example]',
  },
  {
    when: 'a broader block above the ingress',
    policy: 'ingress: [{ domain: t.example.com, service: alpha }]\nblock: [example.com]',
  },
  {
    when: 'every service and role at once',
    policy:
      'services: { others: { session: block, endpoint: block, support: watch, update: block, download: block, admin: block, bypass: block } }',
  },
  {
    when: 'two groups of one network that agree',
    policy:
      'clients: { a: { networks: [10.0.0.0/8], mode: observe, block: [x.example] }, b: { networks: [10.0.0.0/8], mode: observe, block: [x.example] } }',
  },
];
for (const { when, policy } of fine) {
  test(`compile takes: ${when}`, () => assert.deepEqual(faultsOf(HEAD + policy), []));
}

test('two groups of one network with different modes are a fault', () => {
  assert.deepEqual(
    faultsOf(
      `${HEAD}clients:\n  a: { networks: [10.0.0.0/8], mode: observe }\n  b: { networks: [10.1.0.0/16, 10.0.0.0/8], mode: enforce }\n`,
    ),
    [
      'policy.yaml:4:51: clients.b.mode: 10.0.0.0/8 has the mode observe at policy.yaml:3:38; keep one of the two',
    ],
  );
});

const endings = [
  { when: 'yesterday', until: '2026-11-20', rules: 0, expires: undefined },
  { when: 'this very moment', until: '2026-11-21T12:00:00Z', rules: 0, expires: undefined },
  { when: 'a second later', until: '2026-11-21T12:00:01Z', rules: 1, expires: NOW + 1000 },
  { when: 'next year', until: '2027-01-01T00:00:00Z', rules: 1, expires: Date.UTC(2027, 0, 1) },
];
for (const { when, until, rules, expires } of endings) {
  test(`an entry that ends ${when}`, () => {
    const { ruleset, warnings } = compileText(
      `${HEAD}bypass: { signals: off }\nblock:\n  - { name: example.com, until: "${until}" }\n`,
    );
    assert.equal(ruleset.rules.length, rules);
    assert.equal(ruleset.expires, expires);
    assert.equal(warnings.length, 1 - rules);
    if (rules === 0)
      assert.match(warnings[0]?.message ?? '', /^ended 2026-11-2[01]T.*; remove it$/);
  });
}

test('a ruleset expires with the first of its timed rules', () => {
  const { ruleset } = compileText(
    `${HEAD}allow: [{ name: a.example, until: 2027-05-01T00:00:00Z }, { name: b.example, until: 2027-03-01T00:00:00Z }]`,
  );
  assert.equal(ruleset.expires, Date.UTC(2027, 2, 1));
});

test('of a timed and a lasting line that say the same the lasting one counts', () => {
  const { ruleset } = compileText(
    `${HEAD}block: [{ name: a.example, until: 2027-05-01T00:00:00Z }, a.example]`,
  );
  assert.equal(ruleset.expires, undefined);
  assert.equal(ruleset.rules.filter(({ id }) => id === 'block/a.example').length, 1);
});

test('malformed lines of a list are a warning with their number and first place', () => {
  const { ruleset, warnings } = compileText(`${HEAD}lists:\n  - file: a.txt\n`, {
    lists: { 'a.txt': 'a.example\nhttp://b/\n-- \n' },
  });
  assert.ok(ruleset.rules.some(({ id }) => id === 'list/a.txt'));
  assert.deepEqual(
    warnings.map(({ message, place }) => [place.line, message]),
    [
      [
        3,
        'a.txt has 2 lines that are no names and were passed over, the first at line 2: "http://b/"',
      ],
    ],
  );
});

const POLICY = `${HEAD}ingress: [{ domain: t.example.com, service: alpha }]
services: { alpha: block, others: watch }
block: [a.example, { name: b.example, clients: [10.0.0.1, 10.0.0.2], reason: no }]
allow: [c.example]
clients: { x: { networks: [10.0.0.0/8, 192.0.2.0/24], mode: observe }, y: { networks: [10.1.0.0/16], block: [d.example] } }
`;
const sameDigest = [
  {
    when: 'comments and blank lines',
    policy: `# hello\n\n${POLICY.replaceAll('\n', ' # why\n\n')}`,
  },
  {
    when: 'another order of lines',
    policy: POLICY.split('\n').filter(Boolean).reverse().join('\n'),
  },
  {
    when: 'another order of entries',
    policy: POLICY.replace(
      '[a.example, { name: b.example, clients: [10.0.0.1, 10.0.0.2], reason: no }]',
      '[{ reason: no, clients: [10.0.0.2, 10.0.0.1, 10.0.0.2], name: B.example. }, a.example]',
    ),
  },
  {
    when: 'another order of networks',
    policy: POLICY.replace('[10.0.0.0/8, 192.0.2.0/24]', '[192.0.2.0/24, 10.0.0.0/8]'),
  },
  {
    when: 'defaults written out',
    policy: `${POLICY}mode: enforce\nrefusal: { answer: nxdomain }\n`,
  },
  {
    when: 'settings of the resolver, which are no rules',
    policy: `${POLICY}resolver: { cache: 1MB }\n`,
  },
];
for (const { when, policy } of sameDigest) {
  test(`the digest does not change with ${when}`, () => {
    assert.equal(compileText(policy).ruleset.digest, compileText(POLICY).ruleset.digest);
  });
}

const otherDigest = [
  { when: 'one name more', policy: POLICY.replace('[c.example]', '[c.example, e.example]') },
  { when: 'a name alone for its subtree', policy: POLICY.replace('[c.example]', '["=c.example"]') },
  { when: 'other clients', policy: POLICY.replace('10.0.0.2]', '10.0.0.3]') },
  { when: 'another reason', policy: POLICY.replace('reason: no', 'reason: never') },
  { when: 'another mode', policy: `${POLICY}mode: observe\n` },
  { when: 'another mode of a group', policy: POLICY.replace(', mode: observe', '') },
  { when: 'another answer', policy: `${POLICY}refusal: { answer: nodata }\n` },
  { when: 'another organisation', policy: POLICY.replace('Example Corp', 'Example Inc') },
];
for (const { when, policy } of otherDigest) {
  test(`the digest changes with ${when}`, () => {
    assert.notEqual(compileText(policy).ruleset.digest, compileText(POLICY).ruleset.digest);
  });
}

test('the digest changes with what a list holds', () => {
  const digest = (list: string) =>
    compileText(`${HEAD}lists: [{ file: a.txt }]`, { lists: { 'a.txt': list } }).ruleset.digest;
  assert.notEqual(digest('a.example\n'), digest('b.example\n'));
  assert.equal(digest('a.example\n'), digest('a.example\n'));
});

// Random policies, written as JSON, which is YAML: what holds for all of them.

type Plain = Record<string, unknown>;
const LISTS = {
  'one.txt': 'beta.example\n0.0.0.0 www.beta.example\nx.alpha.example',
  'two.txt': 'shop.example\n||www.door.gamma.example^\nrelay.example',
};
const MORE = { 'three.txt': 'example\n0.0.0.0 my.beta.example' };
const TARGETS = [
  '.',
  'example',
  'alpha.example',
  'x.alpha.example',
  '=connect.alpha.example',
  'connect.alpha.example',
  'connect.*.alpha.example',
  '*.alpha.example',
  '*.*.example',
  '=*.beta.example',
  'beta.example',
  'www.beta.example',
  '=www.beta.example',
  'shop.example',
  'a.shop.example',
  '*.shop.example',
  'a\\.b.shop.example',
  'relay.example',
  '=relay.example',
  'canary.example',
  'doh.example',
  'door.gamma.example',
  'crl.beta.example',
  '192.0.2.0/24',
  '192.0.2.128/25',
  '198.51.100.0/28',
  '198.51.100.8',
  '::/0',
  '2001:db8:b::/48',
];
const NETWORKS = [
  '10.0.0.0/8',
  '10.1.0.0/16',
  '10.1.1.0/24',
  '10.1.1.1',
  '0.0.0.0/0',
  '2001:db8::/32',
  '2001:db8:1::1',
];
const CLIENTS = [
  '10.1.1.1',
  '10.1.1.2',
  '10.1.2.1',
  '10.2.0.1',
  '203.0.113.7',
  '2001:db8:1::1',
  '2001:db8::9',
  '2001:db9::1',
].map(parseAddress);

function randomEntry(random: Random): unknown {
  if (random.chance(0.15)) {
    return {
      service: random.pick(['alpha', 'beta', 'gamma']),
      ...(random.chance(0.5) ? { clients: [random.pick(NETWORKS)] } : {}),
    };
  }
  const target = random.pick(TARGETS);
  if (random.chance(0.4)) return target;
  const clients = random.chance(0.6)
    ? { clients: Array.from({ length: 1 + random.below(2) }, () => random.pick(NETWORKS)) }
    : {};
  const until = random.chance(0.2)
    ? { until: random.pick(['2026-01-01', '2027-01-01', '2028-01-01']) }
    : {};
  return { [/^[\d:]/.test(target) ? 'network' : 'name']: target, ...clients, ...until };
}

function randomScope(random: Random): Plain {
  const some = (most: number) =>
    Array.from({ length: random.below(most) }, () => randomEntry(random));
  const action = () =>
    random.pick([
      'block',
      'block',
      'watch',
      'allow',
      'off',
      { session: 'block', admin: 'watch' },
      { endpoint: 'block' },
      { session: 'watch', admin: 'block' },
    ]);
  const services = Object.fromEntries(
    ['alpha', 'beta', 'gamma', 'others']
      .filter(() => random.chance(0.4))
      .map((id) => [id, action()]),
  );
  const bypass = Object.fromEntries(
    ['signals', 'resolvers', 'doh', 'canary']
      .filter(() => random.chance(0.2))
      .map((id) => [id, random.pick(['block', 'watch', 'allow', 'off'])]),
  );
  return { services, bypass, block: some(4), watch: some(3), allow: some(3) };
}

function randomPolicy(random: Random): Plain {
  const groups = ['g1', 'g2', 'g3']
    .filter(() => random.chance(0.4))
    .map((id) => [
      id,
      {
        networks: Array.from({ length: 1 + random.below(2) }, () => random.pick(NETWORKS)),
        ...(random.chance(0.4) ? { mode: random.pick(['enforce', 'observe']) } : {}),
        ...randomScope(random),
      },
    ]);
  return {
    organisation: { name: 'Example Corp' },
    mode: random.pick(['enforce', 'enforce', 'observe']),
    ...(random.chance(0.5) ? { ingress: [{ domain: 't.shop.example', service: 'alpha' }] } : {}),
    ...randomScope(random),
    lists: Object.keys(LISTS)
      .filter(() => random.chance(0.4))
      .map((file) => ({ file, action: random.pick(['block', 'watch']) })),
    clients: Object.fromEntries(groups),
  };
}

/** The same, with every list and every mapping in another order. */
function shuffled(random: Random, value: unknown): unknown {
  if (Array.isArray(value)) return random.shuffle(value).map((entry) => shuffled(random, entry));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    random.shuffle(Object.entries(value)).map(([key, entry]) => [key, shuffled(random, entry)]),
  );
}

/** Compiled, or its faults. */
function compiled(policy: unknown): Compiled | string {
  try {
    return compileText(JSON.stringify(policy), { lists: { ...LISTS, ...MORE } });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

const SEEDS = [
  ...[...catalogue.services.values()].flatMap(({ names }) =>
    names.map(({ pattern }) => pattern.name),
  ),
  ...TARGETS.filter((target) => !/^[\d:]/.test(target)).map((target) =>
    parseName(target.replace(/^=/, '')),
  ),
  ...Object.values(LISTS)
    .flatMap((text) => text.match(/[a-z.]+\.example/g) ?? [])
    .map(parseName),
  parseName('t.shop.example'),
];

/** A name near what the rules are about: filled in, a label more, a label less. */
function nearbyName(random: Random): Name {
  let labels = labelsOf(random.pick(SEEDS)).map((label) =>
    label === '*' ? random.pick(['eu', 'a\\.b', 'connect', '*']) : label,
  );
  if (random.chance(0.3)) labels = [random.pick(['x', 'connect', 'www', 'a', 'crl']), ...labels];
  if (random.chance(0.2)) labels = labels.slice(1);
  if (random.chance(0.1)) labels = [random.pick(['y', '\\000']), ...labels];
  return labels.length === 0 ? parseName('.') : parseName(labels.join('.'));
}

const ADDRESSES = [
  '192.0.2.1',
  '192.0.2.200',
  '198.51.100.8',
  '198.51.100.9',
  '198.51.100.16',
  '203.0.113.9',
  '2001:db8:b::1',
  '2001:db9::1',
].map(parseAddress);

function nearby(random: Random): Asked {
  const client: Address = random.pick(CLIENTS);
  return random.chance(0.15)
    ? { client, address: random.pick(ADDRESSES) }
    : { client, name: nearbyName(random) };
}

const verdict = (ruleset: Ruleset, asked: Asked): string => {
  const { kind, ...rest } = judge(ruleset, asked) as { kind: string; rule?: Rule };
  return rest.rule ? `${kind} by ${rest.rule.id}` : kind;
};

test('the verdicts of random policies are those of the reference, in whatever order they are written', () => {
  const random = createRandom(20261121);
  let good = 0;
  for (let round = 0; round < 600; round++) {
    const policy = randomPolicy(random);
    const [first, second] = [compiled(policy), compiled(shuffled(random, policy))];
    if (typeof first === 'string' || typeof second === 'string') {
      assert.equal(typeof first, typeof second, JSON.stringify(policy));
      continue;
    }
    good += 1;
    assert.equal(second.ruleset.digest, first.ruleset.digest, JSON.stringify(policy));
    assert.equal(second.ruleset.expires, first.ruleset.expires);
    for (let i = 0; i < 60; i++) {
      const asked = nearby(random);
      const about = () => `${JSON.stringify(asked)} under ${JSON.stringify(policy)}`;
      const said = verdict(first.ruleset, asked);
      assert.equal(said, referenceJudge(first.ruleset, asked), about());
      assert.equal(verdict(second.ruleset, asked), said, about());
    }
  }
  assert.ok(good > 250, `only ${good} of 600 policies were free of contradictions`);
});

test('a block that is added to a random policy opens no name', () => {
  const random = createRandom(7);
  const refuses = (kind: string) => kind.startsWith('blocked') || kind.startsWith('observed');
  let good = 0;
  for (let round = 0; round < 600; round++) {
    const policy = randomPolicy(random) as {
      services: Plain;
      block: unknown[];
      lists: unknown[];
      clients: Record<string, Plain>;
    };
    const stricter = structuredClone(policy);
    const unnamed = ['alpha', 'beta', 'gamma'].filter((id) => policy.services[id] === undefined);
    const additions = [
      () => stricter.block.push(random.pick(TARGETS)),
      () => stricter.block.push({ service: random.pick(['alpha', 'beta', 'gamma']) }),
      () => stricter.lists.push({ file: 'three.txt' }),
      () => {
        // A service that is named leaves the `others`, so there it may mean less.
        if (policy.services.others === undefined && unnamed.length > 0)
          stricter.services[random.pick(unnamed)] = 'block';
      },
    ];
    random.pick(additions)();
    const [before, after] = [compiled(policy), compiled(stricter)];
    if (typeof before === 'string' || typeof after === 'string') continue;
    good += 1;
    for (let i = 0; i < 60; i++) {
      const asked = nearby(random);
      if (!refuses(verdict(before.ruleset, asked))) continue;
      const said = verdict(after.ruleset, asked);
      // Support names are the exception: to block a service is to keep them open.
      if (said.includes('/support/')) continue;
      assert.ok(
        refuses(said),
        `${said}: ${JSON.stringify(asked)}\n${JSON.stringify(policy)}\n${JSON.stringify(stricter)}`,
      );
    }
  }
  assert.ok(good > 200, `only ${good} of 600`);
});
