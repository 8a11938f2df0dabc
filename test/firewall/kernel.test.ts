import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AddressBook } from '../../src/firewall/addressbook.ts';
import { type Fate, fateOf, type Packet } from '../../src/firewall/interpret.ts';
import { hasLane } from '../../src/firewall/lanes.ts';
import { plan } from '../../src/firewall/plan.ts';
import { parseName } from '../../src/policy/name.ts';
import { type Address, parseAddress } from '../../src/policy/network.ts';
import { CLIENTS, createFlowLab, GATE, REFUSER } from '../support/e2e/flows.ts';
import { missing } from '../support/e2e/requirements.ts';
import { compiledPolicy } from '../support/policy.ts';
import { createPrng } from '../support/prng.ts';
import { KERNELS } from './support/kernels.ts';

// What the kernel does with a flow is what the plan means by it, whatever the policy.

/** Makes policies, books and flows at random: addresses few enough to meet each other often. */
function createWorld(seed: number) {
  const random = createPrng(seed).unit;
  const below = (count: number) => Math.floor(random() * count);
  const one = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const address = () =>
    random() < 0.6 ? `203.0.113.${below(24)}` : `2001:db8:77::${below(24).toString(16)}`;
  const network = () =>
    one([
      address(),
      address(),
      `203.0.113.${below(6) * 4}/30`,
      `203.0.113.${below(3) * 8}/29`,
      `2001:db8:77::${(below(6) * 4).toString(16)}/126`,
      '203.0.113.0/28',
      '2001:db8:77::/124',
    ]);
  const clients = () =>
    one([
      '',
      '',
      '',
      ', clients: [192.0.2.77]',
      ', clients: [guests]',
      ', clients: ["2001:db8:1:0:9::/80"]',
    ]);
  const ports = () =>
    one([
      '',
      '',
      ', ports: [443/tcp]',
      ', ports: [443/udp, 8000-8010/tcp]',
      ', ports: [22/tcp, 53/udp]',
    ]);
  const entries = (count: number, kind: () => string) => {
    const seen = new Set<string>();
    const made = Array.from({ length: count }, kind).filter((text) => {
      // The same target for the same clients twice would be a contradiction, and refused as such.
      const key = text.replace(/, reason.*/, '');
      return seen.has(key) ? false : Boolean(seen.add(key));
    });
    return made.join('\n  - ');
  };
  return { random, below, one, address, network, clients, ports, entries };
}

const NAMES = [
  'connect.ngrok-agent.com',
  'tunnel.ngrok.com',
  'bore.pub',
  'serveo.net',
  'tunnels.example.com',
  'tunnel.us.tunnels.example.com',
  'crl.ngrok-agent.com',
  'www.example.net',
];

function makeCase(seed: number, more: string) {
  const { one, below, network, clients, ports, address, random } = createWorld(seed);
  const used = new Set<string>();
  const lines = (action: string, count: number) => {
    const made = Array.from({ length: count }, () => {
      const [net, who, which] = [network(), clients(), ports()];
      if (used.has(net + who + which)) return '';
      used.add(net + who + which);
      return `  - { network: "${net}"${which}${who} }\n`;
    }).join('');
    return made === '' ? '' : `${action}:\n${made}`;
  };
  const text = `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com, names: [tunnel.us.tunnels.example.com] }]
mode: ${random() < 0.1 ? 'observe' : 'enforce'}
services: { ngrok: block, bore: block, serveo: block, cloudflare-tunnel: block }
bypass: { resolvers: block }
refusal: { addresses: [203.0.113.5, "2001:db8:77::5"] }
clients:
  guests: { networks: [192.0.2.128/25], mode: ${one(['enforce', 'observe'])} }
${lines('block', 6)}${lines('allow', 4)}${lines('watch', 2)}
firewall: { lan: [lan], exempt: [192.0.2.130, 203.0.113.3], ${more} }
`;
  const names: AddressBook['names'] = new Map(
    NAMES.filter(() => random() < 0.9).map((name) => [
      parseName(name),
      [...new Set(Array.from({ length: 1 + below(3) }, () => parseAddress(address())))],
    ]),
  );
  const flows: Packet[] = Array.from({ length: 220 }, () => {
    const to = parseAddress(address());
    const from = one(CLIENTS.filter((client) => client.includes(':') === to.includes(':')));
    const transport = one(['tcp', 'tcp', 'udp'] as const);
    const port = one([443, 443, 443, 22, 80, 53, 853, 7844, 7835, 8005, 9999]);
    return { from: from as Address, to, transport, port };
  });
  return { text, book: { names }, flows };
}

const WORDS = {
  pass: 'server',
  refuse: 'refused',
  resolver: 'resolver',
  refuser: 'refuser',
} as const;
const LANES = { shared: 'gate', fronts: 'fronts' } as const;

function wordOf(fate: Fate): string {
  return fate.kind === 'look' ? LANES[fate.lane] : WORDS[fate.kind];
}

for (const kernel of KERNELS) {
  const { name, backend, tools, rulesOf } = kernel;
  test(`${name}: the kernel does with random flows what the plan says`, {
    skip: missing('root', 'ip', 'nft', ...tools),
  }, async (t: TestContext) => {
    const lab = await createFlowLab(t);
    let decided = 0;
    const met = new Set<string>();
    for (let seed = 1; seed <= 8; seed++) {
      // A resolver elsewhere, of one family only, every fourth time.
      const resolver = seed % 4 === 0 ? ', resolver: [192.0.2.1]' : '';
      const { text, book, flows } = makeCase(seed, `gate: ${GATE}, refuser: ${REFUSER}${resolver}`);
      const { ruleset, policy } = compiledPolicy(text);
      const made = plan({ ruleset, settings: policy.firewall, book, listed: new Map() }, backend);
      const { load, remove } = rulesOf(t, lab.gateway, made);
      for (const _ of ['first', 'again']) await load();
      if (hasLane(made.packets, 'fronts')) await kernel.setAlive(lab.gateway, true);
      const fates = await lab.tryAll(flows);
      const wrong = flows.flatMap((flow, i) => {
        const fate = fateOf(made.packets, flow);
        if (fate.id !== undefined) decided += 1;
        const expected = wordOf(fate);
        met.add(expected);
        return fates[i] === expected ? [] : [{ ...flow, expected, got: fates[i], by: fate.id }];
      });
      assert.deepEqual(
        wrong.slice(0, 5),
        [],
        `seed ${seed}: ${wrong.length} of ${flows.length}\n${text}`,
      );
      await remove();
    }
    assert.deepEqual([...met].sort(), [...Object.values(LANES), ...Object.values(WORDS)].sort());
    assert.ok(decided > 400, `only ${decided} flows met an entry`);
  });
}
