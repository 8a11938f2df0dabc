import type { Lane } from '../../policy/firewall.ts';
import type { Name } from '../../policy/name.ts';
import type { Address, Network } from '../../policy/network.ts';
import type { Ruleset } from '../../policy/ruleset.ts';
import type { GateEvent } from '../event.ts';
import type { Refusal } from '../gate.ts';

/** What the main process says to the front. `listen` comes with the descriptor of a listening socket. */
export type ToFront =
  | { readonly kind: 'listen'; readonly lane: Lane; readonly port: number }
  | { readonly kind: 'rules'; readonly rules: FrontRules }
  | { readonly kind: 'found'; readonly name: Name; readonly addresses: readonly Address[] }
  /** Nobody new is to be taken; `left` is the answer, once all that happened has been told. */
  | { readonly kind: 'leave' };

/** Everything that the front judges by. */
export type FrontRules = {
  readonly ruleset: Ruleset;
  /** Whose connections are taken. */
  readonly clients: readonly Network[];
  readonly transparent: boolean;
  readonly refusal: Refusal;
};

export type ToMain =
  | { readonly kind: 'ready' }
  | { readonly kind: 'events'; readonly events: readonly GateEvent[] }
  | { readonly kind: 'find'; readonly name: Name }
  | { readonly kind: 'left' };

/**
 * Where the front of a gate is found, as an abstract UNIX address: it needs no file, goes with its
 * process, and belongs to one network namespace. Another version of the program has another front: what
 * an old one carries goes on, and nothing is judged by old code.
 */
export function frontAddress(version: string, port: number): string {
  return `\0tunnelwarden-front-${version}-${port}`;
}
