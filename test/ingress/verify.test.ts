import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Ingress, ingressOf } from '../../src/ingress/ingress.ts';
import { CHECKS, listed, merged, ok } from '../../src/ingress/verify/check.ts';
import type { AskedType, Found, Met, Said } from '../../src/ingress/verify/facts.ts';
import { standsFor } from '../../src/ingress/verify/found.ts';
import { gather, type Lookups } from '../../src/ingress/verify/gather.ts';
import { judgedOf } from '../../src/ingress/verify/judged.ts';
import { verify } from '../../src/ingress/verify.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { type Name, parseName } from '../../src/policy/name.ts';
import { type Address, parseAddress } from '../../src/policy/network.ts';
import { compiledPolicy } from '../support/policy.ts';
import { recordOf } from '../support/records.ts';

// What the servers of test/e2e/ingress-verify.test.ts would not do is done by a world made of lines.

const NOON = Date.UTC(2026, 10, 27, 12);
const DAY = 86_400_000;
const ngrok = readCatalogue(SHIPPED_RULES).services.get('ngrok');

/** Lines such as `NAME TYPE DATA`, or `NAME TYPE !RCODE` and `NAME TYPE !silent`, by who says them. */
type World = Readonly<Record<string, readonly string[]>>;

const DELEGATION = [
  'tunnels.example.com NS ns-1.example.net',
  'tunnels.example.com NS ns-2.example.net',
];
const CHILD = [
  ...DELEGATION,
  'tunnels.example.com A 198.51.100.20',
  'tunnel.us.tunnels.example.com AAAA 2001:db8:2::20',
];
const WORLD: World = {
  outside: [
    'example.com SOA ns.example.com hostmaster.example.com 1 2 3 4 5',
    'example.com NS ns.example.com',
    'ns.example.com A 192.0.2.1',
    'ns-1.example.net A 192.0.2.11',
    'ns-2.example.net A 192.0.2.12',
    'connect.ngrok-agent.com A 198.51.100.10',
  ],
  '192.0.2.1': DELEGATION,
  '192.0.2.11': CHILD,
  '192.0.2.12': CHILD,
  resolver: [...CHILD, 'crl.ngrok-agent.com A 198.51.100.80', 'crl.ngrok.com A 198.51.100.80'],
};
/** The vendor's servers speak with authority, the parent's refer. */
const AUTHORITATIVE = ['192.0.2.11', '192.0.2.12'];

function foundOf(line: string): Found {
  const [name = '', type = '', ...data] = line.split(' ');
  if (type === 'CAA') {
    const [flags, tag = '', ...value] = data;
    const octets = Buffer.from(`${tag}${value.join(' ')}`, 'latin1');
    return {
      owner: parseName(name),
      type,
      data: Buffer.concat([Buffer.of(Number(flags), tag.length), octets]),
    };
  }
  if (type === 'DS') {
    const [tag, algorithm, digestType, digest = ''] = data;
    const octets = Buffer.alloc(4);
    octets.writeUInt16BE(Number(tag));
    octets.set([Number(algorithm), Number(digestType)], 2);
    return {
      owner: parseName(name),
      type,
      data: Buffer.concat([octets, Buffer.from(digest, 'hex')]),
    };
  }
  const { data: octets } = recordOf(`${name} 60 ${type} ${data.join(' ')}`);
  return { owner: parseName(name), type, data: octets };
}

function sayIn(world: World, who: string, name: Name, type: AskedType): Said {
  const lines = world[who];
  if (lines === undefined) return { kind: 'silent', why: 'no answer' };
  const about = lines.filter((line) => line.startsWith(`${name} ${type} `));
  const word = /!(\w+)$/.exec(about[0] ?? lines.find((line) => line.startsWith('* ')) ?? '')?.[1];
  if (word === 'silent') return { kind: 'silent', why: 'no answer' };
  const found = word === undefined ? about.map(foundOf) : [];
  const isReferral = who === '192.0.2.1' && type === 'NS';
  return {
    kind: 'said',
    rcode: word ?? 'NOERROR',
    authoritative: AUTHORITATIVE.includes(who) || (who === '192.0.2.1' && !isReferral),
    answers: isReferral ? [] : found,
    authorities: isReferral ? found : [],
  };
}

type Given = {
  readonly world?: World;
  readonly policy?: string;
  readonly issuer?: string;
  readonly service?: string;
  readonly meet?: Lookups['meet'];
  readonly parent?: readonly Address[];
};

async function verified({
  world = {},
  policy = '',
  issuer = 'ngrok',
  service = 'block',
  meet,
  parent,
}: Given) {
  const all = { ...WORLD, ...world };
  const { policy: parsed, ruleset } = compiledPolicy(`organisation: { name: Example Corp }
ingress:
  - domain: tunnels.example.com
    names: [tunnel.us.tunnels.example.com]
    nameservers: [ns-1.example.net, ns-2.example.net]
    issuer: ${issuer}
services: { ngrok: ${service} }
${policy}
`);
  const ingress = ingressOf(parsed.ingress[0] as (typeof parsed.ingress)[number]) as Ingress;
  const facts = await gather(ingress, judgedOf(ruleset, ngrok), {
    ask: async (server, name, type) => sayIn(all, server, name, type),
    outside: { label: 'outside', ask: async (name, type) => sayIn(all, 'outside', name, type) },
    resolvers: [{ label: 'ours', ask: async (name, type) => sayIn(all, 'resolver', name, type) }],
    ...(parent ? { parent } : {}),
    ...(meet ? { meet } : {}),
    now: NOON,
  });
  return verify(ingress, facts);
}

/** What is told of one check, a line each. */
async function told(check: string, given: Given): Promise<readonly string[]> {
  const checks = await verified(given);
  return checks
    .filter((one) => one.check === check)
    .map(({ status, why }) => `${status}: ${why.replace(/\d+ default doors/, 'N default doors')}`);
}

const with_ = (who: string, ...lines: readonly string[]): World => ({
  [who]: [...lines, ...(WORLD[who] ?? [])],
});
const without = (who: string, part: string): World => ({
  [who]: (WORLD[who] ?? []).filter((line) => !line.includes(part)),
});

test('verify: of a sound world each check is told once, and none fails', async () => {
  const checks = await verified({});
  assert.deepEqual(
    checks.map(({ check }) => check),
    CHECKS,
  );
  const skipped = checks.filter(({ status }) => status === 'skip').map(({ check }) => check);
  assert.deepEqual(skipped, ['caa', 'certificate']);
  assert.deepEqual(
    checks.filter(({ status }) => status !== 'ok' && status !== 'skip'),
    [],
  );
});

type Told = {
  readonly when: string;
  readonly check: string;
  readonly given: Given;
  readonly says: readonly string[];
};
const caa = (when: string, lines: readonly string[], says: string): Told => ({
  ...{ when, check: 'caa', says: [says] },
  given: { issuer: 'letsencrypt', world: with_('outside', ...lines) },
});

const cases: readonly Told[] = [
  caa(
    'there is none',
    [],
    'ok: there is no CAA record at or above tunnels.example.com: every authority is permitted',
  ),
  caa(
    'the nearest permits and the one above forbids',
    ['example.com CAA 0 issue letsencrypt.org', 'com CAA 0 issue ca.example.net'],
    'ok: CAA of example.com permits letsencrypt.org',
  ),
  caa(
    'letter case, parameters and spaces change nothing',
    ['example.com CAA 0 ISSUE  LetsEncrypt.org ; validationmethods=dns-01'],
    'ok: CAA of example.com permits letsencrypt.org',
  ),
  caa(
    'a name only ends like it',
    ['example.com CAA 0 issue notletsencrypt.org'],
    'fail: CAA of example.com permits only notletsencrypt.org, not letsencrypt.org',
  ),
  caa(
    'it permits nobody',
    ['example.com CAA 0 issue ;'],
    'fail: CAA of example.com permits only nobody, not letsencrypt.org',
  ),
  caa(
    'it tells only where to report',
    ['example.com CAA 0 iodef mailto:a@example.com'],
    'ok: CAA of example.com permits letsencrypt.org',
  ),
  caa(
    'something unknown is critical',
    ['example.com CAA 0 issue letsencrypt.org', 'example.com CAA 128 tbs unknown'],
    'fail: CAA of example.com: "tbs" is critical, and the authority does not know it',
  ),
  caa(
    'it permits one account',
    ['example.com CAA 0 issue letsencrypt.org; accounturi=https://ca.example.net/1'],
    "warn: CAA of example.com permits letsencrypt.org to one account only, which is hardly the vendor's",
  ),
  caa(
    'the servers fail at the question',
    ['example.com CAA !SERVFAIL'],
    'fail: CAA of example.com: SERVFAIL, which an authority takes for a no',
  ),
  caa(
    'nobody answers',
    ['tunnels.example.com CAA !silent'],
    'warn: CAA of tunnels.example.com: no answer',
  ),
  {
    when: 'the parent cannot be reached from here',
    check: 'delegation',
    given: { world: { '192.0.2.1': ['* !silent'] } },
    says: ['warn: no server of example.com answers from here (no answer)'],
  },
  {
    when: 'the zone above is not known',
    check: 'delegation',
    given: { world: { outside: [] } },
    says: ['warn: the nameservers of example.com are not known here'],
  },
  {
    when: 'a server of the parent is named by its address',
    check: 'delegation',
    given: { world: { outside: [] }, parent: [parseAddress('192.0.2.1')] },
    says: ['ok: 192.0.2.1: NS are the 2 of the policy'],
  },
  {
    when: 'the vendor cannot be reached from here',
    check: 'nameservers',
    given: { world: { '192.0.2.11': ['* !silent'], '192.0.2.12': ['* !silent'] } },
    says: ['warn: no nameserver of tunnels.example.com answers from here (no answer)'],
  },
  {
    when: 'a wildcard of the parent answers below the domain',
    check: 'shadow',
    given: { world: with_('192.0.2.1', 'tunnel.us.tunnels.example.com A 192.0.2.9') },
    says: ['fail: ns.example.com (192.0.2.1): A at tunnel.us.tunnels.example.com'],
  },
  {
    when: 'only the bare domain has no address',
    check: 'names',
    given: {
      world: {
        ...without('192.0.2.11', 'com A '),
        ...without('192.0.2.12', 'com A '),
      },
    },
    says: ['warn: tunnels.example.com: no address at the vendor'],
  },
  {
    when: 'a resolver has data of its own for it',
    check: 'resolver',
    given: {
      world: {
        resolver: [
          'tunnels.example.com A 192.0.2.66',
          'tunnel.us.tunnels.example.com A 198.51.100.20',
        ],
      },
    },
    says: ['warn: tunnels.example.com: 192.0.2.66 at ours, which no server of the vendor says'],
  },
  {
    when: 'the vendor says nothing, and a resolver has something else',
    check: 'addresses',
    given: {
      world: {
        ...with_('resolver', 'tunnels.example.com A 192.0.2.66'),
        '192.0.2.11': ['* !REFUSED'],
        '192.0.2.12': ['* !silent'],
      },
    },
    says: ['skip: no address of the ingress was found'],
  },
  {
    when: 'nobody tells where the default door is',
    check: 'addresses',
    given: { world: without('outside', 'connect.') },
    says: ['skip: outside tells no address of a default door'],
  },
  {
    when: 'whoever is asked refuses the default door by an address',
    check: 'addresses',
    given: {
      policy: 'refusal: { addresses: [192.0.2.53] }',
      world: {
        outside: [
          ...(without('outside', 'connect.').outside ?? []),
          'connect.ngrok-agent.com A 192.0.2.53',
          'connect.us.ngrok-agent.com A 0.0.0.0',
        ],
      },
    },
    says: ['skip: outside tells no address of a default door'],
  },
  {
    when: 'one of its addresses is shared',
    check: 'addresses',
    given: { world: with_('outside', 'connect.eu.ngrok-agent.com AAAA 2001:db8:2::20') },
    says: [
      'warn: shared: 2001:db8:2::20 is also of connect.eu.ngrok-agent.com; IP rules would cut the ingress off',
    ],
  },
  {
    when: 'a sinkhole answers for the default door',
    check: 'door',
    given: {
      policy: 'refusal: { addresses: [192.0.2.53] }',
      world: with_('resolver', 'connect.ngrok-agent.com A 192.0.2.53', 'tunnel.ngrok.com AAAA ::'),
    },
    says: ['ok: ours: N default doors refused'],
  },
  {
    when: 'a regional default door is open',
    check: 'door',
    given: { world: with_('resolver', 'connect.eu.ngrok-agent.com A 198.51.100.10') },
    says: ["fail: ours: connect.eu.ngrok-agent.com is answered with the vendor's address"],
  },
  {
    when: 'a resolver fails in place of refusing',
    check: 'door',
    given: { world: with_('resolver', 'connect.ngrok-agent.com A !SERVFAIL') },
    says: ['warn: ours: connect.ngrok-agent.com: SERVFAIL, which is no refusal'],
  },
  {
    when: 'the policy lets the service be',
    check: 'door',
    given: { service: 'watch' },
    says: ['warn: the policy does not block the default doors: personal accounts use them'],
  },
  {
    when: 'the revocation list is blocked for some clients only',
    check: 'crl',
    given: {
      policy: "clients:\n  guests: { networks: [192.0.2.128/25], block: ['=crl.ngrok-agent.com'] }",
    },
    says: ['fail: crl.ngrok-agent.com is blocked by the policy, at policy.yaml:9:49'],
  },
  {
    when: 'the revocation list is not found',
    check: 'crl',
    given: { world: without('resolver', 'crl.') },
    says: [
      'fail: ours: crl.ngrok-agent.com is not found',
      'warn: ours: crl.ngrok.com is not found',
    ],
  },
];
for (const { when, check, given, says } of cases) {
  test(`verify: ${check}, where ${when}`, async () => {
    assert.deepEqual(await told(check, given), says);
  });
}

const HOSTILE = 'Evil\u001b[2J\n, Inc.';
const met =
  (more: Partial<Extract<Met, { kind: 'met' }>>): NonNullable<Lookups['meet']> =>
  async (name, address) => ({
    ...{ kind: 'met', name, address, from: NOON - DAY, until: NOON + 60 * DAY },
    ...{ issuer: { organisation: 'ngrok, Inc.', commonName: '' }, names: [name] },
    ...more,
  });
const certificates = [
  {
    when: 'is right',
    meet: met({}),
    says: ['ok: 2 names dialled: by ngrok, Inc., until 2027-01-26'],
  },
  {
    when: 'is a wildcard, which stands for one label',
    meet: met({ names: ['*.EXAMPLE.com'] }),
    says: [
      'fail: tunnel.us.tunnels.example.com (2001:db8:2::20): the certificate is for *.EXAMPLE.com, not for this name',
    ],
  },
  {
    when: 'has not begun',
    meet: met({ from: NOON + DAY }),
    says: [
      'fail: tunnels.example.com (198.51.100.20) and tunnel.us.tunnels.example.com (2001:db8:2::20): the certificate begins on 2026-11-28',
    ],
  },
  {
    when: 'is publicly trusted, which the policy does not say',
    meet: met({ issuer: { organisation: "Let's Encrypt", commonName: 'E7' } }),
    says: [
      "warn: tunnels.example.com (198.51.100.20) and tunnel.us.tunnels.example.com (2001:db8:2::20): the certificate is by Let's Encrypt, E7, and the policy says ngrok",
    ],
  },
  {
    when: 'has dates that cannot be read, and an issuer that is hostile',
    meet: met({ until: Number.NaN, issuer: { organisation: HOSTILE, commonName: '' } }),
    says: [
      `fail: tunnels.example.com (198.51.100.20) and tunnel.us.tunnels.example.com (2001:db8:2::20): the certificate is by ${HOSTILE}, not by ngrok: agents refuse it`,
    ],
  },
];
for (const { when, meet, says } of certificates) {
  test(`verify: a certificate that ${when}`, async () => {
    assert.deepEqual(await told('certificate', { meet }), says);
  });
}

// RFC 4034 section 5.4 and RFC 4509 section 2.3: one key, and its digests of types 1 and 2.
const KEY =
  'AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw==';
const key = (flags: number): Found => ({
  owner: parseName('dskey.example.com'),
  type: 'DNSKEY',
  data: Buffer.concat([Buffer.of(flags >> 8, flags & 0xff, 3, 5), Buffer.from(KEY, 'base64')]),
});
const dsOf = (text: string): Found => foundOf(`dskey.example.com DS ${text}`);
const SHA1 = '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118';
const SHA256 = '60485 5 2 D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A';
for (const { when, ds, flags = 256, domain = 'dskey.example.com', stands } of [
  { when: 'SHA-1', ds: SHA1, stands: true },
  { when: 'SHA-256', ds: SHA256, stands: true },
  { when: 'a digest of a type that is not known', ds: '60485 5 3 00', stands: true },
  { when: 'another digest', ds: SHA256.replace('D4B7', 'D4B8'), stands: false },
  { when: 'another tag', ds: SHA256.replace('60485', '60486'), stands: false },
  { when: 'another algorithm', ds: SHA256.replace(' 5 ', ' 8 '), stands: false },
  { when: 'another domain', ds: SHA256, domain: 'other.example.com', stands: false },
  { when: 'a key that is no zone key', ds: SHA256, flags: 0, stands: false },
]) {
  test(`standsFor: ${when}`, () => {
    assert.equal(standsFor(dsOf(ds), key(flags), parseName(domain)), stands);
  });
}

test('merged: what differs in whom it is about alone is told once', () => {
  assert.deepEqual(
    merged([
      ['a', ok('x')],
      ['b', ok('y')],
      ['c', ok('x')],
    ]),
    [ok('a and c: x'), ok('b: y')],
  );
  assert.equal(listed(['a', 'b', 'c', 'd', 'e']), 'a, b, c and 2 more');
});

test('docs/ingress.md: tells of every check', () => {
  const page = readFileSync(new URL('../../docs/ingress.md', import.meta.url), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith('Verify\n')) ?? '';
  const rows = [...section.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, check]) => check);
  assert.deepEqual(rows, CHECKS);
});
