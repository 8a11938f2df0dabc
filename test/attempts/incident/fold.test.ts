import assert from 'node:assert/strict';
import test from 'node:test';
import type { StoredAttempt } from '../../../src/attempts/attempt.ts';
import type { Gain } from '../../../src/attempts/fold.ts';
import { incidentsOf, joined, QUIET_GAP } from '../../../src/attempts/incident/fold.ts';
import type { IncidentFacts, Way } from '../../../src/attempts/incident/incident.ts';
import { wayOf } from '../../../src/attempts/incident/way.ts';
import { parseAddress } from '../../../src/policy/network.ts';
import { attempt, type Different, HOUR, MINUTE, NOON } from '../support.ts';
import { facts, SEEN, seen } from './support.ts';

const ways: readonly { when: string; seen: Different; way: Way | undefined }[] = [
  { when: 'a session name asked', seen: {}, way: 'system-dns' },
  { when: 'one that was answered', seen: SEEN['system-dns, observed'], way: 'system-dns' },
  { when: "a visit to a tunnel's public name", seen: SEEN.endpoint, way: 'endpoint' },
  { when: 'a download', seen: SEEN.download, way: 'download' },
  { when: 'an update', seen: { role: 'update' }, way: 'update' },
  { when: "the service's own pages", seen: { role: 'admin' }, way: 'admin' },
  { when: 'what sanctioned agents need', seen: { role: 'support' }, way: undefined },
  {
    when: 'a name that only the policy blocks',
    seen: { role: undefined, service: undefined },
    way: undefined,
  },
  { when: 'a public resolver', seen: SEEN['of no service'], way: 'doh' },
  { when: 'another server name', seen: SEEN.sni, way: 'sni' },
  { when: 'the sanctioned way', seen: SEEN.sanctioned, way: undefined },
  { when: 'what an exception allows', seen: { verdict: 'excepted' }, way: undefined },
  {
    when: 'a visit that an exception allows',
    seen: { verdict: 'excepted', role: 'endpoint' },
    way: undefined,
  },
];
for (const { when, seen, way } of ways) {
  test(`wayOf: ${when}`, () => assert.equal(wayOf(attempt(seen)), way));
}

let nextId = 1;
function stored({ attempt: { time, ...rest }, first, last, count }: Gain): StoredAttempt {
  return { ...rest, id: nextId++, first, last, count };
}

const cases: readonly {
  when: string;
  gains: readonly Gain[];
  incidents: readonly IncidentFacts[];
}[] = [
  { when: 'nothing was seen', gains: [], incidents: [] },
  { when: 'only the sanctioned way', gains: [seen('sanctioned', NOON)], incidents: [] },
  {
    when: 'one attempt',
    gains: [seen('system-dns', NOON)],
    incidents: [facts({ 'system-dns': { count: 1 } })],
  },
  {
    when: 'repeats and ways of a day',
    gains: [
      seen('system-dns', NOON, { count: 3, lasting: MINUTE }),
      seen('sni', NOON + HOUR, { count: 2 }),
      seen('system-dns, observed', NOON + 2 * HOUR, { count: 4 }),
    ],
    incidents: [
      facts({
        'system-dns': { last: NOON + 2 * HOUR, count: 7, passed: 4 },
        sni: { first: NOON + HOUR, last: NOON + HOUR, count: 2 },
      }),
    ],
  },
  {
    when: 'quiet as long as it may be',
    gains: [
      seen('system-dns', NOON, { lasting: MINUTE }),
      seen('system-dns', NOON + MINUTE + QUIET_GAP),
    ],
    incidents: [facts({ 'system-dns': { last: NOON + MINUTE + QUIET_GAP, count: 2 } })],
  },
  {
    when: 'quiet for a moment longer',
    gains: [
      seen('system-dns', NOON, { lasting: MINUTE }),
      seen('system-dns', NOON + MINUTE + QUIET_GAP + 1),
    ],
    incidents: [
      facts({ 'system-dns': { last: NOON + MINUTE, count: 1 } }),
      facts({
        'system-dns': {
          first: NOON + MINUTE + QUIET_GAP + 1,
          last: NOON + MINUTE + QUIET_GAP + 1,
          count: 1,
        },
      }),
    ],
  },
  {
    when: 'another client, another service and none',
    gains: [
      seen('system-dns', NOON),
      seen('system-dns', NOON, { client: parseAddress('2001:db8::7') }),
      seen('system-dns', NOON, { service: 'zrok' }),
      seen('of no service', NOON),
    ],
    incidents: [
      facts({ 'system-dns': { count: 1 } }),
      facts({ 'system-dns': { count: 1 } }, { client: parseAddress('2001:db8::7') }),
      facts({ 'system-dns': { count: 1 } }, { service: 'zrok' }),
      (({ service, ...loose }) => loose)(facts({ doh: { count: 1 } })),
    ],
  },
];
for (const { when, gains, incidents } of cases) {
  test(`incidentsOf: ${when}`, () => assert.deepEqual(incidentsOf(gains.map(stored)), incidents));
}

test('joined: of each way both, in either order', () => {
  const a = facts({ 'system-dns': { count: 3 }, sni: { count: 1 } });
  const b = facts({
    'system-dns': { first: NOON + HOUR, last: NOON + 2 * HOUR, passed: 2 },
    ssh: { last: NOON + MINUTE },
  });
  const both = facts({
    'system-dns': { last: NOON + 2 * HOUR, count: 8, passed: 2 },
    sni: { count: 1 },
    ssh: { last: NOON + MINUTE },
  });
  assert.deepEqual(joined(a, b), both);
  assert.deepEqual(joined(b, a), both);
});
