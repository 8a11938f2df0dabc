import assert from 'node:assert/strict';
import { test } from 'node:test';
import { has } from '../support/e2e/output.ts';
import { run } from '../support/e2e/process.ts';
import { CLI, folder, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

// `ingress baseline`, `traffic-policy` and `lint` as people and scripts meet them.

const files = {
  'policy.yaml': `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
clients: { office: { networks: [10.0.0.0/8] } }
`,
  'guide.yaml': `on_http_request:
  - actions:
      - type: oauth
        config:
          provider: github
  - expressions:
      - !(actions.ngrok.oauth.identity.email.endsWith('@example.com')
    actions:
      - type: deny
`,
  'good.yaml': 'on_tcp_connect:\n  - actions:\n      - type: deny\n',
  'hostile.yaml': '"on\\e[2J": []\n',
};

const cases: readonly {
  readonly when: string;
  readonly line: string;
  readonly code?: number;
  readonly out?: readonly RegExp[];
  readonly err?: readonly RegExp[];
  readonly not?: RegExp;
}[] = [
  {
    when: 'Terraform',
    line: 'baseline --format terraform --bind *.dev.example.com --network 192.0.2.0/24',
    out: [/resource "ngrok_agent_ingress" "tunnels_example_com"/, /"bind:\*\.dev\.example\.com"/],
  },
  {
    when: 'requests',
    line: 'baseline --format json --bind app.example.com --destination datadog',
    out: [
      /"path":"\/agent_ingresses"/,
      /\{\{var\.datadog_api_key\}\}/,
      /10\.0\.0\.0\/8 is private/,
    ],
  },
  {
    when: 'a checklist, which needs no names',
    line: 'baseline --format checklist',
    out: [/\[ \] Single sign-on/, /\[ \] Delegation of tunnels\.example\.com/],
  },
  {
    when: 'an authtoken without rules is not made',
    line: 'baseline --format terraform',
    code: 2,
    err: [/say what agents may publish, such as --bind/],
  },
  {
    when: 'a rule for everything is refused',
    line: 'baseline --format json --bind *',
    code: 2,
    err: [/"\*" restricts nothing/],
  },
  {
    when: 'a private network is refused',
    line: 'baseline --format json --bind app.example.com --network 192.168.1.0/24',
    code: 2,
    err: [/192\.168\.1\.0\/24 is private, and ngrok sees only the public address/],
  },
  {
    when: 'a Traffic Policy',
    line: 'traffic-policy oauth --provider google --email-domain example.com',
    out: [
      /provider: "google"/,
      /!actions\.ngrok\.oauth\.identity\.email\.endsWith\('@example\.com'\)/,
    ],
  },
  {
    when: 'a login for everyone is not written',
    line: 'traffic-policy oauth --provider google',
    code: 2,
    err: [/--email-domain or --email/],
  },
  {
    when: 'a provider that oauth does not have',
    line: 'traffic-policy oauth --provider okta --email-domain example.com',
    code: 2,
    err: [/openid-connect/],
  },
  { when: 'SAML', line: 'traffic-policy saml', code: 2, err: [/developer preview/] },
  {
    when: 'a secret in clear is not repeated',
    line: 'traffic-policy verify-webhook --provider github --secret hunter2',
    code: 2,
    err: [/--secret: .*write VAULT\/NAME/],
    not: /hunter2/,
  },
  {
    when: "the example of ngrok's guide",
    line: 'lint guide.yaml good.yaml',
    code: 1,
    out: [
      /^guide\.yaml:7:9: .*double quotes \[tag\]$/m,
      /^guide\.yaml:7:10: .*never closed; add \) where it ends \[expression\]$/m,
      /^2 files: 2 errors, 0 warnings$/m,
    ],
    not: /good\.yaml/,
  },
  {
    when: 'findings for programs',
    line: 'lint --json guide.yaml',
    code: 1,
    out: [/^\{"rule":"tag","severity":"error","file":"guide\.yaml","line":7,"column":9,/m],
  },
  { when: 'a policy that is fine', line: 'lint good.yaml', out: [/^1 file: nothing to mend$/m] },
  {
    when: 'a key that would act on the terminal',
    line: 'lint hostile.yaml',
    code: 1,
    out: [/on\\x1b\[2J: is not a phase/],
    not: /\x1b/,
  },
  {
    when: 'a file that is not there',
    line: 'lint none.yaml',
    code: 2,
    err: [/^none\.yaml:1:1: cannot be read/],
  },
];

test('ingress: account and Traffic Policy', async (t) => {
  const cwd = folder(t);
  for (const [file, text] of Object.entries(files)) write(cwd, file, text);
  for (const { when, line, code = 0, out = [], err = [], not } of cases) {
    await t.test(when, async () => {
      const done = await tunnelwarden(['ingress', ...line.split(' ')], { cwd });
      assert.equal(done.code, code, done.stderr);
      for (const pattern of out) has(done.stdout, pattern);
      for (const pattern of err) has(done.stderr, pattern);
      if (out.length === 0) assert.equal(done.stdout, '');
      if (err.length === 0) assert.equal(done.stderr, '');
      if (not) assert.doesNotMatch(done.stdout + done.stderr, not);
    });
  }

  await t.test('what traffic-policy writes, lint reads from standard input', async () => {
    const write = `"${process.execPath}" "${CLI}" ingress traffic-policy restrict-ips --allow 192.0.2.1`;
    const done = await run('sh', [
      '-c',
      `${write} | "${process.execPath}" "${CLI}" ingress lint -`,
    ]);
    assert.deepEqual([done.code, done.stdout], [0, '1 file: nothing to mend\n']);
  });
});
