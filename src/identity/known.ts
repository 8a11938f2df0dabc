import type { Address } from '../policy/network.ts';
import type { Fact, FactKind, FactSource } from './fact.ts';
import { type Inventory, ownerOf } from './inventory.ts';
import type { Lease } from './lease.ts';
import type { Mac } from './mac.ts';
import type { Neighbours } from './neighbours.ts';

/** What the sources on this machine say, at one moment. */
export type Known = {
  readonly neighbours: Neighbours;
  readonly leases: ReadonlyMap<Address, Lease>;
  /** The lease by which a device is known at its other addresses too, such as those of IPv6 that it chose itself. */
  readonly leasesByMac: ReadonlyMap<Mac, Lease>;
  readonly hosts: ReadonlyMap<Address, string>;
  readonly inventory?: Inventory;
};

/** Leases by address and by device; a device whose leases disagree on its name is known by none of them. */
export function filed(leases: readonly Lease[]): Pick<Known, 'leases' | 'leasesByMac'> {
  const leasesByMac = new Map<Mac, Lease>();
  const quarrels = new Set<Mac>();
  for (const lease of leases) {
    if (lease.mac === undefined || lease.host === undefined) continue;
    const other = leasesByMac.get(lease.mac);
    if (other && other.host !== lease.host) quarrels.add(lease.mac);
    leasesByMac.set(lease.mac, lease);
  }
  for (const mac of quarrels) leasesByMac.delete(mac);
  return { leases: new Map(leases.map((lease) => [lease.address, lease])), leasesByMac };
}

/** What is known of a client; `time` in milliseconds since the epoch. */
export function factsIn(known: Known, client: Address, time: number): readonly Fact[] {
  const met = known.neighbours.get(client);
  const own = known.leases.get(client);
  // What is on the wire now comes before what a server once handed out.
  const mac = met ?? own?.mac;
  const lease = own ?? (mac === undefined ? undefined : known.leasesByMac.get(mac));
  const { person, device, team } = known.inventory ? ownerOf(known.inventory, client, mac) : {};
  const said: readonly [FactKind, FactSource, string | undefined][] = [
    ['person', 'inventory', person],
    ['device', 'inventory', device],
    ['team', 'inventory', team],
    ['host', 'lease', lease?.host],
    ['vendor', 'lease', lease?.vendor],
    ['mac', 'lease', own?.mac],
    ['host', 'hosts', known.hosts.get(client)],
    ['mac', 'neighbour', met],
  ];
  return said.flatMap(([kind, source, value]) =>
    value === undefined ? [] : [{ client, kind, value, source, time }],
  );
}
