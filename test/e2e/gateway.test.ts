import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  DEFAULT_DOOR,
  DENIED,
  REGIONAL,
  SANCTIONED,
  SHARED,
  tlsOutcomes,
} from '../firewall/support/front.ts';
import { ADDRESSES, createLab, type Lab } from '../support/e2e/lab.ts';
import { run } from '../support/e2e/process.ts';
import type { TlsProbe } from '../support/e2e/programs/tls-clients.ts';
import { missing } from '../support/e2e/requirements.ts';
import { makeCertificates, startTlsServer } from '../support/e2e/tls.ts';
import { folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, startUpstream } from '../support/e2e/upstream.ts';

// A gateway from its first hour to its last, by the program that people install: the address book,
// the rules, the resolver that feeds them, a client that tries all ways out, and everything taken
// away again.

const BLOCKED_ONLY = 'tunnel.ngrok.com';
const ORDINARY = 'www.example.net';
/** Where a resolver of somebody else's answers, over TLS as well. */
const FOREIGN = ADDRESSES.resolver;
const PLAIN = ADDRESSES.resolver;

const at = ([four, six]: readonly [string, string]) => [a(four), aaaa(six)];
const zone = {
  [DEFAULT_DOOR]: at(SHARED),
  [SANCTIONED]: at(SHARED),
  [REGIONAL]: at(SHARED),
  [BLOCKED_ONLY]: at(DENIED),
  [ORDINARY]: at(PLAIN),
};

const POLICY = `
organisation: { name: Example Corp, contact: it-help@example.com }
ingress: [{ domain: ${SANCTIONED}, names: [${REGIONAL}] }]
services: { ngrok: block }
bypass: { resolvers: block }
resolver:
  listen: ['0.0.0.0:53', '[::]:53']
  upstreams: ['${FOREIGN[0]}']
  clients: [192.0.2.0/24, '2001:db8:1::/64']
firewall: { lan: [lan], book: addresses.json }
`;

/** The internet: the edge of all names, and a resolver with DNS over TLS. */
async function startInternet(t: TestContext, lab: Lab): Promise<void> {
  const inside = { within: lab.internet.within };
  const certificates = makeCertificates(folder(t), SANCTIONED);
  const addresses = [...SHARED, ...DENIED, ...PLAIN];
  await Promise.all([
    startTlsServer(t, certificates, { addresses, port: 443 }, inside),
    startTlsServer(t, certificates, { addresses: FOREIGN, port: 853 }, inside),
    startUpstream(t, { zone, listen: FOREIGN.map((address) => ({ address, port: 53 })) }, inside),
  ]);
}

type Way = Omit<TlsProbe, 'port'> & {
  readonly when: string;
  readonly port?: number;
  readonly outcome: string;
};

/** By a name, which the client has resolved like any program, or by an address of each family. */
const WAYS: readonly Way[] = [
  { when: 'the sanctioned name', to: SANCTIONED, name: SANCTIONED, outcome: 'passed' },
  { when: 'its region', to: REGIONAL, name: REGIONAL, outcome: 'passed' },
  { when: 'a name that no rule is about', to: ORDINARY, name: ORDINARY, outcome: 'passed' },
  { when: 'the default door', to: DEFAULT_DOOR, name: DEFAULT_DOOR, outcome: 'ENOTFOUND' },
  { when: 'another blocked name', to: BLOCKED_ONLY, name: BLOCKED_ONLY, outcome: 'ENOTFOUND' },
  ...[0, 1].flatMap((family): readonly Way[] => {
    const [shared, denied, foreign] = [SHARED, DENIED, FOREIGN].map((pair) => pair[family]) as [
      ...[string, string, string],
    ];
    const over = family === 0 ? 'IPv4' : 'IPv6';
    return [
      { when: `the sanctioned name by ${over}`, to: shared, name: SANCTIONED, outcome: 'passed' },
      { when: `the default door by ${over}`, to: shared, name: DEFAULT_DOOR, outcome: 'reset' },
      { when: `no name by ${over}`, to: shared, outcome: 'reset' },
      { when: `a blocked name by ${over}`, to: denied, name: BLOCKED_ONLY, outcome: 'reset' },
      { when: `a name in disguise by ${over}`, to: denied, name: SANCTIONED, outcome: 'reset' },
      { when: `DNS over TLS by ${over}`, to: foreign, port: 853, outcome: 'reset' },
    ];
  }),
];

async function triedAll(lab: Lab): Promise<Readonly<Record<string, string>>> {
  const probes = WAYS.map(({ to, name, port = 443 }): TlsProbe => ({ to, name, port }));
  const outcomes = await tlsOutcomes({ lab }, probes);
  return Object.fromEntries(WAYS.map(({ when }, i) => [when, outcomes[i] as string]));
}

/** What a client is told that asks a server of its own choice: the status and the answer. */
async function asked({ client }: Lab, server: string, name: string, ...more: readonly string[]) {
  const words = [`@${server}`, '+tries=1', '+time=3', name, 'A', ...more];
  const { stdout } = await run('dig', words, { within: client.within });
  const status = /status: (\w+)/.exec(stdout)?.[1] ?? 'silence';
  const address = /^(?!;).*\sA\s+(\S+)$/m.exec(stdout)?.[1] ?? 'none';
  return `${status} ${address}`;
}

test('a gateway, from its address book to the removal of its rules', {
  skip: missing('root', 'ip', 'nft', 'openssl', 'dig'),
}, async (t) => {
  const lab = createLab(t);
  await startInternet(t, lab);
  const home = folder(t);
  const policy = write(home, 'policy.yaml', POLICY);
  const { within } = lab.gateway;
  const ok = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await tunnelwarden(words, { within });
    assert.equal(code, 0, `${words.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const call = (verb: string, ...words: readonly string[]) =>
    ok(verb, ...words, '--policy', policy, '--state', `${home}/state`);
  /** Everything the kernel has been told on the gateway. */
  const kernel = async () => {
    const script = 'nft list ruleset; ip rule; ip -6 rule';
    return (await run('sh', ['-c', script], { within })).stdout;
  };
  const before = await kernel();

  await t.test('without rules all ways are open', async () => {
    lab.resolveBy(`nameserver ${FOREIGN[0]}`);
    const open = Object.fromEntries(WAYS.map(({ when }) => [when, 'passed']));
    assert.deepEqual(await triedAll(lab), open);
    assert.equal(await asked(lab, FOREIGN[0], DEFAULT_DOOR), `NOERROR ${SHARED[0]}`);
  });

  await t.test('the names are looked up and the rules loaded', async () => {
    const said = await ok('addresses', 'refresh', '--policy', policy);
    assert.match(said, /^4 of \d+ names, 8 addresses: .*addresses\.json\n$/);
    assert.match(
      await call('apply', 'nftables', '--no-confirm'),
      /^nftables rules of policy\s[\s\S]* are loaded\./,
    );
  });

  const listening = ['--policy', policy, '--database', `${home}/attempts.db`];
  const server = await serve(t, [...listening, '--feed', 'nft'], { within });
  lab.resolveBy(`nameserver ${ADDRESSES.gateway[0]}`);

  await t.test('a client gets out where it may, and nowhere else', async () => {
    const expected = Object.fromEntries(WAYS.map(({ when, outcome }) => [when, outcome]));
    assert.deepEqual(await triedAll(lab), expected);
  });

  await t.test('questions to others come to our resolver', async () => {
    const outcomes = await Promise.all([
      ...FOREIGN.map((server) => asked(lab, server, DEFAULT_DOOR)),
      ...FOREIGN.map((server) => asked(lab, server, DEFAULT_DOOR, '+tcp')),
      // Nobody answers there.
      ...DENIED.map((server) => asked(lab, server, ORDINARY)),
    ]);
    assert.deepEqual(outcomes, [
      ...Array.from({ length: 4 }, () => 'NXDOMAIN none'),
      ...Array.from({ length: 2 }, () => `NOERROR ${PLAIN[0]}`),
    ]);
  });

  await t.test('status is in sync, and tells what was refused', async () => {
    const { standing, counters } = JSON.parse(await call('status', '--json'));
    assert.equal(standing, 'in-sync');
    const packets = new Map<string, number>(
      counters.map(({ id, packets }: { id: string; packets: number }) => [id, packets]),
    );
    for (const id of ['TW-DENY', 'TW-SNI', 'TW-DNS']) assert.ok((packets.get(id) ?? 0) > 0, id);
    assert.match(await call('status'), /TW-DENY +[1-9]/);
  });

  await t.test('nothing of ours is left behind', async () => {
    assert.equal(await server.stop(), 0);
    assert.equal(await ok('remove', '--state', `${home}/state`), 'The nftables rules are gone.\n');
    assert.equal(await kernel(), before);
    const probes = SHARED.map((to): TlsProbe => ({ to, port: 443, name: DEFAULT_DOOR }));
    assert.deepEqual(await tlsOutcomes({ lab }, probes), ['passed', 'passed']);
  });
});
