import type { StoredException } from '../attempts/exceptions.ts';
import type { Label } from '../attempts/facts.ts';
import {
  INCIDENT_STATES,
  type Incident,
  type IncidentState,
  SEVERITIES,
  type Severity,
} from '../attempts/incident/incident.ts';
import { isOpen } from '../attempts/incident/query.ts';
import { formatMoment } from '../attempts/moment.ts';
import { formatExceptionClients, formatExceptionSubject } from '../policy/exception-text.ts';
import type { Address } from '../policy/network.ts';
import type { Fates, Tallies } from './tally.ts';

/** A step of an agent that nothing closes. */
export type OpenStep = {
  readonly service: string;
  readonly step: string;
  readonly why: string;
  readonly remedy?: string;
};

/** All that a report is made of. Times in milliseconds since the epoch. */
export type ReportInput = {
  readonly organisation?: string;
  readonly since: number;
  readonly until: number;
  readonly now: number;
  readonly tallies: Tallies;
  /** Of as long a time before. */
  readonly before: Tallies;
  /** Those of a service that were going on in the period. */
  readonly incidents: readonly Incident[];
  readonly labels: ReadonlyMap<Address, Label>;
  /** All there ever were. */
  readonly exceptions: readonly StoredException[];
  /** None where no policy was named. */
  readonly steps?: readonly OpenStep[];
  /** What is not in it, a sentence each. */
  readonly caveats: readonly string[];
};

export type Report = {
  readonly title: string;
  readonly period: string;
  readonly made: string;
  readonly summary: readonly string[];
  readonly days: readonly ({ readonly day: string } & Fates)[];
  readonly severities: readonly {
    readonly severity: Severity;
    readonly all: number;
    readonly open: number;
  }[];
  readonly states: readonly { readonly state: IncidentState; readonly all: number }[];
  readonly teams: readonly {
    readonly team: string;
    readonly clients: number;
    readonly incidents: number;
    readonly attempts: number;
  }[];
  readonly services: readonly ({ readonly service: string; readonly clients: number } & Fates)[];
  readonly clients: readonly {
    readonly client: string;
    readonly team: string;
    readonly services: string;
    readonly attempts: number;
    readonly open: number;
  }[];
  readonly sanctioned: {
    readonly clients: number;
    readonly attempts: number;
    /** Clients that were refused, used the sanctioned way afterwards, and were not refused again. */
    readonly moved: readonly string[];
    /** Clients that used both and are refused still. */
    readonly both: number;
  };
  readonly exceptions: readonly {
    readonly allows: string;
    readonly clients: string;
    readonly author: string;
    readonly reason: string;
    readonly end: string;
  }[];
  readonly steps?: readonly OpenStep[];
  readonly caveats: readonly string[];
  /** True where nothing at all was recorded. */
  readonly isEmpty: boolean;
};

/** Clients that are named one by one. */
const TOP = 10;

const UNKNOWN = 'unknown';

export function reportOf(input: ReportInput): Report {
  const { organisation, since, until, now, tallies, incidents, steps, caveats } = input;
  return {
    title: `Tunnels${organisation === undefined ? '' : ` at ${organisation}`}`,
    period: `${minute(since)} to ${minute(until)}`,
    made: minute(now),
    summary: summaryOf(input),
    days: daysOf(tallies, since, until),
    severities: SEVERITIES.toReversed().map((severity) => {
      const own = incidents.filter((incident) => incident.severity === severity);
      return { severity, all: own.length, open: own.filter(isOpen).length };
    }),
    states: INCIDENT_STATES.map((state) => ({
      state,
      all: incidents.filter((incident) => incident.state === state).length,
    })),
    teams: teamsOf(input),
    services: [...tallies.services]
      .map(([service, { fates, clients }]) => ({ service, clients, ...fates }))
      .sort((a, b) => triesOf(b) - triesOf(a) || (a.service < b.service ? -1 : 1)),
    clients: clientsOf(input),
    sanctioned: sanctionedOf(input),
    exceptions: exceptionsOf(input),
    ...(steps ? { steps } : {}),
    caveats,
    isEmpty: tallies.clients.size === 0,
  };
}

const minute = (time: number) => formatMoment(time).slice(0, 16);

/** All but what went the sanctioned way. */
export function triesOf({ refused, passed, excepted }: Fates): number {
  return refused + passed + excepted;
}

function summaryOf({ tallies, before, incidents }: ReportInput): readonly string[] {
  const clients = unsanctioned(tallies).length;
  if (tallies.clients.size === 0) {
    return ['Nothing was recorded in this time.'];
  }
  const { refused, passed } = tallies.total;
  const open = incidents.filter(isOpen).length;
  const worst = incidents.filter(({ severity }) => severity === 'high').length;
  return [
    `${count(clients, 'client')} tried what is not sanctioned: ${refused} attempts were refused, ` +
      `${passed} were let through and recorded.`,
    comparison(tallies, before),
    `${count(incidents.length, 'incident')}, ${worst} of high severity; ${open} still ${open === 1 ? 'waits' : 'wait'} for a look.`,
  ];
}

function unsanctioned({ clients }: Tallies): readonly Address[] {
  return [...clients].filter(([, { fates }]) => triesOf(fates) > 0).map(([client]) => client);
}

const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`;

function comparison(tallies: Tallies, before: Tallies): string {
  const [now, then] = [triesOf(tallies.total), triesOf(before.total)];
  if (then === 0) return 'In as long a time before there was nothing.';
  const change = Math.round((100 * (now - then)) / then);
  const more = unsanctioned(tallies).length - unsanctioned(before).length;
  const clients = more === 0 ? 'as many' : `${Math.abs(more)} ${more > 0 ? 'more' : 'fewer'}`;
  const much =
    change === 0
      ? 'about as much as'
      : `${Math.abs(change)} % ${change > 0 ? 'more' : 'less'} than`;
  return `That is ${much} in as long a time before, by ${clients} clients.`;
}

/** Every day of the period, also those on which nothing was. */
function daysOf({ days }: Tallies, since: number, until: number): Report['days'] {
  const none = { refused: 0, passed: 0, excepted: 0, sanctioned: 0 };
  const all: { day: string }[] = [];
  const date = new Date(since);
  date.setHours(12, 0, 0, 0);
  const last = formatMoment(until - 1).slice(0, 10);
  for (;;) {
    const day = formatMoment(date.getTime()).slice(0, 10);
    if (day > last) return all.map(({ day }) => ({ day, ...(days.get(day) ?? none) }));
    all.push({ day });
    date.setDate(date.getDate() + 1);
  }
}

function teamsOf({ tallies, incidents, labels }: ReportInput): Report['teams'] {
  const teamOf = (client: Address) => labels.get(client)?.team ?? UNKNOWN;
  const byTeam = Map.groupBy(unsanctioned(tallies), teamOf);
  const incidentsOf = Map.groupBy(incidents, ({ client }) => teamOf(client));
  return [...byTeam]
    .map(([team, clients]) => ({
      ...{ team, clients: clients.length, incidents: incidentsOf.get(team)?.length ?? 0 },
      attempts: clients.reduce((sum, client) => sum + triesBy(tallies, client), 0),
    }))
    .sort(
      (a, b) => b.incidents - a.incidents || b.attempts - a.attempts || (a.team < b.team ? -1 : 1),
    );
}

function triesBy({ clients }: Tallies, client: Address): number {
  const known = clients.get(client);
  return known ? triesOf(known.fates) : 0;
}

function clientsOf({ tallies, incidents, labels }: ReportInput): Report['clients'] {
  const open = Map.groupBy(incidents.filter(isOpen), ({ client }) => client);
  return unsanctioned(tallies)
    .map((client) => ({ client, attempts: triesBy(tallies, client) }))
    .sort((a, b) => b.attempts - a.attempts || (a.client < b.client ? -1 : 1))
    .slice(0, TOP)
    .map(({ client, attempts }) => ({
      client: callOf(client, labels),
      team: labels.get(client)?.team ?? UNKNOWN,
      services: [...(tallies.clients.get(client)?.services ?? [])].sort().join(', '),
      ...{ attempts, open: open.get(client)?.length ?? 0 },
    }));
}

function callOf(client: Address, labels: ReportInput['labels']): string {
  const label = labels.get(client)?.label;
  return label === undefined ? client : `${label} (${client})`;
}

function sanctionedOf({ tallies, labels }: ReportInput): Report['sanctioned'] {
  const users = [...tallies.clients].filter(([, { fates }]) => fates.sanctioned > 0);
  const moved = users.filter(
    ([, { lastRefused, lastSanctioned }]) =>
      lastRefused !== undefined && lastSanctioned !== undefined && lastSanctioned > lastRefused,
  );
  const both = users.filter(([, { fates }]) => fates.refused > 0).length - moved.length;
  return {
    ...{ clients: users.length, attempts: tallies.total.sanctioned, both },
    moved: moved.map(([client]) => callOf(client, labels)).sort(),
  };
}

/** Those in force at the end, and those that ended in the period; what ends last comes first. */
function exceptionsOf({ exceptions, since, until }: ReportInput): Report['exceptions'] {
  const endOf = ({ until: end, revoked }: StoredException) => Math.min(end, revoked?.time ?? end);
  return exceptions
    .filter((exception) => exception.created < until && endOf(exception) >= since)
    .toSorted((a, b) => endOf(b) - endOf(a) || b.id - a.id)
    .map((exception) => {
      const { author, reason, revoked } = exception;
      const end = endOf(exception);
      const by = revoked ? `, revoked by ${revoked.by}` : '';
      return {
        allows: formatExceptionSubject(exception),
        clients: formatExceptionClients(exception),
        ...{ author, reason, end: `${end > until ? 'until' : 'ended'} ${minute(end)}${by}` },
      };
    });
}
