import type { FirewallPart, FirewallSettings } from '../policy/firewall.ts';
import type { Name } from '../policy/name.ts';
import { type Address, parseNetwork } from '../policy/network.ts';
import type { Rule, Ruleset } from '../policy/ruleset.ts';
import type { Port } from '../policy/service.ts';
import type { AddressBook } from './addressbook.ts';
import { audiencesOf, type Listener } from './audience.ts';
import type {
  AddressSet,
  Audience,
  Backend,
  Facet,
  PacketEntry,
  PacketPlan,
  Plan,
} from './backend.ts';
import { type Classified, classOf } from './classes.ts';
import { collisionsOf, doorAddresses, neededAddresses } from './collisions.ts';
import { type Looking, lookingOf } from './looking.ts';
import { entriesOfList, fitNames, type Listed, lowerNames, type NamesSaid } from './names.ts';
import { namesAt } from './namesat.ts';
import { memoised, oncePer } from './once.ts';
import { NO_NETWORKS, plainNetworks } from './plain-networks.ts';
import { addressRules, networkGaps, packetGaps, unsaidGaps } from './plan-gaps.ts';
import { refuserOf, refuserSet } from './refuser.ts';
import { compareNetworks, holdsOneOf, staticEntries } from './statics.ts';

/** What a plan is made from. */
export type PlanInput = {
  readonly ruleset: Ruleset;
  readonly settings: FirewallSettings;
  /** What names were last known to resolve to. */
  readonly book: AddressBook;
  /** The names of the policy's lists; without them lists cannot be said. */
  readonly listed: Listed;
};

/**
 * All that a ruleset means to a backend, in no dialect. Everything that needs thought happens here:
 * which addresses are whose, what comes before what, and what cannot be enforced.
 */
export function plan(input: PlanInput, backend: Backend): Plan {
  return createPlanner(input)(backend);
}

/** The same for several backends: what they have in common is thought of once. */
export function createPlanner(input: PlanInput): (backend: Backend) => Plan {
  const { ruleset, settings, book, listed } = input;
  const { organisation, digest, ingress, refusal } = ruleset;
  const collisions = collisionsOf(ruleset, book);
  // By far the most, and the same with wildcards and without.
  const listEntries = memoised((rule: Rule) => entriesOfList(ruleset, rule, listed));
  const namesWith = memoised((wildcards: boolean) => lowerNames(ruleset, listEntries, wildcards));
  const namesBy = memoised(
    (enforces: Backend['enforces']) => fitNames(namesWith(enforces.includes('wildcard')), enforces),
    // By what names are fitted to: backends that say the same share their names.
    (enforces) => NAME_FACETS.filter((facet) => enforces.includes(facet)).join(' '),
  );
  const packetsBy = memoised(
    (looking: Looking) => packetPlan(input, looking),
    ({ means, atFronts }) => `${means} ${atFronts}`,
  );
  const networksIf = memoised((wanted: boolean) =>
    wanted ? plainNetworks(ruleset, neededAddresses(ruleset, book)) : NO_NETWORKS,
  );

  const addresses = addressRules(ruleset);

  return (backend) => {
    const { enforces } = backend;
    const isPacketFilter = enforces.includes('packets');
    const named = enforces.some((facet) => facet === 'dns-name' || facet === 'tls-name')
      ? namesBy(enforces)
      : NO_NAMES;
    const packets = isPacketFilter ? packetsBy(lookingOf(settings, backend)) : NO_PACKETS;
    const networks = networksIf(enforces.includes('networks'));
    return {
      organisation,
      digest,
      ingress,
      refusal,
      settings,
      names: named.names,
      packets,
      networks: networks.said,
      cannot: backend.cannot,
      gaps: [
        ...named.gaps,
        ...(isPacketFilter ? packetGaps(input, backend, packets) : []),
        ...unsaidGaps(addresses, backend),
        ...networkGaps(networks, backend, packets),
      ],
      collisions,
    };
  };
}

/** The facets that decide what becomes of names. */
const NAME_FACETS: readonly Facet[] = [
  'dns-name',
  'tls-name',
  'wildcard',
  'exact',
  'exception',
  'answer',
  'watch',
];

const NO_NAMES: NamesSaid = { names: [], gaps: [] };
const NO_PACKETS: PacketPlan = { dispatch: [], audiences: [], sets: [], sanctioned: [] };

function packetPlan(input: PlanInput, looking: Looking): PacketPlan {
  const { ruleset, settings, book } = input;
  const has = (part: FirewallPart) => settings.parts.includes(part);
  const known = namesAt(book);
  const sets = new Map<string, AddressSet>();
  const isDoorKnown = (door: Name) => (book.names.get(door)?.length ?? 0) > 0;

  const audiences = heard(input).map(({ listener, statics }): Audience => {
    const suffix = listener.id === 'everyone' ? '' : listener.id;
    const classes = new Map<Address, Classified>();
    for (const [address, names] of known) {
      const found = classOf(ruleset, listener.client, address, names, isDoorKnown);
      classes.set(address, found);
    }
    const live = liveEntries(listener, has, looking);
    for (const set of liveSets(live, suffix, classes)) sets.set(set.id, set);
    for (const { set } of statics) if (set) sets.set(set.id, set);
    const rename = (entry: PacketEntry): PacketEntry =>
      suffix === '' ? entry : { ...entry, id: `${entry.id}.${suffix}` };
    const entries = [
      ...statics.filter(({ first }) => first).map(({ entry }) => entry),
      ...live.map((entry) => ({ ...entry, to: { set: liveId(entry.to.set, suffix) } })),
      ...statics.filter(({ first }) => !first).map(({ entry }) => entry),
    ].map(rename);
    return { id: listener.id, networks: listener.networks, entries };
  });

  const { means } = looking;
  const refuser = refuserOf(ruleset, settings);
  const capture = has('capture') ? { to: settings.resolver } : undefined;
  const needsExempt =
    capture !== undefined || audiences.some((a) => a.entries.some((e) => e.sparesExempt));
  const looks = audiences.some(({ entries }) => entries.some(({ deed }) => deed.kind === 'look'));
  return {
    dispatch: dispatchOf(audiences),
    audiences,
    sets: [
      ...(needsExempt ? [exemptSet(settings)] : []),
      ...(refuser ? [refuserSet(refuser.to)] : []),
      ...sets.values(),
    ],
    ...(capture ? { capture } : {}),
    ...(refuser ? { refuser } : {}),
    ...(audiences.some(({ entries }) => entries.length > 0) ? { passes: true } : {}),
    ...(means && looks ? { sni: means } : {}),
    sanctioned: [...new Set(ruleset.doors.map(({ name }) => name))].sort(),
  };
}

/** What is said of addresses to each audience, whoever looks at TLS names. */
const heard = oncePer(({ ruleset, settings, book }: PlanInput) => {
  const doors = doorAddresses(ruleset, book);
  const has = (part: FirewallPart) => settings.parts.includes(part);
  const isWanted = (rule: Rule) => isPartOf(rule, has) && !isDoor(rule, doors);
  return audiencesOf(ruleset).map((listener) => ({
    listener,
    statics: staticEntries(ruleset, listener, isWanted),
  }));
});

const tcp = (number: number): Port => ({ number, transport: 'tcp' });

/** An entry for a live set, before its audience is known. */
type LiveEntry = PacketEntry & { readonly to: { readonly set: string } };

/**
 * What is asked of the live sets, in order. What is shared comes before what is denied: while an
 * address is in both, the sanctioned way must not be cut.
 */
function liveEntries(
  { mode }: Listener,
  has: (part: FirewallPart) => boolean,
  { means, atFronts }: Looking,
): readonly LiveEntry[] {
  const entry = (
    id: string,
    set: string,
    ports: readonly Port[],
    deed: PacketEntry['deed'],
    note: string,
  ): LiveEntry => ({ id, to: { set }, ports, sparesExempt: false, deed, note });
  const deny = (deed: 'refuse' | 'record') =>
    has('addresses')
      ? [entry('TW-DENY', 'deny', [], { kind: deed }, 'only blocked names live there')]
      : [];
  if (mode === 'observe') return deny('record');
  const support = entry(
    'TW-CRL',
    'support',
    [tcp(80)],
    { kind: 'pass' },
    'revocation lists that sanctioned agents fetch',
  );
  const look = 'a sanctioned name lives there as well';
  const shared = means
    ? [
        entry('TW-SNI', 'shared', [tcp(443)], { kind: 'look', otherwise: 'refuse' }, look),
        entry('TW-SHARED', 'shared', [], { kind: 'refuse' }, 'all but sanctioned TLS there'),
      ]
    : [entry('TW-SHARED', 'shared', [], { kind: 'pass' }, `${look}, and nobody looks`)];
  const ssh = has('ports')
    ? [entry('TW-SSH', 'cdn', [tcp(22)], { kind: 'refuse' }, 'ssh to fronts of blocked names')]
    : [];
  const passing = { kind: 'look', otherwise: 'pass' } as const;
  const cdn = atFronts
    ? [entry('TW-CDN', 'cdn', [tcp(443)], passing, 'others live there as well')]
    : [];
  return [support, ...shared, ...deny('refuse'), ...ssh, ...cdn];
}

function liveId(set: string, suffix: string): string {
  return suffix === '' ? set : `${set}_${suffix}`;
}

const NOTES: Readonly<Record<string, string>> = {
  support: 'revocation lists live there',
  shared: 'sanctioned and blocked names live there',
  deny: 'only blocked names live there',
  cdn: 'blocked names and others live there',
};

function liveSets(
  entries: readonly LiveEntry[],
  suffix: string,
  classes: ReadonlyMap<Address, Classified>,
): readonly AddressSet[] {
  return [...new Set(entries.map(({ to }) => to.set))].map((set) => ({
    id: liveId(set, suffix),
    live: true,
    networks: [...classes]
      .filter(([, found]) => (set === 'support' ? found.support : found.class === set))
      .map(([address]) => parseNetwork(address))
      .sort(compareNetworks),
    note: NOTES[set] as string,
  }));
}

function exemptSet({ exempt, resolver }: FirewallSettings): AddressSet {
  const all = [...exempt, ...resolver.map((address) => parseNetwork(address))];
  const networks = [...new Map(all.map((network) => [network.text, network])).values()];
  return {
    id: 'dnsok',
    live: false,
    networks: networks.sort(compareNetworks),
    note: 'machines that may ask foreign resolvers and be asked',
  };
}

/** The narrowest network first; each audience by each of its networks. */
function dispatchOf(audiences: readonly Audience[]): PacketPlan['dispatch'] {
  return audiences
    .flatMap(({ id, networks }) => networks.map((network) => ({ network, audience: id })))
    .sort((a, b) => b.network.length - a.network.length || compareNetworks(a.network, b.network));
}

function isPartOf(
  { origin, service, target }: Rule,
  has: (part: FirewallPart) => boolean,
): boolean {
  if (origin === 'resolver') return has('resolvers');
  const isPort = target.kind === 'network' && target.ports.length > 0;
  return has(isPort && service !== undefined && origin !== 'written' ? 'ports' : 'addresses');
}

/** A block of just an address that a sanctioned name lives at: what is shared decides there. */
function isDoor({ action, target }: Rule, doors: readonly Address[]): boolean {
  if (action !== 'block' || target.kind !== 'network') return false;
  const { network } = target;
  return network.length === network.octets.length * 8 && holdsOneOf(network, doors);
}
