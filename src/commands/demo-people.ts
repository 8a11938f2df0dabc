import type { Fact } from '../identity/fact.ts';
import { type Address, parseAddress } from '../policy/network.ts';

/** Somebody of the made-up organisation, at a desk of a documentation network. */
export type DemoClient = {
  readonly address: Address;
  readonly person?: string;
  readonly device: string;
  readonly team: string;
  readonly vendor: string;
};

const PEOPLE = [
  'Ada Example',
  'Bert Sample',
  'Chidi Example',
  'Dana Specimen',
  'Emre Example',
  'Fay Sample',
  'Goro Example',
  'Hana Specimen',
  'Ines Example',
  'Jonas Sample',
  'Kim Example',
  'Lena Specimen',
  'Mika Example',
  'Nora Sample',
  'Omar Example',
  'Pia Specimen',
];
const TEAMS = ['Web', 'Data', 'Support', 'Sales', 'Lab'];
const DEVICES = ['laptop', 'desktop', 'tablet'];
const VENDORS = ['Example Computers', 'Sample Devices', 'Specimen Networks'];

/** The machines that belong to nobody in particular. */
const MACHINES = ['build-runner-1', 'build-runner-2', 'printer-3', 'camera-door', 'kiosk'];

function pick(list: readonly string[], i: number): string {
  return list[i % list.length] as string;
}

export const DEMO_CLIENTS: readonly DemoClient[] = [
  ...PEOPLE.map((person, i): DemoClient => {
    const first = (person.split(' ')[0] as string).toLowerCase();
    return {
      // Every fourth is one of the newer desks, that have IPv6.
      address: parseAddress(i % 4 === 3 ? `2001:db8:10::${i + 16}` : `192.0.2.${i + 10}`),
      person,
      device: `${first}-${pick(DEVICES, i)}`,
      team: pick(TEAMS, i),
      vendor: pick(VENDORS, i),
    };
  }),
  ...MACHINES.map((device, i): DemoClient => {
    return {
      address: parseAddress(`203.0.113.${i + 20}`),
      device,
      team: 'Operations',
      vendor: pick(VENDORS, i + 1),
    };
  }),
];

/** What inventory, leases and neighbours say of the clients at a time. */
export function demoFacts(time: number): readonly Fact[] {
  return DEMO_CLIENTS.flatMap(({ address: client, person, device, team, vendor }, i) => {
    const mac = `02:00:5e:00:53:${(i + 16).toString(16).padStart(2, '0')}`;
    const facts: Fact[] = [
      { client, kind: 'team', value: team, source: 'inventory', time },
      { client, kind: 'device', value: device, source: 'inventory', time },
      { client, kind: 'host', value: device, source: 'lease', time },
      { client, kind: 'mac', value: mac, source: 'neighbour', time },
      { client, kind: 'vendor', value: vendor, source: 'neighbour', time },
    ];
    return person === undefined
      ? facts
      : [{ client, kind: 'person', value: person, source: 'inventory', time } as const, ...facts];
  });
}
