import { contains, type Network, parseNetwork } from '../policy/network.ts';

/** Ranges that no packet on the internet comes from (RFC 6890), each with its name. */
const NOT_PUBLIC: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', '"this network"'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', "a provider's own (RFC 6598)"],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.168.0.0/16', 'private'],
  ['224.0.0.0/3', 'multicast or reserved'],
  ['::1', 'loopback'],
  ['fc00::/7', 'private (unique local)'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
];

const RANGES = NOT_PUBLIC.map(([text, name]) => ({ network: parseNetwork(text), name }));

/** With its length, even where it is one address: ngrok wants CIDR notation. */
export function cidrOf({ text, length }: Network): string {
  return text.includes('/') ? text : `${text}/${length}`;
}

/**
 * Why a network cannot stand in a list that ngrok compares sources with, or undefined where it can:
 * ngrok sees the public address behind which an organisation lives, never the one a client has inside.
 */
export function notPublic(network: Network): string | undefined {
  const { text, octets, length } = network;
  if (length === 0) return `${text} is everyone, which restricts nothing`;
  const range = RANGES.find(
    (range) => range.network.length <= length && contains(range.network, octets),
  );
  return range === undefined
    ? undefined
    : `${text} is ${range.name}, and ngrok sees only the public address it goes out by`;
}
