import type { Endpoint, UpstreamAddress } from '../policy/endpoint.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';

/**
 * The resolvers that /etc/resolv.conf names, but for those that are this resolver itself: a gateway
 * that asks itself would go round in circles. `own` are the addresses of this machine, which is what
 * a wildcard listens on.
 */
export function systemUpstreams(
  text: string,
  listen: readonly Endpoint[],
  own: readonly Address[],
): readonly UpstreamAddress[] {
  const isWildcard = (address: Address) => address === '0.0.0.0' || address === '::';
  return [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].flatMap(([, server = '']) => {
    try {
      const address = parseAddress(server);
      const isSelf = listen.some(
        (here) =>
          here.port === 53 &&
          (here.address === address || (isWildcard(here.address) && own.includes(address))),
      );
      return isSelf ? [] : [{ address, port: 53 }];
    } catch (error) {
      // resolv.conf also takes what we do not: an address with a zone.
      if (error instanceof ParseError) return [];
      throw error;
    }
  });
}
