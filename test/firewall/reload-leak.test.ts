import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Plan } from '../../src/firewall/backend.ts';
import { plan } from '../../src/firewall/plan.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { ADDRESSES, countPackets, createLab, type Lab } from '../support/e2e/lab.ts';
import { end, type Scope, start } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { compiledPolicy } from '../support/policy.ts';
import { KERNELS, type Kernel } from './support/kernels.ts';
import { serveName } from './support/packets.ts';
import { succeeds } from './support/ruleset.ts';

// A rule set is replaced while packets fly: none of those that both the old and the new one refuse
// gets through in between.

const program = (name: string) =>
  fileURLToPath(new URL(`../support/e2e/programs/${name}.ts`, import.meta.url));

const BLOCKED = ADDRESSES.ngrok;
/** Nobody's yet: the resolver finds it while rules are in force, so no file holds it. */
const FED = ADDRESSES.sanctioned;
const PORT = 7777;
/** Milliseconds and reloads that a flood takes at least. */
const FLOOD = 1500;
const RELOADS = 5;

const book = {
  names: new Map([
    [parseName('connect.ngrok-agent.com'), BLOCKED.map(parseAddress)],
    [parseName('tunnels.example.com'), ADDRESSES.resolver.map(parseAddress)],
  ]),
};

/** Two policies that take turns: chains, sets and rules come and go, what is refused stays refused. */
const POLICIES = [
  `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
firewall: { lan: [lan], gate: 9443 }
`,
  `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block, bore: block }
bypass: { resolvers: block }
clients: { guests: { networks: [192.0.2.128/25], mode: observe } }
block: [{ network: 203.0.113.0/24 }, { network: "2001:db8:77::/64", ports: [22/tcp] }]
firewall: { lan: [lan] }
`,
];

function planOf(text: string, { backend }: Kernel): Plan {
  const { ruleset, policy } = compiledPolicy(text);
  return plan({ ruleset, settings: policy.firewall, book, listed: new Map() }, backend);
}

/** Starts one of our programs on the client; it is there once this resolves. */
function onClient(scope: Scope, { client }: Lab, name: string, ...words: readonly string[]) {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  return start(scope, process.execPath, [program(name), ...words], { within: client.within }, [
    ...stdio,
  ]);
}

/** Reloads again and again while packets fly to addresses; gives how often, and what was sent to each. */
async function underFlood(
  scope: Scope,
  lab: Lab,
  to: readonly string[],
  reload: (turn: number) => Promise<void>,
) {
  const flood = onClient(scope, lab, 'flood');
  flood.send({ to, port: PORT });
  let reloads = 0;
  const enough = performance.now() + FLOOD;
  while (performance.now() < enough || reloads < RELOADS) {
    await reload(reloads);
    reloads += 1;
  }
  flood.send('stop');
  const [sent] = (await once(flood, 'message')) as [Readonly<Record<string, number>>];
  return { reloads, sent };
}

for (const kernel of KERNELS) {
  const skip = missing('root', 'ip', 'nft', ...kernel.tools);

  test(`${kernel.name}: a reload under a flood leaks nothing`, { skip }, async (t) => {
    const lab = createLab(t);
    const rules = POLICIES.map((text) => kernel.rulesOf(t, lab.gateway, planOf(text, kernel)));
    await rules[0]?.load();
    for (const address of FED) await kernel.addTo(lab.gateway, 'deny', address);
    const arrived = countPackets(lab.internet, [...BLOCKED, ...FED]);

    const { reloads, sent } = await underFlood(t, lab, [...BLOCKED, ...FED], async (turn) => {
      await rules[(turn + 1) % rules.length]?.load();
    });

    t.diagnostic(`${reloads} reloads, ${JSON.stringify(sent)} datagrams`);
    for (const [address, count] of Object.entries(sent)) assert.ok(count > 1000, address);
    assert.equal(arrived(), 0);
  });

  test(`${kernel.name}: an address that becomes blocked ends what runs to it`, {
    skip,
  }, async (t) => {
    const lab = createLab(t);
    await kernel.rulesOf(t, lab.gateway, planOf(POLICIES[0] as string, kernel)).load();
    await serveName(t, lab.internet, 'internet', [PORT]);
    const held = onClient(t, lab, 'held', String(PORT), ...FED);
    await once(held, 'message');
    const say = async () => {
      held.send('say');
      return (await once(held, 'message'))[0];
    };

    assert.deepEqual(await say(), ['internet', 'internet']);
    for (const address of FED) await kernel.addTo(lab.gateway, 'deny', address);
    // Nobody has flushed connection tracking.
    assert.deepEqual(await say(), ['ECONNRESET', 'ECONNRESET']);
    await end(held);
  });
}

test('the flood finds a gap between two rule sets where there is one', {
  skip: missing('root', 'ip', 'nft'),
}, async (t) => {
  const [nftables] = KERNELS as [Kernel];
  const lab = createLab(t);
  const { load } = nftables.rulesOf(t, lab.gateway, planOf(POLICIES[0] as string, nftables));
  await load();
  const arrived = countPackets(lab.internet, BLOCKED);
  const { reloads } = await underFlood(t, lab, BLOCKED, async () => {
    await succeeds('nft', ['delete table inet tunnelwarden'], { within: lab.gateway.within });
    await load();
  });
  t.diagnostic(`${arrived()} datagrams in ${reloads} gaps`);
  assert.ok(arrived() > 0);
});
