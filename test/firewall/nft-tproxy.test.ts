import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Artifact, Plan } from '../../src/firewall/backend.ts';
import { nftablesBackend } from '../../src/firewall/backends/nftables.ts';
import { plan } from '../../src/firewall/plan.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import type { Lab } from '../support/e2e/lab.ts';
import { missing } from '../support/e2e/requirements.ts';
import { compiledPolicy } from '../support/policy.ts';
import { KERNELS, type Kernel } from './support/kernels.ts';
import { both, createPacketLab, held, type Probe, probe, serveName } from './support/packets.ts';
import { succeeds, written } from './support/ruleset.ts';
import { startTransparentGate } from './support/transparent-gate.ts';

// nftables hands suspect TLS to a gate by TPROXY, which changes nothing about a connection. Without a
// listener its statement matches nothing and the packet goes on: what must not pass then is a rule of
// the forward hook.

const [nftables] = KERNELS as readonly [Kernel];

const CLIENT = 10;
const GUEST = 130;
const SHARED = 20;
const CDN = 30;
const DENY = 40;
const SUPPORT = 80;
const OTHER = 70;

const book = {
  names: new Map(
    (
      [
        ['connect.ngrok-agent.com', [SHARED]],
        ['tunnels.example.com', [SHARED]],
        ['tunnel.ngrok.com', [DENY]],
        ['crl.ngrok-agent.com', [SUPPORT]],
        // A name that no rule is about lives beside a blocked one.
        ['ngrokd.ngrok.com', [CDN]],
        ['www.example.net', [CDN]],
      ] as const
    ).map(([name, lasts]) => [
      parseName(name),
      lasts.flatMap((last) => both(last)).map(parseAddress),
    ]),
  ),
};

function planOf(gate: number): Plan {
  const { ruleset, policy } = compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
clients: { guests: { networks: [192.0.2.128/25, "2001:db8:1::130/128"], mode: observe } }
firewall:
  lan: [lan]
  gate: ${gate}
  transparent: true
`);
  const input = { ruleset, settings: policy.firewall, book, listed: new Map() };
  return plan(input, nftablesBackend);
}

type Case = {
  readonly when: string;
  readonly to: number;
  readonly from?: number;
  readonly over?: Probe['over'];
  readonly port?: number;
  readonly outcome: string;
};

const TLS: readonly Case[] = [
  { when: 'TLS at a shared address', to: SHARED, outcome: 'gate' },
  { when: 'TLS at a front of many', to: CDN, outcome: 'fronts' },
];
const BESIDE: readonly Case[] = [
  { when: 'other TCP at a shared address', to: SHARED, port: 8080, outcome: 'reset' },
  { when: 'QUIC at a shared address', over: 'udp', to: SHARED, outcome: 'prohibited' },
  { when: 'other TCP at a front of many', to: CDN, port: 8080, outcome: 'internet' },
  { when: 'QUIC at a front of many', over: 'udp', to: CDN, outcome: 'internet' },
  { when: 'TLS at a blocked address', to: DENY, outcome: 'reset' },
  { when: 'revocation lists', to: SUPPORT, port: 80, outcome: 'internet' },
  { when: 'TLS elsewhere', to: OTHER, outcome: 'internet' },
  { when: 'questions elsewhere', over: 'udp', to: OTHER, port: 53, outcome: 'gateway' },
  { when: 'clients that are only observed', to: SHARED, from: GUEST, outcome: 'internet' },
];
const DOWN: readonly Case[] = [
  { when: 'TLS at a shared address', to: SHARED, outcome: 'reset' },
  { when: 'TLS at a front of many', to: CDN, outcome: 'internet' },
];
/** What TPROXY has taken and what then is routed as ever, the kernel drops. */
const UNROUTED = TLS.map((each) => ({ ...each, outcome: 'silence' }));

/** What each case comes to, in IPv4 and IPv6, to be read at once. */
async function judged({ client }: Lab, cases: readonly Case[]): Promise<void> {
  const probes = cases.flatMap(({ to, from = CLIENT, over = 'tcp', port = 443 }) =>
    [0, 1].map((family): Probe => {
      const [there, here] = [both(to)[family] as string, both(from, 'lan')[family] as string];
      return { over, to: there, port, from: here, says: 'x' };
    }),
  );
  const outcomes = await probe(client, probes);
  const table = (fates: readonly string[]) =>
    Object.fromEntries(cases.map(({ when }, i) => [when, fates.slice(2 * i, 2 * i + 2).join(' ')]));
  const expected = cases.flatMap(({ outcome }) => [outcome, outcome]);
  assert.deepEqual(table(outcomes), table(expected));
}

/** Rules in force, routes not yet; gives what makes those. */
async function loaded(
  t: TestContext,
  clients: readonly number[],
  gate = 9443,
): Promise<{ lab: Lab; routes: () => Promise<void> }> {
  const lab = await createPacketLab(t, clients, [CDN, DENY, SUPPORT, OTHER]);
  await serveName(t, lab.internet, 'internet', [53, 80, 443, 8080]);
  const { within } = lab.gateway;
  const made = planOf(gate);
  const artifacts = nftablesBackend.print(made);
  const routes = artifacts.find(({ path }) => path === 'routes.sh') as Artifact;
  const script = `${written(t, artifacts)}/${routes.path}`;
  await nftables.rulesOf(t, lab.gateway, made).load();
  await nftables.setAlive(lab.gateway, true);
  return { lab, routes: async () => void (await succeeds(script, [], { within })) };
}

async function routing({ gateway: { within } }: Lab): Promise<string> {
  const shown = ['-4', '-6'].flatMap((family) => [
    succeeds('ip', [family, 'rule'], { within }),
    succeeds('ip', [family, 'route', 'show', 'table', 'all', 'type', 'local'], { within }),
  ]);
  return (await Promise.all(shown)).join('');
}

const skip = missing('root', 'ip', 'nft', 'perl');

test('nftables: a transparent gate gets TLS as it was sent', { skip }, async (t) => {
  const { lab, routes } = await loaded(t, [GUEST]);
  const gate = await startTransparentGate(t, lab.gateway);
  await serveName(t, lab.gateway, 'gateway', [53]);

  await t.test('not without its routes', () => judged(lab, UNROUTED));

  await t.test('the routes come once', async () => {
    await routes();
    const once = await routing(lab);
    assert.equal(once.match(/fwmark 0x1\/0x1 lookup 7353/g)?.length, 2);
    await routes();
    assert.equal(await routing(lab), once);
  });

  await t.test('TLS at shared addresses and at fronts of many', async () => {
    gate.destinations();
    await judged(lab, TLS);
    const sent = TLS.flatMap(({ to }) => both(to)).map((address) => `${address} 443`);
    assert.deepEqual([...gate.destinations()].sort(), sent.sort());
  });

  await t.test('nothing else', async () => {
    await judged(lab, BESIDE);
    assert.deepEqual(gate.destinations(), []);
  });

  await t.test('nothing that comes from the internet', async () => {
    await serveName(t, lab.client, 'client', [443]);
    const inside = both(CLIENT, 'lan');
    for (const address of inside) await nftables.addTo(lab.gateway, 'shared', address);
    const probes = inside.map((to, family): Probe => {
      return { over: 'tcp', to, port: 443, from: both(OTHER)[family] as string, says: 'x' };
    });
    assert.deepEqual(await probe(lab.internet, probes), ['client', 'client']);
    assert.deepEqual(gate.destinations(), []);
  });

  await t.test('its rules count', async () => {
    for (const id of ['TW-SNI', 'TW-CDN', 'TW-SHARED']) {
      assert.ok((await nftables.counted(lab.gateway, id)) > 0, id);
    }
  });

  await t.test('no fronts while it does not say that it is there', async () => {
    await nftables.setAlive(lab.gateway, false);
    await judged(lab, [
      { when: 'TLS at a shared address', to: SHARED, outcome: 'gate' },
      { when: 'TLS at a front of many', to: CDN, outcome: 'internet' },
    ]);
    await nftables.setAlive(lab.gateway, true);
  });

  await t.test('when it is down, what is shared is closed and the fronts are open', async () => {
    await gate.stop();
    await judged(lab, [...DOWN, ...BESIDE]);
  });

  await t.test('it gets them again once it is back', async (t) => {
    const back = await startTransparentGate(t, lab.gateway);
    await judged(lab, TLS);
    await back.stop();
  });
});

// A gate on the clients' own port is a socket that packets to anywhere might seem to belong to.
for (const port of [9443, 443]) {
  test(`nftables: what runs when its address comes to a transparent gate on ${port}`, {
    skip,
  }, async (t) => {
    const { lab, routes } = await loaded(t, [], port);
    await routes();
    const gate = await startTransparentGate(t, lab.gateway, port);
    const put = async (set: string) => {
      for (const address of both(OTHER)) await nftables.addTo(lab.gateway, set, address);
    };
    const say = await held(t, lab, both(OTHER));
    assert.deepEqual(await say(), ['internet', 'internet']);

    await t.test('goes on at a front of many, past the gate', async () => {
      await put('cdn');
      assert.deepEqual(await say(), ['internet', 'internet']);
      assert.deepEqual(gate.destinations(), []);
    });

    await t.test('and new ones go to the gate', async (t) => {
      const sayNew = await held(t, lab, both(OTHER));
      assert.deepEqual(await sayNew(), ['fronts', 'fronts']);
      assert.equal(gate.destinations().length, 2);

      await nftables.setAlive(lab.gateway, false);
      assert.deepEqual(await sayNew(), ['fronts', 'fronts'], 'nor does it lose any by silence');
      await put('shared');
      assert.deepEqual(await sayNew(), ['fronts', 'fronts'], 'what the gate holds it keeps');
    });

    await t.test('is reset at a shared address: nobody has seen its name', async () => {
      assert.deepEqual(await say(), ['ECONNRESET', 'ECONNRESET']);
      assert.deepEqual(gate.destinations(), []);
    });

    await t.test('new ones go to the gate there as well', async (t) => {
      const sayNew = await held(t, lab, both(OTHER));
      assert.deepEqual(await sayNew(), ['gate', 'gate']);
      assert.equal(gate.destinations().length, 2);
    });
  });
}
