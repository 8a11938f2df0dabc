import { chainOf } from '../closure/chains.ts';
import { walkChain } from '../closure/walk.ts';
import { addressBookOf } from '../firewall/addressbook.ts';
import type { Backend, PacketPlan } from '../firewall/backend.ts';
import { BACKENDS } from '../firewall/backends/index.ts';
import { plan } from '../firewall/plan.ts';
import type { Endpoint } from '../policy/endpoint.ts';
import type { Loaded } from '../policy/load.ts';
import type { Address } from '../policy/network.ts';
import type { Catalogue, ServiceId, TunnelService } from '../policy/service.ts';
import { bookFileOf, readSightings } from './book.ts';
import type { Chain } from './closure-text.ts';
import { UsageFailure } from './failure.ts';

export type ChainsAsked = {
  readonly client: Address;
  /** The packet filter; undefined is none at all. */
  readonly backend: Backend | undefined;
  /** Only these; else those that the policy blocks, or with `all` every one of the catalogue. */
  readonly service?: readonly string[];
  readonly all?: true;
  /** An HTTP proxy that clients can reach. */
  readonly proxy?: Endpoint;
  /** The address book, if not the policy's. */
  readonly book?: string;
};

/** What becomes of each step of the agents of services. Throws UsageFailure for one that nobody knows. */
export function chainsOf(loaded: Loaded, asked: ChainsAsked): readonly Chain[] {
  const { ruleset, policy } = loaded;
  const { firewall: settings } = policy;
  const book = addressBookOf(readSightings(bookFileOf(policy, asked.book)));
  const walls = asked.backend
    ? plan({ ruleset, settings, book, listed: new Map() }, asked.backend).packets
    : NO_FILTER;
  const world = { ruleset, plan: walls, book, client: asked.client, settings };
  return servicesOf(loaded, asked).map((service) => chainFor(loaded, asked, world, service));
}

const NO_FILTER: PacketPlan = { dispatch: [], audiences: [], sets: [], sanctioned: [] };

/** The packet filters that can be walked; undefined is none at all. Throws UsageFailure. */
export function filterOf(text: string): Backend | undefined {
  if (text === 'none') return undefined;
  const filters = BACKENDS.filter(({ sni }) => sni.length > 0);
  const backend = filters.find(({ id }) => id === text);
  if (backend) return backend;
  const known = filters.map(({ id }) => id).join(', ');
  throw new UsageFailure(`"${text}" cannot be walked; name one of ${known}, or none`);
}

/** Those asked for, or those that the policy blocks: first those it names. */
function servicesOf(loaded: Loaded, asked: ChainsAsked): readonly TunnelService[] {
  const { services } = loaded.catalogue;
  if (asked.service) return asked.service.map((id) => serviceOf(services, id));
  if (asked.all) return [...services.values()];
  const blocked = [...blockedBy(loaded)].sort();
  const isNamed = namedBy(loaded, asked.service);
  return [...blocked.filter(isNamed), ...blocked.filter((id) => !isNamed(id))].flatMap(
    (id) => services.get(id) ?? [],
  );
}

function serviceOf(services: Catalogue['services'], id: string): TunnelService {
  const service = services.get(id);
  if (service) return service;
  throw new UsageFailure(
    `"${id}" is not in the catalogue; \`tunnelwarden services\` lists what is`,
  );
}

/** True for a service that the policy, or whoever asks, has called by its name. */
export function namedBy(
  loaded: Loaded,
  service: readonly string[] | undefined,
): (id: ServiceId) => boolean {
  const named = blockedBy(loaded, 'named');
  return (id) => named.has(id) || service?.includes(id) === true;
}

function blockedBy({ ruleset }: Loaded, how?: 'named'): ReadonlySet<ServiceId> {
  const rules = ruleset.rules.filter(
    ({ action, role, origin }) =>
      action === 'block' && role === 'session' && (how === undefined || origin !== 'others'),
  );
  return new Set(rules.flatMap(({ service }) => service ?? []));
}

function chainFor(
  { ruleset, catalogue }: Loaded,
  { proxy }: ChainsAsked,
  world: Omit<Parameters<typeof walkChain>[0], 'service'>,
  service: TunnelService,
): Chain {
  const doors = ruleset.doors.flatMap((door) => (door.service === service.id ? [door.name] : []));
  const bypasses = [...catalogue.bypasses.values()];
  const steps = chainOf(service, { bypasses, doors, ...(proxy ? { proxy } : {}) });
  return { service, steps: walkChain({ ...world, service }, steps) };
}
