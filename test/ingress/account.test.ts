import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { type AccountOptions, accountOf, described } from '../../src/ingress/account/account.ts';
import { parseBindRule } from '../../src/ingress/account/bind.ts';
import { DESTINATION_IDS } from '../../src/ingress/account/destinations.ts';
import { printRequests } from '../../src/ingress/account/requests.ts';
import { printTerraform } from '../../src/ingress/account/terraform.ts';
import { wordsOf } from '../../src/ingress/account/words.ts';
import { hclText } from '../../src/ingress/hcl-text.ts';
import { parseNetwork } from '../../src/policy/network.ts';
import { compiledPolicy } from '../support/policy.ts';
import { createPrng } from '../support/prng.ts';
import { matchesGolden } from './golden-file.ts';

const PLAIN = `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
clients:
  office: { networks: [192.0.2.0/24, 10.0.0.0/8] }
`;
const FULL = `
organisation: { name: "Ex\\"ample \${self} %{ if } \\\\ \\u202e\\nLtd" }
ingress:
  - { domain: tunnels.example.com, issuer: letsencrypt }
  - { domain: connect.example.net, nameservers: [ns-1.example.org] }
  - { domain: pinggy.example.net, service: pinggy }
`;

const none: AccountOptions = {
  bind: [],
  bots: [],
  networks: [],
  restrict: [],
  enforce: false,
  destinations: [],
};
const account = (policy: string, options: Partial<AccountOptions>) =>
  accountOf(compiledPolicy(policy).policy, { ...none, ...options });

const plain = account(PLAIN, { bind: [parseBindRule('*.dev.example.com')] });
const full = account(FULL, {
  bind: ['app.example.com', '*.dev.example.com', 'team=*', 'app.example.com'].map(parseBindRule),
  bots: ['ci', 'CI', 'developers'],
  networks: ['192.0.2.1', '2001:db8::/32'].map(parseNetwork),
  restrict: ['agent', 'dashboard'],
  enforce: true,
  destinations: DESTINATION_IDS,
});

for (const [name, what] of Object.entries({ plain, full })) {
  test(`baseline: ${name} as it stands in golden`, () => {
    matchesGolden(`${name}.tf`, printTerraform(what));
    matchesGolden(`${name}.json`, printRequests(what));
  });

  test(`baseline: ${name} refers only to what stands before it, or to variables it names`, () => {
    const { requests, variables } = JSON.parse(printRequests(what));
    const known = new Set<string>(
      variables.map(({ name }: { readonly name: string }) => `var.${name}`),
    );
    for (const { id, body } of requests) {
      for (const [, reference = ''] of JSON.stringify(body).matchAll(/\{\{([^}]*)\}\}/g)) {
        assert(known.has(reference), `${id} refers to ${reference}`);
      }
      assert(!known.has(`${id}.id`), `${id} is there once`);
      known.add(`${id}.id`);
    }
  });

  test(`baseline: ${name} has no authtoken without rules, and no secret`, () => {
    const { requests } = JSON.parse(printRequests(what));
    const tokens = requests.filter(
      ({ path }: { readonly path: string }) => path === '/credentials',
    );
    assert(tokens.length > 0);
    for (const { body } of tokens) {
      assert(body.acl.length > 0);
      for (const rule of body.acl) assert.match(rule, /^bind:(?!\*$)./);
    }
    assert.doesNotMatch(printTerraform(what), /(?:secret|api_key) += +"/);
  });
}

test('baseline: what is not ours at ngrok is not made', () => {
  assert.doesNotMatch(printTerraform(full), /pinggy\.example\.net/);
});

test('baseline: private networks of the policy are left out, and said to be', () => {
  assert.deepEqual(
    plain.networks.map(({ text }) => text),
    ['192.0.2.0/24'],
  );
  assert.match(plain.notes.join('\n'), /10\.0\.0\.0\/8 is private/);
  assert.doesNotMatch(printRequests(plain).split('"notes"')[0] as string, /10\.0\.0\.0/);
});

test('baseline: without a public network nothing is restricted by address', () => {
  const none = account(FULL, { bind: [parseBindRule('app.example.com')] });
  assert.doesNotMatch(printTerraform(none), /ngrok_ip_/);
  assert.match(none.notes.join('\n'), /no public network is known/);
});

test('baseline: restrictions warn unless they shall enforce', () => {
  assert.match(printTerraform(plain), /enforced +(= )?false/);
  assert.doesNotMatch(printTerraform(plain), /enforced += true/);
  assert.doesNotMatch(printTerraform(full), /enforced += false/);
});

test('described: what is too long for ngrok is cut, between letters', () => {
  const text = described('Agents', { ...plain, organisation: 'ü😀'.repeat(100) });
  assert(Buffer.byteLength(text) <= 255 && Buffer.byteLength(text) > 245);
  assert(text.isWellFormed() && text.endsWith('…'));
});

test('wordsOf: no two are the same', () => {
  const words = wordsOf(['a-b', 'a.b', 'A_B', '1', 'ü', ''], (text) => text).map(([word]) => word);
  assert.equal(new Set(words).size, words.length);
  for (const word of words) assert.match(word, /^[a-z][a-z0-9_]*$/);
});

for (const text of [
  '*',
  'bind:*',
  '',
  '*=*',
  '*.com',
  'com',
  'a b.example.com',
  'bind:*.*.example.com',
  'a=b=c',
]) {
  test(`parseBindRule: refuses "${text}"`, () =>
    assert.throws(() => parseBindRule(text), /write one|name what|remove it/));
}
for (const [text, rule] of [
  ['*.Dev.example.com.', 'bind:*.dev.example.com'],
  ['bind:app.example.com', 'bind:app.example.com'],
  ['team=*', 'bind:team=*'],
] as const) {
  test(`parseBindRule: ${text}`, () => assert.equal(parseBindRule(text), rule));
}

const hostile = [
  '',
  'plain',
  `\${1 + 1}`,
  '%{ if true }',
  '$${x',
  '$',
  'a"b\\',
  '\n\r\t\b\f\v\0',
  '\u202e\u2028é😀\u{e0001}',
];

test('hclText: nothing in it ends the text or is evaluated', () => {
  for (const text of hostile) {
    const literal = hclText(text);
    assert.match(literal, /^"(?:[^"\\]|\\.)*"$/u);
    assert.doesNotMatch(literal.replaceAll('$${', '').replaceAll('%%{', ''), /[$%]\{/);
  }
});

// Terraform is in no Debian package, so it may be absent anywhere.
const withoutTerraform = spawnSync('terraform', ['version']).error ? 'needs terraform' : false;
const terraform = (args: readonly string[], input: string) =>
  spawnSync('terraform', args, {
    input,
    encoding: 'utf8',
    // Where no module is.
    cwd: tmpdir(),
    env: { ...process.env, CHECKPOINT_DISABLE: '1' },
  });

test('terraform: reads its files, and would not write them otherwise', {
  skip: withoutTerraform,
}, () => {
  for (const what of [plain, full]) {
    const { status, stdout } = terraform(['fmt', '-no-color', '-'], printTerraform(what));
    assert.equal(status, 0);
    assert.equal(stdout, printTerraform(what));
  }
});

test('terraform: reads every text as it was', { skip: withoutTerraform }, () => {
  const { pick, below } = createPrng(5);
  const letters = [...'$', ...'{}%"\\\n\t ab~é😀\u202e'];
  const texts = [
    ...hostile,
    ...Array.from({ length: 200 }, () =>
      Array.from({ length: below(12) }, () => pick(letters)).join(''),
    ),
  ];
  const { stdout, stderr } = terraform(
    ['console'],
    `base64encode(jsonencode([${texts.map(hclText).join(', ')}]))\n`,
  );
  assert.notEqual(stdout, '', stderr);
  assert.deepEqual(
    JSON.parse(Buffer.from(stdout, 'base64').toString()),
    texts.map((text) => text.normalize('NFC')),
  );
});
