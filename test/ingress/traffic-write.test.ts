import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseEmail, parseEmailDomain } from '../../src/ingress/email.ts';
import { lintTrafficPolicy } from '../../src/ingress/traffic/lint.ts';
import {
  parsePublicNetwork,
  parseSecretRef,
  printYaml,
  trafficPolicyOf,
  type Wanted,
} from '../../src/ingress/traffic/write.ts';
import { parseNetwork } from '../../src/policy/network.ts';
import { matchesGolden } from './golden-file.ts';

const secret = { vault: 'hooks', name: 'github' };

const cases: readonly { readonly file: string; readonly wanted: Wanted }[] = [
  {
    file: 'oauth.yaml',
    wanted: {
      kind: 'oauth',
      provider: 'google',
      domains: ['example.com', 'example.net'],
      people: ['Kim.Lee@example.org'],
    },
  },
  {
    file: 'oauth-own-app.yaml',
    wanted: {
      kind: 'oauth',
      provider: 'facebook',
      domains: ['example.com'],
      people: [],
      clientId: `id "with" \${req.host} 'signs'\u2028`,
      secret,
    },
  },
  {
    file: 'oidc.yaml',
    wanted: {
      kind: 'oidc',
      issuer: 'https://login.example.com',
      domains: ['example.com'],
      people: [],
      clientId: 'abc',
      secret,
    },
  },
  { file: 'verify-webhook.yaml', wanted: { kind: 'verify-webhook', provider: 'github', secret } },
  {
    file: 'restrict-ips.yaml',
    wanted: {
      kind: 'restrict-ips',
      allow: [parseNetwork('192.0.2.0/24'), parseNetwork('2001:db8::1')],
      deny: [parseNetwork('192.0.2.7')],
      policies: ['ipp_1rV56VrAxesFteoj4XZxaaYyvXo'],
      phase: 'on_tcp_connect',
    },
  },
  { file: 'deny.yaml', wanted: { kind: 'deny', phase: 'on_http_request', status: 404 } },
];
for (const { file, wanted } of cases) {
  test(`traffic-policy: ${file} as it stands in golden`, () =>
    matchesGolden(file, printYaml(wanted)));

  test(`traffic-policy: ${file} is the same as YAML and as JSON`, () =>
    assert.deepEqual(parse(printYaml(wanted)), trafficPolicyOf(wanted)));

  test(`traffic-policy: ${file} passes our own linter`, () =>
    assert.deepEqual(lintTrafficPolicy(file, printYaml(wanted)), []));
}

test('traffic-policy: whoever is not named is denied', () => {
  const [, second] = trafficPolicyOf({
    kind: 'oauth',
    provider: 'github',
    domains: ['example.com'],
    people: ["o'hara@example.org"],
  }).on_http_request as readonly { readonly expressions: readonly string[] }[];
  // The expressions of a rule are joined by &&.
  assert.deepEqual(second?.expressions, [
    "!actions.ngrok.oauth.identity.email.endsWith('@example.com')",
    "actions.ngrok.oauth.identity.email != 'o\\'hara@example.org'",
  ]);
});

const refused: readonly {
  readonly read: (text: string) => unknown;
  readonly text: string;
  readonly says: RegExp;
}[] = [
  { read: parseEmailDomain, text: 'example', says: /not a domain of e-mail/ },
  { read: parseEmailDomain, text: "x'y.example.com", says: /not a domain of e-mail|is not/ },
  { read: parseEmail, text: "x'y@example.com", says: /not an e-mail address/ },
  { read: parseEmail, text: 'kim@a@example.com', says: /not an e-mail address/ },
  { read: parsePublicNetwork, text: '10.0.0.0/8', says: /is private, and ngrok sees only/ },
  { read: parsePublicNetwork, text: '100.64.1.0/24', says: /provider's own/ },
  { read: parsePublicNetwork, text: 'fd00::/64', says: /unique local/ },
  { read: parsePublicNetwork, text: '::/0', says: /is everyone/ },
  { read: parseSecretRef, text: 'correct-horse', says: /write VAULT\/NAME/ },
  { read: parseSecretRef, text: "a/b') + ('", says: /write VAULT\/NAME/ },
];
for (const { read, text, says } of refused) {
  test(`${read.name}: refuses ${text}`, () => assert.throws(() => read(text), says));
}

test('parseSecretRef: does not repeat what may be a secret', () => {
  assert.throws(
    () => parseSecretRef('hunter2'),
    ({ message }: Error) => !message.includes('hunter2'),
  );
});
