import type { Incident } from './incident.ts';

/** What a batch of attempts did to an incident; `before` is missing where it began it. */
export type IncidentChange = {
  readonly incident: Incident;
  readonly before?: Pick<Incident, 'severity' | 'state'>;
};
