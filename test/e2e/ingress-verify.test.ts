import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AT,
  type Case,
  DELEGATION,
  DOOR_ADDRESS,
  INGRESS_ADDRESS,
  makeCertificate,
  makeKey,
  REGIONS,
  startInternalView,
  startOurs,
  startWorld,
  type Wanted,
} from '../support/e2e/ingress-lab.ts';
import { dig, section, TARGETS } from '../support/e2e/named.ts';
import { has } from '../support/e2e/output.ts';
import { missing } from '../support/e2e/requirements.ts';
import { startTlsServer } from '../support/e2e/tls.ts';
import { folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

// A world of real servers in one namespace: a root, a parent zone with a secondary, the vendor, a
// resolver that sees them all. Each name below example.com has one thing wrong with it.

const [FIRST = '', SECOND = '', THIRD = '', FOURTH = ''] = TARGETS;
const [US, EU] = REGIONS;

type Situation = Case & {
  readonly when: string;
  /** The domain, where it is not the label. */
  readonly below?: string;
  /** More of the ingress in the policy, and of the policy. */
  readonly entry?: string;
  readonly more?: string;
  readonly words?: readonly string[];
  /** What is told beside OK and SKIP, as `STATUS check: …`; nothing where all is well. */
  readonly told: readonly RegExp[];
  /** What is told among the rest. */
  readonly also?: RegExp;
};

const DS = '12345 13 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011';
const WITHOUT_FOURTH = DELEGATION.slice(0, 3);
const VALUES = { child: [`@ A ${INGRESS_ADDRESS}`, `${US} A ${INGRESS_ADDRESS}`] };

/** Situations that only names decide; `dnskey` and `ds` are of the zone signed.example.com. */
const situationsOf = (key: { dnskey: string; ds: string }): readonly Situation[] => [
  {
    when: 'all is well',
    label: 'fine',
    told: [],
    also: /ok addresses: dedicated: none of its 1 address is one of 1 default doors; IP rules are safe/,
  },
  {
    when: 'a nameserver is missing',
    label: 'missing',
    parent: WITHOUT_FOURTH,
    told: [
      new RegExp(`^fail delegation: all servers of example.com: NS lacks ${FOURTH}$`),
      new RegExp(`^fail agreement: other nameservers by the word of .*: ${FOURTH} only there$`),
    ],
  },
  {
    when: 'there is a nameserver too many, which does not serve it',
    label: 'extra',
    parent: [...DELEGATION, '@ NS lame.example.net.'],
    told: [
      /^fail delegation: .* NS has lame\.example\.net, which the policy has not$/,
      /^fail nameservers: lame\.example\.net \(127\.0\.0\.1\) does not serve extra\.example\.com: it /,
      /^fail agreement: .*lame\.example\.net only in example\.com$/,
    ],
  },
  {
    when: 'a nameserver is not there',
    label: 'ghost',
    parent: [...WITHOUT_FOURTH, '@ NS ghost.example.net.'],
    childNs: [FIRST, SECOND, THIRD, 'ghost.example.net'],
    entry: `nameservers: [${FIRST}, ${SECOND}, ${THIRD}, ghost.example.net]`,
    told: [
      /^warn nameservers: ghost\.example\.net \(127\.0\.0\.99\): cannot be reached \(ECONNREFUSED\)$/,
    ],
  },
  {
    when: 'the child names other servers than the parent',
    label: 'differs',
    childNs: [FIRST, SECOND, THIRD, 'ns-5.example.org'],
    told: [
      /^fail agreement: .*: ns-5\.example\.org only there, ns-4\.example\.org only in example\.com$/,
    ],
  },
  {
    when: 'a secondary lags behind',
    label: 'lagging',
    secondary: [],
    told: [
      /^fail delegation: ns2\.example\.com \(127\.0\.0\.3\): lagging\.example\.com is not delegated$/,
    ],
  },
  {
    when: 'the vendor does not serve it',
    label: 'unserved',
    child: 'none',
    told: [
      ...TARGETS.map(
        () => /^fail nameservers: .* does not serve unserved\.example\.com: it says REFUSED$/,
      ),
      ...['', 'us', 'eu'].map(() => /^fail resolver: .*unserved\.example\.com gets SERVFAIL$/),
    ],
  },
  {
    when: 'a CNAME stands there instead',
    label: 'cname',
    parent: ['@ CNAME intra.example.com.'],
    child: 'none',
    told: [
      /^fail delegation: .*cname\.example\.com is not delegated$/,
      /^fail nameservers: .*REFUSED$/,
      /^fail shadow: ns1\.example\.com .* and ns2\.example\.com .*: CNAME at cname\.example\.com$/,
      ...['', 'us', 'eu'].map(() => /^fail resolver: .*cname\.example\.com gets NXDOMAIN$/),
    ],
  },
  {
    when: 'a TXT stands there instead, and an A below it',
    label: 'txt',
    parent: ['@ TXT "kept for later"', `${US} A 192.0.2.7`],
    child: 'none',
    told: [
      /^fail delegation: .*txt\.example\.com is not delegated$/,
      /^fail nameservers: .*REFUSED$/,
      /^fail shadow: .*: TXT at txt\.example\.com$/,
      /^fail shadow: .*: A at tunnel\.us\.txt\.example\.com$/,
      /^fail resolver: .*: txt\.example\.com has no address$/,
      /^fail resolver: .*: tunnel\.eu\.txt\.example\.com gets NXDOMAIN$/,
    ],
  },
  {
    when: 'a server of the parent has a zone of that name itself',
    label: 'copy',
    told: [
      /^fail delegation: ns1\.example\.com \(127\.0\.0\.2\): NS lacks ns-1/,
      /^fail delegation: ns1\.example\.com \(127\.0\.0\.2\): NS has ns\.copy\.example\.com/,
      /^fail nameservers|^warn nameservers/,
      /^fail agreement: .*ns\.copy\.example\.com only in example\.com$/,
      /^fail shadow: ns1\.example\.com \(127\.0\.0\.2\) has a zone copy\.example\.com of its own/,
    ],
  },
  {
    when: 'CAA permits another authority only',
    label: 'tunnels.forbids',
    parent: [
      '@ NS ns-1.example.net.',
      ...DELEGATION.slice(1),
      '$ORIGIN forbids.example.com.',
      '@ CAA 0 issue "ca.example.net"',
    ],
    entry: 'issuer: letsencrypt',
    told: [
      /^fail caa: CAA of forbids\.example\.com permits only ca\.example\.net, not letsencrypt\.org$/,
    ],
  },
  {
    when: 'CAA permits it, but no wildcard',
    label: 'tunnels.permits',
    parent: [
      ...DELEGATION,
      '$ORIGIN permits.example.com.',
      '@ CAA 0 issue "letsencrypt.org"',
      '@ CAA 0 issuewild ";"',
    ],
    entry: 'issuer: letsencrypt',
    told: [/^warn caa: CAA of permits\.example\.com: issuewild permits only nobody/],
  },
  {
    when: 'there is a DS, and no key',
    label: 'unsigned',
    parent: [...DELEGATION, `@ DS ${DS}`],
    entry: `ds: ['${DS}']`,
    told: [
      /^fail ds: example\.com has a DS, but unsigned\.example\.com is not signed: every validating/,
    ],
  },
  {
    when: 'there is a DS for its key, as the policy says',
    label: 'signed',
    parent: [...DELEGATION, `@ DS ${key.ds}`],
    child: [
      `@ DNSKEY ${key.dnskey}`,
      ...['@', US, EU].map((name) => `${name} A ${INGRESS_ADDRESS}`),
    ],
    entry: `ds: ['${key.ds}']`,
    told: [],
    also: /ok ds: example\.com has the DS of the policy, and it stands for a key of signed\.example\.com/,
  },
  {
    when: 'there is a DS for another key, of which the policy knows nothing',
    label: 'stray',
    parent: [...DELEGATION, `@ DS ${key.ds}`],
    child: [
      `@ DNSKEY ${key.dnskey}`,
      ...['@', US, EU].map((name) => `${name} A ${INGRESS_ADDRESS}`),
    ],
    told: [
      /^warn ds: example\.com has the DS \d+ 13 2 [0-9A-F]{8}…, which the policy has not$/,
      /^fail ds: no DS in example\.com stands for a key of stray\.example\.com/,
    ],
  },
  {
    when: 'the policy has a DS that is not published',
    label: 'undersigned',
    entry: `ds: ['${DS}']`,
    told: [/^fail ds: example\.com lacks the DS 12345 13 2 49FD46E6… of the policy$/],
  },
  {
    when: 'the name of a region is missing',
    label: 'region',
    ...VALUES,
    told: [
      /^fail names: tunnel\.eu\.region\.example\.com has no address at the vendor$/,
      /^fail resolver: .*: tunnel\.eu\.region\.example\.com gets NXDOMAIN$/,
    ],
  },
  {
    when: 'it lives at the addresses of the default door',
    label: 'shared',
    child: ['@', US, EU].map((name) => `${name} A ${DOOR_ADDRESS}`),
    told: [
      /^warn addresses: shared: 198\.51\.100\.10 is also of connect\.ngrok-agent\.com; IP rules would cut/,
    ],
  },
  {
    when: 'the policy blocks the revocation list',
    label: 'crl',
    more: "block: ['=crl.ngrok-agent.com']",
    told: [
      /^fail crl: crl\.ngrok-agent\.com is blocked by the policy, at .*policy-crl\.yaml:\d+:\d+$/,
    ],
  },
  {
    when: 'clients ask a resolver without the policy',
    label: 'open',
    words: ['--resolver', AT.outside],
    told: [
      /^fail door: 127\.0\.0\.53:53: connect\.ngrok-agent\.com is answered with the vendor's address$/,
    ],
  },
  {
    when: 'clients ask a resolver that is not there',
    label: 'deaf',
    words: ['--resolver', AT.ghost],
    told: [
      /^fail resolver: 127\.0\.0\.99:53: cannot be reached \(ECONNREFUSED\)$/,
      /^fail crl: /,
      /^warn crl: /,
      /^warn door: .*, which is no refusal$/,
    ],
  },
  {
    when: 'the policy only observes',
    label: 'observed',
    more: 'mode: observe',
    told: [/^warn door: the policy only observes/],
  },
];

function policyOf(domain: string, entry = '', more = ''): string {
  const nameservers = entry.startsWith('nameservers')
    ? ''
    : `    nameservers: [${TARGETS.join(', ')}]\n`;
  return `organisation: { name: Example Corp }
ingress:
  - domain: ${domain}
    names: [${REGIONS.map((region) => `${region}.${domain}`).join(', ')}]
${nameservers}${entry === '' ? '' : `    ${entry}\n`}services: { ngrok: block }
resolver:
  listen: ['${AT.ours}:53']
  upstreams: ['${AT.outside}']
${more}
`;
}

type Told = {
  readonly check: string;
  readonly status: string;
  readonly why: string;
  readonly remedy?: string;
};

test('ingress verify, against real servers', {
  skip: missing(
    'root',
    'ip',
    'named',
    'unbound',
    'dnssec-keygen',
    'dnssec-dsfromkey',
    'dig',
    'openssl',
  ),
}, async (t) => {
  const path = folder(t);
  const situations = situationsOf(makeKey(path, 'signed.example.com'));
  const dialled = ['good', 'ended', 'other', 'strange', 'public', 'closed'];
  const addressOf = (id: string) => `127.0.1.${1 + dialled.indexOf(id)}`;
  const world = await startWorld(t, path, [
    ...situations,
    ...dialled.map((label) => ({
      label,
      child: ['@', US, EU].map((name) => `${name} A ${addressOf(label)}`),
    })),
    { label: 'split' },
  ]);
  const { within } = world;
  await startOurs(t, path, write(path, 'ours.yaml', policyOf('fine.example.com')), within);

  const verify = async (
    label: string,
    {
      entry,
      more,
      words = [],
      env,
    }: Partial<Situation> & { readonly env?: Readonly<Record<string, string>> } = {},
  ) => {
    const file = write(path, `policy-${label}.yaml`, policyOf(`${label}.example.com`, entry, more));
    const resolver = words.includes('--resolver') ? [] : ['--resolver', AT.ours];
    const { code, stdout, stderr } = await tunnelwarden(
      ['ingress', 'verify', '--policy', file, '--json', ...resolver, ...words],
      { within, ...(env ? { env } : {}) },
    );
    assert.equal(stderr, '');
    const { ok, ingress } = JSON.parse(stdout) as {
      readonly ok: boolean;
      readonly ingress: readonly { readonly checks: readonly Told[] }[];
    };
    const checks = ingress[0]?.checks ?? [];
    assert.equal(code, ok ? 0 : 1);
    assert.equal(ok, !checks.some(({ status }) => status === 'fail'));
    for (const { status, why, remedy } of checks) {
      assert(remedy !== undefined || status === 'ok' || status === 'skip', why);
    }
    return checks.map(({ status, check, why }) => `${status} ${check}: ${why}`);
  };
  const bad = (lines: readonly string[]) => lines.filter((line) => /^(?:fail|warn)/.test(line));
  const compare = (lines: readonly string[], told: readonly RegExp[]) => {
    const wrong = bad(lines);
    assert.equal(wrong.length, told.length, wrong.join('\n'));
    told.forEach((pattern, i) => {
      assert.match(wrong[i] ?? '', pattern);
    });
  };

  for (const situation of situations) {
    await t.test(situation.when, async () => {
      const lines = await verify(situation.label, situation);
      compare(lines, situation.told);
      if (situation.also) assert.match(lines.join('\n'), situation.also);
    });
  }
});
