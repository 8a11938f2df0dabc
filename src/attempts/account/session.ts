import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';

/** What the account says of one agent's session. All of it but the addresses and times is the agent's own word. */
export type SessionFacts = {
  /** Id of the credential: whose authtoken it was. Never the token. */
  readonly credential?: string;
  /** The address it came from, as the vendor sees it: behind a NAT the organisation's. */
  readonly agent: Address;
  /** The vendor's address it came to. */
  readonly server?: Address;
  /** The name it came by; none where the event has none that is a name. */
  readonly name?: Name;
  readonly region?: string;
  readonly userAgent?: string;
  /** `muxado` for agents and SDKs, `ssh` for reverse tunnels of plain ssh. */
  readonly transport?: string;
  readonly os?: string;
  readonly arch?: string;
};

/** One session of the organisation's own account, of the events that told of it so far. */
export type AccountSession = SessionFacts & {
  readonly account: string;
  /** The vendor's id of the session. */
  readonly session: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly startEvent?: string;
  /** Why it did not start; a session that failed is over when it begins. */
  readonly failure?: string;
  readonly stopped?: number;
  readonly stopEvent?: string;
  /** Why it stopped. */
  readonly reason?: string;
};

/**
 * What two accounts of one session say together. The start tells what it was and the stop when it was
 * over; of two of a kind the one with the smaller id counts. So neither the order in which events come
 * nor how often one does makes a difference.
 */
export function joined(a: AccountSession, b: AccountSession): AccountSession {
  const start = smaller(a, b, 'startEvent');
  const stop = smaller(a, b, 'stopEvent');
  const { stopped: _, stopEvent: __, reason: ___, ...begun } = start ?? stop ?? a;
  if (stop?.stopped === undefined || stop.stopEvent === undefined) return begun;
  const { stopped, stopEvent, reason } = stop;
  return { ...begun, stopped, stopEvent, ...(reason === undefined ? {} : { reason }) };
}

function smaller(
  a: AccountSession,
  b: AccountSession,
  id: 'startEvent' | 'stopEvent',
): AccountSession | undefined {
  const [left, right] = [a[id], b[id]];
  if (left === undefined) return right === undefined ? undefined : b;
  return right === undefined || left <= right ? a : b;
}
