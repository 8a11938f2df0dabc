import type { Address } from '../../policy/network.ts';

/** A packet that the rule set has logged: what a packet filter tells of it, whichever tells it. */
export type LoggedPacket = {
  /** Milliseconds since the epoch: when it was logged, or where a log does not say so, when that was read. */
  readonly time: number;
  /** The id of the rule set's entry as it is logged: `TW-DENY`, `TW-DENY.c1a2b3c4d` for an audience. */
  readonly entry: string;
  readonly from: Address;
  readonly to: Address;
  readonly transport: 'tcp' | 'udp' | 'other';
  /** Where it was going; none for what has no ports, and for later fragments. */
  readonly port?: number;
  /** False for what was only recorded, or was led elsewhere. */
  readonly refused: boolean;
  /** What was logged of a datagram to port 53. */
  readonly question?: Uint8Array;
};

/** Ids as `plan` makes them, and nothing that a terminal or a report could mind. */
const ENTRY = /^TW-[A-Za-z0-9.-]{1,60}$/;

/** The entry's id in the prefix of a log line; undefined for what is not ours. */
export function entryIn(prefix: string): string | undefined {
  const id = prefix.trimEnd();
  return ENTRY.test(id) ? id : undefined;
}

/** What only records is called so: `TW-WATCH-1`, `TW-ADDR-bore-record.c1a2b3c4d`. */
const RECORDS = /^TW-WATCH\b|-record(?:-1)?(?:\.|$)/;

/**
 * Whether an entry refuses, by its id and where it stood: what is logged before routing is on its way to
 * our resolver. (What a live set's entry only records is called as what refuses is; the policy tells.)
 */
export function isRefusal(entry: string, isBeforeRouting: boolean): boolean {
  return !isBeforeRouting && !RECORDS.test(entry);
}

/** A string of C: what stands before the first zero. */
export function textIn(octets: Buffer): string {
  const end = octets.indexOf(0);
  return octets.toString('latin1', 0, end < 0 ? octets.length : end);
}
