import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { createLab, type Lab } from '../support/e2e/lab.ts';
import { has } from '../support/e2e/output.ts';
import { ENVIRONMENT, missing } from '../support/e2e/requirements.ts';
import { folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

const skip = missing('root', 'ip', 'nft', 'ss');

const POLICY = `organisation: { name: Example Corp, contact: it-help@example.com }
ingress:
  - domain: tunnels.example.com
services: { ngrok: block }
resolver:
  listen: [0.0.0.0:53]
  upstreams: [198.51.100.53]
firewall:
  lan: [lan]
  parts: [capture, resolvers, addresses, ports]
`;

type Report = {
  readonly ok: boolean;
  readonly findings: readonly { readonly id: string; readonly text: string }[];
};

function inside({ gateway }: Lab, input: string, ...words: readonly string[]): void {
  const [ip = '', ...rest] = [...gateway.within, ...words];
  execFileSync(ip, rest, { input, env: ENVIRONMENT });
}

test('doctor finds in a real network what breaks enforcement, and that it is mended', {
  skip,
}, async (t) => {
  const lab = createLab(t);
  const home = folder(t);
  const policy = write(home, 'policy.yaml', POLICY);
  const { within } = lab.gateway;
  const words = ['doctor', 'nftables', '--policy', policy, '--state', home];
  const ids = async (code: number) => {
    const ended = await tunnelwarden([...words, '--json'], { within });
    assert.equal(ended.stderr, '');
    assert.equal(ended.code, code, ended.stdout);
    const { ok, findings } = JSON.parse(ended.stdout) as Report;
    assert.equal(ok, code === 0);
    return findings.map(({ id }) => id);
  };
  const nft = (text: string) => inside(lab, text, 'nft', '-f', '-');
  nft(
    'add table inet mine\nadd chain inet mine input { type filter hook input priority 0; policy drop; }\n',
  );
  inside(lab, '', 'sysctl', '-qw', 'net.ipv4.ip_forward=0');

  const ill = await ids(1);
  for (const id of ['input-drops', 'nobody-listens', 'no-forwarding'])
    assert(ill.includes(id), `${id} in ${ill}`);
  const { stdout } = await tunnelwarden(words, { within });
  has(stdout, 'Breaks enforcement:');
  has(stdout, 'to do: ');

  inside(lab, '', 'sysctl', '-qw', 'net.ipv4.ip_forward=1');
  nft('add rule inet mine input iifname "lan" meta l4proto { tcp, udp } th dport 53 accept\n');
  await serve(t, ['--policy', policy, '--database', `${home}/attempts.db`], { within });
  const well = await ids(0);
  for (const id of ['input-drops', 'nobody-listens', 'no-forwarding', 'port-taken', 'no-link'])
    assert(!well.includes(id), `${id} in ${well}`);
});
