import type { Network } from './network.ts';
import type { NamePattern } from './pattern.ts';
import type { ServiceId } from './service.ts';

/** What an exception allows: a name and what its pattern covers, or all that is known of a service. */
export type ExceptionSubject =
  | { readonly kind: 'name'; readonly pattern: NamePattern }
  | { readonly kind: 'service'; readonly service: ServiceId };

/**
 * What an admin allows some clients for some time, beside the policy: one more input of `compile`. It
 * decides next to the sanctioned ingress, whatever else is said of the name.
 */
export type Exception = {
  /** Its number in the database; its rules are called `exception/ID/…`. */
  readonly id: number;
  readonly subject: ExceptionSubject;
  /** Empty is everyone. */
  readonly clients: readonly Network[];
  readonly reason: string;
  /** Who made it. */
  readonly author: string;
  /** Milliseconds since the epoch: when it was made, and when it ends by itself. */
  readonly created: number;
  readonly until: number;
};
