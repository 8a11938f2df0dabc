import { counted } from '../../text.ts';
import type { Via } from '../step.ts';
import {
  type IncidentFacts,
  type Reason,
  SEVERITIES,
  type Severity,
  type Trials,
  type Way,
} from './incident.ts';
import { WAYS } from './way.ts';

/** From here on somebody, or something, keeps trying: more tries than that, over more milliseconds. */
const PERSISTENT = { tries: 20, time: 3_600_000 };

/** Ways by which a session can be opened, and what it means that one was not refused. */
const OPENED: { readonly [W in Way]?: string } = {
  'system-dns': 'the name that agents dial was answered',
  name: 'a connection to the name that agents dial was not refused',
  sni: 'a connection under another server name was not refused',
  address: "a connection to one of the service's addresses was not refused",
  ssh: 'an SSH connection was not refused',
  quic: 'a QUIC connection was not refused',
  proxy: 'a connection by way of a proxy was not refused',
};

const ROUND: Readonly<Record<Exclude<Via, 'system-dns'>, string>> = {
  dns: 'Asked a resolver other than ours',
  dot: 'Asked another resolver by DNS over TLS',
  doh: 'Asked another resolver by DNS over HTTPS',
  file: 'Looked for the file that tells agents where else to dial',
  name: 'Tried to connect to the name that agents dial',
  sni: 'Tried to connect under another server name',
  address: "Tried to connect to one of the service's addresses",
  ssh: 'Tried to connect by SSH',
  quic: 'Tried to connect by QUIC',
  proxy: 'Tried to get out by way of a proxy',
};

const NO_AGENT = {
  endpoint: 'Visited public names of tunnels',
  download: 'Asked where the agent is downloaded',
  update: 'Asked for updates of the agent',
  admin: "Asked for the service's own pages",
} as const satisfies Record<Exclude<Way, Via>, string>;

/** Why an incident is as severe as it is, the severest first. */
export function reasonsFor(facts: IncidentFacts): readonly Reason[] {
  const ways = WAYS.flatMap((way) => {
    const trials = facts.ways.get(way);
    return trials === undefined ? [] : [reasonOf(way, trials)];
  });
  const persistent = persistence(facts);
  const reasons = persistent === undefined ? ways : [...ways, persistent];
  const told = facts.service === undefined ? reasons.map(ofNoService) : reasons;
  return told.toSorted((a, b) => rankOf(b.severity) - rankOf(a.severity));
}

export function severityOf(facts: IncidentFacts): Severity {
  return reasonsFor(facts)[0]?.severity ?? 'info';
}

/** The place of a severity: 0 is the least. */
export function rankOf(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function reasonOf(way: Way, trials: Trials): Reason {
  const opened = OPENED[way];
  if (opened !== undefined && trials.passed > 0) {
    return {
      severity: 'high',
      text: `A session may have been opened: ${opened} (${shareOf(trials)}).`,
    };
  }
  if (way === 'system-dns') {
    const times = counted(trials.count, 'time');
    return {
      severity: 'low',
      text: `Asked for the name that agents dial, and was refused (${times}).`,
    };
  }
  if (isNoAgents(way))
    return { severity: 'info', text: `${NO_AGENT[way]} (${outcomeOf(trials)}).` };
  return { severity: 'medium', text: `${ROUND[way]} (${outcomeOf(trials)}).` };
}

function isNoAgents(way: Way): way is keyof typeof NO_AGENT {
  return way in NO_AGENT;
}

/** Only an agent's tries count: whoever reads a page that lives behind a tunnel is there for long. */
function persistence({ ways }: IncidentFacts): Reason | undefined {
  const tries = [...ways].flatMap(([way, trials]) => (isNoAgents(way) ? [] : [trials]));
  const count = tries.reduce((sum, trials) => sum + trials.count, 0);
  const first = Math.min(...tries.map((trials) => trials.first));
  const last = Math.max(...tries.map((trials) => trials.last));
  if (count <= PERSISTENT.tries || last - first <= PERSISTENT.time) return undefined;
  return { severity: 'medium', text: `Kept trying: ${count} times in ${spanText(last - first)}.` };
}

/** Browsers and phones ask public resolvers by themselves: without a service it tells of no tunnel. */
function ofNoService({ severity, text }: Reason): Reason {
  return { severity: severity === 'info' ? 'info' : 'low', text };
}

function shareOf({ passed, count }: Trials): string {
  if (passed === count) return counted(count, 'time');
  return `${passed} of ${counted(count, 'time')}`;
}

function outcomeOf(trials: Trials): string {
  const { passed, count } = trials;
  const times = counted(count, 'time');
  if (passed === 0) return count === 1 ? 'once, refused' : `${times}, all refused`;
  return passed === count ? `${times}, not refused` : `${times}, of which ${passed} not refused`;
}

const HOUR = 3_600_000;

function spanText(milliseconds: number): string {
  const hours = Math.round(milliseconds / HOUR);
  return hours < 48 ? counted(hours, 'hour') : counted(Math.round(hours / 24), 'day');
}
