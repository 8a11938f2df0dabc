import type { IncidentChange } from '../attempts/incident/change.ts';
import type { Incident, Severity } from '../attempts/incident/incident.ts';
import { isOpen } from '../attempts/incident/query.ts';
import { rankOf, reasonsFor } from '../attempts/incident/severity.ts';
import type { Address } from '../policy/network.ts';
import type { ServiceId } from '../policy/service.ts';

/** What people are told of an incident. Labels come from strangers: each sink escapes them. */
export type Alert = {
  readonly incident: number;
  readonly why: Why;
  readonly severity: Severity;
  readonly client: Address;
  readonly label?: string;
  readonly team?: string;
  readonly service: ServiceId;
  /** Milliseconds since the epoch. */
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly reasons: readonly string[];
};

/** It began as severe, rose to it, or asks for another look after somebody had one. */
export type Why = 'new' | 'risen' | 'reopened';

/** One message: what was gathered, and what else there would have been to tell. */
export type Message = {
  readonly organisation: string;
  /** The severest first. */
  readonly alerts: readonly Alert[];
  /** How many alerts were held back since the last message. */
  readonly heldBack: number;
  /** It was made up, to see whether it comes through. */
  readonly test?: true;
};

/** Why a change is to be told; undefined where it is not. What is of no service is no tunnel by itself. */
export function whyToTell({ incident, before }: IncidentChange, least: Severity): Why | undefined {
  const isSevere = (severity: Severity) => rankOf(severity) >= rankOf(least);
  if (incident.service === undefined || !isOpen(incident) || !isSevere(incident.severity)) {
    return undefined;
  }
  if (!before) return 'new';
  if (incident.state === 'reopened' && !isOpen(before)) return 'reopened';
  return isSevere(before.severity) ? undefined : 'risen';
}

export function alertOf(
  incident: Incident & { readonly service: ServiceId },
  why: Why,
  called: Pick<Alert, 'label' | 'team'>,
): Alert {
  const { id, severity, client, service, first, last, count } = incident;
  const reasons = reasonsFor(incident).map(({ text }) => text);
  return { incident: id, why, severity, client, ...called, service, first, last, count, reasons };
}
