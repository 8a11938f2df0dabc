import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readApiAnswer, vendorDomains } from '../../src/ingress/api-object.ts';
import { fieldsOf } from '../../src/ingress/section.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import { InputError } from '../../src/policy/problem.ts';
import type { TunnelService } from '../../src/policy/service.ts';
import { listWithEntries } from '../../src/policy/yaml-edit.ts';

const ngrok = readCatalogue(SHIPPED_RULES).services.get('ngrok') as TunnelService;
const vendor = vendorDomains(ngrok);

/** The object as the API tells of it. */
const object = (changes: object = {}) => ({
  id: 'agin_2f5FAwyGIJjPDYKZRzu2lLVwMpT',
  uri: 'https://api.ngrok.com/agent_ingresses/agin_2f5FAwyGIJjPDYKZRzu2lLVwMpT',
  description: 'example',
  metadata: '{"env": "prod"}',
  domain: 'tunnels.example.com',
  ns_targets: ['ns-4.example.org', 'ns-1.example.net.', 'NS-2.example.net', 'ns-3.example.org'],
  region_domains: ['tunnel.us.tunnels.example.com', 'tunnel.eu.tunnels.example.com'],
  created_at: '2026-04-09T12:00:00Z',
  certificate_management_policy: null,
  certificate_management_status: null,
  ...changes,
});
const read = (value: unknown, indent?: string) =>
  readApiAnswer('answer.json', JSON.stringify(value, null, indent), vendor);

const MINE = {
  domain: 'tunnels.example.com',
  nameservers: ['ns-1.example.net', 'ns-2.example.net', 'ns-3.example.org', 'ns-4.example.org'],
  names: ['tunnel.eu.tunnels.example.com', 'tunnel.us.tunnels.example.com'],
  issuer: 'ngrok',
};
const letsencrypt = { authority: 'letsencrypt', private_key_type: 'ecdsa' };

const answers = [
  { when: 'one ingress', value: object(), ingresses: [MINE] },
  { when: 'a list', value: { ingresses: [object()], uri: 'x' }, ingresses: [MINE] },
  { when: 'a key that came later', value: object({ novel: { a: 1 } }), ingresses: [MINE] },
  {
    when: "Let's Encrypt",
    value: object({ certificate_management_policy: letsencrypt }),
    ingresses: [{ ...MINE, issuer: 'letsencrypt' }],
  },
  {
    when: 'no regions',
    value: object({ region_domains: null }),
    ingresses: [{ ...MINE, names: [] }],
  },
];
for (const { when, value, ingresses } of answers) {
  for (const indent of [undefined, '  ', '\t']) {
    test(`readApiAnswer: ${when}, indented by ${JSON.stringify(indent)}`, () => {
      assert.deepEqual(read(value, indent), { ingresses, hasMore: false });
    });
  }
}

test('readApiAnswer: it says where a list goes on', () => {
  const { hasMore } = read({ ingresses: [object()], next_page_uri: 'https://api.ngrok.com/x' });
  assert.equal(hasMore, true);
});

const faults = [
  {
    when: 'targets of the documentation',
    value: object({ ns_targets: ['1.kube-dns.kube-system.svc.cluster.local.'] }),
    says: /^answer\.json:8:5: ns_targets\.0: .*cluster\.local is from an example.*dashboard/,
  },
  {
    when: 'the same within a list',
    value: { ingresses: [object({ ns_targets: ['x.svc.cluster.local'] })] },
    says: /ingresses\.0\.ns_targets\.0: .* is from an example/,
  },
  {
    when: 'no targets yet',
    value: object({ ns_targets: [] }),
    says: /ns_targets: is empty: the vendor has not set the ingress up/,
  },
  { when: 'targets left out', value: { domain: 'a.example.com' }, says: /ns_targets: is empty/ },
  {
    when: "a domain of the vendor's",
    value: object({ domain: 'example.ngrok.io', region_domains: [] }),
    says: /domain: example\.ngrok\.io is of the vendor's own ngrok\.io/,
  },
  {
    when: 'a target inside the domain',
    value: object({ ns_targets: ['ns.tunnels.example.com'] }),
    says: /is inside the domain/,
  },
  {
    when: 'a region elsewhere',
    value: object({ region_domains: ['tunnel.us.example.net'] }),
    says: /region_domains\.0: tunnel\.us\.example\.net is not below/,
  },
  {
    when: 'an address for a target',
    value: object({ ns_targets: ['192.0.2.1'] }),
    says: /ns_targets\.0: "192\.0\.2\.1" ends in a number/,
  },
  {
    when: 'targets that are no list',
    value: object({ ns_targets: 'x' }),
    says: /needs to be a list/,
  },
  {
    when: 'another authority',
    value: object({ certificate_management_policy: { authority: 'other' } }),
    says: /certificate_management_policy\.authority: is not an authority we know/,
  },
  { when: 'an empty list', value: { ingresses: [] }, says: /the account has no agent ingress/ },
  {
    when: 'a refusal',
    value: {
      error_code: 'ERR_NGROK_206',
      status_code: 401,
      msg: 'Not\u001b[2J today',
      details: {},
    },
    says: /is a refusal of the API: ERR_NGROK_206 Not\\x1b\[2J today/,
  },
  { when: 'another object', value: { keys: [] }, says: /neither `domain` nor `ingresses`/ },
];
for (const { when, value, says } of faults) {
  test(`readApiAnswer: a fault for ${when}`, () => {
    assert.throws(
      () => read(value, '  '),
      (error) =>
        (error instanceof InputError && says.test(error.message)) || assert.fail(`${error}`),
    );
  });
}

test('vendorDomains: what the catalogue knows, and nobody else', () => {
  for (const own of ['ngrok.com', 'ngrok.io', 'ngrok-agent.com', 'ngrok-free.app']) {
    assert.ok(vendor.includes(own as never), own);
  }
  assert.ok(
    !vendor.some((domain) => /amazonaws|example|google|letsencrypt/.test(domain)),
    `${vendor}`,
  );
});

test('fieldsOf: the section of a policy, its defaults left out', () => {
  const { ingresses } = read({
    ingresses: [
      object(),
      object({
        domain: 'b.example.com',
        region_domains: [],
        certificate_management_policy: letsencrypt,
      }),
    ],
  });
  assert.equal(
    listWithEntries(
      'ingress',
      ingresses.map((ingress) => fieldsOf(ingress)),
    ),
    `ingress:
  - domain: tunnels.example.com
    names:
      - tunnel.eu.tunnels.example.com
      - tunnel.us.tunnels.example.com
    nameservers:
      - ns-1.example.net
      - ns-2.example.net
      - ns-3.example.org
      - ns-4.example.org
  - domain: b.example.com
    nameservers:
      - ns-1.example.net
      - ns-2.example.net
      - ns-3.example.org
      - ns-4.example.org
    issuer: letsencrypt
`,
  );
});

test('fieldsOf: an issuer that changed back is said', () => {
  const [ingress] = read(object()).ingresses;
  assert.ok(ingress);
  assert.equal(fieldsOf(ingress, { issuer: 'letsencrypt' }).issuer, 'ngrok');
});
