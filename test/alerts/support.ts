import type { Alert, Message } from '../../src/alerts/alert.ts';
import type { IncidentChange } from '../../src/attempts/incident/change.ts';
import type { Incident } from '../../src/attempts/incident/incident.ts';
import { parseAddress } from '../../src/policy/network.ts';

export const NOON = Date.UTC(2026, 10, 27, 12);

export function alert(different: Partial<Alert> = {}): Alert {
  return {
    ...{ incident: 12, why: 'new', severity: 'high', service: 'ngrok', count: 3 },
    ...{ client: parseAddress('192.0.2.17'), first: NOON - 60_000, last: NOON },
    reasons: ['Tried to connect by SSH, 3 times'],
    ...different,
  };
}

export function message(different: Partial<Message> = {}): Message {
  return { organisation: 'Example Corp', alerts: [alert()], heldBack: 0, ...different };
}

export function incident(different: Partial<Incident> = {}): Incident {
  const trials = { first: NOON, last: NOON, count: 1, passed: 0 };
  return {
    ...{ id: 12, client: parseAddress('192.0.2.17'), service: 'ngrok', severity: 'high' },
    ...{ first: NOON, last: NOON, count: 1, state: 'new', ways: new Map([['ssh', trials]]) },
    ...different,
  } as Incident;
}

export function change(
  different: Partial<Incident> = {},
  before?: IncidentChange['before'],
): IncidentChange {
  return { incident: incident(different), ...(before ? { before } : {}) };
}
