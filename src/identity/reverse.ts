import { type Name, parseName } from '../policy/name.ts';
import {
  type Address,
  contains,
  isIpv4,
  type Network,
  octetsOfAddress,
  parseNetwork,
} from '../policy/network.ts';
import type { Fact } from './fact.ts';

/** Networks that mean something only inside (RFC 1918, 6598, 4193): nobody outside knows who is there. */
const PRIVATE: readonly Network[] = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7'],
].map(parseNetwork);
/** Networks within one machine or one link: no resolver knows who is there. */
const NEAR: readonly Network[] = ['127.0.0.0/8', '169.254.0.0/16', '::1', 'fe80::/10'].map(
  parseNetwork,
);

export type ReverseParts = {
  /** The names that a reverse name points to; none where there are none or nobody answers. Never rejects. */
  readonly find: (name: Name) => Promise<readonly Name[]>;
  /** True where the resolver may be asked for a reverse name of a client in a private network, or outside. */
  readonly isAskable: (name: Name, where: 'private' | 'public') => boolean;
  /** Whom the resolver serves. */
  readonly clients: readonly Network[];
  /** Milliseconds since the epoch. */
  readonly time: () => number;
};

/** The name that holds who an address belongs to (RFC 1035 3.5, RFC 3596 2.5). */
export function reverseNameOf(address: Address): Name {
  const octets = octetsOfAddress(address);
  if (isIpv4(address)) return parseName(`${[...octets].reverse().join('.')}.in-addr.arpa`);
  const digits = Buffer.from(octets).toString('hex').split('').reverse();
  return parseName(`${digits.join('.')}.ip6.arpa`);
}

/** True for addresses of one's own networks, which public resolvers know nothing of. */
export function isPrivate(address: Address): boolean {
  return isIn(PRIVATE, address);
}

/** True for addresses of this machine itself and of its links. */
export function isNear(address: Address): boolean {
  return isIn(NEAR, address);
}

/** Looks up host names of clients in private networks and of those the resolver serves. */
export function createReverse({ find, isAskable, clients, time }: ReverseParts) {
  const factOf = async (client: Address): Promise<readonly Fact[]> => {
    const where = isPrivate(client) ? 'private' : 'public';
    if (isNear(client) || (where === 'public' && !isIn(clients, client))) return [];
    const name = reverseNameOf(client);
    if (!isAskable(name, where)) return [];
    // Of several, always the same one.
    const [value] = (await find(name)).toSorted();
    if (value === undefined) return [];
    return [{ client, kind: 'host', value, source: 'reverse-dns', time: time() }];
  };
  return async (clients: readonly Address[]): Promise<readonly Fact[]> =>
    (await Promise.all(clients.map(factOf))).flat();
}

function isIn(networks: readonly Network[], address: Address): boolean {
  const octets = octetsOfAddress(address);
  return networks.some((network) => contains(network, octets));
}
