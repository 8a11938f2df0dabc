import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Plan } from '../../src/firewall/backend.ts';
import { plan } from '../../src/firewall/plan.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { ADDRESSES } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { end, run, start } from '../support/e2e/process.ts';
import type { TlsProbe } from '../support/e2e/programs/tls-clients.ts';
import { missing } from '../support/e2e/requirements.ts';
import { compiledPolicy } from '../support/policy.ts';
import {
  createFront,
  DEFAULT_DOOR,
  DENIED,
  forged,
  program,
  REGIONAL,
  SANCTIONED,
  SHARED,
  tlsOutcomes,
} from './support/front.ts';
import { clientHello } from './support/hello.ts';
import { KERNELS, type Kernel } from './support/kernels.ts';
import { type Probe, probe, serveName } from './support/packets.ts';

// The organisation's own door and the vendor's live at one address: only the TLS server name tells
// them apart. Real TLS clients, the real ngrok SDK among them, and real packets.

const book = {
  names: new Map(
    (
      [
        [DEFAULT_DOOR, SHARED],
        [SANCTIONED, SHARED],
        [REGIONAL, SHARED],
        ['crl.ngrok-agent.com', SHARED],
        ['tunnel.ngrok.com', DENIED],
      ] as const
    ).map(([name, addresses]) => [parseName(name), addresses.map(parseAddress)]),
  ),
};

function planOf({ backend }: Kernel, firewall: string): Plan {
  const { ruleset, policy } = compiledPolicy(`
organisation: { name: Example Corp }
ingress: [{ domain: ${SANCTIONED}, names: [${REGIONAL}] }]
services: { ngrok: block }
firewall: { lan: [lan], ${firewall} }
`);
  return plan({ ruleset, settings: policy.firewall, book, listed: new Map() }, backend);
}

const LONGER = `${SANCTIONED}.evil.example`;
/** Names of TLS clients; each is tried at the shared address in both families. */
const NAMES = [
  { when: 'the sanctioned name', name: SANCTIONED, outcome: 'passed' },
  { when: 'its region', name: REGIONAL, outcome: 'passed' },
  { when: 'the sanctioned name in other letters', name: 'Tunnels.EXAMPLE.com', outcome: 'passed' },
  { when: 'a blocked name', name: DEFAULT_DOOR, outcome: 'reset' },
  { when: 'no name', name: undefined, outcome: 'reset' },
  { when: 'a name that no rule is about', name: 'www.example.net', outcome: 'reset' },
  { when: 'a name below that is not listed', name: `x.${SANCTIONED}`, outcome: 'reset' },
  { when: 'a name that begins like it', name: LONGER, outcome: 'reset' },
  { when: 'a name that ends like it', name: `x${SANCTIONED}`, outcome: 'reset' },
  {
    when: 'the sanctioned name in the first of two segments',
    name: SANCTIONED,
    cut: 1200,
    outcome: 'passed',
  },
  { when: 'the sanctioned name in the second of two', name: SANCTIONED, cut: 90, outcome: 'reset' },
  { when: 'a blocked name in two segments', name: DEFAULT_DOOR, cut: 140, outcome: 'reset' },
  { when: 'the same, cut early', name: DEFAULT_DOOR, cut: 3, outcome: 'reset' },
  { when: 'another port of that address', name: SANCTIONED, port: 8443, outcome: 'reset' },
];

/** What is not TLS, at the shared address. */
const OTHERS = [
  {
    when: 'plain text where TLS is expected',
    over: 'tcp',
    port: 443,
    says: 'GET / HTTP/1.0\r\n\r\n',
  },
  { when: 'one octet', over: 'tcp', port: 443, says: '\x16' },
  { when: 'ssh', over: 'tcp', port: 22, says: 'SSH-2.0-client\r\n' },
  { when: 'ssh where TLS is expected', over: 'tcp', port: 443, says: 'SSH-2.0-client\r\n' },
  { when: 'QUIC', over: 'udp', port: 443, says: '' },
] as const;

const inBoth = <T>(make: (address: string) => T, addresses: readonly string[] = SHARED) =>
  addresses.map(make);

function otherProbes(others: typeof OTHERS | readonly Omit<Probe, 'to' | 'from'>[] = OTHERS) {
  return others.flatMap(({ over, port, says }) =>
    inBoth((to): Probe => {
      const from = ADDRESSES.client[to.includes(':') ? 1 : 0];
      return { over, to, port, from, says };
    }),
  );
}

/** What each case came to, in IPv4 and IPv6, to be read at once. */
function table(cases: readonly { readonly when: string }[], outcomes: readonly string[]) {
  return Object.fromEntries(
    cases.map(({ when }, i) => [when, outcomes.slice(2 * i, 2 * i + 2).join(' ')]),
  );
}

const expected = (cases: readonly { readonly when: string; readonly outcome: string }[]) =>
  Object.fromEntries(cases.map(({ when, outcome }) => [when, `${outcome} ${outcome}`]));

const refusedOthers = OTHERS.map(({ when, over }) => ({
  when,
  outcome: over === 'tcp' ? 'reset' : 'prohibited',
}));

const tlsProbes = (names: readonly (Omit<TlsProbe, 'to' | 'port'> & { port?: number })[]) =>
  names.flatMap(({ name, cut, port = 443 }) =>
    inBoth((to): TlsProbe => ({ to, port, name, ...(cut === undefined ? {} : { cut }) })),
  );

for (const kernel of KERNELS) {
  const skip = missing('root', 'ip', 'nft', 'openssl', 'ethtool', 'perl', ...kernel.tools);

  test(`${kernel.name}: the kernel reads TLS names at a shared address`, { skip }, async (t) => {
    const on = await createFront(t);
    const { lab, visits, words } = on;
    const { gateway, client } = lab;

    await t.test('without rules all of it passes', async () => {
      const names = table(NAMES, await tlsOutcomes(on, tlsProbes(NAMES)));
      assert.deepEqual(names, expected(NAMES.map((each) => ({ ...each, outcome: 'passed' }))));
      await probe(client, otherProbes());
      // Two hellos at each case, and whatever is not TLS.
      assert.ok((await words()) >= 2 * NAMES.length + 2 * OTHERS.length);
      await visits();
    });

    const made = planOf(kernel, '');
    assert.equal(made.packets.sni, 'kernel');
    await kernel.rulesOf(t, gateway, made).load();

    await t.test('TLS clients', async () => {
      const outcomes = await tlsOutcomes(on, tlsProbes(NAMES));
      assert.deepEqual(table(NAMES, outcomes), expected(NAMES));
      const seen = NAMES.flatMap(({ name, outcome }) => (outcome === 'passed' ? [name, name] : []));
      assert.deepEqual([...(await visits())].sort(), seen.sort());
    });

    await t.test('what is not TLS', async () => {
      const outcomes = await probe(client, otherProbes());
      assert.deepEqual(table(OTHERS, outcomes), expected(refusedOthers));
    });

    await t.test('nothing that is refused gets a word through', async () => {
      const before = await words();
      const refused = NAMES.filter(({ outcome }) => outcome === 'reset');
      await tlsOutcomes(on, tlsProbes(refused));
      await probe(client, otherProbes());
      assert.equal((await words()) - before, 0);
    });

    await t.test('a segment with a wrong checksum shows the kernel no name', async () => {
      const before = await words();
      const [to] = SHARED;
      assert.equal(await forged(on, to, clientHello(SANCTIONED)), 'reset');
      assert.equal((await words()) - before, 0);
    });

    await t.test('revocation lists pass', async () => {
      const says = 'GET / HTTP/1.0\r\n\r\n';
      const outcomes = await probe(client, otherProbes([{ over: 'tcp', port: 80, says }]));
      assert.deepEqual(outcomes, ['internet', 'internet']);
    });

    await t.test('openssl s_client', async () => {
      const ask = async (address: string, ...more: readonly string[]) => {
        const at = address.includes(':') ? `[${address}]:443` : `${address}:443`;
        const words = ['s_client', '-connect', at, '-CAfile', on.ca, '-verify_return_error'];
        const { code, stdout } = await run('openssl', [...words, ...more], client);
        return code === 0 && stdout.includes('Verification: OK') ? 'passed' : 'refused';
      };
      for (const address of SHARED) {
        assert.equal(await ask(address, '-servername', SANCTIONED), 'passed');
        // No session id and one cipher: nowhere does a name stand further in front.
        const short = ['-tls1_2', '-cipher', 'ECDHE-ECDSA-AES128-GCM-SHA256'];
        assert.equal(await ask(address, '-servername', SANCTIONED, ...short), 'passed');
        assert.equal(await ask(address, '-servername', DEFAULT_DOOR), 'refused');
        assert.equal(await ask(address, '-noservername'), 'refused');
      }
    });

    await t.test('the ngrok SDK', async (t) => {
      await visits();
      const words = (server: string) => [program('ngrok-session'), server, on.ca];
      const refused = await run(process.execPath, words(''), client);
      assert.equal(JSON.parse(refused.stdout).connected, false);
      assert.ok(JSON.parse(refused.stdout).milliseconds < 5000, refused.stdout);
      assert.deepEqual(await visits(), []);
      for (const name of [SANCTIONED, REGIONAL]) {
        // The edge says nothing, so the session gets no further.
        const dialling = start(t, process.execPath, words(`${name}:443`), client);
        const seen = await eventually('a visit of the SDK', async () => {
          const seen = await visits();
          return seen.length > 0 && seen;
        });
        assert.equal(seen[0], name);
        await end(dialling);
      }
    });

    await t.test('an address that a sanctioned name moves to', async () => {
      const names = [SANCTIONED, DEFAULT_DOOR];
      const probes = names.flatMap((name) =>
        inBoth((to): TlsProbe => ({ to, port: 443, name }), DENIED),
      );
      assert.deepEqual(new Set(await tlsOutcomes(on, probes)), new Set(['reset']));
      for (const address of DENIED) await kernel.addTo(gateway, 'shared', address);
      const open = ['passed', 'passed', 'reset', 'reset'];
      assert.deepEqual(await tlsOutcomes(on, probes), open, 'while it is in both sets');
      for (const address of DENIED) await kernel.takeFrom(gateway, 'deny', address);
      assert.deepEqual(await tlsOutcomes(on, probes), open);
    });

    await t.test('rules have counted', async () => {
      for (const id of ['TW-SNI', 'TW-SHARED', 'TW-DENY', 'TW-CRL']) {
        assert.ok((await kernel.counted(gateway, id)) > 0, id);
      }
    });
  });

  test(`${kernel.name}: a gate gets the TLS of a shared address and nothing else`, {
    skip,
  }, async (t) => {
    const on = await createFront(t);
    const { lab, words } = on;
    const made = planOf(kernel, 'gate: 9443');
    assert.equal(made.packets.sni, 'gate');
    await kernel.rulesOf(t, lab.gateway, made).load();
    const gate = await serveName(t, lab.gateway, 'gate', [9443]);
    const hellos = [SANCTIONED, DEFAULT_DOOR, undefined].map((name) => ({
      over: 'tcp' as const,
      port: 443,
      says: clientHello(name).toString('latin1'),
    }));
    const toGate = await probe(lab.client, otherProbes(hellos));
    assert.deepEqual(new Set(toGate), new Set(['gate']));

    const outcomes = await probe(lab.client, otherProbes());
    const fates = refusedOthers.map((each, i) =>
      OTHERS[i]?.over === 'tcp' && OTHERS[i]?.port === 443 ? { ...each, outcome: 'gate' } : each,
    );
    assert.deepEqual(table(OTHERS, outcomes), expected(fates));
    const elsewhere = tlsProbes([{ name: SANCTIONED, port: 8443 }]);
    assert.deepEqual(await tlsOutcomes(on, elsewhere), ['reset', 'reset']);

    await end(gate);
    const gone = await probe(lab.client, otherProbes(hellos));
    assert.deepEqual(new Set(gone), new Set(['reset']), 'a gate that is down lets nobody through');
    assert.equal(await words(), 0);
    assert.ok((await kernel.counted(lab.gateway, 'TW-SNI')) > 0);
  });

  test(`${kernel.name}: what is refused is told to whoever reads the log group`, {
    skip: skip || missing('tcpdump'),
  }, async (t) => {
    const { lab } = await createFront(t);
    await kernel.rulesOf(t, lab.gateway, planOf(kernel, '')).load();
    const words = ['-i', 'nflog:5', '-U', '-w', '-'];
    const reader = start(t, 'tcpdump', words, { within: lab.gateway.within });
    let heard = '';
    reader.stdout?.on('data', (data: Buffer) => {
      heard += data.toString('latin1');
    });
    // Its file's head comes once it listens.
    await eventually('the head of a capture', () => heard.length >= 24);
    await probe(lab.client, otherProbes());
    await probe(lab.client, [
      { over: 'tcp', to: DENIED[0], port: 80, from: ADDRESSES.client[0], says: '' },
    ]);
    for (const id of ['TW-SNI', 'TW-SHARED', 'TW-DENY']) {
      await eventually(`a message of ${id}`, () => heard.includes(`${id} `), 5000);
    }
  });
}
