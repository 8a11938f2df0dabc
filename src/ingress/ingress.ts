import type { Name } from '../policy/name.ts';
import type { Policy } from '../policy/policy.ts';

/**
 * A sanctioned ingress as its records need it: an NS delegation, whose targets only the vendor knows. The
 * domain's names below it, its addresses and its certificate are the vendor's.
 */
export type Ingress = {
  /** The delegated domain, `tunnels.example.com`. */
  readonly domain: Name;
  /** Where the delegation points to; at least one. */
  readonly nameservers: readonly [Name, ...Name[]];
  /** Names below the domain that agents dial. */
  readonly names: readonly Name[];
  readonly issuer: 'ngrok' | 'letsencrypt';
  /** Data of DS records; none where the vendor does not sign. */
  readonly ds: readonly string[];
  /** Seconds. */
  readonly ttl: number;
};

/** One ingress of a policy. */
export type IngressEntry = Policy['ingress'][number];

/** Where the targets come from, for whoever has none. */
export const TARGETS_ADVICE =
  'they are `ns_targets` of the ingress in the ngrok API (GET https://api.ngrok.com/agent_ingresses) and on ' +
  "the dashboard under Connect URLs; `tunnelwarden ingress import` reads the API's answer";

/** The ingress, or undefined where its targets are not known: they cannot be guessed. */
export function ingressOf(entry: IngressEntry): Ingress | undefined {
  const [first, ...rest] = entry.nameservers;
  if (first === undefined) return undefined;
  const { domain, names, issuer, ds, ttl } = entry;
  return { domain, nameservers: [first, ...rest], names, issuer, ds, ttl };
}
