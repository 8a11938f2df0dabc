import { narrowest } from '../policy/match.ts';
import {
  type Address,
  addressFromOctets,
  contains,
  type Network,
  octetsOfAddress,
} from '../policy/network.ts';
import type { Mode, Ruleset } from '../policy/ruleset.ts';
import { shortHash } from './short-hash.ts';

/** Clients of which a ruleset says the same. */
export type Listener = {
  /** `everyone`, or lower case letters, digits and underscores, at most 12. */
  readonly id: string;
  /** Where its clients are; none for everyone. A narrower network of another audience is not of it. */
  readonly networks: readonly Network[];
  /** One of them, to judge for. */
  readonly client: Address;
  readonly mode: Mode;
};

/** Stands for everyone: an address that no policy is about (RFC 6890 reserves the block). */
const ANYONE = ['192.0.0.8', '192.0.0.9', '192.0.0.10', '0.0.0.1'] as const;

/**
 * Parts the clients by what rules and modes are for them: all clients of one audience are in the same
 * of the networks that the ruleset names. The narrowest network that holds a client names its
 * audience; the last audience is `everyone`. Exceptions make none: they come and go, and have sets of
 * their own.
 */
export function audiencesOf(ruleset: Ruleset): readonly Listener[] {
  const networks = clientNetworks(ruleset);
  const byKey = new Map<string, { networks: Network[]; client: Address; mode: Mode }>();
  for (const network of networks) {
    const client = representative(network, networks);
    if (client === undefined) continue;
    const { key, mode } = treatment(ruleset, client);
    const found = byKey.get(key) ?? { networks: [], client, mode };
    byKey.set(key, found);
    found.networks.push(network);
  }
  const anyone = outsiderOf(networks);
  const everyone = treatment(ruleset, anyone);
  // Networks that are treated as everyone is are still needed where a wider one is not.
  const own = [...byKey].filter(([key, { networks: members }]) => {
    return key !== everyone.key || members.some((member) => hasWider(member, networks));
  });
  return [
    ...own.map(([, audience]) => ({ id: idOf(audience.networks), ...audience })),
    { id: 'everyone', networks: [], client: anyone, mode: everyone.mode },
  ];
}

/** The same networks always have the same id, whoever else the policy speaks of. */
function idOf(networks: readonly Network[]): string {
  const text = networks.map((network) => network.text).join(' ');
  return `c${shortHash(text)}`;
}

/** Every network that a rule or a mode is limited to, each once, in a fixed order. */
function clientNetworks({ rules, modes }: Ruleset): readonly Network[] {
  const found = new Map<string, Network>();
  for (const { clients, origin } of rules) {
    if (clients !== 'everyone' && origin !== 'exception')
      for (const network of clients) found.set(network.text, network);
  }
  for (const { network } of modes) found.set(network.text, network);
  return [...found.keys()].sort().map((text) => found.get(text) as Network);
}

/** What sets one client apart from another: the networks' rules that are about it, and its mode. */
function treatment(ruleset: Ruleset, client: Address): { key: string; mode: Mode } {
  const octets = octetsOfAddress(client);
  const mode = narrowest(ruleset.modes, octets)?.mode ?? ruleset.mode;
  const about = ruleset.rules.flatMap(({ clients, id, origin }) => {
    if (clients === 'everyone' || origin === 'exception') return [];
    const lengths = clients.filter((n) => contains(n, octets)).map(({ length }) => length);
    return lengths.length === 0 ? [] : [`${id} ${Math.max(...lengths)}`];
  });
  return { key: JSON.stringify([mode, about]), mode };
}

/** An address of the network that is in none of its narrower ones; undefined where there is none. */
function representative(network: Network, all: readonly Network[]): Address | undefined {
  const inside = all.filter((other) => isInside(other, network));
  const size = network.octets.length;
  const first = network.octets;
  const candidates = [first, lastOf(network)];
  for (const other of inside) candidates.push(step(other.octets, -1), step(lastOf(other), 1));
  const free = candidates.find(
    (octets) =>
      octets.length === size &&
      contains(network, octets) &&
      !inside.some((other) => contains(other, octets)),
  );
  return free && addressFromOctets(free);
}

function outsiderOf(networks: readonly Network[]): Address {
  const all = networks.filter(({ octets }) => octets.length === 4);
  const free = ANYONE.find(
    (text) => !all.some((n) => contains(n, octetsOfAddress(text as Address))),
  );
  if (free !== undefined) return free as Address;
  const everywhere = { text: '0.0.0.0/0', octets: new Uint8Array(4), length: 0 };
  return representative(everywhere, all) ?? (ANYONE[0] as Address);
}

function isInside(inner: Network, outer: Network): boolean {
  return inner.length > outer.length && contains(outer, inner.octets);
}

function hasWider(network: Network, all: readonly Network[]): boolean {
  return all.some((other) => isInside(network, other));
}

function lastOf({ octets, length }: Network): Uint8Array {
  return octets.map((octet, i) => {
    const kept = Math.min(8, Math.max(0, length - i * 8));
    return octet | (0xff >> kept);
  });
}

/** The next address, or the one before; around at the ends, where `contains` sorts it out. */
function step(octets: Uint8Array, by: 1 | -1): Uint8Array {
  const next = octets.slice();
  for (let i = next.length - 1; i >= 0; i--) {
    const before = next[i] as number;
    next[i] = before + by;
    if (by === 1 ? before !== 0xff : before !== 0) break;
  }
  return next;
}
