import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { DEFAULT_DOOR, SANCTIONED, SHARED, tlsOutcomes } from '../firewall/support/front.ts';
import { ADDRESSES, createLab, type Lab } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { missing } from '../support/e2e/requirements.ts';
import { makeCertificates, startTlsServer } from '../support/e2e/tls.ts';
import { attempts, folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, startUpstream } from '../support/e2e/upstream.ts';

// The gate of the built program behind each packet filter, reached in each way it can be.

const BLOCKED = 'tunnel.eu.ngrok.com';
const ORDINARY = 'www.example.net';
/** An ordinary name and a blocked one live there: a front of many. */
const FRONT = ADDRESSES.resolver;
const UPSTREAM = ADDRESSES.resolver[0];

const at = ([four, six]: readonly [string, string]) => [a(four), aaaa(six)];
const zone = {
  [DEFAULT_DOOR]: at(SHARED),
  [SANCTIONED]: at(SHARED),
  [BLOCKED]: at(FRONT),
  [ORDINARY]: at(FRONT),
};

const policyWith = (transparent: boolean) => `
organisation: { name: Example Corp }
ingress: [{ domain: ${SANCTIONED} }]
services: { ngrok: block }
resolver:
  listen: ['0.0.0.0:53', '[::]:53']
  upstreams: ['${UPSTREAM}']
  clients: [192.0.2.0/24, '2001:db8:1::/64']
firewall: { lan: [lan], gate: 9443, transparent: ${transparent} }
`;

type Way = { readonly format: 'nftables' | 'iptables'; readonly transparent: boolean };
const ways: readonly Way[] = [
  { format: 'nftables', transparent: false },
  { format: 'nftables', transparent: true },
  { format: 'iptables', transparent: false },
  { format: 'iptables', transparent: true },
];

/** By family: what a client sends where, and what becomes of it. */
const probes = [0, 1].flatMap((family) => {
  const [shared, front] = [SHARED[family] as string, FRONT[family] as string];
  return [
    { to: shared, name: SANCTIONED, outcome: 'passed' },
    { to: shared, name: `eu.${SANCTIONED}`, outcome: 'reset' }, // nobody says where that leads
    { to: shared, name: DEFAULT_DOOR, outcome: 'reset' },
    { to: shared, name: ORDINARY, outcome: 'reset' },
    { to: shared, outcome: 'reset' },
    { to: front, name: ORDINARY, outcome: 'passed' },
    { to: front, outcome: 'passed' },
    { to: front, name: BLOCKED, outcome: 'reset' },
  ];
});

for (const { format, transparent } of ways) {
  const means = transparent ? 'TPROXY' : 'REDIRECT';
  test(`the gate behind ${format}, by ${means}`, {
    skip: missing('root', 'ip', 'nft', 'iptables', 'ipset', 'openssl'),
  }, async (t) => {
    const lab = createLab(t);
    await startInternet(t, lab);
    const home = folder(t);
    const policy = write(home, 'policy.yaml', policyWith(transparent));
    const { within } = lab.gateway;
    const run = async (...words: readonly string[]) => {
      const args = [...words, '--policy', policy];
      const { code, stdout, stderr } = await tunnelwarden(args, { within });
      assert.equal(code, 0, `${words.join(' ')}: ${stdout}${stderr}`);
    };
    await run('addresses', 'refresh');
    await run('apply', format, '--no-confirm', '--state', `${home}/state`);
    lab.resolveBy(`nameserver ${ADDRESSES.gateway[0]}`);
    const database = `${home}/attempts.db`;
    const server = await serve(
      t,
      [
        ...['--policy', policy, '--database', database],
        ...['--feed', format === 'nftables' ? 'nft' : 'ipset'],
        ...['--gate', '0.0.0.0:9443', '--gate', '[::]:9443'],
      ],
      { within },
    );
    await server.told('fronts come to the gate');
    const tried = () =>
      tlsOutcomes(
        { lab },
        probes.map(({ to, name }) => ({ to, port: 443, ...(name ? { name } : {}) })),
      );
    // Who asks for both names of the front: only then does the resolver know what it is.
    assert.deepEqual(await tlsOutcomes({ lab }, [{ to: ORDINARY, port: 443, name: ORDINARY }]), [
      'passed',
    ]);

    await t.test('passes what the policy allows and nothing else', async () => {
      assert.deepEqual(
        await tried(),
        probes.map(({ outcome }) => outcome),
      );
    });

    await t.test('gone, shared addresses are closed and fronts are open', async () => {
      assert.equal(await server.stop(), 0);
      const expected = probes.map(({ to }) => (FRONT.includes(to as never) ? 'passed' : 'reset'));
      await eventually('shared are closed, fronts are open', async () => {
        return (await tried()).join() === expected.join();
      });
    });

    await t.test('has recorded who tried what', async () => {
      const lines = await attempts(database, '--point', 'gate', '--verdict', 'blocked');
      const seen = new Set(
        lines.map(({ client, destination, port, name = 'none', rule }) =>
          [client, destination, port, name, rule].join(' '),
        ),
      );
      for (const family of [0, 1]) {
        const client = ADDRESSES.client[family];
        const session = `ngrok/session/${DEFAULT_DOOR}`;
        for (const line of [
          `${client} ${SHARED[family]} 443 ${DEFAULT_DOOR} ${session}`,
          `${client} ${SHARED[family]} 443 ${ORDINARY} TW-SNI`,
          `${client} ${SHARED[family]} 443 none TW-SNI`,
          `${client} ${FRONT[family]} 443 ${BLOCKED} ngrok/session/tunnel.*.ngrok.com`,
        ]) {
          assert(seen.has(line), `${line}\nis not among\n${[...seen].join('\n')}`);
        }
      }
    });
  });
}

async function startInternet(t: TestContext, lab: Lab): Promise<void> {
  const inside = { within: lab.internet.within };
  const certificates = makeCertificates(folder(t), SANCTIONED);
  const addresses = [...SHARED, ...FRONT];
  await Promise.all([
    startTlsServer(t, certificates, { addresses, port: 443 }, inside),
    startUpstream(t, { zone, listen: [{ address: UPSTREAM, port: 53 }] }, inside),
  ]);
}
