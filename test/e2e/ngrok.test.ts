import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ADDRESSES, countPackets, createLab, type Lab } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { end, run, start } from '../support/e2e/process.ts';
import { missing } from '../support/e2e/requirements.ts';
import { makeCertificates, startTlsServer } from '../support/e2e/tls.ts';
import { type AttemptLine, attempts, folder, serve, write } from '../support/e2e/tunnelwarden.ts';
import { a, aaaa, startUpstream } from '../support/e2e/upstream.ts';

// The real ngrok SDK, with a made-up token, in a network whose resolver is tunnelwarden and whose
// internet holds ngrok's edge, the edge of the organisation's own ingress, and a second resolver
// that the client's resolv.conf names too: a refusal must not send the client there.

const SDK = fileURLToPath(new URL('../support/e2e/programs/ngrok-session.ts', import.meta.url));
const DEFAULT_DOOR = 'connect.ngrok-agent.com';
const SANCTIONED = 'tunnels.example.com';
const REGIONAL = 'tunnel.us.tunnels.example.com';
/** What SDK 1.7 says whatever has gone wrong below TLS. */
const REFUSED = 'failed to connect session: failed to establish tcp connection';

const zone = {
  [DEFAULT_DOOR]: [a(ADDRESSES.ngrok[0]), aaaa(ADDRESSES.ngrok[1])],
  [SANCTIONED]: [a(ADDRESSES.sanctioned[0]), aaaa(ADDRESSES.sanctioned[1])],
  [REGIONAL]: [a(ADDRESSES.sanctioned[0])],
};

const policyWith = (more: string) => `
organisation: { name: Example Corp, contact: it-help@example.com }
ingress: [{ domain: ${SANCTIONED} }]
services: { ngrok: block, others: block }
resolver:
  listen: ['0.0.0.0:53', '[::]:53']
  upstreams: ['${ADDRESSES.resolver[0]}']
  clients: [192.0.2.0/24, '2001:db8:1::/64']
${more}
`;

const refusals = [
  {
    when: 'NXDOMAIN, from an IPv4 resolver',
    answer: 'nxdomain',
    more: 'refusal: { answer: nxdomain }',
    resolver: ADDRESSES.gateway[0],
    from: ADDRESSES.client[0],
  },
  {
    when: 'no data, from an IPv6 resolver',
    answer: 'nodata',
    more: 'refusal: { answer: nodata }',
    resolver: ADDRESSES.gateway[2],
    from: ADDRESSES.client[1],
  },
  {
    when: 'the address of a refuser that resets, from a second address of the resolver',
    answer: 'sinkhole',
    more: `refusal: { addresses: [${ADDRESSES.gateway[1]}, '${ADDRESSES.gateway[3]}'] }`,
    resolver: ADDRESSES.gateway[1],
    from: ADDRESSES.client[0],
  },
];

/** A session as the SDK tells of it. */
type Session = {
  readonly connected: boolean;
  readonly error?: string;
  readonly milliseconds: number;
};

test('the ngrok SDK', { skip: missing('root', 'ip', 'nft', 'openssl') }, async (t) => {
  const lab = createLab(t);
  const inside = { within: lab.internet.within };
  const certificates = makeCertificates(folder(t), SANCTIONED, REGIONAL, DEFAULT_DOOR);
  const everywhere = [...ADDRESSES.ngrok, ...ADDRESSES.sanctioned];
  const [edges, upstream] = await Promise.all([
    startTlsServer(t, certificates, { addresses: everywhere, port: 443 }, inside),
    startUpstream(t, { zone, listen: [{ address: ADDRESSES.resolver[0], port: 53 }] }, inside),
  ]);
  const packetsAtNgrok = countPackets(lab.internet, ADDRESSES.ngrok);

  /** Visits to an edge since the last time. */
  let visitsBefore = 0;
  const newVisits = async () => {
    const visits = (await edges.visits()).slice(visitsBefore);
    visitsBefore += visits.length;
    return visits.map(({ to, sni, protocol, first }) => ({ to, sni, protocol, first }));
  };
  const { within } = lab.client;
  const dialDefault = async (): Promise<Session> => {
    const { stdout, stderr } = await run(process.execPath, [SDK, '', certificates.ca], { within });
    assert.notEqual(stdout, '', stderr);
    return JSON.parse(stdout);
  };
  /** Dials until somebody is there; our edges say nothing, so the session gets no further. */
  const visitOf = async (server = '') => {
    const dialling = start(t, process.execPath, [SDK, server, certificates.ca], { within });
    const visits = await eventually('a visit to an edge', async () => {
      const visits = await newVisits();
      return visits.length > 0 && visits;
    });
    await end(dialling);
    return visits;
  };

  for (const { when, answer, more, resolver, from } of refusals) {
    await t.test(`is refused its default door: ${when}`, async (t) => {
      const logged = await protect(t, lab, more, resolver);

      const { connected, error, milliseconds } = await dialDefault();
      t.diagnostic(`${answer}: error after ${milliseconds} ms`);
      assert.deepEqual({ connected, error }, { connected: false, error: REFUSED });
      assert.ok(milliseconds < 5000, `its user waits ${milliseconds} ms`);
      assert.deepEqual(await newVisits(), []);
      assert.equal(packetsAtNgrok(), 0);

      for (const name of [SANCTIONED, REGIONAL]) {
        assert.deepEqual(await visitOf(`${name}:443`), [
          {
            to: name === SANCTIONED ? ADDRESSES.sanctioned[1] : ADDRESSES.sanctioned[0],
            sni: name,
            protocol: 'TLSv1.3',
            first: '0000041200000003ffffffff', // ngrok's session protocol begins
          },
        ]);
      }

      // Both are in the log: one lookup of the default door, for both families, and one of each
      // sanctioned name.
      const about = { point: 'resolver', client: from, transport: 'udp' };
      const common = { ...about, service: 'ngrok', count: 1 };
      const attempt = {
        ...common,
        name: DEFAULT_DOOR,
        rule: `ngrok/session/${DEFAULT_DOOR}`,
        role: 'session',
        verdict: 'blocked',
        answer,
      };
      assert.deepEqual(await logged(), [
        { ...attempt, type: 'A' },
        { ...attempt, type: 'AAAA' },
      ]);
      const sanctioned = {
        ...common,
        rule: `ingress/${SANCTIONED}`,
        verdict: 'sanctioned',
        answer: 'answered',
      };
      assert.deepEqual(await logged('--verdict', 'sanctioned'), [
        { ...sanctioned, name: REGIONAL, type: 'A' },
        { ...sanctioned, name: REGIONAL, type: 'AAAA', answer: 'nodata' },
        { ...sanctioned, name: SANCTIONED, type: 'A' },
        { ...sanctioned, name: SANCTIONED, type: 'AAAA' },
      ]);
    });
  }

  await t.test('is never led to upstream by a refusal', async () => {
    // What the client is called is asked by ourselves.
    const asked = new Set((await upstream.asked()).filter((one) => !one.endsWith('.arpa PTR')));
    const expected = [SANCTIONED, REGIONAL].flatMap((name) => [`${name} A`, `${name} AAAA`]);
    assert.deepEqual([...asked].sort(), expected.sort());
  });

  await t.test('reaches its default door where the policy only observes', async (t) => {
    const logged = await protect(t, lab, 'mode: observe', ADDRESSES.gateway[0]);
    assert.equal((await visitOf())[0]?.sni, DEFAULT_DOOR);
    assert.ok(packetsAtNgrok() > 0);
    assert.deepEqual(
      (await logged()).map(({ name, type, verdict, answer, rule }) => ({
        name,
        type,
        verdict,
        answer,
        rule,
      })),
      ['A', 'AAAA'].map((type) => ({
        name: DEFAULT_DOOR,
        type,
        verdict: 'observed',
        answer: 'answered',
        rule: `ngrok/session/${DEFAULT_DOOR}`,
      })),
    );
  });

  await t.test('reaches its default door from a machine that has an exception', async (t) => {
    const exception = `allow: [{ service: ngrok, clients: [${ADDRESSES.client[0]}], reason: the vendor needs it }]`;
    const logged = await protect(t, lab, exception, ADDRESSES.gateway[0]);
    assert.equal((await visitOf())[0]?.sni, DEFAULT_DOOR);
    assert.deepEqual(await logged(), []);
  });

  await t.test(
    'finds a way round where the policy says REFUSED and there is a second resolver',
    async (t) => {
      const logged = await protect(t, lab, 'refusal: { answer: refused }', ADDRESSES.gateway[0]);
      assert.equal((await visitOf())[0]?.sni, DEFAULT_DOOR, 'the reason why REFUSED is no default');
      assert.deepEqual(new Set((await logged()).map(({ answer }) => answer)), new Set(['refused']));
    },
  );
});

/**
 * Puts tunnelwarden on the gateway and names it in the client's resolv.conf. Gives a function that
 * ends it, so that everything is stored, and reads the attempts, without their times, by name and
 * type.
 */
async function protect(t: TestContext, lab: Lab, more: string, resolver: string) {
  lab.resolveBy(`nameserver ${resolver}`, `nameserver ${ADDRESSES.resolver[0]}`);
  const path = folder(t);
  const database = `${path}/attempts.db`;
  const began = Date.now();
  const server = await serve(
    t,
    ['--policy', write(path, 'policy.yaml', policyWith(more)), '--database', database],
    { within: lab.gateway.within },
  );
  return async (...filters: readonly string[]): Promise<AttemptLine[]> => {
    assert.equal(await server.stop(), 0);
    const lines = await attempts(database, ...filters);
    return lines
      .map(({ id: _, first, last, ...line }) => {
        for (const time of [first, last]) assert.ok(isBetween(time, began, Date.now()), `${time}`);
        return line;
      })
      .sort((one, other) => keyOf(one).localeCompare(keyOf(other)));
  };
}

function keyOf({ name, type }: AttemptLine): string {
  return `${name} ${type}`;
}

function isBetween(time: string | number | undefined, from: number, to: number): boolean {
  const instant = new Date(time ?? Number.NaN).getTime();
  return instant >= from && instant <= to;
}
