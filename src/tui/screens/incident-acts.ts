import type { Effect } from '../screen.ts';
import type { KnownIncident } from '../source.ts';
import { fullCallOf } from './words.ts';

/** An incident as a title names it. */
export function nameOf(incident: KnownIncident): string {
  return `${incident.service ?? 'what is of no service'} by ${fullCallOf(incident, incident.client)}`;
}

/** Asks for an exception that fits the incident. */
export function exceptionDialog({ id, service, client }: KnownIncident): Effect {
  if (service === undefined) {
    const text = 'It is of no known service: go to its attempts (t), and e there allows a name.';
    return { kind: 'say', text, tone: 'warn' };
  }
  return {
    kind: 'dialog',
    dialog: { kind: 'exception', subject: service, clients: client, incident: id },
  };
}
