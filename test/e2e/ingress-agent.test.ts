import assert from 'node:assert/strict';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { InternetSettings, SessionSeen } from '../support/e2e/internet.ts';
import { ADDRESSES, createLab, type Namespace } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run, start } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { makeCertificates } from '../support/e2e/tls.ts';
import { folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

// The real ngrok SDK, started with the settings that `ingress agent-config` writes, on a machine whose
// resolver is tunnelwarden. The parent domain and the ingress are delegated and served by real `named`,
// and the edge answers as the vendor's does.

const INGRESS = 'tunnels.example.com';
const REGION = 'tunnel.us.tunnels.example.com';
const DEFAULT_DOOR = 'connect.ngrok-agent.com';
const [PARENT, CHILD] = [ADDRESSES.resolver[0], ADDRESSES.sanctioned[0]];
const EDGE = fileURLToPath(new URL('../support/e2e/programs/internet.ts', import.meta.url));
const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));

const POLICY = `
organisation: { name: Example Corp }
ingress:
  - domain: ${INGRESS}
    names: [${REGION}]
    nameservers: [ns1.example.net]
    issuer: letsencrypt
services: { ngrok: block }
resolver:
  listen: ['0.0.0.0:53']
  upstreams: ['${PARENT}']
  clients: [192.0.2.0/24]
`;

/** What the SDK tells when its generated module is used, and nothing of ours is in between. */
const PROGRAM = `
import { connect, SERVER_ADDR } from './tunnel.mjs';
const outcome = await connect().then(() => 'connected', (error) => error.message);
console.log(JSON.stringify({ outcome, server: SERVER_ADDR }));
process.exit(0);
`;

const HEAD = '$TTL 60\n@ SOA ns1.example.net. hostmaster.example.net. 1 60 60 600 60\n';

/** Zone files by name; the last of the lab's default door, which resolvers out there know as well. */
const PARENT_ZONES = {
  'example.com': `${HEAD}@ NS ns.example.com.\nns A ${PARENT}\ntunnels NS ns1.example.net.\n`,
  'example.net': `${HEAD}@ NS ns.example.com.\nns1 A ${CHILD}\n`,
  'ngrok-agent.com': `${HEAD}@ NS ns.example.com.\nconnect A ${ADDRESSES.ngrok[0]}\n`,
};
const CHILD_ZONES = {
  [INGRESS]: `${HEAD}@ NS ns1.example.net.\n@ A ${CHILD}\n${REGION}. A ${CHILD}\n`,
};

test('the ngrok SDK with generated settings', {
  skip: missing('root', 'ip', 'named', 'dig', 'openssl'),
}, async (t) => {
  const lab = createLab(t);
  lab.resolveBy(`nameserver ${ADDRESSES.gateway[0]}`);
  const path = folder(t);
  const policy = write(path, 'policy.yaml', POLICY);
  const certificates = makeCertificates(path, INGRESS, REGION, DEFAULT_DOOR);
  const [seen] = await Promise.all([
    startEdge(t, lab.internet, certificates),
    startNamed(t, lab.internet, PARENT, PARENT_ZONES, true),
    startNamed(t, lab.internet, CHILD, CHILD_ZONES, false),
  ]);
  const server = await serve(t, ['--policy', policy, '--database', join(path, 'attempts.db')], {
    within: lab.gateway.within,
  });

  /** Writes the settings, runs a program with them as a developer would, and tells what came of it. */
  const connect = async (words: readonly string[], change = (text: string) => text) => {
    const project = folder(t);
    const { code, stdout, stderr } = await tunnelwarden([
      'ingress',
      'agent-config',
      '--policy',
      policy,
      '--format',
      'javascript',
      ...words,
    ]);
    assert.equal(code, 0, stderr);
    write(project, 'tunnel.mjs', change(stdout));
    symlinkSync(MODULES, join(project, 'node_modules'));
    const ended = await run(process.execPath, [write(project, 'app.mjs', PROGRAM)], {
      within: lab.client.within,
      env: {
        NGROK_AUTHTOKEN: '2aMADEUPtokenMADEUPtoken_1111111111111111111',
        // The lab's authority stands in for the public one.
        SSL_CERT_FILE: certificates.ca,
      },
    });
    assert.notEqual(ended.stdout, '', ended.stderr);
    return { ...JSON.parse(ended.stdout), sessions: await seen() };
  };

  for (const { words, host } of [
    { words: [], host: INGRESS },
    { words: ['--name', REGION], host: REGION },
  ]) {
    await t.test(`connects to ${host}`, async () => {
      const { outcome, server, sessions } = await connect(words);
      assert.equal(outcome, 'connected');
      assert.equal(server, `${host}:443`);
      assert.deepEqual(
        sessions.map(({ to, sni }: SessionSeen) => ({ to, sni })),
        [{ to: CHILD, sni: host }],
      );
    });
  }

  await t.test('does not connect when its address is the default door', async () => {
    const { outcome, sessions } = await connect([], (text) =>
      text.replaceAll(`'${INGRESS}:443'`, `'${DEFAULT_DOOR}:443'`),
    );
    assert.match(outcome, /failed to connect session/);
    assert.deepEqual(sessions, []);
  });

  await t.test('does not connect without the setting for the public authority', async () => {
    const { outcome } = await connect([], (text) => text.replace(/^ *\.rootCas.*\n/m, ''));
    assert.match(outcome, /failed to connect session/);
  });

  assert.equal(await server.stop(), 0);
});

/** The vendor's edge; gives the sessions it has seen since the last time. */
async function startEdge(
  t: TestContext,
  { within }: Namespace,
  { certificate, key }: { readonly certificate: string; readonly key: string },
): Promise<() => Promise<readonly SessionSeen[]>> {
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  const child = start(t, process.execPath, [EDGE], { within }, [...stdio]);
  const settings: InternetSettings = {
    ...{ certificate, key, sites: { [CHILD]: 'edge' }, tcp: [443], udp: [] },
    ...{ resolver: PARENT, list: {} },
  };
  child.send(settings);
  await once(child, 'message');
  return async () => {
    child.send('seen');
    return (await once(child, 'message'))[0];
  };
}

/** A name server at one address. */
async function startNamed(
  t: TestContext,
  { within }: Namespace,
  address: string,
  zones: Readonly<Record<string, string>>,
  recursion: boolean,
): Promise<void> {
  const path = folder(t);
  const files = Object.entries(zones).map(([zone, text]) => {
    writeFileSync(join(path, zone), text);
    return `zone "${zone}" { type primary; file "${path}/${zone}"; };`;
  });
  const config = write(
    path,
    'named.conf',
    `options {
  directory "${path}"; pid-file none; session-keyfile none;
  listen-on { ${address}; }; listen-on-v6 { none; }; query-source address ${address};
  recursion ${recursion ? 'yes' : 'no'}; allow-recursion { any; }; dnssec-validation no;
  managed-keys-directory "${path}";
};
controls { };
${files.join('\n')}
`,
  );
  start(t, 'named', ['-f', '-n', '1', '-c', config], { within }, ['ignore', 'ignore', 'inherit']);
  const [zone] = Object.keys(zones);
  await eventually(`an answer of ${address}`, async () => {
    const { code, stdout } = await run(
      'dig',
      ['+time=1', '+tries=1', '+short', `@${address}`, `${zone}`, 'SOA'],
      { within },
    );
    return code === 0 && stdout !== '';
  });
}
