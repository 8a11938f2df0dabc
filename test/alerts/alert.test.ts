import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertOf, whyToTell } from '../../src/alerts/alert.ts';
import type { IncidentChange } from '../../src/attempts/incident/change.ts';
import { change, incident, NOON } from './support.ts';

const cases: readonly {
  readonly when: string;
  readonly change: IncidentChange;
  readonly is: ReturnType<typeof whyToTell>;
}[] = [
  { when: 'it begins as severe', change: change({ severity: 'medium' }), is: 'new' },
  { when: 'it begins more severe', change: change(), is: 'new' },
  { when: 'it begins less severe', change: change({ severity: 'low' }), is: undefined },
  { when: 'it goes on', change: change({}, { severity: 'high', state: 'new' }), is: undefined },
  {
    when: 'it rises to it',
    change: change({ severity: 'medium' }, { severity: 'low', state: 'new' }),
    is: 'risen',
  },
  {
    when: 'it rises above it',
    change: change({}, { severity: 'info', state: 'new' }),
    is: 'risen',
  },
  {
    when: 'it was told and rises further',
    change: change({}, { severity: 'medium', state: 'new' }),
    is: undefined,
  },
  {
    when: 'it is opened again',
    change: change({ state: 'reopened' }, { severity: 'high', state: 'closed' }),
    is: 'reopened',
  },
  {
    when: 'it is opened again as it rises',
    change: change({ state: 'reopened' }, { severity: 'low', state: 'acknowledged' }),
    is: 'reopened',
  },
  {
    when: 'it was opened again before',
    change: change({ state: 'reopened' }, { severity: 'high', state: 'reopened' }),
    is: undefined,
  },
  {
    when: 'it is opened again, and not severe',
    change: change({ state: 'reopened', severity: 'low' }, { severity: 'low', state: 'closed' }),
    is: undefined,
  },
  {
    when: 'it rises, and an exception holds',
    change: change({ state: 'excepted' }, { severity: 'low', state: 'excepted' }),
    is: undefined,
  },
  {
    when: 'it is of no service',
    change: { incident: (({ service: _, ...rest }) => rest)(incident()) },
    is: undefined,
  },
];
for (const { when, change, is } of cases) {
  test(`whyToTell: ${when}`, () => assert.equal(whyToTell(change, 'medium'), is));
}

test('alertOf: what an incident says, with its reasons as sentences', () => {
  const { service = '', ...rest } = incident();
  const { reasons, ...told } = alertOf({ ...rest, service }, 'risen', { label: 'Ada' });
  assert.deepEqual(told, {
    ...{ incident: 12, why: 'risen', severity: 'high', client: '192.0.2.17', label: 'Ada' },
    ...{ service: 'ngrok', first: NOON, last: NOON, count: 1 },
  });
  assert.match(reasons.join(), /SSH/);
});
