import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Rule, RuleId } from '../policy/ruleset.ts';
import type { Role, ServiceId } from '../policy/service.ts';

/** Where an act was seen: a question, a connection sent to the gate, one to a sinkhole address, a packet. */
export const POINTS = ['resolver', 'gate', 'refuser', 'firewall'] as const;
export type Point = (typeof POINTS)[number];

/** How the act reached us; `other` is a packet that is neither. */
export type AttemptTransport = 'udp' | 'tcp' | 'other';

/**
 * `sanctioned` is no attempt at all but the way the organisation wants, kept beside the others so that
 * a report can hold one against the other. `excepted` is what an exception allows this client for a time.
 */
export const ATTEMPT_VERDICTS = [
  'blocked',
  'observed',
  'watched',
  'excepted',
  'sanctioned',
] as const;
export type AttemptVerdict = (typeof ATTEMPT_VERDICTS)[number];

/** As what an act is kept that a rule allows; undefined for one that is not kept. */
export function verdictOfAllowed({ origin }: Pick<Rule, 'origin'>): AttemptVerdict | undefined {
  if (origin === 'ingress') return 'sanctioned';
  return origin === 'exception' ? 'excepted' : undefined;
}

/** One refused, observed, watched, excepted or sanctioned act of one client, before repeats are folded. */
export type Attempt = {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly client: Address;
  readonly point: Point;
  readonly transport: AttemptTransport;
  /** The name asked, the TLS server name, or the name that an address was answered for; none where nobody knows it. */
  readonly name?: Name;
  /** The question's type (`A`, `HTTPS`, `TYPE65280`); else what was spoken: `TLS`, `SSH`, `HTTP`, `OTHER`, or `PACKET`. */
  readonly type: string;
  /** The CNAME target, service target or address that matched, where it is not the name asked. */
  readonly via?: string;
  /** Where the client meant to go, where that is known. */
  readonly destination?: Address;
  readonly port?: number;
  /** Fingerprint of its TLS hello. */
  readonly ja4?: string;
  /** Whether this client had the destination from an answer of ours; unknown where it is not said. */
  readonly lead?: 'answered' | 'unanswered';
  /** The policy's rule, or the id of the rule set's entry where no name tells one (`TW-DENY`). */
  readonly rule: RuleId;
  readonly service?: ServiceId;
  readonly role?: Role;
  readonly verdict: AttemptVerdict;
  /**
   * What the client got: `nxdomain`, `nodata`, `refused`, `sinkhole`, `answered` or `failed` of the
   * resolver; `reset`, `alert`, `page`, `disconnect`, `passed`, `failed` or `cut` of gate and refuser; `reset`,
   * `unreachable`, `recorded` or `captured` of the packet filter.
   */
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
