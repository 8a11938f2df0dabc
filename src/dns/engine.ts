import type { ConnectionOptions } from 'node:tls';
import { type Client, createClients } from '../policy/clients.ts';
import { formatUpstream, type UpstreamAddress } from '../policy/endpoint.ts';
import { ROOT } from '../policy/name.ts';
import type { ResolverSettings } from '../policy/policy.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import type { Cache } from './cache.ts';
import { createForwarder, type Forwarder, type Route } from './forward.ts';
import { createResolve, type Prepare, type Resolve } from './resolve.ts';
import { createUpstream, type Tools, type Upstream } from './upstream/exchange.ts';
import { createStreamChannel } from './upstream/stream.ts';
import { createUdpChannel } from './upstream/udp.ts';

/** RFC 8467 4.1: encrypted queries are padded to a multiple of so many octets. */
const QUERY_BLOCK = 128;

/** Everything that the settings of a resolver decide, as one exchangeable piece: a reload makes a new one. */
export type Engine = {
  readonly resolve: Resolve;
  readonly clientOf: (peer: string) => Client;
  readonly strangers: ResolverSettings['strangers'];
  /** Finds what the policy has no say in: for what we look up ourselves. */
  readonly find: Forwarder['find'];
  /** Closes its sockets; questions under way on them fail. */
  readonly close: () => void;
};

export type EngineParts = {
  readonly ruleset: () => Ruleset;
  readonly cache: Cache;
  readonly tools: Tools;
  /** How an upstream is reached; by sockets unless something else is given. */
  readonly connect?: (address: UpstreamAddress, tools: Tools) => Upstream;
  readonly prepare?: Prepare;
};

/** The resolver of some settings. `upstreams` answer what no `forward` domain covers. */
export function createEngine(
  settings: ResolverSettings,
  upstreams: readonly UpstreamAddress[],
  parts: EngineParts,
): Engine {
  const { cache, tools, ruleset, connect = connectUpstream, prepare } = parts;
  // One upstream named for several domains is one upstream, with one measure of its speed.
  const known = new Map<string, Upstream>();
  const upstreamOf = (address: UpstreamAddress): Upstream => {
    const key = formatUpstream(address);
    const upstream = known.get(key) ?? connect(address, tools);
    known.set(key, upstream);
    return upstream;
  };
  const routes: Route[] = [
    { domain: ROOT, upstreams: upstreams.map(upstreamOf) },
    ...settings.forward.map(({ domain, upstreams }) => ({
      domain,
      upstreams: upstreams.map(upstreamOf),
    })),
  ];
  const { stale, prefetch, stripEch, version } = settings;
  const forwarder = createForwarder({ routes, cache, stale, prefetch, tools });
  return {
    resolve: createResolve({
      ...{ ruleset, forwarder, version, stripEch },
      ...(prepare ? { prepare } : {}),
    }),
    find: forwarder.find,
    clientOf: createClients(settings.clients),
    strangers: settings.strangers,
    close: () => {
      for (const { udp, stream } of known.values()) {
        udp?.close();
        stream.close();
      }
    },
  };
}

/** Reaches an upstream by UDP and TCP, or by TLS where it has a name; `tls` adds to the options of that. */
export function connectUpstream(
  address: UpstreamAddress,
  { random, clock }: Tools,
  tls?: ConnectionOptions,
): Upstream {
  const stream = createStreamChannel(address, random, clock.now, tls);
  if (address.tlsName !== undefined) return createUpstream({ stream, padTo: QUERY_BLOCK });
  return createUpstream({ udp: createUdpChannel(address, random, clock.now), stream, padTo: 0 });
}
