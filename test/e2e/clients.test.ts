import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ADDRESSES, createLab, type Lab } from '../support/e2e/lab.ts';
import { eventually } from '../support/e2e/patience.ts';
import { run, start } from '../support/e2e/process.ts';
import { ENVIRONMENT, missing } from '../support/e2e/requirements.ts';
import { folder, serve, tunnelwarden, write } from '../support/e2e/tunnelwarden.ts';

// Who a client is: `serve` on a gateway with a real DHCP server, neighbour table and reverse DNS learns
// it within seconds of an attempt.

const BLOCKED = 'connect.ngrok-agent.com';
const [PLAIN, PLAIN_V6] = ADDRESSES.client;
const [GATEWAY, , GATEWAY_V6] = ADDRESSES.gateway;
const SLOW = { skip: missing('root', 'ip', 'dnsmasq', 'dig') };

type Line = {
  readonly client: string;
  readonly label?: string;
  readonly team?: string;
  readonly facts: readonly {
    readonly kind: string;
    readonly value: string;
    readonly source: string;
  }[];
};

/** What `clients` prints of each address, as `kind value source`. */
async function clientsOf(database: string, ...words: readonly string[]) {
  const { code, stdout, stderr } = await tunnelwarden([
    'clients',
    ...words,
    '--json',
    '-d',
    database,
  ]);
  assert.equal(code, 0, stderr);
  const lines: readonly Line[] = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return new Map(
    lines.map(({ client, label, team, facts }) => [
      client,
      { label, team, facts: facts.map(({ kind, value, source }) => `${kind} ${value} ${source}`) },
    ]),
  );
}

function ip(...words: readonly string[]): string {
  return execFileSync('ip', words, { encoding: 'utf8', env: ENVIRONMENT });
}

const macOfClient = ({ client }: Lab): string =>
  JSON.parse(ip('-n', client.name, '-j', 'link', 'show', 'lan'))[0].address;

/** A DHCP server on the gateway, which hands an address out to the client. */
async function lease(t: TestContext, lab: Lab, leases: string, host: string): Promise<string> {
  const server = start(
    t,
    'dnsmasq',
    [
      ...['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file', '--port=0', '--no-ping'],
      ...['--interface=lan', '--dhcp-range=192.0.2.100,192.0.2.150,1h', '--dhcp-authoritative'],
      ...[`--dhcp-leasefile=${leases}`, '--user=root', '--log-facility=-'],
    ],
    lab.gateway,
  );
  await eventually('dnsmasq listens', () =>
    execFileSync('ip', ['netns', 'exec', lab.gateway.name, 'cat', '/proc/net/udp'], {
      encoding: 'utf8',
    }).includes(':0043 '),
  );
  assert.equal(server.exitCode, null);
  const program = fileURLToPath(new URL('../support/e2e/programs/dhcp-client.ts', import.meta.url));
  const child = start(t, process.execPath, [program], lab.client, [
    'ignore',
    'ignore',
    'inherit',
    'ipc',
  ]);
  child.send({ host, mac: macOfClient(lab) });
  const [address] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  assert.match(String(address), /^192\.0\.2\.1\d\d$/);
  ip('-n', lab.client.name, 'addr', 'add', `${address}/24`, 'dev', 'lan');
  return address;
}

test(
  'serve learns who tried something, from a lease, the neighbours, reverse DNS and the inventory',
  SLOW,
  async (t) => {
    const lab = createLab(t);
    const path = folder(t);
    const mac = macOfClient(lab);
    const leases = `${path}/dnsmasq.leases`;
    const leased = await lease(t, lab, leases, 'ada-laptop');
    start(
      t,
      'dnsmasq',
      [
        ...[
          '--keep-in-foreground',
          '--conf-file=/dev/null',
          '--pid-file',
          '--no-resolv',
          '--no-hosts',
        ],
        ...['--bind-interfaces', `--listen-address=${ADDRESSES.resolver[0]}`, '--user=root'],
        `--host-record=desk.corp.example.com,${PLAIN}`,
      ],
      lab.internet,
    );
    write(
      path,
      'inventory.csv',
      `mac,network,person,team\n${mac},,Ada Lovelace,\n,192.0.2.0/24,,Office\n`,
    );
    const policy = (identity: string) => `
organisation: { name: Example Corp }
services: { ngrok: block }
resolver:
  listen: ['0.0.0.0:53', '[::]:53']
  upstreams: ['${ADDRESSES.resolver[0]}']
  clients: [192.0.2.0/24, '2001:db8:1::/64']
identity: { hosts: false, leases: [dnsmasq.leases], ${identity} }
`;
    const file = write(path, 'policy.yaml', policy('inventory: inventory.csv'));
    const database = `${path}/attempts.db`;
    const server = await serve(t, ['--policy', file, '--database', database], lab.gateway);
    const ask = (from: string, to: string) =>
      run('dig', ['+tries=1', '+time=5', '+short', '-b', from, `@${to}`, BLOCKED], lab.client);

    const begun = Date.now();
    await Promise.all([ask(PLAIN, GATEWAY), ask(leased, GATEWAY), ask(PLAIN_V6, GATEWAY_V6)]);
    const known = await eventually('all of it is known', async () => {
      const known = await clientsOf(database);
      const counts = [PLAIN, leased, PLAIN_V6].map((from) => known.get(from)?.facts.length);
      return counts.join() === '5,5,3' && known;
    });
    const seconds = (Date.now() - begun) / 1000;
    t.diagnostic(`known ${seconds.toFixed(1)} s after the first question`);
    assert.ok(seconds < 10, `${seconds} s`);
    assert.deepEqual(known.get(PLAIN), {
      label: 'Ada Lovelace',
      team: 'Office',
      facts: [
        'person Ada Lovelace inventory',
        'team Office inventory',
        'host ada-laptop lease', // of the same device
        'host desk.corp.example.com reverse-dns',
        `mac ${mac} neighbour`,
      ],
    });
    assert.deepEqual(known.get(leased), {
      label: 'Ada Lovelace',
      team: 'Office',
      facts: [
        'person Ada Lovelace inventory',
        'team Office inventory',
        'host ada-laptop lease',
        `mac ${mac} lease`,
        `mac ${mac} neighbour`,
      ],
    });
    assert.deepEqual(known.get(PLAIN_V6), {
      label: 'Ada Lovelace',
      team: undefined,
      facts: ['person Ada Lovelace inventory', 'host ada-laptop lease', `mac ${mac} neighbour`],
    });
    assert.deepEqual([...(await clientsOf(database, 'desk.CORP')).keys()], [PLAIN]);

    // The list of incidents calls people by their names.
    const { stdout } = await tunnelwarden(['incidents', '--csv', '-d', database]);
    assert.match(stdout, /Ada Lovelace/);

    // A faulty inventory is refused as a faulty policy is, and a sound one taken over.
    const from = server.log().length;
    write(path, 'inventory.csv', 'mac,person\n00:11,Bob\n');
    server.child.kill('SIGHUP');
    const { faults } = await server.told('reload refused, the old policy stays in force', from);
    assert.match(String(faults), /inventory\.csv:2:1: mac: "00:11" is not a MAC address/);
    write(path, 'inventory.csv', `mac,person\n${mac},Bob\n`);
    await server.reload();
    await eventually(
      'the new name is known',
      async () => (await clientsOf(database)).get(PLAIN)?.label === 'Bob',
    );

    // Without any source there is nothing to do, and nothing to complain of.
    write(
      path,
      'policy.yaml',
      policy('neighbours: false, reverse: false').replace('[dnsmasq.leases]', '[]'),
    );
    await server.reload();
    assert.equal(await server.stop(), 0);
    assert.deepEqual(
      server.log().filter(({ event }) => event === 'clients not looked up'),
      [],
    );
  },
);

test('an inventory with faults starts nothing, and `check` tells of them', async (t) => {
  const path = folder(t);
  write(
    path,
    'policy.yaml',
    'organisation: { name: Example Corp }\nidentity: { inventory: who.yaml }\n',
  );
  for (const command of ['check', 'serve']) {
    write(path, 'who.yaml', '- { address: 1.2.3, persn: Ada }\n');
    const faulty = await tunnelwarden([command, '--policy', 'policy.yaml'], { cwd: path });
    assert.equal(faulty.code, 2);
    assert.match(faulty.stderr, /^who\.yaml:1:14: address: "1\.2\.3" is not an IP address/m);
    assert.match(faulty.stderr, /^who\.yaml:1:21: persn: is not a known key/m);
  }
  write(
    path,
    'policy.yaml',
    'organisation: { name: Example Corp }\nidentity: { inventory: gone.yaml }\n',
  );
  const { code, stderr } = await tunnelwarden(['check'], { cwd: path });
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^policy\.yaml:2:24: identity\.inventory: gone\.yaml does not exist; correct the path/,
  );
});
