import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  agentRound,
  holdSdk,
  holdSessions,
  sdkSessions,
  startIdle,
  useHosts,
} from '../support/e2e/clients.ts';
import { ENFORCING, GATE, type Guarded, guard, REFUSER, REFUSERS } from '../support/e2e/guarded.ts';
import {
  BLOCKED_CUSTOMER,
  CUSTOMER,
  createInternet,
  DEFAULT_DOOR,
  type Internet,
  OLD_DOOR,
  OLDEST_DOOR,
  REGIONAL,
  SANCTIONED,
  SITES,
} from '../support/e2e/internet.ts';
import { ADDRESSES } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import {
  type AttemptLine,
  attempts,
  folder,
  serve,
  tunnelwarden,
} from '../support/e2e/tunnelwarden.ts';

// The whole of it on one gateway: resolver, live sets, gate, refuser and rule set, between the real ngrok
// SDK, agents that go round DNS, and an edge that the organisation's own ingress shares.

const [CLIENT] = ADDRESSES.client;
const [SHARED] = SITES.shared;
const [DENIED] = SITES.denied;
const [CDN] = SITES.cdn;
const OWN_SERVER = `${SANCTIONED}:443`;
/** The SDK's hello, whatever the order of its extensions. */
const SDK_JA4 = 't13d101000_61a7ad8aa9b6_f9531d972513';
/** What the SDK begins its session with. */
const SESSION_BEGINS = '0000041200000003ffffffff';

const policyWith = (more = '') => `
organisation: { name: Example Corp, contact: it-help@example.com }
ingress: [{ domain: ${SANCTIONED}, names: [${REGIONAL}] }]
services: { ngrok: block, localtunnel: block }
bypass: { resolvers: block }
refusal: { answer: sinkhole, addresses: ['${REFUSERS.join("', '")}'] }
resolver:
  listen: ['0.0.0.0:53', '[::]:53']
  upstreams: ['${ADDRESSES.resolver[0]}']
  clients: [192.0.2.0/24, '2001:db8:1::/64']
firewall: { lan: [lan], gate: ${GATE}, refuser: ${REFUSER} }
${more}
`;

/** Ways in which a client may have been told where names lead. */
const ARRANGEMENTS = [
  { when: 'by the resolver it was given', resolver: ADDRESSES.gateway[0], hosts: [] },
  { when: 'by a resolver out there', resolver: SITES.google[0], hosts: [] },
  {
    when: 'by its hosts file',
    resolver: ADDRESSES.gateway[0],
    hosts: [`${SHARED} ${DEFAULT_DOOR}`, `${DENIED} ${OLD_DOOR}`, `${SHARED} ${OLDEST_DOOR}`],
  },
];

for (const filter of ['nftables', 'iptables'] as const) {
  const tools = filter === 'nftables' ? (['nft'] as const) : (['iptables', 'ipset'] as const);
  const skip = missing('root', 'ip', 'openssl', 'curl', 'tcpdump', ...tools);

  test(`the whole, by ${filter}`, { skip, timeout: 120_000 }, async (t) => {
    const internet = await createInternet(t);
    const { lab } = internet;
    lab.resolveBy(`nameserver ${ADDRESSES.gateway[0]}`);
    const guarded = await guard(t, lab, {
      ...{ home: folder(t), policy: policyWith(), filter },
      flags: [...ENFORCING, '--firewall-log', 'nflog:5'],
    });
    await refused(t, internet);
    await sanctioned(t, internet, guarded);
    await fronts(t, internet);
    await cut(t, internet, guarded);
    await recorded(t, guarded);
    await killed(t, internet, guarded);
  });
}

test('a gate of its own, beside `serve`', {
  skip: missing('root', 'ip', 'openssl', 'nft'),
}, async (t) => {
  const { lab } = await createInternet(t);
  lab.resolveBy(`nameserver ${ADDRESSES.gateway[0]}`);
  const home = folder(t);
  const guarded = await guard(t, lab, { home, policy: policyWith(), filter: 'nftables' });
  const database = `${home}/gate.db`;
  const words = ['--policy', guarded.policy, '--database', database, '--feed', 'nft'];
  for (const address of ['0.0.0.0', '[::]']) words.push('--listen', `${address}:${GATE}`);
  const gate = await serve(t, words, lab.gateway, 'gate');
  await gate.told('fronts come to the gate');
  const dials = [
    { host: SHARED, port: 443, sni: SANCTIONED },
    { host: SHARED, port: 443, sni: DEFAULT_DOOR },
    { host: CDN, port: 443, sni: CUSTOMER },
    { host: CDN, port: 443, sni: BLOCKED_CUSTOMER },
  ];
  const outcomes = ['shared', 'reset', 'cdn', 'reset'];
  const { first, say } = await holdSessions(t, lab, dials);
  assert.deepEqual(first, outcomes);

  await t.test('takes nothing from who restarts `serve`', async (t) => {
    await guarded.server.stop();
    assert.deepEqual((await holdSessions(t, lab, dials)).first, outcomes, 'meanwhile');
    await guarded.start();
    assert.deepEqual(await say(), outcomes);
  });

  await t.test('has a policy of its own to reload', async (t) => {
    await guarded.change(policyWith(`allow: [{ name: ${DEFAULT_DOOR}, reason: a trial }]`));
    await gate.reload();
    const trial = await holdSessions(t, lab, dials);
    assert.deepEqual(trial.first, ['shared', 'shared', 'cdn', 'reset']);
    await guarded.change(policyWith());
    await gate.reload();
    assert.deepEqual(await trial.say(), ['shared', 'reset', 'cdn', 'reset']);
  });

  await t.test('ended, it leaves what it has passed, and takes nobody new', async (t) => {
    assert.equal(await gate.stop(), 0);
    const [own, door] = (await holdSessions(t, lab, dials)).first;
    assert.deepEqual([own, door], ['reset', 'reset']);
    assert.deepEqual(await say(), outcomes);
    const lines = await attempts(database, '--point', 'gate', '--name', DEFAULT_DOOR);
    assert.deepEqual(
      new Set(lines.map(({ answer, client }) => `${answer} ${client}`)),
      new Set([`reset ${CLIENT}`, `cut ${CLIENT}`]),
    );
  });
});

/** The SDK and the agents, whatever tells them where to go. */
async function refused(t: TestContext, internet: Internet): Promise<void> {
  const { lab, certificates, foreign } = internet;
  for (const { when, resolver, hosts } of ARRANGEMENTS) {
    await t.test(`agents are refused that are told where to go ${when}`, async (t) => {
      lab.resolveBy(`nameserver ${resolver}`);
      useHosts(lab, ...hosts);
      t.after(() => {
        lab.resolveBy(`nameserver ${ADDRESSES.gateway[0]}`);
        useHosts(lab);
      });
      const [[sdk], second, third] = await Promise.all([
        sdkSessions(lab, certificates.ca),
        agentRound(t, lab, 2),
        agentRound(t, lab, 3),
      ]);
      assert.equal(sdk?.connected, false);
      assert.ok(sdk.milliseconds < 5000, `its user waits ${sdk.milliseconds} ms`);
      for (const turns of [second, third]) {
        assert.deepEqual(
          turns.map(({ via }) => via),
          ['system', 'system', 'google', 's3', 'system', 'google', 's3', 'system'],
        );
        for (const { via, found, dialled } of turns) {
          // A list of addresses at a path is nothing that a name or an address tells apart.
          if (via === 's3') assert.ok('reached' in found);
          assert.notDeepEqual(dialled, { refused: 'silence' });
        }
      }
      const sites = (await internet.seen()).map(({ site }) => site);
      assert.deepEqual(new Set(sites), new Set(['s3']));
      assert.deepEqual(await foreign.asked(), [], 'nobody asks resolvers out there');
    });
  }
}

/** The organisation's own ingress, at the address where all others are refused. */
async function sanctioned(t: TestContext, internet: Internet, guarded: Guarded): Promise<void> {
  const { lab, certificates } = internet;
  const { ca } = certificates;

  await t.test('the SDK gets through to the own ingress a hundred times of a hundred', async () => {
    const sessions = await sdkSessions(lab, ca, { server: OWN_SERVER, count: 100 });
    assert.deepEqual(
      sessions.map(({ connected }) => connected),
      Array.from({ length: 100 }, () => true),
    );
    const seen = (await internet.seen()).map(({ site, sni, first }) => `${site} ${sni} ${first}`);
    const expected = `shared ${SANCTIONED} ${SESSION_BEGINS}`;
    assert.deepEqual(
      seen,
      Array.from({ length: 100 }, () => expected),
    );
  });

  await t.test('connections that say nothing keep nobody out', async (t) => {
    await startIdle(t, lab, SHARED, 3_000);
    const dials = Array.from({ length: 20 }, () => ({ host: SHARED, port: 443, sni: SANCTIONED }));
    const { first } = await holdSessions(t, lab, dials);
    assert.deepEqual(new Set(first), new Set(['shared']));
  });

  await t.test('sessions stay through a reload, new rules and a restart', async (t) => {
    const hosts = [...SITES.shared, ...SITES.regional];
    const sdk = await holdSdk(t, lab, OWN_SERVER, ca);
    const { first, say } = await holdSessions(
      t,
      lab,
      hosts.map((host) => ({ host, port: 443, sni: REGIONAL })),
    );
    const expected = hosts.map(() => 'regional');
    assert.deepEqual(first, expected);
    const stays = async (when: string) => assert.deepEqual(await say(), expected, when);
    await guarded.change(policyWith("block: ['late.example.net']"));
    await stays('through a reload');
    await guarded.apply();
    await stays('through new rules');
    await guarded.server.stop();
    await stays('while nobody is there');
    assert.deepEqual(await sdk.beat(), []);
    await guarded.start();
    await stays('through a restart');
    assert.deepEqual(await sdk.beat(), []);
    const { first: next } = await holdSessions(t, lab, [
      { host: SHARED, port: 443, sni: SANCTIONED },
      { host: SHARED, port: 443, sni: DEFAULT_DOOR },
    ]);
    assert.deepEqual(next, ['shared', 'reset']);
  });
}

/** A front of many: only what is blocked is refused. */
async function fronts(t: TestContext, { lab, certificates }: Internet): Promise<void> {
  const curl = async (name: string, ...more: readonly string[]) => {
    const words = ['--silent', '--show-error', '--max-time', '5', '--cacert', certificates.ca];
    const ended = await run('curl', [...words, ...more, `https://${name}/`], lab.client);
    return { code: ended.code, stdout: ended.stdout };
  };

  await t.test('a front passes curl, and a hello in two segments', async (t) => {
    assert.deepEqual(await curl(CUSTOMER), { code: 0, stdout: '{"site":"cdn"}' });
    const { first } = await holdSessions(t, lab, [
      { host: CUSTOMER, port: 443, sni: CUSTOMER },
      { host: CUSTOMER, port: 443, sni: CUSTOMER, wire: 'segments' },
      { host: CDN, port: 443 },
      { host: CDN, port: 443, sni: BLOCKED_CUSTOMER },
      { host: CDN, port: 443, sni: BLOCKED_CUSTOMER, wire: 'segments' },
    ]);
    assert.deepEqual(first, ['cdn', 'cdn', 'cdn', 'reset', 'reset']);
  });

  const skip = missing('chromium-headless-shell');
  await t.test('a front passes Chromium', { skip }, async (t) => {
    const profile = folder(t);
    const words = ['--no-sandbox', '--disable-gpu', '--ignore-certificate-errors', '--dump-dom'];
    const args = [...words, `--user-data-dir=${profile}`, `https://${CUSTOMER}/`];
    const { stdout } = await run('chromium-headless-shell', args, lab.client);
    assert.match(stdout, /"site":"cdn"/);
  });

  await t.test('the blocked customer is refused, by name and by address', async () => {
    const CONNECTION_RESET = 35;
    const there = ['--resolve', `${BLOCKED_CUSTOMER}:443:${CDN}`];
    const { code } = await curl(BLOCKED_CUSTOMER, ...there);
    assert.equal(code, CONNECTION_RESET);
    assert.notEqual((await curl(BLOCKED_CUSTOMER)).code, 0);
  });
}

/** Sessions that run when the policy begins to forbid them. */
async function cut(t: TestContext, { lab }: Internet, guarded: Guarded): Promise<void> {
  const door = { host: SHARED, port: 443, sni: DEFAULT_DOOR };
  const own = { host: SHARED, port: 443, sni: SANCTIONED };

  await t.test('a session is cut that the gate may no longer pass', async (t) => {
    await guarded.change(policyWith(`allow: [{ name: ${DEFAULT_DOOR}, reason: a trial }]`));
    const { first, say } = await holdSessions(t, lab, [door, own]);
    assert.deepEqual(first, ['shared', 'shared']);
    await guarded.change(policyWith());
    assert.deepEqual(await say(), ['reset', 'shared']);
  });

  await t.test('a session is cut that the packet filter may no longer pass', async (t) => {
    const exception = `allow: [{ service: ngrok, clients: [${CLIENT}], reason: a trial }]`;
    await guarded.change(policyWith(exception));
    await guarded.apply();
    const { first, say } = await holdSessions(t, lab, [
      door,
      { host: DENIED, port: 443, sni: OLD_DOOR },
      own,
    ]);
    assert.deepEqual(first, ['shared', 'denied', 'shared']);
    await guarded.change(policyWith());
    await guarded.apply();
    // All three went there without a gate in between, which no connection can be led to later.
    assert.deepEqual(await say(), ['reset', 'reset', 'reset']);
  });
}

const session = { client: CLIENT, service: 'ngrok', role: 'session', verdict: 'blocked' };
const seenAt = (point: string, answer: string, more: object) => ({ point, answer, ...more });
const at = (destination: string) => ({ destination, port: 443 });
const of = (name: string, pattern = name) => ({
  ...session,
  name,
  rule: `ngrok/session/${pattern}`,
});
const dialled = (name: string, pattern?: string) => ({ ...of(name, pattern), type: 'TLS' });

/** Some of what has to be there of each. */
const RECORDS: readonly Readonly<Record<string, string | number>>[] = [
  // Refused names, which lead to the refuser, and what is dialled there.
  { ...seenAt('resolver', 'sinkhole', of(DEFAULT_DOOR)), type: 'A' },
  { ...seenAt('resolver', 'sinkhole', of(OLDEST_DOOR, 'tunnel.*.ngrok.com')), type: 'AAAA' },
  { ...seenAt('refuser', 'alert', dialled(OLD_DOOR)), ...at(REFUSERS[0] as string) },
  {
    ...seenAt('refuser', 'alert', dialled('korgn.su.lennut.com', 'korgn.*.lennut.com')),
    ...at(REFUSERS[0] as string),
  },
  // Ways round.
  {
    ...seenAt('resolver', 'nxdomain', { client: CLIENT, name: 'dns.google.com', type: 'A' }),
    rule: 'bypass/google/dns.google.com',
  },
  {
    ...seenAt('resolver', 'answered', { client: CLIENT, name: 's3.amazonaws.com', type: 'A' }),
    ...{ verdict: 'watched', rule: 'ngrok/bypass/=s3.amazonaws.com' },
  },
  {
    ...seenAt('firewall', 'captured', { ...session, name: DEFAULT_DOOR, rule: 'TW-DNS' }),
    ...{ destination: SITES.google[0], port: 53, transport: 'udp' },
  },
  // What agents dial that have the right address.
  {
    ...seenAt('gate', 'reset', dialled(OLDEST_DOOR, 'tunnel.*.ngrok.com')),
    ...at(SHARED),
  },
  {
    ...seenAt('gate', 'reset', dialled('korgn.su.lennut.com', 'korgn.*.lennut.com')),
    ...at(SHARED),
  },
  { ...seenAt('gate', 'reset', dialled(DEFAULT_DOOR)), ...at(SHARED), ja4: SDK_JA4 },
  {
    ...seenAt('firewall', 'reset', { ...session, name: OLD_DOOR, rule: 'TW-DENY' }),
    ...{ ...at(DENIED), lead: 'unanswered', transport: 'tcp' },
  },
  // A front's blocked customer, and a session that was cut.
  {
    ...seenAt('gate', 'reset', { client: CLIENT, name: BLOCKED_CUSTOMER, type: 'TLS' }),
    ...{ ...at(CDN), rule: 'localtunnel/session/loca.lt', service: 'localtunnel' },
  },
  { ...seenAt('gate', 'cut', dialled(DEFAULT_DOOR)), ...at(SHARED) },
];

/** What the log of attempts has of all that. */
async function recorded(t: TestContext, { database }: Guarded): Promise<void> {
  await t.test('all of it is recorded', async () => {
    const lines = await attempts(database);
    for (const record of RECORDS) {
      const isIt = (line: AttemptLine) =>
        Object.entries(record).every(([key, value]) => line[key] === value);
      assert.ok(lines.some(isIt), `${JSON.stringify(record)} is none of\n${texts(lines)}`);
    }
    const names = new Set(lines.map(({ name }) => name));
    assert.ok(!names.has(CUSTOMER), "what nobody forbids is nobody's business");
  });

  await t.test('the own ingress is recorded beside it', async () => {
    const lines = await attempts(database, '--verdict', 'sanctioned');
    const gated = lines.filter(({ point, name }) => point === 'gate' && name === SANCTIONED);
    const count = gated.reduce((sum, { count }) => sum + Number(count), 0);
    assert.ok(count >= 100, texts(lines));
    for (const line of gated) {
      const { rule, verdict } = line;
      assert.deepEqual({ rule, verdict }, { rule: `ingress/${SANCTIONED}`, verdict: 'sanctioned' });
    }
  });

  await t.test('it tells the story of the agents, way after way', async () => {
    const words = ['attempts', '--database', database, '--client', CLIENT, '--stories', '--json'];
    const { stdout } = await tunnelwarden(words);
    const stories: readonly Story[] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const steps = stories
      .filter(({ client, service }) => client === CLIENT && service === 'ngrok')
      .flatMap(({ steps }) => steps);
    // Which of them is open is the file alone, as `closure` says.
    assert.deepEqual(
      new Set(steps.map(({ via, closed }) => `${via} ${closed ? 'closed' : 'open'}`)),
      new Set(['system-dns', 'dns', 'doh', 'name', 'address'].map((via) => `${via} closed`)).add(
        'file open',
      ),
      stdout,
    );
  });
}

type Story = {
  readonly client: string;
  readonly service: string;
  readonly steps: readonly { readonly via: string; readonly closed: boolean }[];
};

function texts(lines: readonly AttemptLine[]): string {
  return lines.map((line) => JSON.stringify(line)).join('\n');
}

/** A gateway whose gate has gone. */
async function killed(t: TestContext, { lab }: Internet, guarded: Guarded): Promise<void> {
  await t.test('without its gate, shared addresses are closed and fronts open', async (t) => {
    guarded.server.child.kill('SIGKILL');
    const dials = [
      { host: SHARED, port: 443, sni: SANCTIONED },
      { host: SHARED, port: 443, sni: DEFAULT_DOOR },
      { host: CDN, port: 443, sni: CUSTOMER },
    ];
    await eventually('fronts that open', async () => {
      const { first } = await holdSessions(t, lab, dials);
      assert.deepEqual(first.slice(0, 2), ['reset', 'reset']);
      return first[2] === 'cdn';
    });
  });
}
