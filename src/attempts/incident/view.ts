import type { Label } from '../facts.ts';
import { formatMoment } from '../moment.ts';
import type { View } from '../view.ts';
import type { Incident, IncidentState, Severity } from './incident.ts';

/** An incident with what its client is called, where anything is known. */
export type LabelledIncident = Incident & Label;

/** From this width on there is room for the ways. */
const WIDE = 120;

export const SEVERITY_COLOURS = {
  high: 'red',
  medium: 'yellow',
  low: 'cyan',
  info: 'cyan',
} as const satisfies Record<Severity, string>;

const STATE_COLOURS = {
  new: 'red',
  reopened: 'red',
  acknowledged: 'yellow',
  excepted: 'cyan',
  closed: 'green',
} as const satisfies Record<IncidentState, string>;

const isoTime = (time: number) => new Date(time).toISOString();

export const incidentView: View<LabelledIncident> = {
  fields: [
    { name: 'id', value: ({ id }) => id },
    { name: 'severity', value: ({ severity }) => severity },
    { name: 'state', value: ({ state }) => state },
    { name: 'client', value: ({ client }) => client },
    { name: 'label', value: ({ label }) => label },
    { name: 'team', value: ({ team }) => team },
    { name: 'service', value: ({ service }) => service },
    { name: 'first', value: ({ first }) => isoTime(first) },
    { name: 'last', value: ({ last }) => isoTime(last) },
    { name: 'count', value: ({ count }) => count },
    { name: 'passed', value: passedOf },
    { name: 'ways', value: waysOf },
  ],
  columns: (width) => [
    { title: 'ID', text: ({ id }) => String(id), align: 'right' },
    {
      title: 'SEVERITY',
      text: ({ severity }) => severity,
      colour: ({ severity }) => SEVERITY_COLOURS[severity],
    },
    { title: 'STATE', text: ({ state }) => state, colour: ({ state }) => STATE_COLOURS[state] },
    {
      title: 'LAST SEEN',
      text: ({ last }) => (width >= WIDE ? formatMoment(last) : formatMoment(last).slice(5, 16)),
    },
    {
      title: 'CLIENT',
      text: (incident) => (width >= WIDE ? clientText(incident) : callOf(incident)),
      least: 15,
    },
    { title: 'SERVICE', text: ({ service }) => service ?? '-', least: 8 },
    { title: 'COUNT', text: ({ count }) => String(count), align: 'right' },
    ...(width < WIDE ? [] : [{ title: 'WAYS', text: waysOf, least: 12 }]),
  ],
};

/** What people know it by; where there is room, or one is looked at, its address stands behind. */
function callOf({ client, label }: LabelledIncident): string {
  return label ?? client;
}

/** `Ada's laptop (192.0.2.17)`, or the address alone. */
export function clientText({ client, label }: LabelledIncident): string {
  return label === undefined || label === client ? client : `${label} (${client})`;
}

function passedOf({ ways }: Incident): number {
  return [...ways.values()].reduce((sum, { passed }) => sum + passed, 0);
}

function waysOf({ ways }: Incident): string {
  return [...ways.keys()].join(' ');
}
