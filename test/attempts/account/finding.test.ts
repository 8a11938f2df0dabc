import assert from 'node:assert/strict';
import test from 'node:test';
import { type Finding, findingsOf } from '../../../src/attempts/account/finding.ts';
import { TOLERANCE } from '../../../src/attempts/account/match.ts';
import type { AccountSession } from '../../../src/attempts/account/session.ts';
import { visitsOf } from '../../../src/attempts/account/visit.ts';
import type { StoredAttempt } from '../../../src/attempts/attempt.ts';
import { type Name, parseName } from '../../../src/policy/name.ts';
import { type Address, parseAddress, parseNetwork } from '../../../src/policy/network.ts';
import { createPrng } from '../../support/prng.ts';
import { DAY, HOUR, MINUTE, NOON } from '../support.ts';
import { doors, session, stored } from './support.ts';

const name = (text: string): { name: Name } => ({ name: parseName(text) });
const client = (text: string): { client: Address } => ({ client: parseAddress(text) });
const agent = (text: string): { agent: Address } => ({ agent: parseAddress(text) });

/** A connection with a TLS name that the gate carried. */
const PASSED = {
  point: 'gate',
  transport: 'tcp',
  type: 'TLS',
  verdict: 'observed',
  answer: 'passed',
} as const;
/** The way the organisation wants, asked of the resolver. */
const ASKED_OURS = {
  ...name('tunnels.example.com'),
  rule: 'ingress/tunnels.example.com',
  role: undefined,
  verdict: 'sanctioned',
  answer: 'answered',
} as const;
const PASSED_OURS = {
  ...ASKED_OURS,
  point: 'gate',
  transport: 'tcp',
  type: 'TLS',
  answer: 'passed',
} as const;
/** A packet to an address of the service, whose name nobody knows. */
const PACKET = {
  point: 'firewall',
  transport: 'tcp',
  type: 'PACKET',
  name: undefined,
  role: undefined,
  rule: 'TW-ADDR-ngrok',
  destination: parseAddress('198.51.100.20'),
} as const;
const OURS = name('tunnels.example.com');

const DAY_OF_EVENTS = { first: NOON - DAY, last: NOON + DAY };
const OUTSIDE = ['203.0.113.0/29', '2001:db8:ff::/48'].map(parseNetwork);

type Parts = {
  readonly sessions?: readonly AccountSession[];
  readonly attempts?: readonly StoredAttempt[];
  readonly networks?: typeof OUTSIDE;
  readonly span?: typeof DAY_OF_EVENTS | undefined;
};

function found({ sessions = [], attempts = [], networks = OUTSIDE, ...rest }: Parts) {
  const span = 'span' in rest ? rest.span : DAY_OF_EVENTS;
  return findingsOf({ sessions, visits: visitsOf(attempts, doors), doors, networks, span });
}

/** A finding in a word: `misconfigured 192.0.2.17`, `personal 192.0.2.9 (2)` where it may be others. */
function word({
  class: kind,
  client: who = parseAddress('0.0.0.0'),
  candidates,
  visit,
  session: of,
}: Finding) {
  const doubt = candidates > (of ? 1 : 0) ? ` (${candidates})` : '';
  return visit ? `${kind} ${who}${doubt}` : `${kind}${doubt}`;
}

const cases: readonly ({ when: string; words: readonly string[]; why?: RegExp } & Parts)[] = [
  { when: 'our ingress', sessions: [session(OURS)], words: ['sanctioned'] },
  {
    when: 'a regional name of our ingress',
    sessions: [session(name('tunnel.eu.tunnels.example.com'))],
    words: ['sanctioned'],
  },
  {
    when: 'a neighbour of our ingress',
    sessions: [session(name('not-tunnels.example.com'))],
    words: ['unknown'],
    why: /neither policy nor catalogue/,
  },
  {
    when: 'the default door',
    sessions: [session()],
    words: ['misconfigured'],
    why: /connect_url.*nothing here saw it/,
  },
  {
    when: 'the old default door',
    sessions: [session(name('tunnel.ngrok.com'))],
    words: ['misconfigured'],
  },
  {
    when: 'the default door, from elsewhere',
    sessions: [session(agent('198.51.100.9'))],
    words: ['misconfigured'],
    why: /outside of the network/,
  },
  {
    when: 'a session that did not start',
    sessions: [session({ failure: 'ERR_NGROK_115' })],
    words: ['misconfigured'],
    why: /did not start/,
  },
  {
    when: 'a region of the default door',
    sessions: [session(name('connect.eu.ngrok-agent.com'))],
    words: ['misconfigured'],
    why: /region/,
  },
  {
    when: 'the operator at a region',
    sessions: [
      session({
        ...name('connect.eu.ngrok-agent.com'),
        userAgent: 'ngrok-go/2.1.0 ngrok-operator/0.19.0',
      }),
    ],
    words: ['vendor'],
    why: /says to be/,
  },
  {
    when: 'the operator at the default door',
    sessions: [session({ userAgent: 'ngrok-operator/0.19.0' })],
    words: ['misconfigured'],
  },
  {
    when: 'a program that is called nearly so',
    sessions: [
      session({ ...name('connect.eu.ngrok-agent.com'), userAgent: 'my-ngrok-operator/1' }),
    ],
    words: ['misconfigured'],
  },
  {
    when: 'a name of the vendor that agents do not dial',
    sessions: [session(name('kubernetes-binding-ingress.ngrok.io'))],
    words: ['vendor'],
  },
  { when: 'no name', sessions: [(({ name: _, ...rest }) => rest)(session())], words: ['unknown'] },
  {
    when: 'another leg of a sanctioned session',
    sessions: [
      session({ ...OURS, session: 'ts_2', started: NOON - HOUR }),
      session(name('connect.eu.ngrok-agent.com')),
    ],
    words: ['sanctioned', 'vendor'],
  },
  {
    when: 'a leg of a session that was over',
    sessions: [
      session({
        ...OURS,
        session: 'ts_2',
        started: NOON - HOUR,
        stopped: NOON - 1,
        stopEvent: 'ev_2',
      }),
      session(name('connect.eu.ngrok-agent.com')),
    ],
    words: ['sanctioned', 'misconfigured'],
  },
  {
    when: 'a leg with another credential',
    sessions: [
      session({ ...OURS, session: 'ts_2', started: NOON - HOUR, credential: 'cr_2' }),
      session(name('connect.eu.ngrok-agent.com')),
    ],
    words: ['sanctioned', 'misconfigured'],
  },
  {
    when: 'a refused question and the session that got round it',
    attempts: [stored({ time: NOON - 5000 })],
    sessions: [session()],
    words: ['misconfigured 192.0.2.17'],
    why: /set connect_url of this agent$/,
  },
  {
    when: 'a refused question alone',
    attempts: [stored()],
    words: ['personal 192.0.2.17'],
    why: /no connection passed; no session of your account/,
  },
  { when: 'a connection that passed', attempts: [stored(PASSED)], words: ['evaded 192.0.2.17'] },
  {
    when: 'a connection that passed and failed',
    attempts: [stored({ ...PASSED, answer: 'failed' })],
    words: ['personal 192.0.2.17'],
  },
  {
    when: 'a packet that passed',
    attempts: [stored({ ...PACKET, verdict: 'watched', answer: 'recorded' })],
    words: ['evaded 192.0.2.17'],
  },
  {
    when: 'a packet that was refused',
    attempts: [stored({ ...PACKET, answer: 'reset' })],
    words: ['personal 192.0.2.17'],
  },
  {
    when: 'a packet and a session of ours',
    attempts: [stored({ ...PACKET, verdict: 'watched', answer: 'recorded' })],
    sessions: [session()],
    words: ['misconfigured 192.0.2.17'],
  },
  {
    when: 'tries that belong together',
    attempts: [
      stored(),
      stored({ type: 'AAAA', time: NOON + 50_000 }),
      stored({ ...PASSED, time: NOON + 100_000 }),
    ],
    words: ['evaded 192.0.2.17'],
  },
  {
    when: 'tries far apart',
    attempts: [stored(), stored({ time: NOON + 2 * MINUTE })],
    words: ['personal 192.0.2.17', 'personal 192.0.2.17'],
  },
  {
    when: 'what opens no session',
    attempts: [
      stored({ role: 'endpoint' }),
      stored({ role: 'bypass' }),
      stored({ role: 'update' }),
    ],
    words: [],
  },
  {
    when: 'a sanctioned session does not excuse the default door',
    attempts: [stored()],
    sessions: [session(OURS)],
    words: ['sanctioned', 'personal 192.0.2.17'],
  },
  {
    when: 'nor does one through another door',
    attempts: [stored()],
    sessions: [session(name('tunnel.ngrok.com'))],
    words: ['misconfigured', 'personal 192.0.2.17'],
  },
  {
    when: 'nor one from elsewhere',
    attempts: [stored()],
    sessions: [session(agent('198.51.100.9'))],
    words: ['misconfigured', 'personal 192.0.2.17'],
  },
  {
    when: 'nor one that began much later',
    attempts: [stored()],
    sessions: [session({ started: NOON + TOLERANCE + 1 })],
    words: ['misconfigured', 'personal 192.0.2.17'],
  },
  {
    when: 'one that did not start does',
    attempts: [stored()],
    sessions: [session({ failure: 'ERR_NGROK_115' })],
    words: ['misconfigured 192.0.2.17'],
  },
  {
    when: 'of two clients one session explains the one that passed',
    attempts: [stored(client('10.0.0.1')), stored({ ...PASSED, ...client('10.0.0.2') })],
    sessions: [session()],
    words: ['misconfigured 10.0.0.2 (2)', 'personal 10.0.0.1 (1)'],
    why: /likelier another client/,
  },
  {
    when: 'of two clients two sessions explain both',
    attempts: [stored(client('10.0.0.1')), stored(client('10.0.0.2'))],
    sessions: [session(), session({ session: 'ts_2', started: NOON + 1 })],
    words: ['misconfigured 10.0.0.1 (2)', 'misconfigured 10.0.0.2 (2)'],
  },
  {
    when: 'of two clients the one that went where the session came to',
    attempts: [
      stored({ ...PASSED, ...client('10.0.0.1') }),
      stored({ ...PASSED, ...client('10.0.0.2'), destination: parseAddress('198.51.100.20') }),
    ],
    sessions: [session({ server: parseAddress('198.51.100.20') })],
    words: ['evaded 10.0.0.1 (1)', 'misconfigured 10.0.0.2 (2)'],
  },
  {
    when: 'a client without NAT',
    attempts: [stored(client('203.0.113.6'))],
    sessions: [session(agent('203.0.113.6'))],
    words: ['misconfigured 203.0.113.6'],
  },
  {
    when: 'another client without NAT',
    attempts: [stored(client('203.0.113.6'))],
    sessions: [session()],
    words: ['misconfigured', 'personal 203.0.113.6'],
  },
  {
    when: 'a client that asks by IPv6 and comes by IPv4',
    attempts: [stored(client('2001:db8:ff::7'))],
    sessions: [session()],
    words: ['misconfigured 2001:db8:ff::7'],
  },
  {
    when: 'nobody said what is public: the name speaks',
    networks: [],
    attempts: [stored()],
    sessions: [session()],
    words: ['misconfigured 192.0.2.17'],
  },
  {
    when: 'nobody said what is public: no name, no word',
    networks: [],
    attempts: [stored({ ...PACKET, answer: 'reset' })],
    sessions: [session()],
    words: ['misconfigured', 'personal 192.0.2.17'],
  },
  {
    when: 'a name put on to deceive',
    attempts: [stored(), stored({ ...PASSED, ...name('korgn.su.lennut.com') })],
    sessions: [session()],
    words: ['misconfigured 192.0.2.17'],
  },
  {
    when: 'a question for our ingress and its session',
    attempts: [stored(ASKED_OURS)],
    sessions: [session(OURS)],
    words: ['sanctioned 192.0.2.17'],
  },
  { when: 'a question for our ingress alone', attempts: [stored(ASKED_OURS)], words: [] },
  {
    when: 'our ingress shown at the gate, and no session of ours',
    attempts: [stored(PASSED_OURS)],
    words: ['evaded 192.0.2.17'],
    why: /takes your accounts only/,
  },
  {
    when: 'our ingress shown at the gate, and its session',
    attempts: [stored(PASSED_OURS)],
    sessions: [session(OURS)],
    words: ['sanctioned 192.0.2.17'],
  },
  {
    when: 'a leg without a credential, which might be anybody’s',
    sessions: [
      session({ ...OURS, session: 'ts_2', started: NOON - HOUR }),
      session(name('connect.eu.ngrok-agent.com')),
    ].map(({ credential: _, ...rest }) => rest),
    words: ['sanctioned', 'misconfigured'],
  },
  {
    when: 'a leg of a session that had not begun',
    sessions: [
      session({ ...OURS, session: 'ts_2', started: NOON + 1 }),
      session(name('connect.eu.ngrok-agent.com')),
    ],
    words: ['sanctioned', 'misconfigured'],
  },
  {
    when: 'a leg of a session that did not start',
    sessions: [
      session({ ...OURS, session: 'ts_2', failure: 'no' }),
      session(name('connect.eu.ngrok-agent.com')),
    ],
    words: ['sanctioned', 'misconfigured'],
  },
  {
    when: 'a session between two goings of one client explains both',
    attempts: [stored(), stored({ time: NOON + 100_000 })],
    sessions: [session({ started: NOON + 50_000 })],
    words: ['misconfigured 192.0.2.17'],
  },
  {
    when: 'of a client with that address and one behind NAT the first, though the other passed',
    attempts: [stored({ ...PASSED, ...client('10.0.0.1') }), stored(client('203.0.113.5'))],
    sessions: [session()],
    words: ['evaded 10.0.0.1 (1)', 'misconfigured 203.0.113.5 (2)'],
  },
  {
    when: 'of two clients the nearer in time, though the other comes first in order',
    attempts: [
      stored({ ...client('10.0.0.1'), time: NOON - 40_000 }),
      stored({ ...client('10.0.0.2'), time: NOON + 10_000 }),
    ],
    sessions: [session()],
    words: ['misconfigured 10.0.0.2 (2)', 'personal 10.0.0.1 (1)'],
  },
  {
    when: 'a connection that passed until the policy changed',
    attempts: [stored({ ...PASSED, answer: 'cut' })],
    words: ['evaded 192.0.2.17'],
  },
  {
    when: 'a row that lasts longer than the one behind it',
    attempts: [stored({}, 10 * MINUTE), stored({ type: 'AAAA', time: NOON + 1000 })],
    sessions: [session({ started: NOON + 9 * MINUTE })],
    words: ['misconfigured 192.0.2.17'],
  },
  {
    when: 'the default door spelt backwards',
    sessions: [session(name('korgn.su.lennut.com'))],
    words: ['misconfigured'],
  },
];
for (const { when, words, why, ...parts } of cases) {
  test(`findingsOf: ${when}`, () => {
    const { findings } = found(parts);
    assert.deepEqual(findings.map(word).sort(), [...words].sort());
    if (why)
      assert.ok(
        findings.some((one) => why.test(one.why)),
        findings.map((one) => one.why).join('\n'),
      );
  });
}

test('findingsOf: at a time of which no event tells, nobody is accused', () => {
  const attempts = [stored()];
  for (const span of [
    undefined,
    { first: NOON, last: NOON + DAY },
    { first: NOON - DAY, last: NOON + TOLERANCE - 1 },
  ]) {
    assert.deepEqual(found({ attempts, span }), { findings: [], untold: 1 });
  }
  assert.equal(
    found({ attempts, span: { first: NOON - TOLERANCE, last: NOON + TOLERANCE } }).untold,
    0,
  );
});

/** A busy hour behind a NAT: clients that try doors, and sessions that come of it or do not. */
function busyHour(seed: number) {
  const prng = createPrng(seed);
  const names = [
    'connect.ngrok-agent.com',
    'connect.eu.ngrok-agent.com',
    'tunnel.ngrok.com',
    'tunnels.example.com',
  ];
  const attempts = Array.from({ length: prng.below(40) }, () => {
    const time = NOON + prng.below(HOUR);
    const who = client(`10.0.0.${prng.below(6)}`);
    const kind = prng.pick([{}, PASSED, PACKET, PASSED_OURS, ASKED_OURS] as const);
    const named = 'name' in kind ? {} : name(prng.pick(names.slice(0, 3)));
    return stored({ ...kind, ...named, ...who, time }, prng.pick([0, 0, MINUTE]));
  });
  const sessions = Array.from({ length: prng.below(20) }, (_, i) =>
    session({
      session: `ts_${i}`,
      started: NOON + prng.below(HOUR),
      ...agent(prng.pick(['203.0.113.5', '203.0.113.6', '198.51.100.9'])),
      ...name(prng.pick(names)),
    }),
  );
  return { attempts, sessions };
}

test('findingsOf: of random hours, every session and every visit has its one word, and a reason for it', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const { attempts, sessions } = busyHour(seed);
    const visits = visitsOf(attempts, doors);
    const { findings, untold } = findingsOf({
      sessions,
      visits,
      doors,
      networks: OUTSIDE,
      span: DAY_OF_EVENTS,
    });
    assert.equal(untold, 0);
    for (const { class: kind } of findings) seen.add(kind);

    const ofSessions = findings.filter((one) => one.session);
    assert.deepEqual(new Set(ofSessions.map((one) => one.session)), new Set(sessions));
    assert.equal(ofSessions.length, sessions.length);

    const fits = (
      visit: (typeof visits)[number],
      { name: by, agent: from, started }: AccountSession,
    ) =>
      (by === 'tunnels.example.com' ? 'ours' : 'vendor') === visit.to &&
      (visit.names.length === 0 || visit.names.includes(by as Name)) &&
      from !== '198.51.100.9' &&
      started >= visit.first - TOLERANCE &&
      started <= visit.last + TOLERANCE;
    for (const { visit, session: of, candidates } of ofSessions) {
      const clients = new Set(
        visits.filter((one) => fits(one, of as AccountSession)).map((one) => one.client),
      );
      assert.equal(candidates, clients.size);
      assert.equal(visit === undefined, clients.size === 0);
      if (visit) assert.ok(fits(visit, of as AccountSession));
    }

    const accused = findings.filter((one) => !one.session);
    for (const { visit, candidates, class: kind } of accused) {
      assert(visit);
      assert.equal(kind, visit.passed ? 'evaded' : 'personal');
      assert.equal(candidates, sessions.filter((one) => fits(visit, one)).length);
    }
    const counted = visits.filter((one) => one.to === 'vendor' || one.passed);
    const cleared = counted.filter((one) => !accused.some(({ visit }) => visit === one));
    for (const one of cleared) {
      const of = ofSessions.filter(({ session: by }) => fits(one, by as AccountSession));
      assert.ok(
        of.some((finding) => finding.client === one.client),
        'cleared by a session that is this client’s',
      );
    }
  }
  assert.deepEqual([...seen].sort(), [
    'evaded',
    'misconfigured',
    'personal',
    'sanctioned',
    'vendor',
  ]);
});

test('findingsOf: the order in which things are told makes no difference', () => {
  const lines = (findings: readonly Finding[]) =>
    findings.map((one) => JSON.stringify({ ...one, visit: one.visit?.first })).sort();
  for (let seed = 0; seed < 100; seed++) {
    const { attempts, sessions } = busyHour(seed);
    assert.deepEqual(
      lines(found({ attempts: attempts.toReversed(), sessions: sessions.toReversed() }).findings),
      lines(found({ attempts, sessions }).findings),
    );
  }
});

test('findingsOf: without a session, everything that was tried is told; none is told twice', () => {
  for (let seed = 0; seed < 100; seed++) {
    const { attempts, sessions } = busyHour(seed);
    const alone = found({ attempts }).findings;
    const counts = alone.reduce((sum, { visit }) => sum + (visit?.count ?? 0), 0);
    const vendor = attempts.filter(({ verdict }) => verdict !== 'sanctioned').length;
    assert.ok(counts >= vendor);
    const accused = found({ attempts, sessions }).findings.filter((one) => !one.session);
    assert.ok(accused.length <= alone.length);
  }
});

test('findingsOf: a day with a hundred thousand sessions and as many tries is told in seconds', () => {
  const sessions = Array.from({ length: 100_000 }, (_, i) =>
    session({ session: `ts_${i}`, started: NOON + i * 800, ...(i % 9 === 0 ? {} : OURS) }),
  );
  const attempts = Array.from({ length: 100_000 }, (_, i) =>
    stored({ time: NOON + i * 800, ...client(`10.${i % 7}.${i % 199}.${i % 251}`) }),
  );
  const begin = performance.now();
  const { findings } = found({ attempts, sessions, span: { first: 0, last: NOON + 365 * DAY } });
  assert.ok(findings.length > 150_000);
  assert.ok(performance.now() - begin < 20_000);
});
