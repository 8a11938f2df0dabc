import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Plan } from '../../src/firewall/backend.ts';
import { haproxyBackend } from '../../src/firewall/backends/haproxy.ts';
import { nginxBackend } from '../../src/firewall/backends/nginx.ts';
import { ADDRESSES, createLab, type Lab } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { makeCertificates, startTlsServer } from '../support/e2e/tls.ts';
import { folder, write } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, startUpstream } from '../support/e2e/upstream.ts';
import { samplePlan } from './sample-plan.ts';
import { lay, nginxConf, startHaproxy, startNginx } from './support/gates.ts';

// Real TLS clients through the real programs, reached as a packet filter reaches them. All names are
// at one address, which is the case the gates are for.

const [V4, V6] = ADDRESSES.sanctioned;
const SANCTIONED = 'tunnels.example.com';
const NAMES = [
  SANCTIONED,
  'tunnel.us.tunnels.example.com',
  'ok.evil.example.net',
  'evil.example.net',
  'connect.ngrok-agent.com',
  'x.connect.eu.ngrok-agent.com',
  'other.example.org',
];
const ALLOWED = NAMES.slice(0, 3);

const REDIRECT = `table inet tw_try {
  chain pre {
    type nat hook prerouting priority dstnat;
    iifname "lan" tcp dport 443 redirect to :9443
    iifname "lan" tcp dport 8443 redirect to :9444
  }
}
`;
const TPROXY = `table inet tw_try {
  chain pre {
    type filter hook prerouting priority mangle;
    iifname "lan" meta l4proto tcp socket transparent 1 meta mark set 0x1 accept
    iifname "lan" tcp dport 443 meta l4proto tcp tproxy to :9443 meta mark set 0x1 accept
    iifname "lan" tcp dport 8443 meta l4proto tcp tproxy to :9444 meta mark set 0x1 accept
  }
}
`;

type Way = {
  readonly what: string;
  readonly transparent: boolean;
  readonly rules: string;
  readonly addresses: readonly string[];
  readonly program: 'haproxy' | 'nginx';
};
const ways: readonly Way[] = [
  {
    what: 'HAProxy by REDIRECT, IPv4',
    ...{ transparent: false, rules: REDIRECT, addresses: [V4], program: 'haproxy' },
  },
  {
    what: 'HAProxy by TPROXY, both families',
    ...{ transparent: true, rules: TPROXY, addresses: [V4, V6], program: 'haproxy' },
  },
  {
    what: 'nginx by REDIRECT, both families',
    ...{ transparent: false, rules: REDIRECT, addresses: [V4, V6], program: 'nginx' },
  },
];

for (const way of ways) {
  const skip = missing('root', 'ip', 'nft', 'openssl', way.program);
  test(`live: ${way.what}`, { skip }, async (context) => {
    const lab = createLab(context);
    await prepare(context, lab, way);
    const open = (name: string, address: string, port = 443) => handshake(lab, name, address, port);
    const [first = V4] = way.addresses;
    await eventually(`a handshake through ${way.program}`, () => open(SANCTIONED, first));

    for (const address of way.addresses) {
      for (const name of NAMES) {
        assert.equal(await open(name, address), ALLOWED.includes(name), `${name} at ${address}`);
      }
      if (way.program === 'haproxy') {
        for (const name of NAMES) {
          const refused = /^evil|ngrok/.test(name);
          assert.equal(await open(name, address, 8443), !refused, `${name} at a front of many`);
        }
      }
    }
    const gate = ADDRESSES.gateway[0];
    const direct = await open(SANCTIONED, gate, 9443);
    assert.equal(direct, way.program === 'nginx', 'who comes to the gate itself makes no loop');
  });
}

async function prepare(context: TestContext, lab: Lab, way: Way): Promise<void> {
  const path = folder(context);
  const certificates = makeCertificates(path, ...NAMES);
  const internet = { within: lab.internet.within };
  const gateway = { within: lab.gateway.within };
  for (const port of [443, 8443]) {
    await startTlsServer(context, certificates, { addresses: [V4, V6], port }, internet);
  }
  const zone = Object.fromEntries(NAMES.map((name) => [name, [a(V4), aaaa(V6)]]));
  const listen = [{ address: '127.0.0.1', port: 53 }];
  await startUpstream(context, { zone, listen }, gateway);
  await must(lab, 'nft', '-f', write(path, 'rules.nft', way.rules));
  if (way.transparent) {
    for (const family of ['-4', '-6']) {
      await must(lab, 'ip', family, 'rule', 'add', 'fwmark', '1', 'lookup', '100');
      const all = family === '-4' ? '0.0.0.0/0' : '::/0';
      await must(lab, 'ip', family, 'route', 'add', 'local', all, 'dev', 'lo', 'table', '100');
    }
  }
  const { transparent } = way;
  const plan: Plan = { ...samplePlan, settings: { ...samplePlan.settings, transparent } };
  if (way.program === 'haproxy') {
    lay(path, haproxyBackend.print(plan));
    await startHaproxy(context, `${path}/haproxy.cfg`, gateway);
  } else {
    const [artifact] = nginxBackend.print(plan);
    assert(artifact);
    await startNginx(context, nginxConf(path, artifact), gateway);
  }
}

async function must({ gateway }: Lab, command: string, ...words: string[]): Promise<void> {
  const { code, stderr } = await run(command, words, { within: gateway.within });
  assert.equal(code, 0, stderr);
}

/** True where a client's handshake is finished. */
async function handshake(
  { client }: Lab,
  name: string,
  address: string,
  port: number,
): Promise<boolean> {
  const host = address.includes(':') ? `[${address}]` : address;
  const words = ['s_client', '-brief', '-connect', `${host}:${port}`, '-servername', name];
  const { stderr } = await run('openssl', words, { within: client.within });
  return stderr.includes('CONNECTION ESTABLISHED');
}
