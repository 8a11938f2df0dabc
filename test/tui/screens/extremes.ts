import type { StoredAttempt } from '../../../src/attempts/attempt.ts';
import { type Name, parseName } from '../../../src/policy/name.ts';
import { parseNetwork } from '../../../src/policy/network.ts';
import { parsePattern } from '../../../src/policy/pattern.ts';
import type { IncidentDetail } from '../../../src/tui/source.ts';
import {
  address,
  attempt,
  clientRow,
  DAY,
  detailOf,
  exception,
  HOUR,
  incident,
  MINUTE,
  NOW,
  SECOND,
  serviceState,
  trials,
} from './made-up.ts';
import type { World } from './play.ts';
import { policyWorldOf } from './policies.ts';
import { worldOf } from './worlds.ts';

const LONG = parseName(`${'very-long-label-that-goes-on-and-on.'.repeat(6)}example.com`);

/** More of everything than fits anywhere. */
export const FULL: World = worldOf(
  Array.from({ length: 320 }, (_, i) =>
    incident({
      ...{ id: 1000 - i, client: address(`198.51.100.${i % 250}`), count: (i * 7919) % 2_000_000 },
      label: i % 3 === 0 ? `workstation-${i}.department-of-long-names.example.com` : `host-${i}`,
      severity: (['high', 'medium', 'low', 'info'] as const)[Math.floor(i / 80)] as 'high',
      last: NOW - i * 7 * MINUTE,
      first: NOW - (i + 1) * 9 * MINUTE,
      state: (['new', 'acknowledged', 'excepted', 'reopened', 'closed'] as const)[i % 5] as 'new',
      ways: new Map(
        (['system-dns', 'dns', 'dot', 'doh', 'sni', 'quic', 'ssh'] as const).map(
          (way, at) =>
            [way, trials({ first: NOW - HOUR + at, count: 1000, passed: at % 2 })] as const,
        ),
      ),
    }),
  ),
  {
    attempts: {
      isAll: false,
      rows: Array.from({ length: 100 }, (_, i) =>
        attempt({
          ...{
            id: 5000 - i,
            first: NOW - i * MINUTE,
            last: NOW - i * 50 * SECOND,
            count: i * 9000 + 1,
          },
          name: i % 4 === 0 ? LONG : parseName(`host-${i}.ngrok.example.com`),
        }),
      ),
    },
    clients: Array.from({ length: 300 }, (_, i) =>
      clientRow({
        client: address(`2001:db8:1111:2222:3333:4444:5555:${(i + 0x1000).toString(16)}`),
        ...{ label: `workstation-${i}.department-of-long-names.example.com`, attempts: i * 5000 },
        services: ['ngrok', 'cloudflare-tunnel', 'localtunnel', 'bore', 'tailscale-funnel'],
      }),
    ),
    exceptions: Array.from({ length: 60 }, (_, i) =>
      exception({
        ...{ id: i + 1, until: NOW + (i - 30) * 9 * HOUR, created: NOW - 40 * DAY },
        subject: { kind: 'name', pattern: parsePattern(i % 2 === 0 ? LONG : 'bore.example.com') },
        clients: Array.from({ length: 9 }, (__, n) => parseNetwork(`198.51.${n}.0/24`)),
        reason: 'because it was needed '.repeat(9),
      }),
    ),
    policy: policyWorldOf('', 300, 8000),
  },
);

/** What strangers would like a terminal to do. */
export const NASTY = '\x1b[2J\x1b]0;owned\x07\u202eevil\u200b\r\n\x9b31m 漢字 👩‍👩‍👧 e\u0301';

export const HOSTILE: World = hostile();

function hostile(): World {
  const one = incident({ label: NASTY, team: NASTY, service: NASTY });
  const told = detailOf(one);
  const world = worldOf([one, incident({ id: 6, label: '漢'.repeat(60) })], {
    attempts: {
      isAll: true,
      rows: [
        attempt({
          label: NASTY,
          service: NASTY,
          type: NASTY,
          rule: NASTY,
          answer: NASTY,
          ja4: NASTY,
        }),
        attempt({ id: 40, name: NASTY as Name, via: NASTY }),
      ] satisfies readonly StoredAttempt[],
    },
    clients: [clientRow({ label: NASTY, team: NASTY, services: [NASTY, NASTY] })],
    exceptions: [exception({ reason: NASTY, author: NASTY })],
    explain: [{ text: NASTY }],
  });
  const nasty: IncidentDetail = {
    ...told,
    reasons: [{ severity: 'high', text: NASTY }],
    facts: told.facts.map((each) => ({ ...each, value: NASTY })),
    acts: told.acts.map((each) => ({ ...each, author: NASTY, note: NASTY })),
    steps: told.steps.map((each) => ({ ...each, what: NASTY })),
    attempts: world.attempts.rows,
    exceptions: world.exceptions,
  };
  const state = serviceState({
    ...{ policy: NASTY, version: NASTY, digest: NASTY },
    parts: [{ part: 'resolver', is: 'down', about: NASTY }],
  });
  return {
    ...world,
    policy: policyWorldOf(NASTY),
    overview: {
      ...world.overview,
      states: [{ time: NOW, state }],
      changes: [{ time: NOW, text: NASTY, tone: 'error' }],
      topClients: [{ key: '192.0.2.17', label: NASTY, attempts: 3, first: NOW, last: NOW }],
      topServices: [{ key: NASTY, attempts: 3, first: NOW, last: NOW }],
    },
    details: new Map([[one.id, nasty]]),
    client: {
      facts: nasty.facts,
      incidents: [one],
      names: [{ key: NASTY, attempts: 1, first: NOW, last: NOW }],
    },
  };
}
