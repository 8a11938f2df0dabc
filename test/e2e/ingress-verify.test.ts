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
  /** What comes or not, by which of two servers the resolver asks. */
  readonly depends?: RegExp;
  /** What is told among the rest. */
  readonly also?: RegExp;
};

const DS = '12345 13 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011';
const WITHOUT_FOURTH = DELEGATION.slice(0, 3);

/** Situations that only names decide; `dnskey` and `ds` are of the zone signed.example.com. */
const situationsOf = (key: { dnskey: string; ds: string }): readonly Situation[] => [
  {
    when: 'all is well',
    label: 'fine',
    told: [],
    also: /ok addresses: dedicated: 1 address, none of a default door; IP rules are safe/,
  },
  {
    when: 'a nameserver is missing',
    label: 'missing',
    parent: WITHOUT_FOURTH,
    told: [
      new RegExp(`^fail delegation: all servers of example.com: NS lacks ${FOURTH}$`),
      new RegExp(`^fail agreement: ns-1.*: other NS than example.com: ${FOURTH} only there$`),
    ],
  },
  {
    when: 'there is a nameserver too many, which does not serve it',
    label: 'extra',
    parent: [...DELEGATION, '@ NS lame.example.net.'],
    told: [
      /^fail delegation: .* NS has lame\.example\.net, which the policy has not$/,
      /^fail nameservers: lame\.example\.net \(127\.0\.0\.1\): does not serve extra\.example\.com$/,
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
    depends: /^fail resolver/,
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
      /^fail nameservers: ns-1.*, ns-2.* and ns-4.*: does not serve unserved\.example\.com \(REFUSED\)$/,
      /^fail resolver: unserved.*, tunnel\.us.* and tunnel\.eu.*: SERVFAIL at 127\.0\.0\.54:53$/,
    ],
  },
  {
    when: 'a CNAME stands there instead',
    label: 'cname',
    parent: ['@ CNAME intra.example.com.'],
    child: 'none',
    told: [
      /^fail delegation: .*cname\.example\.com is not delegated$/,
      /^fail nameservers: .* \(REFUSED\)$/,
      /^fail shadow: ns1\.example\.com .* and ns2\.example\.com .*: CNAME at cname\.example\.com$/,
      /^fail resolver: cname.*, tunnel\.us.* and tunnel\.eu.*: NXDOMAIN at 127\.0\.0\.54:53$/,
    ],
  },
  {
    when: 'a TXT stands there instead, and an A below it',
    label: 'txt',
    parent: ['@ TXT "kept for later"', `${US} A 192.0.2.7`],
    child: 'none',
    told: [
      /^fail delegation: .*txt\.example\.com is not delegated$/,
      /^fail nameservers: .* \(REFUSED\)$/,
      /^fail shadow: .*: TXT at txt\.example\.com$/,
      /^fail shadow: .*: A at tunnel\.us\.txt\.example\.com$/,
      /^fail resolver: txt\.example\.com: no address at /,
      /^fail resolver: tunnel\.eu\.txt\.example\.com: NXDOMAIN at /,
    ],
  },
  {
    when: 'a server of the parent has a zone of that name itself',
    label: 'copy',
    depends: /^fail resolver/,
    told: [
      /^fail delegation: ns1\.example\.com \(127\.0\.0\.2\): copy\.example\.com is not delegated$/,
      /^fail shadow: ns1\.example\.com \(127\.0\.0\.2\) has a zone copy\.example\.com of its own/,
    ],
  },
  {
    when: 'CAA permits another authority only',
    label: 'tunnels.forbids',
    parent: [...DELEGATION, '$ORIGIN forbids.example.com.', '@ CAA 0 issue "ca.example.net"'],
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
    child: [`@ A ${INGRESS_ADDRESS}`, `${US} A ${INGRESS_ADDRESS}`],
    told: [
      /^fail names: tunnel\.eu\.region\.example\.com: no address at the vendor$/,
      /^fail resolver: tunnel\.eu\.region\.example\.com: NXDOMAIN at /,
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
  const dialledAt = (label: string) =>
    ['', ...REGIONS.map((region) => `${region}.`)].map((left) => `${left}${label}.example.com`);
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
  const compare = (lines: readonly string[], told: readonly RegExp[], depends = /^$/) => {
    const wrong = lines.filter((line) => /^(?:fail|warn)/.test(line) && !depends.test(line));
    assert.equal(wrong.length, told.length, wrong.join('\n'));
    told.forEach((pattern, i) => {
      assert.match(wrong[i] ?? '', pattern);
    });
  };

  for (const situation of situations) {
    await t.test(situation.when, async () => {
      const lines = await verify(situation.label, situation);
      compare(lines, situation.told, situation.depends);
      if (situation.also) assert.match(lines.join('\n'), situation.also);
    });
  }

  await t.test('split horizon', async (t) => {
    await startInternalView(t, path, world.at(AT.internal));
    // The server of the internal view stands for the parent, as it does for those who ask it.
    const inside = await verify('split', {
      words: ['--resolver', AT.internal, '--parent', AT.internal],
    });
    compare(inside, [
      /^fail delegation: 127\.0\.0\.55: split\.example\.com is not delegated$/,
      /^fail resolver: split.*: NXDOMAIN at 127\.0\.0\.55:53$/,
      /^fail door: /,
    ]);
    // Our resolver asks the internal view for everything but the ingress.
    const ask = async (forward: string, address: string) => {
      const folderOfIts = folder(t);
      const text = policyOf('split.example.com', forward)
        .replace(`'${AT.ours}:53'`, `'${address}:53'`)
        .replace(`upstreams: ['${AT.outside}']`, `upstreams: ['${AT.internal}']`);
      await startOurs(t, folderOfIts, write(folderOfIts, 'policy.yaml', text), within);
      return verify('split', { words: ['--resolver', address] });
    };
    const hidden = await ask('', '127.0.0.56');
    compare(hidden, [/^fail resolver: split.*: NXDOMAIN at 127\.0\.0\.56:53$/]);
    compare(await ask(`forward: ['${AT.outside}']`, '127.0.0.57'), []);
    // All else is still as the internal view has it.
    for (const [name, told] of [
      ['tunnel.us.split.example.com', INGRESS_ADDRESS],
      ['intra.example.com', '192.0.2.8'],
    ] as const) {
      const { stdout } = await dig(world.at('127.0.0.57'), name, 'A');
      assert.deepEqual(section(stdout, 'ANSWER'), [`${name}. 60 IN A ${told}`]);
    }
  });

  const certificates: Readonly<Record<string, Wanted>> = {
    good: { organisation: 'ngrok, Inc.', names: dialledAt('good'), days: 90 },
    ended: { organisation: 'ngrok, Inc.', names: dialledAt('ended'), days: -1 },
    other: { organisation: 'ngrok, Inc.', names: ['connect.ngrok-agent.com'], days: 90 },
    strange: { organisation: 'Example Inspection', names: dialledAt('strange'), days: 90 },
    public: { organisation: "Let's Encrypt", names: dialledAt('public'), days: 10 },
  };
  const made = new Map(
    Object.entries(certificates).map(([id, wanted]) => [id, makeCertificate(path, id, wanted)]),
  );
  await Promise.all(
    [...made].map(([id, its]) =>
      startTlsServer(t, its, { addresses: [addressOf(id)], port: 443 }, { within }),
    ),
  );
  const trust = { NODE_EXTRA_CA_CERTS: made.get('public')?.ca ?? '' };
  const letsencrypt = 'issuer: letsencrypt';
  for (const { when, label, told, ...more } of [
    { when: 'is by ngrok', label: 'good', told: [] },
    {
      when: "is still by ngrok, where Let's Encrypt is chosen",
      label: 'good',
      entry: letsencrypt,
      told: [/^warn certificate: .*by ngrok, Inc\., Test still/],
    },
    {
      when: 'has ended',
      label: 'ended',
      told: [/^fail certificate: .* has ended on \d{4}-\d\d-\d\d$/],
    },
    {
      when: 'is for other names',
      label: 'other',
      told: [/^fail certificate: .* is for connect\.ngrok-agent\.com, not for this name$/],
    },
    {
      when: 'is by a device in between',
      label: 'strange',
      told: [/^fail certificate: .* by Example Inspection, Test, not by ngrok/],
    },
    {
      when: "is by Let's Encrypt, and ends soon",
      label: 'public',
      entry: letsencrypt,
      env: trust,
      told: [/^warn certificate: .* ends on \d{4}-\d\d-\d\d$/],
    },
    {
      when: "says it is by Let's Encrypt, and is not",
      label: 'public',
      entry: letsencrypt,
      told: [
        /^fail certificate: .* and not trusted here: UNABLE_TO_VERIFY/,
        /^warn certificate: .* ends on/,
      ],
    },
    {
      when: 'cannot be had, since nobody listens',
      label: 'closed',
      told: [/^fail certificate: .*: ECONNREFUSED$/],
    },
  ]) {
    await t.test(`the certificate ${when}`, async () => {
      compare(await verify(label, { ...more, words: ['--connect'] }), told);
    });
  }

  await t.test('the table fits 80 columns and says what to do', async () => {
    const file = write(path, 'table.yaml', policyOf('missing.example.com'));
    const { code, stdout, stderr } = await tunnelwarden(
      ['ingress', 'verify', '-p', file, '--resolver', AT.ours],
      { within },
    );
    assert.deepEqual([code, stderr], [1, '']);
    has(
      stdout,
      /^missing\.example\.com\n\nFAIL {2}delegation {3}all servers of example\.com: NS lacks/,
    );
    has(stdout, /\n {19}to do: publish what `tunnelwarden ingress records` prints/);
    has(stdout, /\nOK {4}nameservers {2}all 4 targets speak for missing\.example\.com\n/);
    has(stdout, 'It does not hold: 2 FAIL, 0 WARN.\n');
    const long = stdout.split('\n').filter(({ length }) => length > 80);
    assert.deepEqual(long, []);
  });
});

test('ingress verify: what cannot be verified is told with its place, and the exit code is 2', async (t) => {
  const path = folder(t);
  const sound = policyOf('tunnels.example.com');
  for (const { text, words = [], says } of [
    {
      text: sound.replace(/^ +nameservers:.*\n/m, ''),
      says: /policy\.yaml:3:13: ingress: tunnels\.example\.com: .*not known.*ns_targets/,
    },
    { text: 'organisation: { name: X }', says: /has no ingress.*ingress import/ },
    {
      text: sound,
      words: ['--domain', 'x.example.com'],
      says: /not an ingress of .*there is tunnels/,
    },
    { text: sound, words: ['--parent', 'ns1.example.com'], says: /is not an IP address/ },
  ]) {
    const file = write(path, 'policy.yaml', text);
    const { code, stdout, stderr } = await tunnelwarden([
      'ingress',
      'verify',
      '-p',
      file,
      ...words,
    ]);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, says);
  }
});
