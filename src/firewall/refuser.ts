import type { FirewallSettings } from '../policy/firewall.ts';
import { type Address, parseNetwork } from '../policy/network.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import type { AddressSet, PacketEntry, PacketPlan } from './backend.ts';
import { compareNetworks } from './statics.ts';

/** The set of the refuser's addresses, and what is refused there: all but TCP, which the refuser gets. */
export const REFUSER: PacketEntry & { readonly to: { readonly set: string } } = {
  id: 'TW-REFUSER',
  to: { set: 'refuser' },
  ports: [],
  sparesExempt: false,
  deed: { kind: 'refuse' },
  note: 'where refused names lead',
};

/** The refuser's addresses, as all packet filters have sets. */
export function refuserSet(addresses: readonly Address[]): AddressSet {
  const networks = addresses.map((address) => parseNetwork(address)).sort(compareNetworks);
  return { id: REFUSER.to.set, live: false, networks, note: REFUSER.note };
}

/** Undefined where there is none, or no address for it. */
export function refuserOf(
  { refusal: { addresses } }: Ruleset,
  { refuser: port }: FirewallSettings,
): PacketPlan['refuser'] {
  return port === undefined || addresses.length === 0 ? undefined : { to: addresses, port };
}
