import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lintTrafficPolicy } from '../../src/ingress/traffic/lint.ts';
import { mutate } from '../support/mutate.ts';
import { createPrng } from '../support/prng.ts';

/** `LINE:COLUMN rule path` of each finding. */
function found(text: string): readonly string[] {
  return lintTrafficPolicy('policy.yaml', text).map(
    ({ place, rule, path }) => `${place.line}:${place.column} ${rule} ${path}`,
  );
}

/** The example of ngrok's guide for secure developers, as it is published. */
const GUIDE = `on_http_request:
  - actions:
      - type: oauth
        config:
          provider: github
  - expressions:
      - !(actions.ngrok.oauth.identity.email.endsWith('@example.com')
      - !(actions.ngrok.oauth.identity.email == 'john@external.com')
    actions:
      - type: deny
`;

test("lint: the example of ngrok's guide lacks a parenthesis, and quotes", () => {
  assert.deepEqual(found(GUIDE), [
    '7:9 tag on_http_request.1.expressions.0',
    '7:10 expression on_http_request.1.expressions.0',
    '8:9 tag on_http_request.1.expressions.1',
  ]);
  const [tag, open] = lintTrafficPolicy('policy.yaml', GUIDE);
  assert.match(
    tag?.message ?? '',
    /ngrok never sees the expression; put all of it in double quotes/,
  );
  assert.match(open?.message ?? '', /the \( that begins here is never closed; add \)/);
});

test('lint: in quotes it still lacks the parenthesis, and with it nothing', () => {
  const quoted = GUIDE.replaceAll(/- (!.*)/g, '- "$1"');
  assert.deepEqual(found(quoted), ['7:11 expression on_http_request.1.expressions.0']);
  assert.deepEqual(found(quoted.replace("'@example.com')", "'@example.com'))")), []);
});

/** One action in a rule of its own; its config begins on line 5. */
const action = (type: string, config: string, phase = 'on_http_request') =>
  `${phase}:\n  - actions:\n      - type: ${type}\n        config:\n          ${config.replaceAll('\n', '\n          ')}\n`;

const CONFIG = 'on_http_request.0.actions.0.config';
const REVIEWED =
  '  - expressions: ["!actions.ngrok.oauth.identity.email.endsWith(\'@example.com\')"]\n    actions: [{ type: deny }]\n';
/** The same with a second rule that looks at who logged in. */
const login = (config: string) => action('oauth', config) + REVIEWED;

const sound: readonly { readonly when: string; readonly text: string }[] = [
  { when: 'a login whose e-mail is looked at', text: login('provider: google') },
  {
    when: 'a secret from a vault',
    text: action(
      'verify-webhook',
      `provider: gitlab\nsecret: "\${secrets.get('hooks', 'gitlab')}"`,
    ),
  },
  { when: 'JSON', text: '{"on_tcp_connect": [{"actions": [{"type": "deny"}]}]}' },
  {
    when: 'JSON with tabs',
    text: '{\n\t"on_tcp_connect": [\n\t\t{"actions": [{"type": "deny"}]}\n\t]\n}\n',
  },
  {
    when: 'networks of both families',
    text: action(
      'restrict-ips',
      "enforce: true\nallow: [192.0.2.0/24, '2001:db8::/32']",
      'on_tcp_connect',
    ),
  },
  {
    when: 'a rate limit by an expression',
    text: action(
      'rate-limit',
      'name: few\nalgorithm: sliding_window\ncapacity: 30\nrate: 60s\nbucket_key: [conn.client_ip]',
    ),
  },
  {
    when: 'results of an action before it, interpolated',
    text: `${action('restrict-ips', 'allow: [192.0.2.0/24]')}      - type: log\n        config:\n          metadata:\n            message: "\${actions.ngrok.restrict_ips.action} for \${conn.client_ip}"\n`,
  },
  { when: 'an action whose fields nobody has published', text: action('saml', 'whatever: 1') },
  {
    when: 'a policy in an object of the Kubernetes operator',
    text: `kind: NgrokTrafficPolicy\nspec:\n  policy:\n    ${login('provider: google').trimEnd().replaceAll('\n', '\n    ')}\n`,
  },
];
for (const { when, text } of sound)
  test(`lint: nothing is wrong with ${when}`, () => assert.deepEqual(found(text), []));

const faulty: readonly {
  readonly when: string;
  readonly text: string;
  readonly finds: readonly string[];
  readonly says: RegExp;
}[] = [
  {
    when: 'an unknown phase',
    text: 'on_http_requests:\n  - actions: [{ type: deny }]\n',
    finds: ['1:1 unknown-phase on_http_requests'],
    says: /did you mean on_http_request\?/,
  },
  {
    when: 'a phase of old',
    text: 'inbound: []\n',
    finds: ['1:1 unknown-phase inbound'],
    says: /write on_http_request/,
  },
  { when: 'nothing', text: '', finds: ['1:1 shape '], says: /is empty; write phases/ },
  {
    when: 'a phase that is no list',
    text: 'on_http_request:\n  actions: [{ type: deny }]\n',
    finds: ['2:3 shape on_http_request'],
    says: /needs to be a list of rules, not a mapping/,
  },
  {
    when: 'a rule without actions',
    text: 'on_http_request:\n  - expressions: ["true"]\n',
    finds: ['2:5 actions on_http_request.0.actions'],
    says: /is missing; write a list of actions/,
  },
  {
    when: 'an unknown key of a rule',
    text: 'on_http_request:\n  - expression: ["true"]\n    actions: [{ type: deny }]\n',
    finds: ['2:5 unknown-field on_http_request.0.expression'],
    says: /did you mean expressions\?/,
  },
  {
    when: 'an unknown action',
    text: action('restrict_ip', 'allow: []'),
    finds: ['3:15 unknown-action on_http_request.0.actions.0.type'],
    says: /did you mean restrict-ips\?/,
  },
  {
    when: 'an action by another name',
    text: action('oidc', 'issuer_url: https://login.example.com'),
    finds: ['3:15 unknown-action on_http_request.0.actions.0.type'],
    says: /write openid-connect/,
  },
  {
    when: 'an action of JavaScript',
    text: action('constructor', 'a: 1'),
    finds: ['3:15 unknown-action on_http_request.0.actions.0.type'],
    says: /"constructor" is not an action/,
  },
  {
    when: 'an action in the wrong phase',
    text: action(
      'verify-webhook',
      `provider: github\nsecret: '\${secrets.get("a", "b")}'`,
      'on_tcp_connect',
    ),
    finds: ['3:15 wrong-phase on_tcp_connect.0.actions.0.type'],
    says: /cannot stand in on_tcp_connect; move it to on_http_request/,
  },
  {
    when: 'a field of another action',
    text: action('deny', 'status: 403'),
    finds: [`5:11 unknown-field ${CONFIG}.status`],
    says: /is not a field of deny; it has status_code/,
  },
  {
    when: 'a status for a connection',
    text: action('deny', 'status_code: 403', 'on_tcp_connect'),
    finds: ['5:11 unknown-field on_tcp_connect.0.actions.0.config.status_code'],
    says: /deny in on_tcp_connect; remove it/,
  },
  {
    when: 'fields beside config',
    text: 'on_http_request:\n  - actions:\n      - type: deny\n        status_code: 404\n',
    finds: ['4:9 unknown-field on_http_request.0.actions.0.status_code'],
    says: /indent it below config/,
  },
  {
    when: 'a field that is missing',
    text: action('verify-webhook', 'provider: github'),
    finds: [`5:11 missing-field ${CONFIG}.secret`],
    says: /verify-webhook needs it; add it/,
  },
  {
    when: 'a config that is missing',
    text: 'on_http_request:\n  - actions:\n      - type: redirect\n',
    finds: [`3:9 missing-field ${CONFIG}.to`],
    says: /redirect needs it/,
  },
  {
    when: 'text for a number',
    text: action('deny', 'status_code: "403"'),
    finds: [`5:24 type ${CONFIG}.status_code`],
    says: /needs to be a whole number, not "403"/,
  },
  {
    when: 'a number out of range',
    text: action('deny', 'status_code: 4030'),
    finds: [`5:24 value ${CONFIG}.status_code`],
    says: /out of range; write one from 100 to 599/,
  },
  {
    when: 'a duration without its unit',
    text: login('provider: google\nmax_session_duration: 30'),
    finds: [`6:33 type ${CONFIG}.max_session_duration`],
    says: /a time such as 30s/,
  },
  {
    when: 'an identity provider that oauth does not serve',
    text: login('provider: okta'),
    finds: [`5:21 value ${CONFIG}.provider`],
    says: /use the action openid-connect/,
  },
  {
    when: 'a provider of webhooks that is misspelt',
    text: action('verify-webhook', `provider: pagerdty\nsecret: "\${x}"`),
    finds: [`5:21 value ${CONFIG}.provider`],
    says: /did you mean pagerduty\?/,
  },
  {
    when: 'a secret in clear',
    text: action('verify-webhook', 'provider: pagerduty\nsecret: secret!'),
    finds: [`6:19 secret ${CONFIG}.secret`],
    says: /is a secret in clear.*secrets\.get/,
  },
  {
    when: 'credentials in clear',
    text: action('basic-auth', 'credentials: ["kim:correct-horse"]'),
    finds: [`5:25 secret ${CONFIG}.credentials.0`],
    says: /is a secret in clear/,
  },
  {
    when: 'half an app',
    text: login('provider: google\nclient_id: abc'),
    finds: [`6:22 oauth-app ${CONFIG}.client_secret`],
    says: /is missing beside client_id/,
  },
  {
    when: 'a provider for which ngrok has no app',
    text: login('provider: facebook'),
    finds: [`5:21 oauth-app ${CONFIG}.client_id`],
    says: /no app of its own at facebook/,
  },
  {
    when: 'a network that is none',
    text: action('restrict-ips', 'allow: [192.0.2.0/33]'),
    finds: [`5:19 cidr ${CONFIG}.allow.0`],
    says: /prefix length over 32/,
  },
  {
    when: 'a network with host bits',
    text: action('restrict-ips', 'deny: [192.0.2.7/24]'),
    finds: [`5:18 cidr ${CONFIG}.deny.0`],
    says: /did you mean 192\.0\.2\.0\/24\?/,
  },
  {
    when: 'a private network let in',
    text: action('restrict-ips', 'allow: [10.1.0.0/16]'),
    finds: [`5:19 not-public ${CONFIG}.allow.0`],
    says: /10\.1\.0\.0\/16 is private, and ngrok sees only the public address/,
  },
  {
    when: 'everyone let in',
    text: action('restrict-ips', 'allow: ["0.0.0.0/0"]'),
    finds: [`5:19 open ${CONFIG}.allow.0`],
    says: /is everyone/,
  },
  {
    when: 'a restriction of nothing',
    text: action('restrict-ips', 'enforce: true'),
    finds: [`3:9 restricts-nothing ${CONFIG}`],
    says: /names no network/,
  },
  {
    when: 'a restriction that refuses nobody',
    text: action('restrict-ips', 'allow: [192.0.2.0/24]\nenforce: false'),
    finds: [`6:20 not-enforced ${CONFIG}.enforce`],
    says: /refuses nobody/,
  },
  {
    when: 'an empty expression',
    text: 'on_http_request:\n  - expressions: [""]\n    actions: [{ type: deny }]\n',
    finds: ['2:20 empty-expression on_http_request.0.expressions.0'],
    says: /is empty; write an expression/,
  },
  {
    when: 'expressions that are no list',
    text: 'on_http_request:\n  - expressions: "true"\n    actions: [{ type: deny }]\n',
    finds: ['2:18 type on_http_request.0.expressions'],
    says: /needs to be a list of expressions/,
  },
  {
    when: 'an expression that its colon makes a mapping',
    text: "on_http_request:\n  - expressions:\n      - a ? 'b': 'c'\n    actions: [{ type: deny }]\n",
    finds: ['3:9 type on_http_request.0.expressions.0'],
    says: /put it in quotes, as its colon/,
  },
  {
    when: 'an interpolation that is not closed',
    text: action('add-headers', `headers: { x-who: "\${f(conn.client_ip}" }`),
    finds: [`5:33 expression ${CONFIG}.headers.x-who`],
    says: /in \$\{…\}: the \( that begins here/,
  },
  {
    when: 'a rule behind one that denies all',
    text: `on_http_request:\n  - actions: [{ type: deny }]\n  - actions: [{ type: custom-response }]\n`,
    finds: ['3:5 unreachable on_http_request.1'],
    says: /never runs: the rule of line 2 ends every request/,
  },
  {
    when: 'an action behind one that denies',
    text: `on_http_request:\n  - expressions: [a]\n    actions: [{ type: deny }, { type: custom-response }]\n`,
    finds: ['3:31 unreachable on_http_request.0.actions.1'],
    says: /never runs: deny before it/,
  },
  {
    when: 'a login that lets everyone in',
    text: action('oauth', 'provider: github'),
    finds: ['3:9 open-login on_http_request.0.actions.0'],
    says: /whoever has an account at the provider/,
  },
  {
    when: 'a domain without its @',
    text: login('provider: github').replace("'@example.com'", "'example.com'"),
    finds: ['6:19 loose-domain on_http_request.1.expressions.0'],
    says: /also takes other domains.*write endsWith\('@example\.com'\)/,
  },
  {
    when: 'a domain anywhere',
    text: login('provider: github').replace("endsWith('@", "contains('@"),
    finds: ['6:19 loose-domain on_http_request.1.expressions.0'],
    says: /also takes longer domains/,
  },
  {
    when: 'a result before its action',
    text: `on_http_request:\n${REVIEWED}${action('oauth', 'provider: google').split('\n').slice(1).join('\n')}`,
    finds: [
      '2:19 unset-variable on_http_request.0.expressions.0',
      '5:9 open-login on_http_request.1.actions.0',
    ],
    says: /put that action in a rule before it/,
  },
  {
    when: 'what is not YAML',
    text: 'on_http_request: [\n',
    finds: ['2:1 yaml '],
    says: /is not valid YAML/,
  },
  {
    when: 'an alias for a field',
    text: action('verify-webhook', 'provider: &who github\nsecret: *who'),
    finds: [`6:19 alias ${CONFIG}.secret`],
    says: /write it out/,
  },
];
for (const { when, text, finds, says } of faulty) {
  test(`lint: ${when}`, () => {
    assert.deepEqual(found(text), finds);
    assert.match(lintTrafficPolicy('policy.yaml', text)[0]?.message ?? '', says);
  });
}

test('lint: no finding shows a secret', () => {
  const text = action('verify-webhook', 'provider: pagerduty\nsecret: correct-horse-battery');
  assert.doesNotMatch(JSON.stringify(lintTrafficPolicy('policy.yaml', text)), /correct-horse/);
});

test('lint: whatever it reads, it ends', () => {
  const prng = createPrng(11);
  const texts = [...sound, ...faulty].map(({ text }) => Buffer.from(text));
  for (let i = 0; i < 3000; i++) {
    lintTrafficPolicy('policy.yaml', mutate(prng.pick(texts), texts, prng).toString('utf8'));
  }
});

test('lint: brackets alone do not exhaust it', () => {
  const [finding] = lintTrafficPolicy('policy.yaml', `on_http_request: ${'['.repeat(20_000)}`);
  assert.equal(finding?.rule, 'yaml');
});
