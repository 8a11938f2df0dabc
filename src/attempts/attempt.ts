import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { RuleId } from '../policy/ruleset.ts';
import type { Role, ServiceId } from '../policy/service.ts';

/** How the act reached us. The gate and the firewall will add theirs. */
export type AttemptTransport = 'udp' | 'tcp';

/**
 * `sanctioned` is no attempt at all but the way the organisation wants, kept beside the others so that
 * a report can hold one against the other.
 */
export const ATTEMPT_VERDICTS = ['blocked', 'observed', 'watched', 'sanctioned'] as const;
export type AttemptVerdict = (typeof ATTEMPT_VERDICTS)[number];

/** One refused, observed, watched or sanctioned act of one client, before repeats are folded. */
export type Attempt = {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly client: Address;
  readonly transport: AttemptTransport;
  /** The name asked. */
  readonly name: Name;
  /** The question's type as text: `A`, `HTTPS`, `TYPE65280`. */
  readonly type: string;
  /** The CNAME target, service target or address that matched, where it is not the name asked. */
  readonly via?: string;
  readonly rule: RuleId;
  readonly service?: ServiceId;
  readonly role?: Role;
  readonly verdict: AttemptVerdict;
  /** What the client got: `nxdomain`, `nodata`, `refused`, `sinkhole` or `answered`. */
  readonly answer: string;
};

/** An attempt as it is kept: equal ones within a window of time are one row. */
export type StoredAttempt = Omit<Attempt, 'time'> & {
  readonly id: number;
  /** First and last time seen, milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
};
