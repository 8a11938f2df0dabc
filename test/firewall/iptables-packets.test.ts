import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import type { AddressSet, PacketPlan, Plan } from '../../src/firewall/backend.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';
import type { Lab } from '../support/e2e/lab.ts';
import { end, start } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { samplePlan } from './sample-plan.ts';
import { scriptsOf, VARIANTS, type Variant } from './support/iptables.ts';
import { both, createPacketLab, type Probe, probe, serveName } from './support/packets.ts';
import { succeeds, told } from './support/ruleset.ts';
import { startTransparentGate } from './support/transparent-gate.ts';

const SUPPORT = 80;
const SHARED = 20;
const DENY = 10;
const GUESTS_DENY = 11;
const CDN = 30;
const NET = 40;
const WATCH = 50;
const DOH = 54;
const OTHER = 70;
const EXEMPT_SERVER = 71;
const SERVERS = [SUPPORT, GUESTS_DENY, CDN, NET, WATCH, DOH, OTHER, EXEMPT_SERVER];

/** The client's last octets. */
const CLIENT = 10;
const GUEST = 130;
const EXEMPT = 54;

const MEMBERS: Readonly<Record<string, readonly number[]>> = {
  support: [SUPPORT],
  shared: [SHARED],
  // A support address may be one of blocked names as well: its entry comes first.
  deny: [DENY, SUPPORT],
  deny_guests: [GUESTS_DENY],
  cdn: [CDN],
  net_1f2e3d4c: [NET],
  net_0a0b0c0d: [WATCH],
  doh: [DOH],
};

const networksOf = (lasts: readonly number[], link: 'lan' | 'wan' = 'wan') =>
  [0, 1].flatMap((family) => lasts.map((last) => parseNetwork(both(last, link)[family] as string)));

const sets: readonly AddressSet[] = samplePlan.packets.sets.map((set) => ({
  ...set,
  networks:
    set.id === 'dnsok'
      ? [...networksOf([EXEMPT], 'lan'), ...networksOf([EXEMPT_SERVER])]
      : networksOf(MEMBERS[set.id] ?? []),
}));

function planOf(packets: Partial<PacketPlan> = {}, settings: Partial<Plan['settings']> = {}): Plan {
  const networks = networksOf([GUEST], 'lan');
  return {
    ...samplePlan,
    settings: { ...samplePlan.settings, lan: ['lan'], ...settings },
    packets: {
      ...samplePlan.packets,
      sets,
      dispatch: networks.map((network) => ({ network, audience: 'guests' })),
      ...packets,
    },
  };
}

type Case = {
  readonly when: string;
  readonly over: Probe['over'];
  readonly to: number;
  readonly port: number;
  readonly from?: number;
  readonly says?: string;
  readonly outcome: string;
};

const CASES: readonly Case[] = [
  { when: 'what no entry is about', over: 'tcp', to: OTHER, port: 443, outcome: 'internet' },
  { when: 'TCP that is refused', over: 'tcp', to: DENY, port: 8080, outcome: 'reset' },
  { when: 'UDP that is refused', over: 'udp', to: DENY, port: 8080, outcome: 'prohibited' },
  { when: 'a port that passes', over: 'tcp', to: SUPPORT, port: 80, outcome: 'internet' },
  { when: 'a port beside it', over: 'tcp', to: SUPPORT, port: 8080, outcome: 'reset' },
  { when: 'a static network', over: 'tcp', to: NET, port: 443, outcome: 'reset' },
  { when: 'what is only recorded', over: 'udp', to: WATCH, port: 5050, outcome: 'internet' },
  { when: 'TLS at a shared address', over: 'tcp', to: SHARED, port: 443, outcome: 'gate' },
  { when: 'other TCP there', over: 'tcp', to: SHARED, port: 8080, outcome: 'reset' },
  { when: 'QUIC there', over: 'udp', to: SHARED, port: 443, outcome: 'prohibited' },
  { when: 'TLS at a front of many', over: 'tcp', to: CDN, port: 443, outcome: 'fronts' },
  { when: 'QUIC there', over: 'udp', to: CDN, port: 443, outcome: 'internet' },
  { when: 'a public resolver over HTTPS', over: 'tcp', to: DOH, port: 443, outcome: 'reset' },
  { when: 'the same over QUIC', over: 'udp', to: DOH, port: 443, outcome: 'prohibited' },
  { when: 'its other ports', over: 'tcp', to: DOH, port: 8080, outcome: 'internet' },
  { when: 'DNS over TLS', over: 'tcp', to: OTHER, port: 853, outcome: 'reset' },
  { when: 'DNS over QUIC', over: 'udp', to: OTHER, port: 853, outcome: 'prohibited' },
  { when: 'a port of its own', over: 'udp', to: OTHER, port: 7844, outcome: 'prohibited' },
  { when: 'a question', over: 'udp', to: OTHER, port: 53, outcome: 'gateway' },
  { when: 'a question over TCP', over: 'tcp', to: OTHER, port: 53, outcome: 'gateway' },
  {
    when: 'one to an exempt server',
    over: 'udp',
    to: EXEMPT_SERVER,
    port: 53,
    outcome: 'internet',
  },
  { when: 'DNS over TLS to it', over: 'tcp', to: EXEMPT_SERVER, port: 853, outcome: 'internet' },
  ...(
    [
      { over: 'udp', port: 53 },
      { over: 'tcp', port: 53 },
      { over: 'tcp', port: 853 },
    ] as const
  ).map((what) => ({
    when: 'an exempt machine asks',
    to: OTHER,
    from: EXEMPT,
    outcome: 'internet',
    ...what,
  })),
  {
    when: 'a guest where only others are refused',
    over: 'tcp',
    to: DENY,
    from: GUEST,
    port: 8080,
    outcome: 'internet',
  },
  {
    when: 'a guest where only guests are refused',
    over: 'tcp',
    to: GUESTS_DENY,
    from: GUEST,
    port: 8080,
    outcome: 'reset',
  },
  {
    when: 'others where only guests are refused',
    over: 'tcp',
    to: GUESTS_DENY,
    port: 8080,
    outcome: 'internet',
  },
];

/** A ClientHello as far as the kernel looks: the server name extension amid other octets. */
function hello(name: string): string {
  const head = Buffer.from('0000000000000000ff', 'hex');
  head.writeUInt16BE(name.length + 5, 2);
  head.writeUInt16BE(name.length + 3, 4);
  head.writeUInt16BE(name.length, 7);
  head[6] = 0;
  return `${'h'.repeat(90)}${head.toString('latin1')}${name}${'t'.repeat(60)}`;
}

const KERNEL_CASES: readonly Case[] = [
  { name: 'tunnels.example.com', outcome: 'internet' },
  { name: 'Tunnels.EXAMPLE.com', outcome: 'internet' },
  { name: 'tunnel.us.tunnels.example.com', outcome: 'internet' },
  { name: 'connect.ngrok-agent.com', outcome: 'reset' },
  { name: 'xtunnels.example.com', outcome: 'reset' },
  { name: 'tunnels.example.com.example.net', outcome: 'reset' },
].map(({ name, outcome }) => ({
  ...{ when: `the kernel looks at ${name}`, over: 'tcp' as const, to: SHARED, port: 443 },
  ...{ says: hello(name), outcome },
}));

const PORTS = [53, 80, 443, 853, 5050, 7844, 8080];

async function judged(lab: Lab, cases: readonly Case[], t: TestContext): Promise<void> {
  const probes = cases.flatMap(({ over, to, port, from = CLIENT, says = 'x' }) =>
    [0, 1].map((family): Probe => {
      const [there, here] = [both(to)[family] as string, both(from, 'lan')[family] as string];
      return { over, to: there, port, from: here, says };
    }),
  );
  const outcomes = await probe(lab.client, probes);
  for (const [index, { when, outcome }] of cases.entries()) {
    for (const family of [0, 1]) {
      await t.test(`${when} (${family === 0 ? 'IPv4' : 'IPv6'})`, () => {
        assert.equal(outcomes[2 * index + family], outcome);
      });
    }
  }
}

async function loaded(t: TestContext, variant: Variant, plan: Plan): Promise<Lab> {
  const lab = await createPacketLab(t, [GUEST, EXEMPT], SERVERS);
  await serveName(t, lab.internet, 'internet', PORTS);
  const { within } = lab.gateway;
  const ended = await scriptsOf(t, plan, within, variant).apply();
  assert.equal(ended.code, 0, told(ended));
  return lab;
}

async function sayAlive({ gateway: { within } }: Lab): Promise<void> {
  await succeeds('ipset', ['add', 'tw_gate', '443'], { within });
}

/** Packets that rules with some comment have met, in both families. */
async function counted(lab: Lab, variant: Variant, id: string): Promise<readonly number[]> {
  const { within } = lab.gateway;
  return Promise.all(
    [variant, variant.replace('ip', 'ip6')].map(async (program) => {
      const text = await succeeds(`${program}-save`, ['-c'], { within });
      return text
        .split('\n')
        .filter((line) => line.includes(`--comment "${id} `) || line.includes(`prefix "${id} "`))
        .reduce((sum, line) => sum + Number(/^\[(\d+):/.exec(line)?.[1] ?? 0), 0);
    }),
  );
}

for (const variant of VARIANTS) {
  const skip = missing('root', 'ip', 'ipset', variant);

  test(`${variant}: packets meet what the plan says, with a gate`, { skip }, async (t) => {
    const lab = await loaded(t, variant, planOf());
    const gate = await serveName(t, lab.gateway, 'gate', [9443]);
    await serveName(t, lab.gateway, 'fronts', [9444]);
    await sayAlive(lab);
    await serveName(t, lab.gateway, 'gateway', [53]);
    await judged(lab, CASES, t);
    for (const id of ['TW-DENY', 'TW-DENY.guests', 'TW-WATCH-0a0b0c0d', 'TW-SNI', 'TW-DNS']) {
      await t.test(`${id} has counted`, async () => {
        for (const count of await counted(lab, variant, id)) assert.ok(count > 0);
      });
    }
    await end(gate);
    await judged(
      lab,
      [{ when: 'the gate is down', over: 'tcp', to: SHARED, port: 443, outcome: 'reset' }],
      t,
    );
  });

  test(`${variant}: the kernel lets sanctioned TLS names through`, { skip }, async (t) => {
    const lab = await loaded(t, variant, planOf({ sni: 'kernel' }));
    await judged(
      lab,
      [
        ...KERNEL_CASES,
        { when: 'other TCP there', over: 'tcp', to: SHARED, port: 8080, outcome: 'reset' },
        { when: 'a front of many', over: 'tcp', to: CDN, port: 443, outcome: 'internet' },
      ],
      t,
    );
  });

  test(`${variant}: questions go to another host, and nowhere where it has no address`, {
    skip,
  }, async (t) => {
    const resolver = both(OTHER)[0];
    const lab = await loaded(t, variant, planOf({ capture: { to: [parseAddress(resolver)] } }));
    const probes = (['udp', 'tcp'] as const).flatMap((over) =>
      [0, 1].map((family): Probe => {
        const [to, from] = [both(NET)[family] as string, both(CLIENT, 'lan')[family] as string];
        return { over, to, port: 53, from, says: 'x' };
      }),
    );
    // The network asked is refused: only what is sent elsewhere gets an answer.
    const outcomes = await probe(lab.client, probes);
    assert.deepEqual(outcomes, ['internet', 'prohibited', 'internet', 'reset']);
  });

  test(`${variant}: an address that is new in a set ends what runs`, { skip }, async (t) => {
    const lab = await loaded(t, variant, planOf());
    const { within } = lab.gateway;
    const slow = start(
      t,
      process.execPath,
      ['-e', SLOW, ...both(OTHER)],
      { within: lab.client.within },
      ['ignore', 'inherit', 'inherit', 'ipc'],
    );
    assert.deepEqual((await once(slow, 'message'))[0], ['internet', 'internet']);
    for (const [family, address] of both(OTHER).entries()) {
      const set = `tw_deny${family === 0 ? 4 : 6}`;
      await succeeds('ipset', ['add', set, address], { within });
    }
    slow.send('again');
    assert.deepEqual((await once(slow, 'message'))[0], ['ECONNRESET', 'ECONNRESET']);
  });

  test(`${variant}: a transparent gate gets connections as they are`, {
    skip: skip || missing('perl'),
  }, async (t) => {
    const lab = await loaded(t, variant, planOf({}, { transparent: true }));
    const gate = await startTransparentGate(t, lab.gateway);
    await sayAlive(lab);
    const cases = (outcome: string, atFronts = outcome): Case[] => [
      { when: 'TLS at a shared address', over: 'tcp', to: SHARED, port: 443, outcome },
      { when: 'TLS at a front of many', over: 'tcp', to: CDN, port: 443, outcome: atFronts },
    ];
    await judged(
      lab,
      [
        ...cases('gate', 'fronts'),
        { when: 'other TCP', over: 'tcp', to: SHARED, port: 8080, outcome: 'reset' },
        { when: 'another address', over: 'tcp', to: OTHER, port: 443, outcome: 'internet' },
      ],
      t,
    );
    const sent = [SHARED, CDN].flatMap((last) => both(last)).map((address) => `${address} 443`);
    assert.deepEqual([...gate.destinations()].sort(), sent.sort());
    await gate.stop();
    await judged(lab, cases('silence'), t);
    await succeeds('ipset', ['del', 'tw_gate', '443'], { within: lab.gateway.within });
    await judged(lab, cases('reset', 'internet'), t);
  });
}

/** Two connections that are held; tells what each heard, twice. */
const SLOW = `
const net = require('node:net');
const sockets = process.argv.slice(1).map((host) => net.connect(443, host));
const heard = () => Promise.all(sockets.map((socket) => new Promise((resolve) => {
  socket.removeAllListeners('data').removeAllListeners('error');
  socket.once('data', (data) => resolve(data.toString())).once('error', ({ code }) => resolve(code));
  socket.write('x');
}))).then((all) => process.send(all));
heard();
process.on('message', heard);
`;
