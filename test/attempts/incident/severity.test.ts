import assert from 'node:assert/strict';
import test from 'node:test';
import type { IncidentFacts, Severity } from '../../../src/attempts/incident/incident.ts';
import { reasonsFor, severityOf } from '../../../src/attempts/incident/severity.ts';
import { DAY, HOUR, NOON } from '../support.ts';
import { facts } from './support.ts';

const loose = ({ service, ...rest }: IncidentFacts): IncidentFacts => rest;

const cases: readonly {
  when: string;
  facts: IncidentFacts;
  severity: Severity;
  reasons: readonly string[];
}[] = [
  {
    when: 'the session name was asked and refused',
    facts: facts({ 'system-dns': { count: 1 } }),
    severity: 'low',
    reasons: ['low Asked for the name that agents dial, and was refused (1 time).'],
  },
  {
    when: 'the session name was answered',
    facts: facts({ 'system-dns': { count: 4, passed: 4 } }),
    severity: 'high',
    reasons: [
      'high A session may have been opened: the name that agents dial was answered (4 times).',
    ],
  },
  {
    when: 'one way of several was not refused, now and then',
    facts: facts({ 'system-dns': {}, address: { count: 3, passed: 1 }, ssh: { count: 1 } }),
    severity: 'high',
    reasons: [
      "high A session may have been opened: a connection to one of the service's addresses was not refused (1 of 3 times).",
      'medium Tried to connect by SSH (once, refused).',
      'low Asked for the name that agents dial, and was refused (5 times).',
    ],
  },
  {
    when: 'another resolver answered, which opens no session',
    facts: facts({ doh: { passed: 5 } }),
    severity: 'medium',
    reasons: ['medium Asked another resolver by DNS over HTTPS (5 times, not refused).'],
  },
  {
    when: 'the file with servers was fetched at times',
    facts: facts({ file: { count: 3, passed: 2 } }),
    severity: 'medium',
    reasons: [
      'medium Looked for the file that tells agents where else to dial (3 times, of which 2 not refused).',
    ],
  },
  {
    when: 'many tries in more than an hour',
    facts: facts({ 'system-dns': { count: 21, last: NOON + HOUR + 1 } }),
    severity: 'medium',
    reasons: [
      'medium Kept trying: 21 times in 1 hour.',
      'low Asked for the name that agents dial, and was refused (21 times).',
    ],
  },
  {
    when: 'many tries by several ways in some days',
    facts: facts({
      'system-dns': { count: 11, last: NOON + 3 * DAY },
      sni: { count: 10, first: NOON + HOUR, last: NOON + HOUR },
    }),
    severity: 'medium',
    reasons: [
      'medium Tried to connect under another server name (10 times, all refused).',
      'medium Kept trying: 21 times in 3 days.',
      'low Asked for the name that agents dial, and was refused (11 times).',
    ],
  },
  {
    when: 'no more tries than anybody makes, in more than an hour',
    facts: facts({ 'system-dns': { count: 20, last: NOON + 2 * HOUR } }),
    severity: 'low',
    reasons: ['low Asked for the name that agents dial, and was refused (20 times).'],
  },
  {
    when: 'many tries within an hour',
    facts: facts({ 'system-dns': { count: 500, last: NOON + HOUR } }),
    severity: 'low',
    reasons: ['low Asked for the name that agents dial, and was refused (500 times).'],
  },
  {
    when: 'public names, downloads and pages, for long',
    facts: facts({
      endpoint: { count: 900, passed: 900, last: NOON + DAY },
      download: { count: 1 },
      update: {},
      admin: { passed: 5 },
    }),
    severity: 'info',
    reasons: [
      'info Visited public names of tunnels (900 times, not refused).',
      'info Asked where the agent is downloaded (once, refused).',
      'info Asked for updates of the agent (5 times, all refused).',
      "info Asked for the service's own pages (5 times, not refused).",
    ],
  },
  {
    when: 'ways of no service',
    facts: loose(facts({ doh: { count: 900, passed: 900, last: NOON + DAY } })),
    severity: 'low',
    reasons: [
      'low Asked another resolver by DNS over HTTPS (900 times, not refused).',
      'low Kept trying: 900 times in 24 hours.',
    ],
  },
];
for (const { when, facts, severity, reasons } of cases) {
  test(`severity: ${when}`, () => {
    assert.deepEqual(
      reasonsFor(facts).map(({ severity, text }) => `${severity} ${text}`),
      reasons,
    );
    assert.equal(severityOf(facts), severity);
  });
}

for (const way of ['system-dns', 'name', 'sni', 'address', 'ssh', 'quic', 'proxy'] as const) {
  test(`severity: a session can be opened by ${way}, and not where it is refused`, () => {
    assert.equal(severityOf(facts({ [way]: { passed: 1 } })), 'high');
    assert.notEqual(severityOf(facts({ [way]: {} })), 'high');
  });
}
for (const way of [
  'dns',
  'dot',
  'doh',
  'file',
  'name',
  'sni',
  'address',
  'ssh',
  'quic',
  'proxy',
] as const) {
  test(`severity: ${way} goes round the resolver`, () =>
    assert.equal(severityOf(facts({ [way]: {} })), 'medium'));
}
