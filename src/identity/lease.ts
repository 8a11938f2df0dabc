import type { Address } from '../policy/network.ts';
import type { Mac } from './mac.ts';

/** What a DHCP server knows of who has an address now. Names come from the clients. */
export type Lease = {
  readonly address: Address;
  readonly host?: string;
  readonly mac?: Mac;
  /** What the client calls its own make: `MSFT 5.0`. */
  readonly vendor?: string;
};

/** Reads a lease file; `now` in milliseconds since the epoch. The last lease of an address counts. */
export type ParseLeases = (text: string, now: number) => readonly Lease[];

/** The leases that are left when each line was read: later ones take the place of earlier ones. */
export function createTally() {
  const leases = new Map<Address, Lease>();
  return {
    /** Takes note of what an address is now: somebody's, or nobody's. */
    note: (address: Address, lease: Omit<Lease, 'address'> | undefined): void => {
      leases.delete(address);
      if (lease) leases.set(address, { address, ...lease });
    },
    leases: (): readonly Lease[] => [...leases.values()],
  };
}
