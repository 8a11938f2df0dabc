import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInventory } from '../../src/identity/inventory.ts';
import { factsIn, filed, type Known } from '../../src/identity/known.ts';
import type { Lease } from '../../src/identity/lease.ts';
import type { Mac } from '../../src/identity/mac.ts';
import { parseAddress } from '../../src/policy/network.ts';

const [MAC, OTHER] = ['00:00:5e:00:53:17', '00:00:5e:00:53:18'] as Mac[] as [Mac, Mac];
const CLIENT = parseAddress('192.0.2.17');
const V6 = parseAddress('2001:db8::17');

const lease = (host: string, mac: Mac, address = CLIENT): Lease => ({ address, host, mac });

const cases: readonly {
  readonly when: string;
  readonly client?: typeof CLIENT;
  readonly met?: Mac;
  readonly leases?: readonly Lease[];
  readonly hosts?: string;
  readonly inventory?: string;
  readonly are: readonly string[];
}[] = [
  { when: 'nothing is known', are: [] },
  { when: 'a neighbour', met: MAC, are: [`mac ${MAC} neighbour`] },
  {
    when: 'a lease',
    leases: [{ ...lease('ada', MAC), vendor: 'MSFT 5.0' }],
    are: ['host ada lease', 'vendor MSFT 5.0 lease', `mac ${MAC} lease`],
  },
  { when: 'a hosts file', hosts: 'desk', are: ['host desk hosts'] },
  {
    when: 'a device by its lease',
    leases: [lease('ada', MAC)],
    inventory: `- { mac: '${MAC}', person: Ada }`,
    are: ['person Ada inventory', 'host ada lease', `mac ${MAC} lease`],
  },
  {
    when: 'a device on the wire that is not the one of the lease',
    met: OTHER,
    leases: [lease('ada', MAC)],
    inventory: `- { mac: '${MAC}', person: Ada }\n- { mac: '${OTHER}', person: Bob }`,
    are: ['person Bob inventory', 'host ada lease', `mac ${MAC} lease`, `mac ${OTHER} neighbour`],
  },
  {
    when: 'over IPv6, a neighbour that has a lease over IPv4',
    client: V6,
    met: MAC,
    leases: [lease('ada', MAC)],
    are: ['host ada lease', `mac ${MAC} neighbour`],
  },
  {
    when: 'over IPv6, a neighbour that has leases under two names',
    client: V6,
    met: MAC,
    leases: [lease('ada', MAC), lease('bob', MAC, parseAddress('192.0.2.18'))],
    are: [`mac ${MAC} neighbour`],
  },
];
for (const { when, client = CLIENT, met, leases = [], hosts, inventory, are } of cases) {
  test(`factsIn: ${when}`, () => {
    const known: Known = {
      neighbours: new Map(met ? [[client, met]] : []),
      hosts: new Map(hosts === undefined ? [] : [[client, hosts]]),
      ...filed(leases),
      ...(inventory === undefined ? {} : { inventory: parseInventory('i.yaml', inventory) }),
    };
    const facts = factsIn(known, client, 7);
    assert.deepEqual(
      facts.map(({ kind, value, source }) => `${kind} ${value} ${source}`),
      are,
    );
    assert.ok(facts.every((fact) => fact.client === client && fact.time === 7));
  });
}
