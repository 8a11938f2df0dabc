import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { StoredException } from '../../src/attempts/exceptions.ts';
import type { Incident } from '../../src/attempts/incident/incident.ts';
import type { ScannedAttempt } from '../../src/attempts/scan.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { htmlOf } from '../../src/report/html.ts';
import { markdownOf } from '../../src/report/markdown.ts';
import { type ReportInput, reportOf } from '../../src/report/report.ts';
import { tallyOf } from '../../src/report/tally.ts';
import { DAY, HOUR } from '../attempts/support.ts';

/** Noon here, whatever the zone: days are those of this machine. */
const NOON = new Date(2026, 0, 15, 12).getTime();

const [ADA, BERT, CLEO] = ['192.0.2.1', '192.0.2.2', '2001:db8::3'].map((text) =>
  parseAddress(text),
) as [
  ReturnType<typeof parseAddress>,
  ReturnType<typeof parseAddress>,
  ReturnType<typeof parseAddress>,
];

/** What a stranger would like a wiki, a browser and a terminal to do. */
const NASTY = '<img src=x onerror=alert(1)>|`*_[x](javascript:1)\x1b[2J\u202e"\'&';

function attempt(different: Partial<ScannedAttempt> = {}): ScannedAttempt {
  const first = different.first ?? NOON - HOUR;
  return {
    ...{ client: ADA, point: 'resolver', service: 'ngrok', verdict: 'blocked', count: 3 },
    ...{ first, last: first },
    ...different,
  };
}

function incident(different: Partial<Incident> = {}): Incident {
  return {
    ...{ id: 1, client: ADA, service: 'ngrok', first: NOON - HOUR, last: NOON, count: 3 },
    ...{ ways: new Map(), severity: 'medium', state: 'new' },
    ...different,
  };
}

function exception(different: Partial<StoredException> = {}): StoredException {
  return {
    ...{
      id: 1,
      subject: { kind: 'service', service: 'ngrok' },
      clients: [parseNetwork('192.0.2.1')],
    },
    ...{ reason: 'a demo', author: 'anna', created: NOON - DAY, until: NOON + HOUR },
    ...different,
  };
}

function input(
  attempts: readonly ScannedAttempt[],
  different: Partial<ReportInput> = {},
): ReportInput {
  return {
    ...{ since: NOON - 2 * DAY, until: NOON, now: NOON },
    ...{ tallies: tallyOf(attempts), before: tallyOf([]), incidents: [], labels: new Map() },
    ...{ exceptions: [], caveats: [] },
    ...different,
  };
}

test('reportOf: every day of the period, also those on which nothing was', () => {
  const { days } = reportOf(
    input([attempt(), attempt({ first: NOON - 2 * DAY, verdict: 'observed' })]),
  );
  assert.deepEqual(
    days.map(({ day, refused, passed }) => [day, refused, passed]),
    [
      ['2026-01-13', 0, 3],
      ['2026-01-14', 0, 0],
      ['2026-01-15', 3, 0],
    ],
  );
});

test('reportOf: sanctioned ones are no attempts, and who moved over is told apart', () => {
  const sanctioned = (different: Partial<ScannedAttempt>) =>
    attempt({ verdict: 'sanctioned', ...different });
  const report = reportOf(
    input([
      attempt({ client: ADA, first: NOON - 5 * HOUR }),
      sanctioned({ client: ADA, first: NOON - 4 * HOUR }),
      sanctioned({ client: BERT, first: NOON - 4 * HOUR }),
      attempt({ client: BERT, first: NOON - 3 * HOUR }),
      sanctioned({ client: CLEO }),
    ]),
  );
  assert.deepEqual(report.sanctioned, { clients: 3, attempts: 9, moved: [ADA], both: 1 });
  assert.deepEqual(
    report.clients.map(({ client, attempts }) => [client, attempts]),
    [
      [ADA, 3],
      [BERT, 3],
    ],
  );
});

test('reportOf: incidents by severity and state, and by the teams of their clients', () => {
  const report = reportOf(
    input([attempt(), attempt({ client: BERT, count: 9 }), attempt({ client: CLEO })], {
      incidents: [
        incident({ severity: 'high' }),
        incident({ client: BERT, state: 'closed' }),
        incident({ client: CLEO, severity: 'high', state: 'acknowledged' }),
      ],
      labels: new Map([
        [ADA, { label: 'Ada', team: 'Web' }],
        [CLEO, { team: 'Web' }],
      ]),
    }),
  );
  assert.deepEqual(report.severities[0], { severity: 'high', all: 2, open: 1 });
  assert.deepEqual(
    report.states.filter(({ all }) => all > 0),
    [
      { state: 'new', all: 1 },
      { state: 'acknowledged', all: 1 },
      { state: 'closed', all: 1 },
    ],
  );
  assert.deepEqual(report.teams, [
    { team: 'Web', clients: 2, incidents: 2, attempts: 6 },
    { team: 'unknown', clients: 1, incidents: 1, attempts: 9 },
  ]);
});

test('reportOf: exceptions in force or ended in the period, and no others', () => {
  const { exceptions } = reportOf(
    input([], {
      exceptions: [
        exception(),
        exception({ id: 2, until: NOON - HOUR }),
        exception({ id: 3, revoked: { time: NOON - 2 * HOUR, by: 'bert' } }),
        exception({ id: 4, until: NOON - 3 * DAY, created: NOON - 4 * DAY }),
        exception({ id: 5, created: NOON + 1, until: NOON + DAY }),
      ],
    }),
  );
  assert.deepEqual(
    exceptions.map(({ end }) => end.replace(/ \d{4}-\d\d-\d\d \d\d:\d\d/, '')),
    ['until', 'ended', 'ended, revoked by bert'],
  );
});

for (const { when, before, sentence } of [
  { when: 'nothing before', before: 0, sentence: 'In as long a time before there was nothing.' },
  {
    when: 'half as much',
    before: 6,
    sentence: 'That is 50 % less than in as long a time before, by as many clients.',
  },
  {
    when: 'as much',
    before: 3,
    sentence: 'That is about as much as in as long a time before, by as many clients.',
  },
  {
    when: 'more',
    before: 2,
    sentence: 'That is 50 % more than in as long a time before, by as many clients.',
  },
]) {
  test(`reportOf: held against the time before: ${when}`, () => {
    const earlier = before === 0 ? [] : [attempt({ count: before })];
    const { summary } = reportOf(input([attempt()], { before: tallyOf(earlier) }));
    assert.equal(summary[1], sentence);
  });
}

const whole = reportOf(
  input(
    [
      attempt(),
      attempt({ client: BERT, verdict: 'observed', service: NASTY }),
      attempt({ client: CLEO, verdict: 'sanctioned' }),
    ],
    {
      organisation: `Example & Söhne ${NASTY}`,
      incidents: [incident()],
      labels: new Map([
        [ADA, { label: NASTY, team: NASTY }],
        [CLEO, { label: 'Cleo' }],
      ]),
      exceptions: [exception({ reason: NASTY, author: NASTY })],
      steps: [{ service: 'ngrok', step: 'session-address', why: NASTY, remedy: NASTY }],
      caveats: [NASTY],
    },
  ),
);

const GOLDEN = fileURLToPath(new URL('./golden/', import.meta.url));
for (const [name, text] of [
  ['report.md', markdownOf(whole)],
  ['report.html', htmlOf(whole)],
  ['empty.md', markdownOf(reportOf(input([])))],
] as const) {
  test(`report: ${name} is as people have read it`, () => {
    if (process.env.UPDATE_GOLDEN === '1') {
      mkdirSync(GOLDEN, { recursive: true });
      writeFileSync(GOLDEN + name, text);
    }
    assert.equal(text, readFileSync(GOLDEN + name, 'utf8'), 'if it is meant, set UPDATE_GOLDEN=1');
  });
}

test('report: nothing of a stranger acts in a browser, a wiki or a terminal', () => {
  const html = htmlOf(whole);
  assert(!html.includes('<img'), 'a tag got through');
  assert.doesNotMatch(html, /https?:|<script|\son\w+="/);
  const md = markdownOf(whole);
  assert.doesNotMatch(md, /(?<!\\)\]\(javascript|<img/);
  for (const text of [html, md]) assert.doesNotMatch(text, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
});
