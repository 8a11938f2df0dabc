import type { Lane } from '../policy/firewall.ts';
import { type Address, contains, octetsOfAddress } from '../policy/network.ts';
import type { Port } from '../policy/service.ts';
import type { PacketEntry, PacketPlan } from './backend.ts';
import { laneOf } from './lanes.ts';
import { REFUSER } from './refuser.ts';

/** The first packet of a flow that comes in from the clients' side. */
export type Packet = {
  readonly from: Address;
  readonly to: Address;
  readonly transport: 'tcp' | 'udp';
  readonly port: number;
};

/**
 * What becomes of a flow: it is led to our resolver, to the refuser or to whoever reads TLS names (by
 * which lane), refused, or passes. `id` is the entry that decided; none where nothing is about it.
 */
export type Fate = (
  | { readonly kind: 'resolver' | 'refuser' | 'refuse' | 'pass' }
  | { readonly kind: 'look'; readonly lane: Lane }
) & {
  readonly id?: string;
  /** The ids of entries that recorded it on the way. */
  readonly recorded: readonly string[];
};

/**
 * The meaning of a packet plan, apart from any dialect: what each backend's rule set has to do with a
 * flow. Live sets hold what the plan knows of them, and where there is a gate it says that it is there.
 */
export function fateOf(plan: PacketPlan, packet: Packet): Fate {
  const [from, to] = [octetsOfAddress(packet.from), octetsOfAddress(packet.to)];
  const holds = (set: string, octets: Uint8Array) =>
    plan.sets.find(({ id }) => id === set)?.networks.some((n) => contains(n, octets)) ?? false;
  const isExempt = holds('dnsok', from) || holds('dnsok', to);
  const isQuestion = plan.capture !== undefined && packet.port === 53 && !isExempt;
  if (isQuestion && isReached(plan.capture?.to ?? [], to)) {
    return { kind: 'resolver', id: 'TW-DNS', recorded: [] };
  }
  const isRefuser = plan.refuser?.to.includes(packet.to) === true;
  if (isRefuser && packet.transport === 'tcp') {
    return { kind: 'refuser', id: REFUSER.id, recorded: [] };
  }
  if (isQuestion) return { kind: 'refuse', id: 'TW-DNS', recorded: [] };
  if (isRefuser) return { kind: 'refuse', id: REFUSER.id, recorded: [] };
  const audience = plan.dispatch.find(({ network }) => contains(network, from))?.audience;
  const { entries } = plan.audiences.find(({ id }) => id === (audience ?? 'everyone')) ?? {
    entries: [],
  };
  const isAbout = ({ to: where, ports, sparesExempt }: PacketEntry) =>
    !(sparesExempt && isExempt) &&
    ('set' in where ? holds(where.set, to) : where.families.includes(to.length === 4 ? 4 : 6)) &&
    (ports.length === 0 || ports.some((port) => isPort(port, packet)));
  const recorded: string[] = [];
  for (const entry of entries.filter(isAbout)) {
    const { id, deed } = entry;
    const lane = laneOf(deed);
    if (lane) return { kind: 'look', lane, id, recorded };
    if (deed.kind === 'refuse' || deed.kind === 'pass') return { kind: deed.kind, id, recorded };
    recorded.push(id);
  }
  return { kind: 'pass', recorded };
}

/** Questions are captured in the families that the resolver has an address of; none is the gateway. */
function isReached(resolver: readonly Address[], to: Uint8Array): boolean {
  return (
    resolver.length === 0 ||
    resolver.some((address) => octetsOfAddress(address).length === to.length)
  );
}

function isPort({ number, last, transport }: Port, packet: Packet): boolean {
  return transport === packet.transport && packet.port >= number && packet.port <= (last ?? number);
}
