import type { StoredException } from '../../../src/attempts/exceptions.ts';
import type { Trials, Way } from '../../../src/attempts/incident/incident.ts';
import type { Minute, PartState, ServiceState } from '../../../src/attempts/note.ts';
import { parseName } from '../../../src/policy/name.ts';
import { type Address, parseAddress, parseNetwork } from '../../../src/policy/network.ts';
import { parsePattern } from '../../../src/policy/pattern.ts';
import type {
  ClientRow,
  IncidentDetail,
  KnownAttempt,
  KnownIncident,
} from '../../../src/tui/source.ts';

// Frames show times of day: those of one zone, wherever the tests run.
process.env.TZ = 'UTC';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const NOW = Date.UTC(2026, 10, 24, 2, 14, 30);

export const address = (text: string): Address => parseAddress(text);

export function trials(different: Partial<Trials> = {}): Trials {
  return { first: NOW - 2 * HOUR, last: NOW - 3 * MINUTE, count: 4, passed: 0, ...different };
}

export function incident(different: Partial<KnownIncident> = {}): KnownIncident {
  return {
    id: 7,
    client: address('192.0.2.17'),
    label: 'ada-laptop',
    team: 'Engines',
    service: 'ngrok',
    first: NOW - 2 * HOUR,
    last: NOW - 3 * MINUTE,
    count: 12,
    severity: 'high',
    state: 'new',
    ways: new Map<Way, Trials>([
      ['system-dns', trials({ first: NOW - 2 * HOUR, count: 8 })],
      ['dns', trials({ first: NOW - 118 * MINUTE, count: 3 })],
      ['address', trials({ first: NOW - 117 * MINUTE, count: 1, passed: 1 })],
    ]),
    ...different,
  };
}

export function attempt(different: Partial<KnownAttempt> = {}): KnownAttempt {
  return {
    id: 41,
    first: NOW - 4 * MINUTE,
    last: NOW - 3 * MINUTE,
    count: 8,
    client: address('192.0.2.17'),
    label: 'ada-laptop',
    team: 'Engines',
    point: 'resolver',
    transport: 'udp',
    name: parseName('connect.ngrok-agent.com'),
    type: 'A',
    rule: 'ngrok/session/connect.ngrok-agent.com',
    service: 'ngrok',
    role: 'session',
    verdict: 'blocked',
    answer: 'nxdomain',
    ...different,
  };
}

export function exception(different: Partial<StoredException> = {}): StoredException {
  return {
    id: 4,
    subject: { kind: 'name', pattern: parsePattern('connect.ngrok-agent.com') },
    clients: [parseNetwork('192.0.2.17')],
    reason: 'demo for a customer, ticket 4711',
    author: 'grace',
    created: NOW - 5 * MINUTE,
    until: NOW + 55 * MINUTE,
    ...different,
  };
}

export function clientRow(different: Partial<ClientRow> = {}): ClientRow {
  return {
    client: address('192.0.2.17'),
    label: 'ada-laptop',
    team: 'Engines',
    incidents: 3,
    open: 1,
    attempts: 42,
    services: ['ngrok', 'cloudflare-tunnel'],
    last: NOW - 3 * MINUTE,
    ...different,
  };
}

export function detailOf(one: KnownIncident): IncidentDetail {
  return {
    incident: one,
    reasons: [
      { severity: 'high', text: 'It dialled an address of ngrok and was not refused.' },
      { severity: 'medium', text: 'Its agent went on to other ways after it was refused.' },
    ],
    facts: FACTS,
    acts: [
      {
        ...{ id: 1, time: NOW - 90 * MINUTE, author: 'grace', kind: 'acknowledge' },
        ...{ note: 'called Ada, she knows nothing of it', severity: 'medium' },
      },
      {
        id: 2,
        time: NOW - 80 * MINUTE,
        author: 'grace',
        kind: 'undo',
        undoes: 1,
        severity: 'medium',
      },
    ],
    steps: [
      step('system-dns', 'connect.ngrok-agent.com', NOW - 2 * HOUR, 8),
      step('dns', '8.8.8.8:53', NOW - 118 * MINUTE, 3),
      { ...step('address', '3.125.102.39:443', NOW - 117 * MINUTE, 1), closed: false },
    ],
    attempts: [attempt(), attempt({ id: 40, type: 'AAAA', last: NOW - 4 * MINUTE, count: 1 })],
    exceptions: [exception()],
  };
}

function step(
  via: IncidentDetail['steps'][number]['via'],
  what: string,
  first: number,
  count: number,
) {
  return { via, what, first, last: first + MINUTE, count, closed: true };
}

export const FACTS: IncidentDetail['facts'] = [
  fact('person', 'Ada Lovelace', 'inventory', DAY * 3),
  fact('device', 'ada-laptop', 'inventory', DAY * 3),
  fact('team', 'Engines', 'inventory', DAY * 3),
  fact('host', 'ada-laptop.example.com', 'lease', 2 * HOUR),
  fact('mac', '02:00:5e:00:53:17', 'neighbour', 20 * SECOND),
];

function fact(
  kind: IncidentDetail['facts'][number]['kind'],
  value: string,
  source: IncidentDetail['facts'][number]['source'],
  age: number,
): IncidentDetail['facts'][number] {
  return { client: address('192.0.2.17'), kind, value, source, time: NOW - age };
}

export function serviceState(different: Partial<ServiceState> = {}): ServiceState {
  return {
    program: 'serve',
    organisation: 'Example',
    version: '0.1.0',
    pid: 4711,
    started: NOW - 3 * DAY - 4 * HOUR,
    policy: '/etc/tunnelwarden/policy.yaml',
    mode: 'enforce',
    digest: '3f2a91c07be45d1298aa',
    rules: 214,
    parts: PARTS,
    dropped: 0,
    ...different,
  };
}

export const PARTS: readonly PartState[] = [
  { part: 'resolver', is: 'up', about: '192.0.2.1:53, [2001:db8::1]:53' },
  { part: 'feed', is: 'up', about: 'inet tunnelwarden' },
  { part: 'gate', is: 'up', about: '127.0.0.1:8443' },
  { part: 'refuser', is: 'off', about: '' },
];

/** Minutes with a gap of a quarter of an hour in them. */
export function minutes(count: number): readonly Minute[] {
  const begin = NOW - (NOW % MINUTE) - count * MINUTE;
  return Array.from({ length: count }, (_, i) => ({
    time: begin + i * MINUTE,
    questions: 100 + Math.round(80 * Math.sin(i / 5)),
    refused: i % 11 === 0 ? 9 : i % 3,
    ...{ cached: 40, failed: 0, p50: 0.4 },
    p99: i % 17 === 0 ? 48 : 3 + (i % 4),
  })).filter((_, i) => i < count - 35 || i > count - 21);
}
