import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Packet } from '../../../src/firewall/interpret.ts';
import { plan } from '../../../src/firewall/plan.ts';
import { parseName } from '../../../src/policy/name.ts';
import { type Address, parseAddress } from '../../../src/policy/network.ts';
import { createFlowLab } from '../../support/e2e/flows.ts';
import type { Namespace } from '../../support/e2e/lab.ts';
import { eventually } from '../../support/e2e/patience.ts';
import { type Scope, start } from '../../support/e2e/process.ts';
import { missing } from '../../support/e2e/requirements.ts';
import { compiledPolicy } from '../../support/policy.ts';
import { KERNELS } from '../support/kernels.ts';
import { succeeds } from '../support/ruleset.ts';

// The product's own rule sets in a real kernel, whose log tcpdump reads: what comes out is what was refused.

type Told = {
  readonly packet?: Readonly<Record<string, unknown>>;
  readonly problem?: { readonly kind: string; readonly message: string };
  readonly tally?: Readonly<Record<string, number>>;
};

function follow(scope: Scope, { within }: Pick<Namespace, 'within'>, spec: string) {
  const program = fileURLToPath(new URL('follower.ts', import.meta.url));
  const child = start(scope, process.execPath, [program, spec], { within });
  const told: Told[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) =>
    told.push(JSON.parse(line)),
  );
  return { child, told };
}

/** Once netfilter has somebody at the group. */
async function listens({ within }: Namespace, group: number): Promise<void> {
  await eventually(`somebody listens on group ${group}`, async () => {
    const text = await succeeds('cat', ['/proc/net/netfilter/nfnetlink_log'], { within });
    return text
      .split('\n')
      .some((line) => Number(line.trim().split(/\s+/)[0]) === group && line !== '');
  });
}

const POLICY = `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block, bore: block }
bypass: { resolvers: block }
clients:
  guests: { networks: [192.0.2.77], mode: observe }
watch:
  - { network: "203.0.113.40" }
firewall: { lan: [lan], resolver: [192.0.2.1], log-group: 7 }
`;
const book = {
  names: new Map([
    [parseName('tunnel.ngrok.com'), ['203.0.113.9', '2001:db8:77::9'].map(parseAddress)],
    // Nothing is denied as long as nobody knows where the sanctioned way leads.
    [parseName('tunnels.example.com'), [parseAddress('203.0.113.99')]],
  ]),
};
const V4 = '192.0.2.10';
const V6 = '2001:db8:1::10';
const GUEST = '192.0.2.77';
const flow = (
  from: string,
  to: string,
  port: number,
  transport: 'tcp' | 'udp' = 'tcp',
): Packet => ({
  ...{ from: from as Address, to: to as Address, port, transport },
});
const FLOWS = [
  flow(V4, '203.0.113.9', 443),
  flow(V4, '203.0.113.9', 443, 'udp'),
  flow(V6, '2001:db8:77::9', 8443),
  flow(V6, '2001:db8:77::9', 443, 'udp'),
  flow(V4, '203.0.113.200', 7835),
  flow(V6, '2001:db8:77::200', 853, 'udp'),
  // Led to our resolver, or refused where that has no address.
  flow(V4, '203.0.113.53', 53, 'udp'),
  flow(V6, '2001:db8:77::53', 53, 'udp'),
  // Only recorded.
  flow(V4, '203.0.113.40', 80),
  flow(GUEST, '203.0.113.9', 443),
  flow(GUEST, '203.0.113.200', 7835),
  // Of no interest.
  flow(V4, '203.0.113.200', 443),
];
const EXPECTED = [
  'TW-DENY 192.0.2.10 → 203.0.113.9 443/tcp refused',
  'TW-DENY 192.0.2.10 → 203.0.113.9 443/udp refused',
  'TW-DENY 2001:db8:1::10 → 2001:db8:77::9 443/udp refused',
  'TW-DENY 2001:db8:1::10 → 2001:db8:77::9 8443/tcp refused',
  'TW-DENY.GUESTS 192.0.2.77 → 203.0.113.9 443/tcp refused',
  'TW-DNS 192.0.2.10 → 203.0.113.53 53/udp led elsewhere',
  'TW-DNS 2001:db8:1::10 → 2001:db8:77::53 53/udp refused',
  'TW-DOT 2001:db8:1::10 → 2001:db8:77::200 853/udp refused',
  'TW-PORT-bore 192.0.2.10 → 203.0.113.200 7835/tcp refused',
  'TW-PORT-bore-record.GUESTS 192.0.2.77 → 203.0.113.200 7835/tcp led elsewhere',
  'TW-WATCH-1 192.0.2.10 → 203.0.113.40 80/tcp led elsewhere',
];

function lineOf({ entry, from, to, port, transport, refused }: Record<string, unknown>): string {
  const id = String(entry).replace(/\.c[0-9a-f]{8}$/, '.GUESTS');
  return `${id} ${from} → ${to} ${port}/${transport} ${refused ? 'refused' : 'led elsewhere'}`;
}

async function ended(child: ChildProcess): Promise<void> {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  await closed;
}

for (const { name, tools, backend, rulesOf } of KERNELS) {
  test(`${name}: what the rule set refuses comes out of NFLOG`, {
    skip: missing('root', 'ip', 'nft', 'tcpdump', ...tools),
  }, async (t: TestContext) => {
    const lab = await createFlowLab(t);
    const { ruleset, policy } = compiledPolicy(POLICY);
    const made = plan({ ruleset, settings: policy.firewall, book, listed: new Map() }, backend);
    await rulesOf(t, lab.gateway, made).load();
    const { child, told } = follow(t, lab.gateway, 'nflog:7');
    await listens(lab.gateway, 7);
    await lab.tryAll(FLOWS);
    // Some flows are tried more than once.
    const lines = () =>
      [...new Set(told.flatMap(({ packet }) => (packet ? [lineOf(packet)] : [])))].sort();
    // What is missing is told below.
    await eventually('all of it', () => lines().length >= EXPECTED.length).catch(() => {});
    assert.deepEqual(lines(), EXPECTED);
    const now = Date.now();
    for (const { packet } of told) {
      assert(Math.abs(now - Number(packet?.time)) < 30_000, 'the time is that of the flow');
    }
    await ended(child);
    const last = told.at(-1)?.tally;
    assert.deepEqual(
      { ...last, packets: 0 },
      { packets: 0, foreign: 0, unreadable: 0, passedOver: 0 },
    );
  });
}

test('nflog: a group that somebody has is said once, with advice, and read when it is free', {
  skip: missing('root', 'ip', 'nft', 'tcpdump'),
}, async (t) => {
  const lab = await createFlowLab(t);
  const { within } = lab.gateway;
  const other = start(t, 'tcpdump', ['-i', 'nflog:7', '-w', '/dev/null'], { within });
  await listens(lab.gateway, 7);
  const { child, told } = follow(t, lab.gateway, 'nflog:7');
  const { problem } = await eventually('a problem', () => told[0]);
  assert.equal(problem?.kind, 'lost');
  assert.match(problem?.message ?? '', /group index.*another program .* has the group/);
  await ended(other);
  await eventually('it is read', () => told.some(({ problem }) => problem?.kind === 'recovered'));
  assert.equal(told.length, 2);

  // The one that is ours ends: it is lost, and comes back.
  const ours = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim();
  process.kill(Number(ours), 'SIGKILL');
  await eventually('it is back', () => told.length === 4);
  assert.deepEqual(
    told.map(({ problem }) => problem?.kind),
    ['lost', 'recovered', 'lost', 'recovered'],
  );
  await ended(child);
});

test('nflog: without tcpdump, that is what is said', async (t) => {
  const child = start(
    t,
    process.execPath,
    [fileURLToPath(new URL('follower.ts', import.meta.url)), 'nflog:7'],
    { env: { PATH: '/nonexistent' } },
  );
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = await once(lines, 'line');
  assert.match(JSON.parse(line).problem.message, /there is no tcpdump; install it/);
});
