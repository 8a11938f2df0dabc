import assert from 'node:assert/strict';
import { chmodSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startAside } from '../../src/identity/aside.ts';
import { createSources, type SourceSettings } from '../../src/identity/sources.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { InputError } from '../../src/policy/problem.ts';
import { folder } from '../support/e2e/tunnelwarden.ts';

const NOW = Date.UTC(2026, 10, 26, 12);
const CLIENT = parseAddress('192.0.2.17');
const MAC = '00:00:5e:00:53:17';
const NONE: SourceSettings = { neighbours: false, hosts: false, leases: [] };
const from = { file: 'policy.yaml', line: 3, column: 7 };

const words = ({ facts }: Awaited<ReturnType<ReturnType<typeof createSources>['look']>>) =>
  facts.map(({ kind, value, source }) => `${kind} ${value} ${source}`);
const file = (path: string, name: string, text: string) => {
  writeFileSync(join(path, name), text);
  return join(path, name);
};

test('sources: a lease file is read anew when it changes, and when time has passed', async (t) => {
  const path = folder(t);
  const leases = file(path, 'dnsmasq.leases', `${NOW / 1000 + 300} ${MAC} 192.0.2.17 ada *\n`);
  let now = NOW;
  const { look } = createSources({ ...NONE, leases: [leases] }, () => now);
  assert.deepEqual(words(await look([CLIENT])), ['host ada lease', `mac ${MAC} lease`]);
  file(path, 'dnsmasq.leases', `${NOW / 1000 + 300} ${MAC} 192.0.2.17 adas-new *\n`);
  assert.deepEqual(words(await look([CLIENT])), ['host adas-new lease', `mac ${MAC} lease`]);
  now += 301_000;
  assert.deepEqual(words(await look([CLIENT])), []);
});

test('sources: while Kea tidies up, its leases are those of all parts', async (t) => {
  const path = folder(t);
  const titles =
    'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state\n';
  const row = (host: string, lifetime: number) =>
    `192.0.2.17,${MAC},,${lifetime},${NOW / 1000 + lifetime},1,0,0,${host},0\n`;
  const leases = file(path, 'kea-leases4.csv', titles);
  const { look } = createSources({ ...NONE, leases: [leases] }, () => NOW);
  assert.deepEqual(words(await look([CLIENT])), []);
  file(path, 'kea-leases4.csv.2', titles + row('tidied', 60));
  assert.deepEqual(words(await look([CLIENT])), ['host tidied lease', `mac ${MAC} lease`]);
  file(path, 'kea-leases4.csv.1', titles + row('newer', 90));
  assert.deepEqual(words(await look([CLIENT])), ['host newer lease', `mac ${MAC} lease`]);
  file(path, 'kea-leases4.csv', titles + row('newer', 0));
  assert.deepEqual(words(await look([CLIENT])), []);
});

test('sources: what cannot be read is told, and the rest counts', async (t) => {
  const path = folder(t);
  const large = file(path, 'large.leases', '');
  truncateSync(large, 65 * 1024 ** 2);
  const good = file(path, 'dnsmasq.leases', `0 ${MAC} 192.0.2.17 ada *\n`);
  const gone = join(path, 'gone.leases');
  const leases = [large, gone, path, good];
  const { look } = createSources({ ...NONE, leases }, () => NOW);
  const looked = await look([CLIENT]);
  assert.deepEqual(words(looked), ['host ada lease', `mac ${MAC} lease`]);
  assert.deepEqual(looked.problems, [
    `${large} is larger than 64 MB; it is not read`,
    `${gone} does not exist; correct identity.leases`,
    `${path} cannot be read (EISDIR); let this program's user read it`,
  ]);
});

test('sources: without lease files of its own it looks where they usually are, and misses none', async () => {
  const { look } = createSources({ neighbours: false, hosts: true }, () => NOW);
  const { problems } = await look([CLIENT]);
  assert.deepEqual(problems, []);
});

const inventories = [
  {
    when: 'it is not there',
    text: undefined,
    says: /^policy\.yaml:3:7: identity\.inventory: \S+inventory\.csv does not exist; correct the path/,
  },
  {
    when: 'it has faults',
    text: 'address\nx\n',
    says: /inventory\.csv:2:1: .*"x" is not an IP address/s,
  },
] as const;
for (const { when, text, says } of inventories) {
  test(`startAside: an inventory that cannot be used is told: ${when}`, async (t) => {
    const path = folder(t);
    const inventory = join(path, 'inventory.csv');
    if (text !== undefined) writeFileSync(inventory, text);
    await assert.rejects(startAside({ ...NONE, inventory: { file: inventory, from } }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, says);
      return true;
    });
  });
}

async function aside(t: TestContext, settings: SourceSettings) {
  const started = await startAside(settings);
  t.after(started.close);
  return started;
}

test('startAside: the thread looks clients up', async (t) => {
  const path = folder(t);
  const inventory = file(path, 'inventory.yaml', `- { mac: '${MAC}', person: Ada }\n`);
  const leases = file(path, 'dnsmasq.leases', `0 ${MAC} 192.0.2.17 ada *\n`);
  chmodSync(leases, 0o444);
  const settings = { ...NONE, leases: [leases], inventory: { file: inventory, from } };
  const { look, close } = await aside(t, settings);
  const looked = await look([CLIENT, parseAddress('192.0.2.18')]);
  assert.deepEqual(words(looked), ['person Ada inventory', 'host ada lease', `mac ${MAC} lease`]);
  assert.ok(looked.facts.every(({ time }) => Math.abs(time - Date.now()) < 60_000));
  close();
  assert.deepEqual(await look([CLIENT]), { facts: [], problems: [] });
});
