import type { Lane } from '../policy/firewall.ts';
import type { Address } from '../policy/network.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import type { Decision } from './decide.ts';
import type { Opening } from './opening.ts';

/** What a connection began with; `silent` is one that did not say enough in time. */
export type Beginning = Opening | { readonly kind: 'silent' };

/** What became of a connection that was sent to the gate. */
export type GateEvent = {
  readonly client: Address;
  readonly lane: Lane;
  /** Where the client meant to go, where the system can tell. */
  readonly destination?: Address;
  readonly port?: number;
  readonly opening: Beginning;
  /** None for what was silent, or went before anything was decided. */
  readonly decision?: Decision;
  /** `failed` was let pass, and nobody took it; `cut` had passed, and the policy has changed. */
  readonly answer: 'passed' | 'failed' | 'cut' | 'reset' | 'alert';
  /** What the decision was made by. */
  readonly ruleset: Ruleset;
};
