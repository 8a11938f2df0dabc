import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Act, Fate } from '../support/e2e/acts.ts';
import { agentRound } from '../support/e2e/clients.ts';
import { ENFORCING, type Filter, GATE, guard, REFUSER, REFUSERS } from '../support/e2e/guarded.ts';
import {
  createInternet,
  PROXY_PORT,
  REGIONAL,
  SANCTIONED,
  SITES,
} from '../support/e2e/internet.ts';
import { ADDRESSES, type Lab } from '../support/e2e/lab.ts';
import { start } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { folder, tunnelwarden } from '../support/e2e/tunnelwarden.ts';
import { CLOUDFLARED, LOCALTUNNEL, NGROK, PINGGY, type Ways } from '../support/e2e/ways.ts';

// What `tunnelwarden closure` says of each step, held against a client that takes it, through a gateway that
// runs the same policy. Whoever says that a step is closed is wrong if one of its ways gets through.

const SERVICES: Readonly<Record<string, Ways>> = {
  ngrok: NGROK,
  'cloudflare-tunnel': CLOUDFLARED,
  localtunnel: LOCALTUNNEL,
  pinggy: PINGGY,
};

const policyWith = (firewall: string, more = '') => `
organisation: { name: Example Corp, contact: it-help@example.com }
ingress: [{ domain: ${SANCTIONED}, names: [${REGIONAL}] }]
services: { ${Object.keys(SERVICES)
  .map((id) => `${id}: block`)
  .join(', ')} }
bypass: { resolvers: block }
resolver:
  listen: ['0.0.0.0:53', '[::]:53']
  upstreams: ['${ADDRESSES.resolver[0]}']
  clients: [192.0.2.0/24, '2001:db8:1::/64']
firewall: { lan: [lan]${firewall} }
${more}
`;
const GATED = policyWith(
  `, gate: ${GATE}, refuser: ${REFUSER}`,
  `refusal: { answer: sinkhole, addresses: [${REFUSERS.map((one) => `'${one}'`).join(', ')}] }`,
);

type Case = {
  readonly when: string;
  readonly filter?: Filter;
  readonly policy: string;
  readonly flags?: readonly string[];
};

const cases: readonly Case[] = [
  { when: 'nftables, with gate and refuser', filter: 'nftables', policy: GATED, flags: ENFORCING },
  { when: 'iptables, with gate and refuser', filter: 'iptables', policy: GATED, flags: ENFORCING },
  { when: 'nftables alone', filter: 'nftables', policy: policyWith('') },
  { when: 'iptables alone', filter: 'iptables', policy: policyWith('') },
  { when: 'the resolver alone', policy: policyWith('') },
];

/** What one step came to, in words that both sides have. */
type Said = Readonly<Record<string, string>>;

test('closure and the walker', {
  skip: missing('root', 'ip', 'nft', 'openssl', 'iptables', 'ipset'),
}, async (t) => {
  const { lab } = await createInternet(t);
  lab.resolveBy(`nameserver ${ADDRESSES.gateway[0]}`);
  const home = folder(t);
  for (const { when, filter, policy, flags = [] } of cases) {
    await t.test(when, async (t) => {
      const options = { home: mkdtempSync(`${home}/`), policy, flags };
      const guarded = await guard(t, lab, { ...options, ...(filter ? { filter } : {}) });
      t.after(guarded.remove);
      for (const [service, ways] of Object.entries(SERVICES)) {
        const words = ['--policy', guarded.policy, '--service', service, '--json'];
        const said = await closureSays(lab, ...words, '--backend', filter ?? 'none');
        const walked = await walk(t, lab, ways);
        assert.deepEqual(saidOf(walked), said, service);
        if (policy === GATED && service === 'ngrok') assertLed(walked);
      }
      // What all this is for: where names alone are refused, an agent is round them in a second.
      for (const version of [2, 3] as const) {
        const turns = await agentRound(t, lab, version);
        const through = turns.find(({ dialled }) => dialled && 'reached' in dialled);
        assert.equal(through?.via, filter ? undefined : 's3');
      }
    });
  }
});

type Steps = readonly { readonly id: string; readonly state: string }[];

async function closureSays({ gateway }: Lab, ...words: readonly string[]): Promise<Said> {
  const proxy = `${SITES.proxy[0]}:${PROXY_PORT}`;
  const { stdout, stderr } = await tunnelwarden(
    ['closure', ...words, '--client', ADDRESSES.client[0], '--proxy', proxy],
    { within: gateway.within },
  );
  assert.equal(stderr, '');
  const [{ steps }] = JSON.parse(stdout).services as [{ readonly steps: Steps }];
  return Object.fromEntries(
    steps.map(({ id, state }) => [id, state === 'closed' ? 'closed' : 'gets through']),
  );
}

const WALKER = fileURLToPath(new URL('../support/e2e/programs/walker.ts', import.meta.url));

type Walked = readonly { readonly id: string; readonly act: Act; readonly fate: Fate }[];

async function walk(t: TestContext, lab: Lab, ways: Ways): Promise<Walked> {
  const tried = Object.entries(ways).flatMap(([id, acts]) => acts.map((act) => ({ id, act })));
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const child = start(t, process.execPath, [WALKER], { within: lab.client.within }, [...stdio]);
  // At its end, too, so that one which dies does not keep the test waiting.
  const told = Promise.race([once(child, 'message'), once(child, 'exit')]);
  child.send({ acts: tried.map(({ act }) => act), refusers: REFUSERS });
  const [fates] = (await told) as [readonly Fate[]];
  assert.ok(Array.isArray(fates), 'the walker has told nothing');
  return tried.map(({ id, act }, i) => {
    const fate = fates[i] as Fate;
    // Whoever is left hanging waits for minutes: that is never how a way is closed.
    assert.notDeepEqual(fate, { refused: 'silence' }, `${id}: ${JSON.stringify(act)}`);
    return { id, act, fate };
  });
}

/** A step gets through where one of its ways does. */
function saidOf(walked: Walked): Said {
  const passing = new Set(walked.flatMap(({ id, fate }) => ('reached' in fate ? [id] : [])));
  return Object.fromEntries(
    walked.map(({ id }) => [id, passing.has(id) ? 'gets through' : 'closed']),
  );
}

/** The sanctioned name leads to the sanctioned ingress, wherever else it was dialled. */
function assertLed(walked: Walked): void {
  const reached = walked.flatMap(({ id, fate }) =>
    id === 'session-sanctioned-sni' && 'reached' in fate ? [fate.reached] : [],
  );
  assert.deepEqual(new Set(reached), new Set(['shared']));
  assert.equal(reached.length, SITES.shared.length + SITES.regional.length);
}
