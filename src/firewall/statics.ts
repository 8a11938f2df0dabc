import { portsText } from '../policy/fields.ts';
import { type Address, contains, type Network, octetsOfAddress } from '../policy/network.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import type { Port } from '../policy/service.ts';
import type { Listener } from './audience.ts';
import type { AddressSet, PacketEntry } from './backend.ts';
import { shortHash } from './short-hash.ts';
import { compareStatics, type Group, raise, type Static } from './specificity.ts';

export type StaticEntry = {
  readonly entry: PacketEntry;
  readonly set?: AddressSet;
  readonly first: boolean;
};

/** RFC 8484 over TCP and QUIC. */
const HTTPS: readonly Port[] = [
  { number: 443, transport: 'tcp' },
  { number: 443, transport: 'udp' },
];

/**
 * The rules about addresses that are for an audience, as entries in the order that makes the most
 * specific decide: the longer prefix, then the one with ports, then who asked for it.
 */
export function staticEntries(
  { rules }: Ruleset,
  { id, client, mode }: Listener,
  isWanted: (rule: Rule) => boolean,
): readonly StaticEntry[] {
  const octets = octetsOfAddress(client);
  const unencrypted = resolverPorts(rules);
  const about = rules
    .filter((rule) => rule.target.kind === 'network' && isWanted(rule))
    .filter(({ clients }) => clients === 'everyone' || clients.some((n) => contains(n, octets)))
    .flatMap((rule) => staticsOf(rule, mode === 'observe', unencrypted));
  const sorted = about.sort((a, b) => compareStatics(a, b, octets));
  const isEverywhere = ({ network }: Static) => network.length === 0;
  const narrow = raise(sorted.filter((one) => !isEverywhere(one)));
  const wide = raise(sorted.filter(isEverywhere));
  // What is about every address comes last anyway; both families shall share an entry.
  const base = Math.max(-1, ...new Set(narrow.map(({ level }) => level))) + 1;
  for (const one of wide) one.level += base;
  return entriesOf([...narrow, ...wide], id === 'everyone' ? 'doh' : undefined);
}

/**
 * What public resolvers are asked on beside port 443, all of them together: at an address that is a
 * resolver's, the ports of another are no loss, and one entry serves all.
 */
function resolverPorts(rules: readonly Rule[]): readonly Port[] {
  const found = new Map<string, Port>();
  for (const { origin, target } of rules) {
    if (origin !== 'resolver' || target.kind !== 'network') continue;
    for (const { number } of target.ports) {
      if (number === 443) continue;
      for (const transport of ['tcp', 'udp'] as const)
        found.set(`${number}/${transport}`, { number, transport });
    }
  }
  return [...found.values()].sort(
    (a, b) => a.number - b.number || (a.transport < b.transport ? -1 : 1),
  );
}

/** A resolver's rule is about DNS over HTTPS, and about the other ways, which is another entry. */
function staticsOf(rule: Rule, observed: boolean, unencrypted: readonly Port[]): Static[] {
  if (rule.target.kind !== 'network') return [];
  const { network, ports } = rule.target;
  const make = (ports: readonly Port[], parts: Pick<Group, 'id' | 'note'>): Static => ({
    network,
    ports,
    rule,
    group: groupOf(rule, network, ports, parts, observed),
    level: 0,
  });
  if (rule.origin !== 'resolver') return [make(ports, namesOfGroup(rule, network, ports))];
  if (network.length === 0) return [make(ports, { id: 'TW-DOT', note: 'DNS over TLS and QUIC' })];
  const isHttps = ({ number }: Port) => number === 443;
  const others = ports.some((port) => !isHttps(port)) ? unencrypted : [];
  return [
    ...(ports.some(isHttps)
      ? [make(HTTPS, { id: 'TW-DOH', note: 'DNS over HTTPS at public resolvers' })]
      : []),
    ...(others.length > 0 ? [make(others, { id: 'TW-RESOLVER', note: 'public resolvers' })] : []),
  ];
}

function namesOfGroup(
  { origin, service, action }: Rule,
  { length }: Network,
  ports: readonly Port[],
): Pick<Group, 'id' | 'note'> {
  if (service !== undefined && origin !== 'written') {
    return length === 0
      ? { id: `TW-PORT-${service}`, note: `ports that only ${service} uses` }
      : { id: `TW-ADDR-${service}`, note: `addresses of ${service}` };
  }
  const verb = action.toUpperCase();
  if (ports.length === 0) return { id: `TW-${verb}`, note: `${action} in the policy` };
  const text = portsText(ports);
  return { id: `TW-${verb}-${shortHash(text)}`, note: `${action} in the policy: ${text}` };
}

const DEEDS = { block: 'refuse', watch: 'record', allow: 'pass' } as const;

function groupOf(
  { action, origin }: Rule,
  { octets, length }: Network,
  ports: readonly Port[],
  { id, note }: Pick<Group, 'id' | 'note'>,
  observed: boolean,
): Group {
  const kind = observed && action === 'block' ? 'record' : DEEDS[action];
  const first = origin === 'written' && length === octets.length * 8;
  // The same id with another deed is another group: a service blocked here and allowed there.
  const isPlain = kind === 'refuse' || id.startsWith('TW-ALLOW') || id.startsWith('TW-WATCH');
  return {
    id: `${id}${isPlain ? '' : `-${kind}`}${first ? '-1' : ''}`,
    note,
    deed: { kind },
    ports,
    sparesExempt: origin === 'resolver',
    first,
    watched: action === 'watch',
  };
}

/** One entry for each group and level; the second level of a group gets an id of its own. */
function entriesOf(statics: readonly Static[], doh: string | undefined): readonly StaticEntry[] {
  const filed = Map.groupBy(statics, ({ level, group }) => `${level} ${group.id}`);
  const seen = new Map<string, number>();
  return [...filed.values()]
    .sort((a, b) => compareFiled(a[0] as Static, b[0] as Static))
    .flatMap((members) => {
      const { group } = members[0] as Static;
      const count = (seen.get(group.id) ?? 0) + 1;
      seen.set(group.id, count);
      return entryOf(
        members,
        count === 1 ? group.id : `${group.id}.${count}`,
        count === 1 ? doh : undefined,
      );
    });
}

function compareFiled(a: Static, b: Static): number {
  return a.level - b.level || (a.group.id < b.group.id ? -1 : 1);
}

function entryOf(members: readonly Static[], id: string, doh: string | undefined): StaticEntry[] {
  const { group } = members[0] as Static;
  const common = {
    id,
    ports: group.ports,
    sparesExempt: group.sparesExempt,
    deed: group.deed,
    note: group.note,
  };
  const networks = [...new Map(members.map(({ network }) => [network.text, network])).values()];
  const families = ([4, 6] as const).filter((family) =>
    networks.some((n) => n.length === 0 && n.octets.length === (family === 4 ? 4 : 16)),
  );
  const rest = networks.filter(({ length }) => length > 0);
  const entries: StaticEntry[] = [];
  if (rest.length > 0) {
    const set = staticSet(rest, group, doh);
    entries.push({ entry: { ...common, to: { set: set.id } }, set, first: group.first });
  }
  if (families.length > 0) entries.push({ entry: { ...common, to: { families } }, first: false });
  return group.watched ? entries.flatMap(withPass) : entries;
}

/** What is watched passes, whatever a less specific entry says. */
function withPass({ entry, ...rest }: StaticEntry): StaticEntry[] {
  const pass: PacketEntry = { ...entry, id: `${entry.id}-pass`, deed: { kind: 'pass' } };
  return [
    { entry, ...rest },
    { entry: pass, ...rest },
  ];
}

/** The same addresses are the same set, whichever entry asks for it. */
function staticSet(
  networks: readonly Network[],
  { id, note }: Group,
  doh: string | undefined,
): AddressSet {
  const sorted = networks.toSorted(compareNetworks);
  const text = sorted.map((network) => network.text).join(' ');
  const name = id === 'TW-DOH' && doh !== undefined ? doh : `net_${shortHash(text)}`;
  return { id: name, live: false, networks: sorted, note };
}

/** IPv4 before IPv6, then by octets, the wider first. */
export function compareNetworks(a: Network, b: Network): number {
  return (
    a.octets.length - b.octets.length || Buffer.compare(a.octets, b.octets) || a.length - b.length
  );
}

/** True where the network holds one of the addresses. */
export function holdsOneOf(network: Network, addresses: readonly Address[]): boolean {
  return addresses.some((address) => contains(network, octetsOfAddress(address)));
}
