import assert from 'node:assert/strict';
import test from 'node:test';
import { actOn } from '../../../src/attempts/incident/act.ts';
import type { IncidentFilter } from '../../../src/attempts/incident/filter.ts';
import type { Incident } from '../../../src/attempts/incident/incident.ts';
import {
  countOpen,
  INCIDENT_ORDERS,
  isOpen,
  listIncidents,
} from '../../../src/attempts/incident/query.ts';
import { rankOf } from '../../../src/attempts/incident/severity.ts';
import { prepareSave } from '../../../src/attempts/save.ts';
import type { Database } from '../../../src/attempts/store.ts';
import { parseAddress, parseNetwork } from '../../../src/policy/network.ts';
import { createRandom } from '../../policy/support/random.ts';
import { DAY, database, HOUR, NOON } from '../support.ts';
import { seen } from './support.ts';

const OTHER = parseAddress('198.51.100.9');
const V6 = parseAddress('2001:db8::7');

/** 1 low, 2 high and closed, 3 medium and acknowledged, 4 info, 5 of no service, 6 low and reopened. */
function someIncidents(t: test.TestContext): Database {
  const db = database(t);
  const gains = [
    seen('system-dns', NOON),
    seen('system-dns, observed', NOON - DAY, { client: OTHER, lasting: HOUR / 2 }),
    seen('sni', NOON + HOUR, { client: OTHER, service: 'zrok' }),
    seen('endpoint', NOON + 2 * HOUR, { client: V6 }),
    seen('of no service', NOON),
    seen('system-dns', NOON + 3 * HOUR, { client: V6, service: 'frp' }),
  ];
  for (const gain of gains) prepareSave(db)([gain]);
  const by = { author: 'ada' };
  actOn(db, [2], { ...by, kind: 'close' }, NOON + 9 * HOUR);
  actOn(db, [3], { ...by, kind: 'acknowledge' }, NOON + 9 * HOUR);
  actOn(db, [6], { ...by, kind: 'reopen' }, NOON + 9 * HOUR);
  return db;
}

const filters: readonly { when: string; filter: IncidentFilter; ids: readonly number[] }[] = [
  { when: 'no filter', filter: {}, ids: [1, 2, 3, 4, 6] },
  { when: 'those of no service as well', filter: { loose: true }, ids: [1, 2, 3, 4, 5, 6] },
  { when: 'a client', filter: { client: parseNetwork('198.51.100.9') }, ids: [2, 3] },
  { when: 'a network', filter: { client: parseNetwork('192.0.0.0/8') }, ids: [1] },
  { when: 'a network of IPv6', filter: { client: parseNetwork('2001:db8::/32') }, ids: [4, 6] },
  { when: 'clients one by one', filter: { clients: [OTHER, V6] }, ids: [2, 3, 4, 6] },
  { when: 'no client at all', filter: { clients: [] }, ids: [] },
  { when: 'a service', filter: { service: 'ngrok' }, ids: [1, 2, 4] },
  { when: 'states', filter: { states: ['closed', 'reopened'] }, ids: [2, 6] },
  { when: 'no state', filter: { states: [] }, ids: [] },
  { when: 'a severity and above', filter: { severity: 'medium' }, ids: [2, 3] },
  { when: 'ways', filter: { ways: ['sni', 'endpoint'] }, ids: [3, 4] },
  {
    when: 'the end of the one in the filter',
    filter: { since: NOON - DAY + HOUR / 2 },
    ids: [1, 2, 3, 4, 6],
  },
  { when: 'since', filter: { since: NOON + HOUR }, ids: [3, 4, 6] },
  { when: 'until', filter: { until: NOON + HOUR }, ids: [1, 2] },
  { when: 'not a service', filter: { not: [{ service: 'ngrok' }] }, ids: [3, 6] },
  {
    when: 'neither this nor that',
    filter: { not: [{ client: parseNetwork('198.51.100.0/24') }, { ways: ['endpoint'] }] },
    ids: [1, 6],
  },
  {
    when: 'not both at once',
    filter: { not: [{ client: parseNetwork('198.51.100.9'), service: 'ngrok' }] },
    ids: [1, 3, 4, 6],
  },
  { when: 'not what is not', filter: { not: [{ not: [{ service: 'zrok' }] }] }, ids: [3] },
  {
    when: 'all at once',
    filter: {
      client: parseNetwork('198.51.100.0/24'),
      service: 'zrok',
      severity: 'low',
      states: ['acknowledged'],
    },
    ids: [3],
  },
  { when: 'a text that would break a statement', filter: { service: "x' OR 1 --" }, ids: [] },
];
test('listIncidents: filters', async (t) => {
  const db = someIncidents(t);
  for (const { when, filter, ids } of filters) {
    for (const order of INCIDENT_ORDERS) {
      await t.test(`${when}, ${order}`, () => {
        const found = listIncidents(db, filter, order, 99).map(({ id }) => id);
        assert.deepEqual(found.toSorted(), ids);
      });
    }
  }
});

test('listIncidents: orders', (t) => {
  const db = someIncidents(t);
  const idsBy = (order: (typeof INCIDENT_ORDERS)[number]) =>
    listIncidents(db, {}, order, 99).map(({ id }) => id);
  assert.deepEqual(idsBy('newest'), [6, 4, 3, 1, 2]);
  assert.deepEqual(idsBy('latest'), [6, 4, 3, 1, 2]);
  assert.deepEqual(idsBy('severest'), [6, 1, 4, 2, 3]);
});

test('countOpen: by severity, without those of no service', (t) => {
  assert.deepEqual(countOpen(someIncidents(t)), { info: 1, low: 2, medium: 0, high: 0 });
});

test('listIncidents: pages are the whole list, none twice, whatever stands at the same place', (t) => {
  const random = createRandom(7);
  const db = database(
    t,
    Array.from({ length: 200 }, (_, i) =>
      seen(random.pick(['system-dns', 'sni', 'endpoint'] as const), NOON + random.below(3) * HOUR, {
        client: parseAddress(`192.0.2.${i}`),
        lasting: random.below(2) * 1000,
      }),
    ),
  );
  actOn(
    db,
    Array.from({ length: 50 }, () => 1 + random.below(200)),
    { kind: 'close', author: 'ada' },
    NOON + DAY,
  );
  const descending = (key: (one: Incident) => readonly number[]) => (a: Incident, b: Incident) => {
    const [left, right] = [key(a), key(b)];
    const i = left.findIndex((part, k) => part !== right[k]);
    return i < 0 ? 0 : (right[i] as number) - (left[i] as number);
  };
  const keys = {
    newest: ({ first, id }: Incident) => [first, id],
    latest: ({ last, id }: Incident) => [last, id],
    severest: (one: Incident) => [Number(isOpen(one)), rankOf(one.severity), one.last, one.id],
  };
  for (const order of INCIDENT_ORDERS) {
    const whole = listIncidents(db, {}, order, 999);
    assert.equal(whole.length, 200);
    assert.deepEqual(whole, whole.toSorted(descending(keys[order])), order);
    for (const filter of [{}, { loose: true }, { client: parseNetwork('192.0.2.0/24') }] as const) {
      const read: Incident[] = [];
      for (let page = listIncidents(db, filter, order, 7); page.length > 0; ) {
        read.push(...page);
        page = listIncidents(db, filter, order, 7, page.at(-1));
      }
      assert.deepEqual(read, whole, order);
    }
  }
});

test('listIncidents: a page is read from the index of its order, without sorting', (t) => {
  const db = someIncidents(t);
  const plans: string[] = [];
  const spied = {
    prepare(sql: string) {
      const plan = db.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`);
      return {
        all: (...values: unknown[]) => {
          plans.push(
            plan
              .all(...values)
              .map(({ detail }) => detail)
              .join('; '),
          );
          return [];
        },
      };
    },
  } as unknown as Database;
  const [last] = listIncidents(db, {}, 'newest', 1);
  for (const order of INCIDENT_ORDERS) {
    for (const filter of [{}, { states: ['new'] }, { service: 'ngrok' }] as const) {
      listIncidents(spied, filter, order, 9, last);
    }
  }
  for (const plan of plans) {
    assert.match(plan, /^SEARCH incidents USING INDEX incidents_by_(first|last|worth)/);
    // Within one moment only.
    assert.doesNotMatch(plan, /TEMP B-TREE FOR ORDER BY/);
  }
});
