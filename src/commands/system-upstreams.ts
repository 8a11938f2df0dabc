import { type Endpoint, type UpstreamAddress } from '../policy/endpoint.ts';
import { parseAddress } from '../policy/network.ts';
import { ParseError } from '../policy/problem.ts';

/**
 * The resolvers that /etc/resolv.conf names, but for those that are this resolver itself: a gateway
 * that asks itself would go round in circles.
 */
export function systemUpstreams(text: string, listen: readonly Endpoint[]): readonly UpstreamAddress[] {
  return [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].flatMap(([, server = '']) => {
    try {
      const address = parseAddress(server);
      const isSelf = listen.some(
        (own) => own.port === 53 && (own.address === address || own.address === '0.0.0.0' || own.address === '::'),
      );
      return isSelf ? [] : [{ address, port: 53 }];
    } catch (error) {
      // resolv.conf also takes what we do not: an address with a zone.
      if (error instanceof ParseError) return [];
      throw error;
    }
  });
}
