import { type Traits, viaOf } from '../step.ts';
import type { Way } from './incident.ts';

/** All ways, in the order an agent takes them, and then what is no agent's. */
export const WAYS = [
  ...(['system-dns', 'dns', 'dot', 'doh', 'file', 'name', 'sni', 'address'] as const),
  ...(['ssh', 'quic', 'proxy', 'endpoint', 'download', 'update', 'admin'] as const),
] as const satisfies readonly Way[];

/** The way that an attempt took; undefined where it is part of no incident. */
export function wayOf(attempt: Traits): Way | undefined {
  const { role, verdict } = attempt;
  // What the organisation wants, or allows somebody for some time, is nothing that a person must review.
  if (verdict === 'sanctioned' || verdict === 'excepted') return undefined;
  const via = viaOf(attempt);
  if (via !== undefined) return via;
  switch (role) {
    case 'endpoint':
    case 'download':
    case 'update':
    case 'admin':
      return role;
    default:
      return undefined;
  }
}
