import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { test } from 'node:test';
import type { Plan } from '../../src/firewall/backend.ts';
import { plan } from '../../src/firewall/plan.ts';
import { createHeartbeat } from '../../src/firewall/sets/heartbeat.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { GATE, REFUSER } from '../support/e2e/flows.ts';
import { ADDRESSES, type Lab } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { end, type Scope, start } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { folder, write } from '../support/e2e/tunnelwarden.ts';
import { compiledPolicy } from '../support/policy.ts';
import { createTimers } from './sets/support.ts';
import { KERNELS, type Kernel } from './support/kernels.ts';
import { both, createPacketLab, held, type Probe, probe, serveName } from './support/packets.ts';

// What the kernel leads to the gate and to the refuser, and what becomes of connections that run while
// the sets change.

const [CLIENT, EXEMPT] = [10, 54];
const [SHARED, CDN, DENY, OTHER, LATER] = [20, 30, 40, 70, 71];
/** Where refused names lead: an address that is nobody's, and one of the gateway's own. */
const SINK = both(90);
const OWN_SINK = [ADDRESSES.gateway[1], ADDRESSES.gateway[3]] as const;

const book = {
  names: new Map(
    (
      [
        ['connect.ngrok-agent.com', SHARED],
        ['tunnels.example.com', SHARED],
        ['tunnel.ngrok.com', DENY],
        // A name that no rule is about lives beside a blocked one.
        ['ngrokd.ngrok.com', CDN],
        ['www.example.net', CDN],
      ] as const
    ).map(([name, last]) => [parseName(name), both(last).map(parseAddress)]),
  ),
};

function planFor({ backend }: Kernel): Plan {
  const { ruleset, policy } = compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block }
refusal: { addresses: [${[...SINK, ...OWN_SINK].map((address) => `"${address}"`)}] }
firewall:
  lan: [lan]
  gate: ${GATE}
  refuser: ${REFUSER}
  exempt: [${both(EXEMPT, 'lan').map((address) => `"${address}"`)}]
`);
  return plan({ ruleset, settings: policy.firewall, book, listed: new Map() }, backend);
}

/** A lab with the rules in force and nobody on the gateway yet. */
async function loaded(scope: Scope, kernel: Kernel): Promise<Lab> {
  const lab = await createPacketLab(scope, [EXEMPT], [CDN, DENY, OTHER, LATER]);
  await serveName(scope, lab.internet, 'internet', [22, 53, 443, 993, 8443]);
  await kernel.rulesOf(scope, lab.gateway, planFor(kernel)).load();
  return lab;
}

type Case = {
  readonly when: string;
  readonly to: readonly string[];
  readonly over?: Probe['over'];
  readonly port?: number;
  readonly from?: number;
  readonly outcome: string;
};

/** What each case comes to, in IPv4 and IPv6, to be read at once. */
async function judged({ client }: Lab, cases: readonly Case[]): Promise<void> {
  const probes = cases.flatMap(({ to, over = 'tcp', port = 443, from = CLIENT }) =>
    [0, 1].map((family): Probe => {
      const here = both(from, 'lan')[family] as string;
      return { over, to: to[family] as string, port, from: here, says: 'x' };
    }),
  );
  const outcomes = await probe(client, probes);
  const table = (fates: readonly string[]) =>
    Object.fromEntries(cases.map(({ when }, i) => [when, fates.slice(2 * i, 2 * i + 2).join(' ')]));
  assert.deepEqual(table(outcomes), table(cases.flatMap(({ outcome }) => [outcome, outcome])));
}

const shared = (outcome: string): Case => {
  return { when: 'TLS at a shared address', to: both(SHARED), outcome };
};
const fronts = (outcome: string): Case => {
  return { when: 'TLS at a front of many', to: both(CDN), outcome };
};

/** A program as it runs inside a network of the lab. */
function inside(scope: Scope, { within }: Lab['gateway'], program: string): string {
  const file = write(
    folder(scope),
    program,
    `#!/bin/sh\nexec ${within.join(' ')} ${program} "$@"\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

for (const kernel of KERNELS) {
  const skip = missing('root', 'ip', 'nft', ...kernel.tools);

  test(`${kernel.name}: fronts go to the gate only while it says that it is there`, {
    skip,
  }, async (t) => {
    const lab = await loaded(t, kernel);
    const gate = await serveName(t, lab.gateway, 'gate', [GATE]);
    await serveName(t, lab.gateway, 'fronts', [GATE + 1]);
    const timers = createTimers();
    const program = inside(t, lab.gateway, kernel.feed);
    const start = () => {
      const events: string[] = [];
      const heartbeat = createHeartbeat({
        ...{ feed: kernel.feed, timers, program },
        onEvent: ({ kind }) => events.push(kind),
      });
      t.after(heartbeat.stop);
      heartbeat.start();
      return { heartbeat, beating: () => eventually('a beat', () => events.includes('beating')) };
    };

    await judged(lab, [shared('gate'), fronts('internet')]);
    const first = start();
    await first.beating();
    await judged(lab, [shared('gate'), fronts('fronts')]);
    await first.heartbeat.stop();
    await judged(lab, [shared('gate'), fronts('internet')]);

    // One that dies takes nothing back.
    await start().beating();
    await judged(lab, [fronts('fronts')]);
    await end(gate);
    await judged(lab, [shared('reset')]);
    await eventually(
      'the end of its last word',
      async () => {
        const [to, from] = [both(CDN)[0], both(CLIENT, 'lan')[0]];
        const [outcome] = await probe(lab.client, [
          { over: 'tcp', to, port: 443, from, says: 'x' },
        ]);
        return outcome === 'internet';
      },
      10_000,
    );
    await judged(lab, [shared('reset'), fronts('internet')]);
  });

  test(`${kernel.name}: where refused names lead, the refuser gets all of TCP`, {
    skip,
  }, async (t) => {
    const lab = await loaded(t, kernel);
    await serveName(t, lab.gateway, 'refuser', [REFUSER]);
    await serveName(t, lab.gateway, 'gateway', [22, 53]);
    const ports = [22, 80, 443, 993, 50_123];
    const [router, router6] = [ADDRESSES.gateway[0], ADDRESSES.gateway[2]];
    const at = (what: string, to: readonly string[]): readonly Case[] => [
      ...ports.map((port) => {
        return { when: `port ${port} of ${what}`, to, port, outcome: 'refuser' };
      }),
      ...[22, 443].map((port) => {
        const when = `port ${port} of ${what}, from an exempt machine`;
        return { when, to, port, from: EXEMPT, outcome: 'refuser' };
      }),
    ];
    await judged(lab, [
      ...at('the sinkhole', SINK),
      ...at("an address of the gateway's own", OWN_SINK),
      { when: 'QUIC there', over: 'udp', to: SINK, outcome: 'prohibited' },
      { when: 'a question there', over: 'udp', port: 53, to: SINK, outcome: 'gateway' },
      { when: 'the same over TCP', port: 53, to: SINK, outcome: 'gateway' },
      { when: 'ssh to the gateway itself', port: 22, to: [router, router6], outcome: 'gateway' },
      { when: 'what is refused', to: both(DENY), outcome: 'reset' },
      { when: 'what is not', to: both(OTHER), outcome: 'internet' },
    ]);
    assert.ok((await kernel.counted(lab.gateway, 'TW-REFUSER')) > 0);
  });

  test(`${kernel.name}: at a shared address no port but that of TLS leads anywhere`, {
    skip,
  }, async (t) => {
    const lab = await loaded(t, kernel);
    await serveName(t, lab.gateway, 'gate', [GATE]);
    const to = both(SHARED);
    await judged(lab, [
      shared('gate'),
      ...[22, 993, 8443, 9999].map((port) => {
        return { when: `port ${port}`, to, port, outcome: 'reset' };
      }),
      ...[443, 7844].map((port) => {
        return { when: `UDP port ${port}`, over: 'udp' as const, to, port, outcome: 'prohibited' };
      }),
    ]);
  });

  test(`${kernel.name}: what runs is cut when its address comes to be refused or shared`, {
    skip,
  }, async (t) => {
    const lab = await loaded(t, kernel);
    await serveName(t, lab.gateway, 'gate', [GATE]);
    await serveName(t, lab.gateway, 'fronts', [GATE + 1]);
    await kernel.setAlive(lab.gateway, true);
    const put = async (set: string, last: number) => {
      for (const address of both(last)) await kernel.addTo(lab.gateway, set, address);
    };
    const runs = ['internet', 'internet'];
    const cut = ['ECONNRESET', 'ECONNRESET'];

    const tls = await held(t, lab, both(OTHER));
    const ssh = await held(t, lab, both(OTHER), 22);
    assert.deepEqual([await tls(), await ssh()], [runs, runs]);
    await put('cdn', OTHER);
    assert.deepEqual(await tls(), runs, 'at a front of many it goes on, past the gate');
    const atFronts = await held(t, lab, both(OTHER));
    assert.deepEqual(await atFronts(), ['fronts', 'fronts']);
    await put('shared', OTHER);
    assert.deepEqual([await tls(), await ssh()], [cut, cut]);
    assert.deepEqual(await atFronts(), ['fronts', 'fronts'], 'what the gate holds it keeps');

    const session = await held(t, lab, both(LATER));
    assert.deepEqual(await session(), runs);
    await put('deny', LATER);
    assert.deepEqual(await session(), cut);
  });

  test(`${kernel.name}: who asks another resolver is told to whoever reads the log group`, {
    skip: skip || missing('tcpdump'),
  }, async (t) => {
    const lab = await loaded(t, kernel);
    await serveName(t, lab.gateway, 'gateway', [53]);
    const words = ['-i', 'nflog:5', '-U', '-w', '-'];
    const reader = start(t, 'tcpdump', words, { within: lab.gateway.within });
    let heard = '';
    reader.stdout?.on('data', (data: Buffer) => {
      heard += data.toString('latin1');
    });
    // Its file's head comes once it listens.
    await eventually('the head of a capture', () => heard.length >= 24);
    const asks = { over: 'udp', port: 53 } as const;
    const ours = [ADDRESSES.gateway[0], ADDRESSES.gateway[2]];
    await judged(lab, [
      { when: 'a question to the gateway', ...asks, to: ours, outcome: 'gateway' },
      {
        ...{ when: 'one of an exempt machine', ...asks, to: both(OTHER), from: EXEMPT },
        outcome: 'internet',
      },
    ]);
    await judged(lab, [
      { when: 'one to another resolver', ...asks, to: both(OTHER), outcome: 'gateway' },
      { ...{ when: 'the same over TCP', port: 53, to: both(OTHER) }, outcome: 'gateway' },
    ]);
    const lines = () => heard.split('TW-DNS ').length - 1;
    await eventually('four messages', () => lines() >= 4, 5000);
    assert.equal(lines(), 4);
  });
}
