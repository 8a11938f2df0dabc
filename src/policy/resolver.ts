import { withoutUndefined } from './defined.ts';
import type { Endpoint, UpstreamAddress } from './endpoint.ts';
import type { Name } from './name.ts';
import type { Network } from './network.ts';
import type { PolicyFile } from './schema.ts';

/** How the resolver is to work. */
export type ResolverSettings = {
  readonly listen: readonly Endpoint[];
  readonly upstreams: readonly UpstreamAddress[];
  readonly forward: readonly {
    readonly domain: Name;
    readonly upstreams: readonly UpstreamAddress[];
  }[];
  readonly clients: readonly Network[];
  readonly strangers: 'refuse' | 'ignore';
  /** Bytes. */
  readonly cache: number;
  /** Milliseconds an expired answer may still serve; 0 is never. */
  readonly stale: number;
  readonly prefetch: boolean;
  readonly stripEch: 'governed' | 'all';
  readonly version?: string;
};

/** The resolver's settings of a checked file, with what its ingress says of where to ask. */
export function resolverOf({ resolver, ingress }: PolicyFile): ResolverSettings {
  const { 'strip-ech': stripEch, forward, ...rest } = resolver;
  // What stands under `resolver` is the more general; a domain of both is asked where its ingress says.
  const own = ingress.filter(({ forward }) => forward.length > 0);
  const others = forward.filter(({ domain }) => !own.some((one) => one.domain === domain));
  return withoutUndefined({
    ...rest,
    stripEch,
    forward: [...others, ...own.map(({ domain, forward }) => ({ domain, upstreams: forward }))],
  });
}
