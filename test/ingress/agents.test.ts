import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { ingressAgentConfigCommand } from '../../src/commands/ingress-agent-config.ts';
import { printAgentFormat } from '../../src/ingress/agents/format.ts';
import { AGENT_FORMATS } from '../../src/ingress/agents/index.ts';
import { agentSettingsOf } from '../../src/ingress/agents/settings.ts';
import { auditFile } from '../../src/ingress/audit/audit.ts';
import type { Name } from '../../src/policy/name.ts';
import { parsePattern } from '../../src/policy/pattern.ts';
import { InputError } from '../../src/policy/problem.ts';
import { squidConf, squidObjections } from '../firewall/support/gates.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { folder, write } from '../support/e2e/tunnelwarden.ts';
import { compiledPolicy } from '../support/policy.ts';

// What is printed for developers' agents. Where a change is meant:
// UPDATE_GOLDEN=1 node --test test/ingress/agents.test.ts, and read the diff.

const GOLDEN = fileURLToPath(new URL('golden/agents/', import.meta.url));
const UPDATE = process.env.UPDATE_GOLDEN === '1';
const SUPPORT = ['crl.ngrok-agent.com', 'crl.ngrok.com'] as Name[];

/** Ends of comments, quotes, expansions, Java's escapes, and the words by which Python changes its coding. */
const EVIL = [
  'Evil\\u000asystem("id") coding: utf-7 +AAo- */ -->',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expansion that must not happen
  'system();\r\u2028\u202e ${HOME} $(id) `id` \' " \\',
].join('\n');

const cases = [
  {
    name: 'plain',
    policy: `
organisation: { name: Example Corp, contact: it-help@example.com }
ingress: [{ domain: tunnels.example.com }]
`,
  },
  {
    name: 'letsencrypt',
    policy: `
organisation: { name: Example Corp }
ingress:
  - domain: tunnels.example.com
    issuer: letsencrypt
    names: [tunnel.us.tunnels.example.com, tunnel.eu.tunnels.example.com]
`,
  },
  {
    name: 'hostile',
    policy: `
organisation: ${JSON.stringify({ name: EVIL, contact: `${EVIL}\nconnect_url: evil.example.net:443` })}
ingress: [{ domain: xn--tnnel-lva.example.com, issuer: letsencrypt }]
`,
  },
];

function settingsFor(policy: string, host?: string) {
  const { ingress, organisation } = compiledPolicy(policy).policy;
  const [entry] = ingress;
  assert(entry);
  return agentSettingsOf(entry, {
    ...{ organisation, support: SUPPORT },
    ...(host === undefined ? {} : { host: host as Name }),
  });
}

const printedFor = (policy: string) => {
  const settings = settingsFor(policy);
  return AGENT_FORMATS.map((format) => ({ format, text: printAgentFormat(format, settings) }));
};

for (const { name, policy } of cases) {
  for (const { format, text } of printedFor(policy)) {
    test(`agent-config ${format.id}: ${name}`, () => {
      // Not under its own name, as programs of ours are checked by their ending.
      const file = join(GOLDEN, name, `${format.path}.txt`);
      if (UPDATE) {
        mkdirSync(join(GOLDEN, name), { recursive: true });
        writeFileSync(file, text);
      }
      assert.equal(text, readFileSync(file, 'utf8'));
    });
  }
}

test('agent-config: no text of a stranger leaves its comment', () => {
  for (const { format, text } of printedFor(cases[2]?.policy ?? '')) {
    assert.match(text, /^[\t\n\x20-\x7e]*$/, format.id);
    const lines = text.split('\n');
    const theirs = lines.filter((line) => /system\(|evil|HOME|utf-7/.test(line));
    assert.ok(theirs.length > 0);
    for (const line of theirs) {
      assert.ok(line.startsWith(`${format.mark} `), `${format.id}: ${line}`);
      assert.ok(!line.includes('\\'), `${format.id}: ${line}`);
      assert.ok(lines.indexOf(line) >= 2, `${format.id}: ${line}`);
    }
  }
});

test('agent-config: YAML says what it means', () => {
  const text = (id: string, policy = cases[1]?.policy ?? '') =>
    printedFor(policy).find(({ format }) => format.id === id)?.text ?? '';
  const server = 'tunnels.example.com:443';
  const agent = { connect_url: server, connect_cas: 'host' };
  assert.deepEqual(parse(text('ngrok-v3')), { version: 3, agent });
  assert.deepEqual(parse(text('ngrok-v2')), { version: 2, server_addr: server, root_cas: 'host' });
  assert.deepEqual(parse(text('helm')), { serverAddr: server, rootCAs: 'host' });
  const compose = parse(text('docker'));
  assert.deepEqual(parse(compose.configs['ngrok-agent'].content), { version: 3, agent });
  assert.deepEqual(compose.services.ngrok.configs, [
    { source: 'ngrok-agent', target: '/etc/ngrok.yml' },
  ]);
  // The agent's own authority needs no setting.
  const plain = cases[0]?.policy;
  assert.deepEqual(parse(text('ngrok-v3', plain)), { version: 3, agent: { connect_url: server } });
  assert.deepEqual(parse(text('helm', plain)), { serverAddr: server });
});

const DOORS = {
  sanctioned: ['tunnels.example.com' as Name],
  defaults: ['connect.ngrok-agent.com', 'connect.*.ngrok-agent.com'].map(parsePattern),
};
for (const { name, policy } of cases.slice(0, 2)) {
  for (const { format, text } of printedFor(policy)) {
    if (['squid', 'proxies'].includes(format.id)) continue;
    test(`agent-config ${format.id}: ${name}: passes the audit, and does not with another door`, () => {
      assert.deepEqual(auditFile(DOORS, format.path, text), []);
      for (const [door, rule] of [
        ['connect.ngrok-agent.com', 'default'],
        ['connect.eu.ngrok-agent.com', 'regional'],
      ] as const) {
        const moved = text.replaceAll('tunnels.example.com', door);
        const rules = auditFile(DOORS, format.path, moved).map((finding) => finding.rule);
        assert.deepEqual(rules, [format.id === 'ssh' ? 'ssh-default-door' : `${rule}-door`]);
      }
    });
  }
}

test('agent-config: a name of the ingress in its place', () => {
  const settings = settingsFor(cases[1]?.policy ?? '', 'tunnel.eu.tunnels.example.com');
  assert.equal(settings.server, 'tunnel.eu.tunnels.example.com:443');
  assert.deepEqual(settings.others, ['tunnels.example.com', 'tunnel.us.tunnels.example.com']);
});

const faults = [
  {
    when: 'a name that is not below the ingress',
    host: 'tunnels.example.net',
    message: /policy\.yaml:3:21: ingress: tunnels\.example\.net is not below tunnels\.example\.com/,
  },
  {
    when: 'an ingress of another service',
    policy: 'ingress: [{ domain: t.example.com, service: cloudflare-tunnel }]',
    message: /t\.example\.com is an ingress of cloudflare-tunnel, and only agents of ngrok/,
  },
  {
    when: 'a domain that is no host name',
    policy: String.raw`ingress: [{ domain: 'a\032b.example.com' }]`,
    message: /a\\032b\.example\.com is no host name, so no agent can dial it/,
  },
];
for (const { when, host, policy, message } of faults) {
  test(`agent-config: ${when}`, () => {
    const text = policy
      ? `organisation: { name: Example Corp }\n${policy}\n`
      : (cases[0]?.policy ?? '');
    assert.throws(
      () => settingsFor(text, host),
      (error) => error instanceof InputError && message.test(error.message),
    );
  });
}

/** What the command prints. */
async function agentConfig(...words: readonly string[]) {
  let text = '';
  const command = ingressAgentConfigCommand({ write: (more) => (text += more) });
  await command.exitOverride().parseAsync(words, { from: 'user' });
  return text;
}

test('agent-config, as a command', async (t) => {
  const path = folder(t);
  const policy = ['--policy', write(path, 'policy.yaml', cases[0]?.policy ?? '')];
  const several = [
    '--policy',
    write(
      path,
      'several.yaml',
      'organisation: { name: Example Corp }\ningress: [{ domain: a.example.com }, { domain: b.example.com }]\n',
    ),
  ];
  assert.match(await agentConfig(...policy, '--format', 'ngrok-v3'), /connect_url: tunnels/);
  assert.match(await agentConfig(), /^ {2}ngrok-v3 +configuration file/);
  await assert.rejects(agentConfig(...policy, '--format', 'toml'), /"toml" is not a format; there/);
  await assert.rejects(agentConfig(...policy, '--format', 'all'), /give --out FOLDER/);
  await assert.rejects(
    agentConfig(...several, '--format', 'go'),
    /choose one of a\.example\.com, b\.example\.com by --domain/,
  );
  assert.match(
    await agentConfig(...several, '--format', 'go', '--domain', 'b.example.com'),
    /"b\.example\.com:443"/,
  );
  const nobody = write(path, 'nobody.yaml', 'organisation: { name: Example Corp }\n');
  await assert.rejects(agentConfig('--policy', nobody, '--format', 'go'), /has no ingress that/);

  const out = join(path, 'out');
  const told = await agentConfig(...policy, '--format', 'all', '--out', out);
  const paths = AGENT_FORMATS.map((format) => join(out, format.path));
  assert.deepEqual(told.trim().split('\n'), paths);
  assert.equal(new Set(paths).size, paths.length);
  const { files } = JSON.parse(await agentConfig(...policy, '--format', 'all', '--json'));
  for (const { path: file, text } of files)
    assert.equal(readFileSync(join(out, file), 'utf8'), text);
});

/** The parsers of what is printed, each with the file it reads. */
const parsers = [
  { tool: undefined, words: [process.execPath, '--check'], file: 'tunnel.mjs' },
  { tool: 'bash', words: ['bash', '-n'], file: 'tunnel.sh' },
  {
    tool: 'python3',
    words: ['python3', '-c', 'import ast,sys; ast.parse(open(sys.argv[1]).read())'],
    file: 'tunnel.py',
  },
] as const;
for (const { tool, words, file } of parsers) {
  test(`agent-config: ${file} is read`, { skip: tool ? missing(tool) : false }, async (t) => {
    for (const { name, policy } of cases) {
      const format = AGENT_FORMATS.find((known) => known.path === file);
      assert(format);
      const path = write(folder(t), file, printAgentFormat(format, settingsFor(policy)));
      const [command, ...rest] = words;
      const { code, stderr } = await run(command, [...rest, path]);
      assert.equal(code, 0, `${name}: ${stderr}`);
    }
  });
}

test('agent-config: Squid reads its lines', { skip: missing('squid') }, async (t) => {
  for (const { name, policy } of cases) {
    const format = AGENT_FORMATS.find((known) => known.id === 'squid');
    assert(format);
    const text = printAgentFormat(format, settingsFor(policy));
    const config = squidConf(folder(t), { path: format.path, text });
    assert.equal(await squidObjections(config), '', name);
  }
});

test('agent-config: the docs tell of every format', () => {
  const docs = readFileSync(new URL('../../docs/ingress.md', import.meta.url), 'utf8');
  const [, section = ''] = docs.split('\n## Agents\n');
  const [agents = ''] = section.split('\n## ');
  const told = [...agents.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z0-9-]+)`/g)].map(([, format]) => format),
  );
  assert.deepEqual(
    told,
    AGENT_FORMATS.map(({ id }) => id),
  );
});
