import type { FirewallSettings } from '../policy/firewall.ts';
import type { Backend, SniMeans } from './backend.ts';

/** Who looks at TLS names at shared addresses, and whether it does at fronts of many. */
export type Looking = { readonly means: SniMeans | undefined; readonly atFronts: boolean };

/**
 * The gate where there is one; the kernel alone where it can look and there is none. Fronts go to a
 * gate only where they pass by one that is down: it must not take along all who live there.
 */
export function lookingOf({ gate, parts }: FirewallSettings, { sni, enforces }: Backend): Looking {
  if (!parts.includes('sni')) return { means: undefined, atFronts: false };
  if (gate !== undefined && sni.includes('gate')) {
    return { means: 'gate', atFronts: parts.includes('fronts') && enforces.includes('liveness') };
  }
  const means = gate === undefined && sni.includes('kernel') ? 'kernel' : undefined;
  return { means, atFronts: false };
}
