import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { Backend } from '../../src/firewall/backend.ts';
import { dnsmasqBackend } from '../../src/firewall/backends/dnsmasq.ts';
import { rpzBackend } from '../../src/firewall/backends/rpz.ts';
import { unboundBackend } from '../../src/firewall/backends/unbound.ts';
import type { Name } from '../../src/policy/name.ts';
import { parseNetwork } from '../../src/policy/network.ts';
import { type Peer, startBind, startUnbound } from '../support/e2e/peers.ts';
import type { Scope } from '../support/e2e/process.ts';
import { type Answered, udpClient } from '../support/e2e/question.ts';
import { missing, type Tool } from '../support/e2e/requirements.ts';
import { folder } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, startUpstream, txt } from '../support/e2e/upstream.ts';
import { createPrng } from '../support/prng.ts';
import { samplePlan } from './sample-plan.ts';
import {
  type Forest,
  growForest,
  isCoveringGap,
  SINKHOLE,
  type Wanted,
} from './support/dns-forest.ts';
import { startDnsmasq, startUnboundZones } from './support/dns-peers.ts';

// `judge` is asked and so is a real server that was given what `generate` makes: one answer is
// expected. What a dialect cannot say is in its `soften`, and for Unbound's local zones in
// `isCoveringGap`.

const OPEN = ['198.51.100.1', '2001:db8:1::1', 'open'] as const;
const TYPES = ['A', 'AAAA', 'TXT'] as const;

type Trial = {
  readonly what: string;
  readonly needs: Tool;
  readonly backend: Backend;
  readonly start: (
    scope: Scope,
    options: { folder: string; upstream: number; zone: string; artifact: string },
  ) => Promise<Peer>;
  /** What the dialect gives where the policy wants something that it has no word for. */
  readonly soften: (wanted: Wanted, seen: Wanted) => Wanted;
};

const noRefused = (wanted: Wanted): Wanted => (wanted === 'refused' ? 'nxdomain' : wanted);
const trials: readonly Trial[] = [
  {
    what: 'the RPZ zone in Unbound',
    needs: 'unbound',
    backend: rpzBackend,
    start: startUnbound,
    soften: noRefused,
  },
  {
    what: 'the RPZ zone in BIND',
    needs: 'named',
    backend: rpzBackend,
    start: startBind,
    soften: noRefused,
  },
  {
    what: 'the configuration of dnsmasq',
    needs: 'dnsmasq',
    backend: dnsmasqBackend,
    start: startDnsmasq,
    soften: (wanted) => (wanted === 'nodata' || wanted === 'refused' ? 'nxdomain' : wanted),
  },
  {
    what: 'the local zones of Unbound',
    needs: 'unbound',
    backend: unboundBackend,
    start: startUnboundZones,
    // A name that is refused without those below it, or in another way than they, is refused somehow.
    soften: (wanted, seen) => (wanted !== 'open' && seen !== 'open' ? seen : wanted),
  },
];

const policies = trials.flatMap((trial) => [
  { ...trial, when: '', refusesAll: false },
  // dnsmasq takes "all names" for its default server.
  ...(trial.backend === dnsmasqBackend
    ? []
    : [{ ...trial, when: ' where all is refused but what is allowed', refusesAll: true }]),
]);
for (const { what, when, needs, backend, start, soften, refusesAll } of policies) {
  test(`judge and ${what} say the same${when}`, { skip: missing(needs) }, async (t) => {
    const scopes = ['', '', '=', '*.'];
    const forest = growForest({ seed: 20261125, trees: 40, scopes, refusesAll });
    const text = backend.print(forest.planFor(backend))[0]?.text as string;
    const seen = await answersOf(t, forest, (upstream) =>
      start(t, { folder: folder(t), upstream, zone: text, artifact: text }),
    );
    const different = forest.names.filter((name) => {
      const got = seen.get(name) as Wanted;
      return (
        got !== soften(forest.wanted(name), got) &&
        !(backend === unboundBackend && isCoveringGap(forest, name, got !== 'open', text))
      );
    });
    assert.deepEqual(
      different.map((name) => `${name}: ${seen.get(name)}, not ${forest.wanted(name)}`),
      [],
      `of ${forest.names.length} names`,
    );
    const refused = forest.names.filter((name) => forest.wanted(name) !== 'open').length;
    assert(refused > 1000 && forest.names.length - refused > 1000, 'both happen often');
  });
}

/** Asks for all names, each for a type by chance: a refusal is one for every type. */
async function answersOf(
  t: TestContext,
  { names }: Forest,
  start: (upstream: number) => Promise<Peer>,
): Promise<ReadonlyMap<Name, Wanted>> {
  const records = [a(OPEN[0]), aaaa(OPEN[1]), txt(OPEN[2])];
  const zone = Object.fromEntries([...names, 'ready.example.com'].map((name) => [name, records]));
  const upstream = await startUpstream(t, { zone });
  const peer = await start(upstream.port);
  const ask = await udpClient(t, peer.port);
  const prng = createPrng(1);
  const seen = new Map<Name, Wanted>();
  for (let i = 0; i < names.length; i += 20) {
    await Promise.all(
      names.slice(i, i + 20).map(async (name) => {
        const type = prng.pick(TYPES);
        seen.set(name, readAnswer(await ask(name, type), type));
      }),
    );
  }
  // No data for another type may mean a sinkhole: what A gets tells.
  for (const [name, got] of seen) {
    if (got === 'nodata') seen.set(name, readAnswer(await ask(name, 'A'), 'A'));
  }
  return seen;
}

function readAnswer({ rcode, answers }: Answered, type: (typeof TYPES)[number]): Wanted {
  if (rcode === 'NXDOMAIN') return 'nxdomain';
  if (rcode === 'REFUSED') return 'refused';
  assert.equal(rcode, 'NOERROR');
  if (answers.length === 0) return 'nodata';
  if (SINKHOLE.some((address) => answers[0]?.endsWith(` ${address}`))) return 'sinkhole';
  assert.equal(answers.length, 1);
  if (type !== 'TXT') assert(answers[0]?.endsWith(` ${OPEN[TYPES.indexOf(type)]}`), answers[0]);
  return 'open';
}

const peers = [
  { what: 'Unbound', needs: 'unbound', start: startUnbound, log: 'unbound.log' },
  { what: 'BIND', needs: 'named', start: startBind, log: 'bind/log' },
] as const;

for (const { what, needs, start, log } of peers) {
  test(`${what} refuses answers that hold blocked addresses, and has no complaint`, {
    skip: missing(needs),
  }, async (t) => {
    const held: Readonly<Record<string, string>> = {
      'first.example': '203.0.113.0',
      'last.example': '203.0.113.15',
      'beside.example': '203.0.113.16',
      'six.example': '2001:db8:77::1',
      'six-beside.example': '2001:db8:78::1',
      'middle.example': '2001:db8:0:1::5',
    };
    const networks = [...samplePlan.networks, parseNetwork('2001:db8:0:1::5')];
    const zone = rpzBackend.print({ ...samplePlan, names: [], networks })[0]?.text as string;
    const records = Object.entries(held).map(([name, address]) => [
      name,
      [address.includes(':') ? aaaa(address) : a(address)],
    ]);
    const upstream = await startUpstream(t, {
      zone: { ...Object.fromEntries(records), 'ready.example.com': [a(OPEN[0])] },
    });
    const path = folder(t);
    const peer = await start(t, { folder: path, upstream: upstream.port, zone });
    const ask = await udpClient(t, peer.port);
    const open: string[] = [];
    for (const [name, address] of Object.entries(held)) {
      const { rcode } = await ask(name, address.includes(':') ? 'AAAA' : 'A');
      if (rcode === 'NOERROR') open.push(name);
    }
    assert.deepEqual(open, ['beside.example', 'six-beside.example']);
    const said = existsSync(`${path}/${log}`) ? readFileSync(`${path}/${log}`, 'utf8') : '';
    assert.doesNotMatch(said, /rpz.*(?:invalid|error|warn|bad|not)|syntax/i);
  });
}
