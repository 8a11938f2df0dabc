import { parseName } from '../../../src/policy/name.ts';
import type { ClientRow, KnownAttempt, KnownIncident } from '../../../src/tui/source.ts';
import {
  address,
  attempt,
  clientRow,
  DAY,
  detailOf,
  exception,
  FACTS,
  HOUR,
  incident,
  MINUTE,
  minutes,
  NOW,
  SECOND,
  serviceState,
  trials,
} from './made-up.ts';
import type { World } from './play.ts';
import { NO_POLICY } from './policies.ts';

export const NOTHING: World = {
  overview: {
    states: [],
    minutes: [],
    open: { info: 0, low: 0, medium: 0, high: 0 },
    worst: [],
    topClients: [],
    topServices: [],
    changes: [],
    exceptions: 0,
  },
  incidents: [],
  details: new Map(),
  attempts: { rows: [], isAll: true },
  clients: [],
  client: { facts: [], incidents: [], names: [] },
  exceptions: [],
  explain: [],
  policy: NO_POLICY,
};

export function worldOf(
  incidents: readonly KnownIncident[],
  different: Partial<World> = {},
): World {
  const group = (key: string, attempts: number) => ({ key, attempts, first: NOW - DAY, last: NOW });
  return {
    overview: {
      states: [{ time: NOW - 3 * SECOND, state: serviceState() }],
      minutes: minutes(240),
      open: { info: 0, low: 1, medium: 1, high: 1 },
      worst: incidents.slice(0, 5),
      topClients: [
        { ...group('192.0.2.17', 42), label: 'ada-laptop' },
        group('2001:db8::5:17', 11),
        { ...group('192.0.2.99', 3), label: 'printer-3' },
      ],
      topServices: [group('ngrok', 44), group('cloudflare-tunnel', 9), group('bore', 1)],
      changes: [
        { time: NOW - 3 * MINUTE, text: 'ngrok by ada-laptop became high' },
        {
          time: NOW - 5 * MINUTE,
          text: 'grace allowed connect.ngrok-agent.com to 192.0.2.17 for 1h',
        },
        { time: NOW - 4 * HOUR, text: 'serve: firewall sets lost: table gone', tone: 'warn' },
        { time: NOW - 3 * DAY, text: 'serve: ready: policy policy.yaml, rules 214' },
      ],
      exceptions: 1,
      catalogue: { oldest: '2026-11-01', services: 34 },
    },
    incidents,
    details: new Map(incidents.map((one) => [one.id, detailOf(one)])),
    attempts: { rows: ATTEMPTS, isAll: true },
    clients: [
      clientRow(),
      {
        ...clientRow({ client: address('2001:db8::5:17'), open: 0, incidents: 1, attempts: 11 }),
        ...UNKNOWN,
      },
      clientRow({
        ...{
          client: address('192.0.2.99'),
          label: 'printer-3',
          team: 'Office',
          open: 2,
          attempts: 3,
        },
        ...{ services: ['bore'], last: NOW - 30 * HOUR },
      }),
    ],
    client: {
      facts: FACTS,
      incidents: incidents.slice(0, 3),
      names: [group('connect.ngrok-agent.com', 31), group('tunnel.ngrok.com', 11)],
    },
    exceptions: [
      exception({ id: 2, until: NOW - 20 * HOUR, created: NOW - 21 * HOUR }),
      exception(),
      exception({
        ...{ id: 3, subject: { kind: 'service', service: 'bore' }, clients: [], author: 'linus' },
        ...{ until: NOW + 3 * DAY, reason: 'workshop' },
      }),
      exception({ id: 1, revoked: { time: NOW - 40 * DAY, by: 'ada' }, until: NOW - 39 * DAY }),
    ],
    explain: [
      { text: 'blocked by ngrok/session/connect.ngrok-agent.com', tone: 'bad' },
      { text: 'policy.yaml:12: block: [ngrok]', tone: 'dim' },
    ],
    ...different,
  };
}

/** A client of which nothing is known. */
const UNKNOWN: Pick<ClientRow, 'services'> & { label?: never } = { services: ['ngrok'] };

const ATTEMPTS: readonly KnownAttempt[] = [
  attempt(),
  attempt({ id: 40, type: 'AAAA', first: NOW - 5 * MINUTE, count: 1 }),
  attempt({
    ...{
      id: 39,
      first: NOW - HOUR,
      last: NOW - HOUR,
      count: 1,
      point: 'firewall',
      transport: 'tcp',
    },
    ...{ type: 'PACKET', rule: 'TW-ADDR-ngrok', destination: address('3.125.102.39'), port: 443 },
    ...{ verdict: 'observed', answer: 'recorded', lead: 'unanswered' },
  }),
  attempt({
    ...{ id: 38, first: NOW - 30 * HOUR, last: NOW - 30 * HOUR, client: address('2001:db8::5:17') },
    ...{ label: 'grace-phone', point: 'gate', transport: 'tcp', type: 'TLS', answer: 'alert' },
    ...{ name: parseName('tunnel.us.ngrok.com'), port: 443, destination: address('198.51.100.9') },
    ...{ ja4: 't13d1516h2_8daaf6152771_02713d6af862' },
  }),
];

export const ORDINARY: World = worldOf([
  incident(),
  incident({
    ...{ id: 6, client: address('192.0.2.99'), label: 'printer-3', service: 'bore', count: 3 },
    ...{ severity: 'medium', state: 'reopened', last: NOW - 40 * MINUTE },
    ways: new Map([['system-dns', trials()]]),
  }),
  incident({
    ...{
      id: 5,
      client: address('2001:db8::5:17'),
      label: 'grace-phone',
      service: 'cloudflare-tunnel',
    },
    ...{ severity: 'low', count: 1, first: NOW - 30 * HOUR, last: NOW - 30 * HOUR },
    ways: new Map([['download', trials({ count: 1 })]]),
  }),
  incident({
    id: 4,
    severity: 'low',
    state: 'acknowledged',
    last: NOW - 3 * DAY,
    first: NOW - 3 * DAY,
  }),
  incident({
    id: 3,
    severity: 'info',
    state: 'closed',
    last: NOW - 400 * DAY,
    first: NOW - 400 * DAY,
  }),
]);
