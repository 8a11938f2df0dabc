import type { Name } from '../../policy/name.ts';
import type { Network } from '../../policy/network.ts';
import type { Role, ServiceId } from '../../policy/service.ts';
import { ATTEMPT_VERDICTS, type AttemptVerdict, type Point } from '../attempt.ts';
import {
  INCIDENT_STATES,
  type IncidentState,
  SEVERITIES,
  type Severity,
  type Way,
} from '../incident/incident.ts';

/** What `/` and a command line ask for: that to which all terms apply. */
export type Search = { readonly terms: readonly Term[] };

/** Some values of one field, of which one must apply; where it is negated, none. */
export type Term = { readonly negated: boolean } & Values;

export type Values =
  | { readonly field: 'client'; readonly values: readonly ClientValue[] }
  | { readonly field: 'name'; readonly values: readonly NameValue[] }
  /** Undefined is what is of no known service. */
  | { readonly field: 'service'; readonly values: readonly (ServiceId | undefined)[] }
  | { readonly field: 'role'; readonly values: readonly Role[] }
  | { readonly field: 'verdict'; readonly values: readonly AttemptVerdict[] }
  | { readonly field: 'point'; readonly values: readonly Point[] }
  | { readonly field: 'way'; readonly values: readonly Way[] }
  | { readonly field: 'destination'; readonly values: readonly Network[] }
  | { readonly field: 'state'; readonly values: readonly IncidentState[] }
  | { readonly field: 'severity'; readonly values: readonly Severity[] }
  /** `text` is what a name, a client's label or a service contains. */
  | { readonly field: PlainField; readonly values: readonly string[] }
  | { readonly field: 'since' | 'until'; readonly values: readonly Moment[] }
  | { readonly field: 'id'; readonly values: readonly number[] };

export type PlainField = 'rule' | 'type' | 'ja4' | 'team' | 'person' | 'text';

/** Whose address it is, or what a client is called. */
export type ClientValue =
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'label'; readonly text: string };

export type NameValue = { readonly name: Name; readonly scope: 'exact' | 'subtree' };

/** A time as it was written, such as `1h`, and in milliseconds since the epoch what that meant then. */
export type Moment = { readonly written: string; readonly time: number };

export type Field = Exclude<Values['field'], 'text'>;

/** The fields as they are written, in the order in which they are offered. */
export const FIELDS = [
  ...(['client', 'name', 'service', 'since', 'state', 'severity', 'verdict', 'rule'] as const),
  ...(['role', 'type', 'point', 'way', 'destination', 'ja4', 'team', 'person'] as const),
  ...(['until', 'id'] as const),
] as const satisfies readonly Field[];

/** Other words for fields. */
export const FIELD_ALIASES: Readonly<Record<string, Field>> = { via: 'way', before: 'until' };

/** Other words for states, and what two states are called together. */
export const STATE_WORDS: Readonly<Record<string, readonly IncidentState[]>> = {
  ...Object.fromEntries(INCIDENT_STATES.map((state) => [state, [state]])),
  acked: ['acknowledged'],
  open: ['new', 'reopened'],
};

/** What a bare word means where it is more than text. A word that is a state and a verdict is the state. */
export function fieldOfBareWord(word: string): 'state' | 'verdict' | 'severity' | undefined {
  if (Object.hasOwn(STATE_WORDS, word)) return 'state';
  if (ATTEMPT_VERDICTS.some((verdict) => verdict === word)) return 'verdict';
  return SEVERITIES.some((severity) => severity === word) ? 'severity' : undefined;
}
