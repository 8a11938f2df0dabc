import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adviceOf } from '../../src/ingress/advice.ts';
import { byZone } from '../../src/ingress/records.ts';
import { InputError } from '../../src/policy/problem.ts';
import { published } from './publications.ts';

const policy = (ingress: string) => `organisation: { name: Example Corp }\ningress:\n${ingress}`;
const entry = (domain: string, more = 'nameservers: [ns-1.example.net]') =>
  policy(`  - { domain: '${domain}', ${more} }`);

type ZoneCase = Readonly<Record<'when' | 'domain' | 'zone' | 'child', string>> & {
  readonly given?: string;
};
const zones: readonly ZoneCase[] = [
  { when: 'the parent', domain: 'tunnels.example.com', zone: 'example.com', child: 'tunnels' },
  {
    ...{ when: 'a zone further up', domain: 'a.b.example.com', given: 'example.com' },
    ...{ zone: 'example.com', child: 'a.b' },
  },
  { when: 'a domain right below the top', domain: 'example.com', zone: 'com', child: 'example' },
];
for (const { when, domain, given, zone, child } of zones) {
  test(`publicationOf: the records go into ${when}`, () => {
    const [delegation] = published(entry(domain), given).delegations;
    assert.deepEqual([delegation?.zone, delegation?.child], [zone, child]);
  });
}

const faults = [
  {
    when: 'there are no targets',
    text: entry('tunnels.example.com', 'ttl: 60'),
    says: /^policy\.yaml:3:15: ingress: tunnels\.example\.com: where it is delegated to is not known.*ns_targets.*ingress import/,
  },
  {
    when: 'a target is inside the domain',
    text: entry('tunnels.example.com', 'nameservers: [ns.tunnels.example.com]'),
    says: /its nameserver ns\.tunnels\.example\.com is inside it/,
  },
  {
    when: 'the domain wants out of its quotes',
    text: entry('a\\"b.example.com'),
    says: /agents cannot dial a name with such characters/,
  },
  {
    when: 'a target wants out of its quotes',
    text: entry('tunnels.example.com', "nameservers: ['a\\;b.example.net']"),
    says: /a\\;b\.example\.net is not the name of a host/,
  },
  {
    when: 'a digit of a DS is missing',
    text: entry(
      'tunnels.example.com',
      `nameservers: [a.example.net], ds: ['1 13 2 ${'A'.repeat(63)}']`,
    ),
    says: /the DS 1 13 2 A+ has 63 digits, not 64; copy all of it/,
  },
  {
    when: 'a DS has a key tag that cannot be',
    text: entry(
      'tunnels.example.com',
      `nameservers: [a.example.net], ds: ['65536 13 2 ${'A'.repeat(64)}']`,
    ),
    says: /has a number that is too big/,
  },
  {
    when: 'a digest is of a type of yesterday',
    text: entry(
      'tunnels.example.com',
      `nameservers: [a.example.net], ds: ['1 13 3 ${'A'.repeat(64)}']`,
    ),
    says: /has a digest of type 3; give the one of type 2/,
  },
  {
    when: 'the zone is another one',
    text: entry('tunnels.example.com'),
    zone: 'example.net',
    says: /is not below the zone example\.net/,
  },
  {
    when: 'the zone is the domain itself',
    text: entry('tunnels.example.com'),
    zone: 'tunnels.example.com',
    says: /is not below the zone tunnels\.example\.com/,
  },
  {
    when: 'only the root is above the domain',
    text: entry('tunnels'),
    says: /nothing but the root is above it/,
  },
];
for (const { when, text, zone, says } of faults) {
  test(`publicationOf: a fault where ${when}`, () => {
    assert.throws(
      () => published(text, zone),
      (error) => error instanceof InputError && says.test(error.message),
    );
  });
}

test('publicationOf: the faults of all entries are told at once', () => {
  const two = policy('  - { domain: a.example.com }\n  - { domain: b.example.com }');
  assert.throws(
    () => published(two),
    (error) => error instanceof InputError && error.problems.length === 2,
  );
});

test('publicationOf: the digest changes with what is published, and only then', () => {
  const text = entry('tunnels.example.com');
  const { digest } = published(text);
  assert.equal(published(`# a note\n${text}`).digest, digest);
  assert.notEqual(published(text.replace('ns-1', 'ns-2')).digest, digest);
  assert.notEqual(published(text.replace('Corp', 'Club')).digest, digest);
});

test('byZone: each zone once, in the order of the policy', () => {
  const text = policy(
    ['b.example.net', 'a.example.com', 'c.example.net']
      .map((domain) => `  - { domain: ${domain}, nameservers: [ns-1.example.org] }`)
      .join('\n'),
  );
  assert.deepEqual(
    byZone(published(text).delegations).map(([zone, own]) => [zone, own.map(({ child }) => child)]),
    [
      ['example.net', ['b', 'c']],
      ['example.com', ['a']],
    ],
  );
});

const advice = [
  { when: 'ngrok issues the certificate', more: '', says: undefined },
  {
    when: "Let's Encrypt does",
    more: ', issuer: letsencrypt',
    says: 'CAA: where example.com or a domain above it has CAA records, one must be: 0 issue "letsencrypt.org"',
  },
];
for (const { when, more, says } of advice) {
  test(`adviceOf: about CAA where ${when}`, () => {
    const text = entry('tunnels.example.com', `nameservers: [ns-1.example.net]${more}`);
    const [delegation] = published(text).delegations;
    assert.ok(delegation);
    assert.equal(
      adviceOf(delegation).find((line) => line.startsWith('CAA')),
      says,
    );
  });
}
