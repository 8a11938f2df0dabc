import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { compile } from '../../src/policy/compile.ts';
import { withoutOwnExceptions } from '../../src/policy/excepting.ts';
import type { Exception } from '../../src/policy/exception.ts';
import { explainName } from '../../src/policy/explain.ts';
import { putInForce } from '../../src/policy/in-force.ts';
import { judge } from '../../src/policy/judge.ts';
import type { Name } from '../../src/policy/name.ts';
import { type Address, parseNetwork } from '../../src/policy/network.ts';
import { parsePattern } from '../../src/policy/pattern.ts';
import { policyOf } from '../../src/policy/policy.ts';
import { policyFile } from '../../src/policy/schema.ts';
import { readYaml } from '../../src/policy/yaml.ts';
import { catalogue, NOW } from './support/build.ts';

const HOUR = 3_600_000;
const ANNA = '192.0.2.7' as Address;
const BEN = '192.0.2.8' as Address;

const POLICY = `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, service: alpha }]
services: { alpha: block, beta: { session: block, endpoint: block } }
block: [evil.example.net, '=one.evil.example.net', 203.0.113.0/24]
clients:
  lab: { networks: [192.0.2.0/28], block: [lab.example.org] }
`;
const policy = policyOf('policy.yaml', readYaml('policy.yaml', POLICY, policyFile));

function exception(about: string, more: Partial<Exception> = {}): Exception {
  return {
    id: 1,
    subject: about.includes('.')
      ? { kind: 'name', pattern: parsePattern(about) }
      : { kind: 'service', service: about },
    clients: [parseNetwork(ANNA)],
    reason: 'a trial',
    author: 'anna',
    created: NOW,
    until: NOW + HOUR,
    ...more,
  };
}
const EVERYONE = { clients: [] };

type Case = {
  readonly when: string;
  readonly exceptions: readonly Exception[];
  readonly client?: Address;
  readonly asks: string;
  readonly gets: string;
};
const cases: readonly Case[] = [
  {
    when: 'a name that is blocked',
    exceptions: [exception('evil.example.net')],
    asks: 'evil.example.net',
    gets: 'allowed exception/1/evil.example.net',
  },
  {
    when: 'a name below it, though a block of that name alone is more specific',
    exceptions: [exception('evil.example.net')],
    asks: 'one.evil.example.net',
    gets: 'allowed exception/1/evil.example.net',
  },
  {
    when: 'one name only',
    exceptions: [exception('=evil.example.net')],
    asks: 'two.evil.example.net',
    gets: 'blocked block/evil.example.net',
  },
  {
    when: 'another client',
    exceptions: [exception('evil.example.net')],
    client: BEN,
    asks: 'evil.example.net',
    gets: 'blocked block/evil.example.net',
  },
  {
    when: 'a client of its network',
    exceptions: [exception('evil.example.net', { clients: [parseNetwork('192.0.2.0/24')] })],
    client: BEN,
    asks: 'evil.example.net',
    gets: 'allowed exception/1/evil.example.net',
  },
  {
    when: 'everyone, against a block for narrower clients',
    exceptions: [exception('lab.example.org', EVERYONE)],
    asks: 'lab.example.org',
    gets: 'allowed exception/1/lab.example.org',
  },
  {
    when: 'an exception that has ended',
    exceptions: [exception('evil.example.net', { until: NOW })],
    asks: 'evil.example.net',
    gets: 'blocked block/evil.example.net',
  },
  {
    when: 'what agents of a service dial',
    exceptions: [exception('alpha')],
    asks: 'connect.eu.alpha.example',
    gets: 'allowed exception/1/connect.*.alpha.example',
  },
  {
    when: 'what visitors of a service use',
    exceptions: [exception('beta')],
    asks: 'x.pub.beta.example',
    gets: 'allowed exception/1/pub.beta.example',
  },
  {
    when: 'the addresses of a service',
    exceptions: [exception('alpha')],
    asks: '198.51.100.3',
    gets: 'allowed exception/1/198.51.100.0/28',
  },
  {
    when: 'another service',
    exceptions: [exception('beta')],
    asks: 'connect.alpha.example',
    gets: 'blocked alpha/session/connect.alpha.example',
  },
  {
    when: 'a service that nobody knows (any more)',
    exceptions: [exception('omega')],
    asks: 'connect.alpha.example',
    gets: 'blocked alpha/session/connect.alpha.example',
  },
  {
    when: 'the sanctioned ingress: it decides first',
    exceptions: [exception('agent.tunnels.example.com')],
    asks: 'agent.tunnels.example.com',
    gets: 'allowed ingress/tunnels.example.com',
  },
];

for (const { when, exceptions, client = ANNA, asks, gets } of cases) {
  test(`exceptions: ${when}`, () => {
    const { ruleset } = compile(policy, catalogue, [], NOW, exceptions);
    const verdict = judge(
      ruleset,
      /^[\d.]+$/.test(asks) ? { client, address: asks as Address } : { client, name: asks as Name },
    );
    assert.equal(verdict.kind === 'unmatched' ? '' : `${verdict.kind} ${verdict.rule.id}`, gets);
  });
}

test('exceptions: their order does not matter', () => {
  const all = [
    exception('evil.example.net', { id: 1 }),
    exception('evil.example.net', { id: 2, until: NOW + 2 * HOUR }),
    exception('=one.evil.example.net', { id: 3, ...EVERYONE }),
  ];
  const [a, b, c] = all as [Exception, Exception, Exception];
  const orders = [all, [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]];
  const rulesets = orders.map((some) => compile(policy, catalogue, [], NOW, some));
  for (const { ruleset } of rulesets) {
    assert.deepEqual(ruleset.rules, rulesets[0]?.ruleset.rules);
    assert.equal(ruleset.expires, NOW + HOUR);
  }
});

test('exceptions: one of an unknown service is a warning, and the digest is the policy’s', () => {
  const { ruleset, warnings } = compile(policy, catalogue, [], NOW, [
    exception('omega', { id: 7 }),
    exception('evil.example.net', { id: 8 }),
  ]);
  assert.deepEqual(
    warnings.map(({ severity, place, message }) => [severity, place.line, message]),
    [
      [
        'warning',
        7,
        '"omega" is not in the catalogue, so exception 7 allows nothing; take it back with `tunnelwarden revoke 7`',
      ],
    ],
  );
  assert.equal(ruleset.digest, compile(policy, catalogue, [], NOW).ruleset.digest);
});

test('exceptions: a name of a service is recorded as that', () => {
  const { ruleset } = compile(policy, catalogue, [], NOW, [exception('connect.us.alpha.example')]);
  const rule = ruleset.rules.at(-1);
  assert.deepEqual([rule?.service, rule?.role], ['alpha', 'session']);
});

test('exceptions: whoever has none of his own sees only those for everyone', () => {
  const { ruleset } = compile(policy, catalogue, [], NOW, [
    exception('evil.example.net', { id: 1 }),
    exception('lab.example.org', { id: 2, ...EVERYONE }),
  ]);
  const common = withoutOwnExceptions(ruleset);
  const kinds = ['evil.example.net', 'lab.example.org'].map(
    (name) => judge(common, { client: ANNA, name: name as Name }).kind,
  );
  assert.deepEqual(kinds, ['blocked', 'allowed']);
  assert.equal(withoutOwnExceptions(ruleset), common, 'found once');
});

test('exceptions: explain says who made one, until when and why', () => {
  const { ruleset } = compile(policy, catalogue, [], NOW, [
    exception('evil.example.net', { id: 12 }),
  ]);
  const { verdict, others } = explainName(ruleset, ANNA, 'one.evil.example.net' as Name);
  assert(verdict.kind === 'allowed');
  assert.equal(verdict.rule.reason, 'exception 12 by anna until 2026-11-21T13:00:00.000Z: a trial');
  assert.deepEqual(
    others.map(({ rule, why }) => `${rule.id}: ${why}`),
    [
      'block/=one.evil.example.net: an exception comes before all but the sanctioned ingress',
      'block/evil.example.net: an exception comes before all but the sanctioned ingress',
    ],
  );
});

test('in force: exceptions end on time, stay through a reload and go when they are taken back', (t) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: NOW });
  t.after(() => mock.timers.reset());
  const loaded = { policy, catalogue, lists: [], ...compile(policy, catalogue, [], NOW) };
  let heard = 0;
  const inForce = putInForce(loaded, () => {
    heard += 1;
  });
  const verdictOf = (name: string) =>
    judge(inForce.ruleset(), { client: ANNA, name: name as Name }).kind;
  const [evil, lab] = ['evil.example.net', 'lab.example.org'];

  inForce.except([exception(evil), exception(lab, { id: 2, until: NOW + 2 * HOUR })]);
  assert.deepEqual([verdictOf(evil), verdictOf(lab)], ['allowed', 'allowed']);
  mock.timers.tick(HOUR - 1);
  assert.deepEqual([verdictOf(evil), heard], ['allowed', 0]);
  inForce.replace(loaded);
  assert.equal(verdictOf(evil), 'allowed', 'after a reload');
  mock.timers.tick(1);
  assert.deepEqual([verdictOf(evil), verdictOf(lab), heard], ['blocked', 'allowed', 1]);
  inForce.except([]);
  assert.equal(verdictOf(lab), 'blocked');
  mock.timers.tick(HOUR);
  assert.equal(heard, 1, 'nothing is left to end');
});
