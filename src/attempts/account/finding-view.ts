import { formatMoment } from '../moment.ts';
import type { View } from '../view.ts';
import type { Class, Finding } from './finding.ts';

const COLOURS = {
  sanctioned: 'green',
  misconfigured: 'yellow',
  vendor: 'cyan',
  unknown: 'cyan',
  personal: 'yellow',
  evaded: 'red',
} as const satisfies Record<Class, string>;

/** From this width on there is room for the reason. */
const WIDE = 120;

const isoTime = (time: number | undefined) =>
  time === undefined ? undefined : new Date(time).toISOString();

export const findingView: View<Finding> = {
  fields: [
    { name: 'class', value: (finding) => finding.class },
    { name: 'first', value: ({ first }) => isoTime(first) },
    { name: 'last', value: ({ last }) => isoTime(last) },
    { name: 'client', value: ({ client }) => client },
    { name: 'candidates', value: ({ candidates }) => candidates },
    { name: 'from', value: ({ from }) => from },
    { name: 'name', value: ({ names }) => names.join(' ') || undefined },
    { name: 'why', value: ({ why }) => why },
    { name: 'attempts', value: ({ visit }) => visit?.count },
    { name: 'account', value: ({ session }) => session?.account },
    { name: 'session', value: ({ session }) => session?.session },
    { name: 'credential', value: ({ session }) => session?.credential },
    { name: 'agent', value: ({ session }) => session?.agent },
    { name: 'server', value: ({ session }) => session?.server },
    { name: 'region', value: ({ session }) => session?.region },
    { name: 'userAgent', value: ({ session }) => session?.userAgent },
    { name: 'transport', value: ({ session }) => session?.transport },
    { name: 'os', value: ({ session }) => session?.os },
    { name: 'arch', value: ({ session }) => session?.arch },
    { name: 'stopped', value: ({ session }) => isoTime(session?.stopped) },
    { name: 'failure', value: ({ session }) => session?.failure },
    { name: 'reason', value: ({ session }) => session?.reason },
  ],
  columns: (width) => [
    {
      title: 'SINCE',
      text: ({ first }) => (width >= WIDE ? formatMoment(first) : formatMoment(first).slice(5, 16)),
    },
    {
      title: 'CLASS',
      text: (finding) => finding.class,
      colour: (finding) => COLOURS[finding.class],
    },
    { title: 'CLIENT', text: clientText, least: 15 },
    { title: 'NAME', text: ({ names }) => names.join(' ') || '-', least: 15 },
    { title: 'CREDENTIAL', text: ({ session }) => session?.credential ?? '-', least: 12 },
    ...(width < WIDE
      ? []
      : [
          { title: 'AGENT', text: ({ session }: Finding) => session?.userAgent ?? '-', least: 12 },
          { title: 'WHY', text: ({ why }: Finding) => why, least: 20 },
        ]),
  ],
};

/** The client here; where it is not known, what the vendor saw, in brackets; `?` where it is a guess. */
function clientText({ client, candidates, session }: Finding): string {
  if (client === undefined) return session ? `(${session.agent})` : '-';
  return session && candidates > 1 ? `${client}?` : client;
}
