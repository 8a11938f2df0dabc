import {
  type Address,
  contains,
  type Network,
  octetsOfAddress,
  parseSocketAddress,
} from './network.ts';

export type Client = { readonly address: Address; readonly served: boolean };

/** Clients remembered, so that a busy one is not parsed for each packet. */
const REMEMBERED = 10_000;

/** Tells from a socket's peer address who the client is, and whether it is served. */
export function createClients(networks: readonly Network[]): (peer: string) => Client {
  const known = new Map<string, Client>();
  return (peer) => {
    const seen = known.get(peer);
    if (seen) return seen;
    const address = parseSocketAddress(peer);
    const octets = octetsOfAddress(address);
    const client = { address, served: networks.some((network) => contains(network, octets)) };
    if (known.size >= REMEMBERED) known.clear();
    known.set(peer, client);
    return client;
  };
}
