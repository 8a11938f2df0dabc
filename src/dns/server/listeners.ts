import { networkInterfaces } from 'node:os';
import type { Endpoint } from '../../policy/endpoint.ts';
import { type Address, parseAddress } from '../../policy/network.ts';
import type { Answerer } from './answerer.ts';
import { listenTcp } from './tcp.ts';
import { type Listener, listenUdp } from './udp.ts';

/** Milliseconds between looks for addresses that this machine has gained or lost. */
const RESCAN = 2_000;
/** Ports that are drawn anew where port 0 was asked for and the first was taken. */
const DRAWS = 5;

export type Listeners = {
  /** Where questions are taken, wildcards spelled out. */
  readonly endpoints: () => readonly Endpoint[];
  readonly stop: () => Promise<void>;
};

export type ListenEvents = {
  readonly onListening: (endpoint: Endpoint) => void;
  /** An address that could not be used, though others could. */
  readonly onUnavailable: (endpoint: Endpoint, error: Error) => void;
};

/**
 * Listens on every endpoint, over UDP and TCP. A wildcard becomes one socket an address: an answer
 * has to leave from the address that was asked, and only such a socket knows it; addresses that come
 * and go later are followed. Rejects where an endpoint that was named cannot be used.
 */
export async function listenAll(
  wanted: readonly Endpoint[],
  answer: () => Answerer,
  events: ListenEvents,
): Promise<Listeners> {
  const open = new Map<
    string,
    { readonly endpoint: Endpoint; readonly parts: readonly Listener[] }
  >();
  /** Told of once, however often they are tried. */
  const unavailable = new Set<string>();
  const stopAll = async () => {
    const parts = [...open.values()].flatMap(({ parts }) => parts);
    await Promise.all(parts.map((part) => part.stop()));
    open.clear();
  };
  const add = async (endpoint: Endpoint, key: string) => {
    const parts = await listenBoth(endpoint, answer, DRAWS);
    open.set(key, { endpoint: parts[0].endpoint, parts });
    events.onListening(parts[0].endpoint);
  };
  const rescan = async (first: boolean) => {
    const now = wanted.flatMap((endpoint) =>
      addressesOf(endpoint).map((address) => ({ ...endpoint, address })),
    );
    const keys = new Set(now.map(keyOf));
    for (const [key, { parts }] of open) {
      if (keys.has(key)) continue;
      open.delete(key);
      await Promise.all(parts.map((part) => part.stop()));
    }
    for (const endpoint of now) {
      const key = keyOf(endpoint);
      if (open.has(key)) continue;
      try {
        await add(endpoint, key);
        unavailable.delete(key);
      } catch (error) {
        const named = wanted.some(({ address }) => address === endpoint.address);
        if (first && named && !isMissingFamily(endpoint, error)) throw error;
        if (!unavailable.has(key)) events.onUnavailable(endpoint, error as Error);
        unavailable.add(key);
      }
    }
    if (first && wanted.length > 0 && open.size === 0) {
      throw new Error('none of the addresses to listen on is usable');
    }
  };
  try {
    await rescan(true);
  } catch (error) {
    await stopAll();
    throw error;
  }
  const timer = wanted.some(isWildcard)
    ? setInterval(() => void rescan(false), RESCAN).unref()
    : undefined;
  return {
    endpoints: () => [...open.values()].map(({ endpoint }) => endpoint),
    stop: () => {
      clearInterval(timer);
      return stopAll();
    },
  };
}

/** Over UDP and TCP on one port. Port 0 has UDP draw it; where TCP finds it taken, another is drawn. */
async function listenBoth(
  endpoint: Endpoint,
  answer: () => Answerer,
  draws: number,
): Promise<readonly [Listener, Listener]> {
  const udp = await listenUdp(endpoint, answer);
  try {
    return [udp, await listenTcp(udp.endpoint, answer)];
  } catch (error) {
    await udp.stop();
    if (endpoint.port !== 0 || draws === 0 || !isTaken(error)) throw error;
    return listenBoth(endpoint, answer, draws - 1);
  }
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
}

function isWildcard({ address }: Endpoint): boolean {
  return address === '0.0.0.0' || address === '::';
}

/** The addresses of this machine that a wildcard stands for; link-local ones need a zone, so not these. */
function addressesOf(endpoint: Endpoint): readonly Address[] {
  if (!isWildcard(endpoint)) return [endpoint.address];
  const family = endpoint.address === '::' ? 'IPv6' : 'IPv4';
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => address.family === family && !address.address.startsWith('fe80:'))
    .map(({ address }) => parseAddress(address));
}

/** A machine without IPv6 can still serve IPv4. */
function isMissingFamily({ address }: Endpoint, error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return address.includes(':') && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT');
}

function keyOf({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
