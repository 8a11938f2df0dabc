import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { auditFile } from '../../src/ingress/audit/audit.ts';
import { doorOf } from '../../src/ingress/audit/doors.ts';
import { AUDIT_RULES } from '../../src/ingress/audit/rules.ts';
import { isLiteralSecret, masked } from '../../src/ingress/audit/secret.ts';
import type { Name } from '../../src/policy/name.ts';
import { parsePattern } from '../../src/policy/pattern.ts';

const DOORS = {
  sanctioned: ['tunnels.example.com' as Name],
  defaults: [
    ...['connect.ngrok-agent.com', 'connect.*.ngrok-agent.com'],
    ...['tunnel.ngrok.com', 'tunnel.*.ngrok.com'],
  ].map(parsePattern),
};
/** Made up, in the form of the vendor's. */
const TOKEN = '4nq9771bPxe8ctg7LKr_2ClH7Y15Zqe4bWLWF9p';

/** Each: the file, what stands in it, and `LINE:COLUMN RULE` of what is found, in this order. */
type Case = {
  readonly when: string;
  readonly file: string;
  readonly text: string;
  readonly found: readonly string[];
};

const cases: readonly Case[] = [
  {
    when: 'a sanctioned agent file of version 3',
    file: 'ngrok.yml',
    text: 'version: "3"\nagent:\n  connect_url: tunnel.us.tunnels.example.com:443\n  update_channel: stable\n  crl_noverify: false\n',
    found: [],
  },
  {
    when: 'everything that is wrong with version 3',
    file: 'ngrok.yml',
    text: `version: 3
agent:
  authtoken: ${TOKEN}
  api_key: "${TOKEN}"
  connect_url: connect.eu.ngrok-agent.com:443
  dns_resolver_ips: [192.0.2.53]
  proxy_url: http://user:passw0rd@proxy.example.net:3128
  crl_noverify: true
  server_sni: www.example.net
  update_channel: beta
`,
    found: [
      '3:14 literal-authtoken',
      '4:12 literal-api-key',
      '5:16 regional-door',
      '6:21 dns-resolver-ips',
      '7:14 proxy-url',
      '8:17 crl-noverify',
      '9:15 server-sni',
      '10:19 update-channel',
    ],
  },
  {
    when: 'version 3 that says nothing of an address',
    file: 'config.yaml',
    text: '# by hand\nversion: 3\nagent:\n  authtoken: $NGROK_AUTHTOKEN\nendpoints: []\n',
    found: ['2:1 no-connect-url'],
  },
  {
    when: 'version 3 with the address where version 2 has it',
    file: 'ngrok.yml',
    text: 'version: 3\nserver_addr: tunnels.example.com:443\nagent: {}\n',
    found: ['1:1 no-connect-url'],
  },
  {
    when: 'version 2 with a region',
    file: '.ngrok2/ngrok.yml',
    text: `version: "2"\nauthtoken: ${TOKEN}\nregion: eu\ntunnels: { web: { proto: http, addr: 80 } }\n`,
    found: ['1:1 no-connect-url', '2:12 literal-authtoken', '3:9 region'],
  },
  {
    when: 'version 1, whose server is one of its own',
    file: '.ngrok',
    text: 'server_addr: ngrok.example.net:4443\ntrust_host_root_certs: false\nhttp_proxy: http://192.0.2.1:8080\n',
    found: ['1:14 other-door', '3:13 proxy-url'],
  },
  {
    when: 'an address of numbers',
    file: 'ngrok.yml',
    text: 'version: 2\nserver_addr: 192.0.2.1:443\n',
    found: ['2:14 other-door'],
  },
  {
    when: 'a setting by an alias, which is not followed',
    file: 'ngrok.yml',
    text: 'x: &door tunnels.example.com:443\nversion: 2\nserver_addr: *door\nauthtoken: ""\n',
    found: [],
  },
  {
    when: 'an agent file that is no YAML',
    file: 'a/ngrok.yml',
    text: `version: 2\nauthtoken: "${TOKEN}\nregion: [\n`,
    found: ['4:1 unreadable'],
  },
  {
    when: 'a template that is no YAML',
    file: 'templates/deployment.yaml',
    text: '{{- if .Values.ngrok }}\nimage: ngrok/ngrok\n{{- end }}\n',
    found: [],
  },
  {
    when: 'a Compose file with an agent that has no file',
    file: 'docker-compose.yml',
    text: `version: "3"
services:
  web: { image: nginx, environment: { NGROK_AUTHTOKEN: ${TOKEN} } }
  ngrok:
    image: ngrok/ngrok:latest
    command: http --region=eu --authtoken ${TOKEN} web:80
    environment:
      - NGROK_AUTHTOKEN=\${NGROK_AUTHTOKEN}
      - HTTPS_PROXY=http://proxy.example.net:3128
`,
    found: [
      '3:56 literal-authtoken',
      '5:12 no-connect-url',
      '6:14 literal-authtoken',
      '6:14 region',
      '9:9 proxy-url',
    ],
  },
  {
    when: 'a Compose file with a mounted agent file',
    file: 'compose.yaml',
    text: 'services:\n  a:\n    image: docker.io/ngrok/ngrok@sha256:00\n    volumes: ["./ngrok.yml:/etc/ngrok.yml:ro"]\n',
    found: [],
  },
  {
    when: 'manifests of Kubernetes, the second with an agent',
    file: 'deploy.yaml',
    text: `kind: ConfigMap
data:
  ngrok.yml: |
    version: 3
    agent:
      connect_url: connect.ngrok-agent.com:443
---
kind: Deployment
spec:
  containers:
    - image: ngrok/ngrok
      args: [http, "80"]
      env: [{ name: NGROK_AUTHTOKEN, value: ${TOKEN} }]
`,
    found: ['6:20 default-door', '11:14 no-connect-url', '13:45 literal-authtoken'],
  },
  {
    when: 'Helm values of the operator',
    file: 'values.yaml',
    text: `ngrok-operator:
  credentials: { apiKey: ${TOKEN}, authtoken: ${TOKEN} }
  region: us
  bindings: { enabled: true, ingressEndpoint: "tunnel.us.ngrok.com:443" }
`,
    found: [
      '2:3 no-connect-url',
      '2:26 literal-api-key',
      '2:78 literal-authtoken',
      '3:11 region',
      '4:47 regional-door',
    ],
  },
  {
    when: "the operator's own values, with an empty address and bindings off",
    file: 'values.yaml',
    text: 'rootCAs: ""\nserverAddr: ""\nbindings: { enabled: false, ingressEndpoint: "tunnel.us.ngrok.com:443" }\n',
    found: ['2:13 no-connect-url'],
  },
  {
    when: 'a list of names to block',
    file: 'policy.yaml',
    text: 'organisation: { name: Example Corp }\nblock: [connect.ngrok-agent.com]\n',
    found: [],
  },
  {
    when: 'Go that says nothing of an address',
    file: 'main.go',
    text: `package main

import "golang.ngrok.com/ngrok/v2"

// ngrok.WithAgentConnectURL("tunnels.example.com:443")
func main() {
	ln, err := ngrok.Listen(ctx, ngrok.WithAuthtoken("${TOKEN}"), ngrok.WithProxyURL(u))
}
`,
    found: ['7:13 no-connect-url', '7:52 literal-authtoken', '7:101 proxy-url'],
  },
  {
    when: 'Go whose address is a constant elsewhere, and one that forges',
    file: 'main.go',
    text: `import ngrok "golang.ngrok.com/ngrok/v2"
const door = "connect.us.ngrok-agent.com:443"
a, _ := ngrok.NewAgent(ngrok.WithAgentConnectURL(door), ngrok.WithTLSConfig(forge))
`,
    found: ['2:15 regional-door', '3:63 tls-config'],
  },
  {
    when: 'Go whose address comes from somewhere else',
    file: 'main.go',
    text: 'import "golang.ngrok.com/ngrok/v2"\na, _ := ngrok.NewAgent(ngrok.WithAgentConnectURL(config.Door))\n',
    found: [],
  },
  {
    when: 'Go that names doors and has no SDK',
    file: 'block.go',
    text: 'package block\n\nvar names = []string{"connect.ngrok-agent.com"}\n',
    found: [],
  },
  {
    when: 'Rust',
    file: 'src/main.rs',
    text: `use ngrok::prelude::*;
fn life<'a>(x: &'a str) {} // it's fine
let s = ngrok::Session::builder().authtoken("${TOKEN}").connect().await?;
`,
    found: ['3:16 no-connect-url', '3:46 literal-authtoken'],
  },
  {
    when: 'Python, with its address commented out',
    file: 'app.py',
    text: `import ngrok
# server_addr="tunnels.example.com:443"
ngrok.set_auth_token('${TOKEN}')
listener = ngrok.forward(8080, authtoken_from_env=True)
`,
    found: ['3:23 literal-authtoken', '4:12 no-connect-url'],
  },
  {
    when: 'Python that runs the agent',
    file: 'app.py',
    text: `from pyngrok import ngrok, conf
conf.get_default().region = "eu"
tunnel = ngrok.connect(80)
`,
    found: ['2:30 region', '3:10 default-file'],
  },
  {
    when: 'JavaScript with the default door by name',
    file: 'app.mjs',
    text: `import ngrok from '@ngrok/ngrok';
const url = "it's here"; // server_addr
await ngrok.forward({ addr: 80, authtoken: '${TOKEN}', server_addr: 'connect.ngrok-agent.com:443' });
`,
    found: ['3:45 literal-authtoken', '3:101 default-door'],
  },
  {
    when: 'TypeScript that opens a session by a builder',
    file: 'src/app.tsx',
    text: `const { SessionBuilder } = require("@ngrok/ngrok");
const session = await new SessionBuilder().authtokenFromEnv().connect();
`,
    found: ['2:27 no-connect-url'],
  },
  {
    when: 'JavaScript that runs the agent by a package',
    file: 'app.js',
    text: "const ngrok = require('ngrok');\nawait ngrok.connect({ addr: 80, region: 'eu' });\n",
    found: ['2:7 default-file', '2:42 region'],
  },
  {
    when: 'Java',
    file: 'App.java',
    text: `import com.ngrok.Session;
var s = Session.withAuthtoken("${TOKEN}").serverAddr("tunnel.ngrok.com:443").connect();
`,
    found: ['2:32 literal-authtoken', '2:86 default-door'],
  },
  {
    when: 'a script',
    file: 'run.sh',
    text: `#!/bin/sh
# ngrok authtoken ${TOKEN}
export NGROK_AUTHTOKEN="${TOKEN}"
ngrok config add-authtoken ${TOKEN}
ngrok config add-connect-url connect.ngrok-agent.com:443
ngrok http 80 --region \\
  eu
http_proxy=http://proxy.example.net ngrok http 80
ssh -R 80:localhost:8080 v2@connect.us.ngrok-agent.com http
ssh -R 80:localhost:8080 build.example.com
docker run --rm -it ngrok/ngrok http 80
docker run -v ./ngrok.yml:/etc/ngrok.yml ngrok/ngrok start --all --config /etc/ngrok.yml
`,
    found: [
      '3:8 literal-authtoken',
      '4:28 literal-authtoken',
      '5:30 default-door',
      '6:15 region',
      '8:1 proxy-url',
      '9:26 ssh-default-door',
      '11:21 no-connect-url',
    ],
  },
  {
    when: 'scripts of a package',
    file: 'web/package.json',
    text: `{ "scripts": { "tunnel": "ngrok http 3000 --authtoken=${TOKEN}" } }\n`,
    found: ['1:43 literal-authtoken'],
  },
  {
    when: 'variables in a file',
    file: '.env.local',
    text: `NGROK_AUTHTOKEN=${TOKEN}\nNGROK_API_KEY=your_api_key_here\nSERVER=tunnel.eu.ngrok.com:443\n`,
    found: ['1:1 literal-authtoken', '3:1 regional-door'],
  },
  {
    when: 'an image built on the agent',
    file: 'Dockerfile.tunnel',
    text: `FROM --platform=linux/amd64 ngrok/ngrok:alpine\nENV NGROK_AUTHTOKEN=${TOKEN}\nCMD ["http", "80"]\n`,
    found: ['1:29 no-connect-url', '2:5 literal-authtoken'],
  },
  {
    when: 'an image built on the agent, with its file',
    file: 'Dockerfile',
    text: 'FROM ngrok/ngrok\nCOPY ngrok.yml /etc/ngrok.yml\n',
    found: [],
  },
  {
    when: 'a pipeline',
    file: '.github/workflows/preview.yml',
    text: `jobs:\n  a:\n    steps:\n      - run: ngrok http 80 --authtoken ${TOKEN}\n`,
    found: ['4:40 literal-authtoken'],
  },
];

for (const { when, file, text, found } of cases) {
  test(`audit: ${when}`, () => {
    const findings = auditFile(DOORS, file, text);
    assert.deepEqual(
      findings.map(({ rule, place }) => `${place.line}:${place.column} ${rule}`),
      found,
    );
    for (const finding of findings) {
      assert.equal(finding.place.file, file);
      assert.notEqual(finding.remedy, '');
      // Of no secret the whole, wherever it is told of.
      const told = JSON.stringify(finding);
      assert.ok(!told.includes(TOKEN.slice(0, 5)), told);
      assert.ok(!told.includes('passw0rd'), told);
      if (/door|connect-url/.test(finding.rule)) assert.match(told, /tunnels\.example\.com/);
    }
  });
  test(`audit: ${when}, with line ends of Windows`, () => {
    const rules = (text: string) => auditFile(DOORS, file, text).map(({ rule }) => rule);
    assert.deepEqual(rules(text.replaceAll('\n', '\r\n')), rules(text));
  });
}

const doors = [
  { text: 'tunnels.example.com:443', door: 'sanctioned' },
  { text: 'TUNNEL.us.tunnels.example.com.', door: 'sanctioned' },
  { text: 'eviltunnels.example.com:443', door: 'other' },
  { text: 'tunnels.example.com.example.net', door: 'other' },
  { text: 'connect.ngrok-agent.com', door: 'default' },
  { text: 'tls://connect.ngrok-agent.com:443/', door: 'default' },
  { text: 'v2@connect.us-cal-1.ngrok-agent.com', door: 'regional' },
  { text: '192.0.2.1:443', door: 'other' },
  { text: '[2001:db8::1]:443', door: 'other' },
  { text: '$CONNECT_URL', door: 'unknown' },
  { text: '{{ .Values.door }}', door: 'unknown' },
  { text: '', door: 'unknown' },
] as const;
for (const { text, door } of doors) {
  test(`audit: "${text}" is ${door}`, () => assert.equal(doorOf(DOORS, text), door));
}

test('audit: without an ingress the remedy is one for the policy', () => {
  const none = { ...DOORS, sanctioned: [] };
  const [finding] = auditFile(none, 'ngrok.yml', 'version: 2\nserver_addr: tunnel.ngrok.com\n');
  assert.match(finding?.remedy ?? '', /no ingress that could stand there; add one/);
});

const secrets = [
  { text: TOKEN, is: true },
  { text: '2aMADEUPtokenMADEUPtoken_1111111111111111111', is: true },
  // A word inside proves nothing.
  { text: '4nq9771bYourExample7LKr_2ClH7Y15Zqe4bWLWF9p', is: true },
  { text: '$NGROK_AUTHTOKEN', is: false },
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as pipelines write it
  { text: '${{ secrets.NGROK }}', is: false },
  { text: '<your authtoken>', is: false },
  { text: 'YOUR_NGROK_AUTHTOKEN', is: false },
  { text: 'xxxxxxxxxxxxxxxxxxxxxxxx', is: false },
  { text: 'process.env.NGROK()', is: false },
  { text: 'short', is: false },
];
for (const { text, is } of secrets) {
  test(`audit: ${is ? 'a secret' : 'no secret'}: ${text}`, () => {
    assert.equal(isLiteralSecret(text), is);
  });
}
test('audit: a secret shows its first four and last two characters', () => {
  assert.equal(masked(TOKEN), '4nq9…9p');
});

/** What makes a careless reader take the square of a file's length; each is repeated up to a file's largest. */
const hostile = [
  { file: 'a.go', head: 'import "golang.ngrok.com/ngrok"\n', piece: '/*' },
  { file: 'a.go', head: 'import "golang.ngrok.com/ngrok"\n', piece: '`\\`' },
  { file: 'a.rs', head: 'use ngrok;\n', piece: '"\\"' },
  { file: 'a.js', head: "require('@ngrok/ngrok')", piece: "'" },
  { file: 'a.js', head: "require('@ngrok/ngrok')", piece: "\\'" },
  { file: 'a.js', head: "require('@ngrok/ngrok') import", piece: ' ' },
  { file: 'a.py', head: 'import ngrok\n', piece: '"""' },
  { file: 'a.ts', head: "from '@ngrok/ngrok'; ", piece: 'server_addr=' },
  { file: 'a.ts', head: "from '@ngrok/ngrok'; ", piece: 'server_addr=#, ' },
  { file: 'a.sh', head: 'ngrok ', piece: 'a${' },
  { file: 'a.sh', head: 'ngrok ', piece: 'A#= ' },
  { file: 'a.sh', head: 'ssh -R ', piece: 'http_proxy=# ' },
  { file: 'a.sh', head: 'ssh -R ', piece: 'a.' },
  { file: 'a.sh', head: 'ngrok ', piece: '\\\n' },
  { file: 'ngrok.yml', head: '', piece: '[' },
  { file: 'ngrok.yml', head: 'ngrok: 1', piece: '\n' },
  { file: 'values.yaml', head: 'ngrok:\n', piece: '---\na: #\n' },
  { file: 'values.yaml', head: 'ngrok:\n', piece: '- image: ngrok/ngrok\n' },
  { file: 'Dockerfile', head: 'FROM', piece: ' ' },
];
for (const { file, head, piece } of hostile) {
  test(`audit: ${file} of ${JSON.stringify(piece)} is read in no long time`, (t) => {
    const count = Math.floor((1 << 20) / (piece.length + (piece.includes('#') ? 5 : 0)));
    const text = Array.from({ length: count }, (_, i) => piece.replace('#', `n${i}`)).join('');
    const start = performance.now();
    auditFile(DOORS, file, head + text);
    const took = performance.now() - start;
    t.diagnostic(`${Math.round(took)} ms`);
    assert.ok(took < 15_000, `${took} ms`);
  });
}

test('audit: the docs tell of every rule', () => {
  const docs = readFileSync(new URL('../../docs/ingress.md', import.meta.url), 'utf8');
  const [, section = ''] = docs.split('\n## Audit\n');
  const [table = ''] = section.split('\n**What it reads.**');
  const told = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, rule]) => rule),
  );
  assert.deepEqual(told.sort(), Object.keys(AUDIT_RULES).sort());
});
