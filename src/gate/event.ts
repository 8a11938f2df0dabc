import type { Bound } from './decide.ts';
import type { Opening } from './opening.ts';

/** What a connection began with; `silent` is one that did not say enough in time. */
export type Beginning = Opening | { readonly kind: 'silent' };

/**
 * What became of a connection that was sent to the gate. `failed` was let pass, and nobody took it; `cut`
 * had passed, and the policy has changed. Why it is so, `decide` says of the same.
 */
export type GateEvent = Omit<Bound, 'opening'> & {
  readonly opening: Beginning;
  readonly answer: 'passed' | 'failed' | 'cut' | 'reset' | 'alert';
};
