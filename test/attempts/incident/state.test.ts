import assert from 'node:assert/strict';
import test from 'node:test';
import type { Act, IncidentState, Severity } from '../../../src/attempts/incident/incident.ts';
import { stateOf, undoneOf } from '../../../src/attempts/incident/state.ts';
import { HOUR, NOON } from '../support.ts';
import { act } from './support.ts';

const acknowledged = act({ id: 1, kind: 'acknowledge' });
const closed = act({ id: 2, kind: 'close', time: NOON + HOUR });
const excepted = act({ id: 3, kind: 'except', exception: 7 });

const cases: readonly {
  when: string;
  acts?: readonly Act[];
  last?: number;
  severity?: Severity;
  ends?: ReadonlyMap<number, number>;
  state: IncidentState;
}[] = [
  { when: 'nobody did anything', state: 'new' },
  { when: 'a note', acts: [act({ id: 1, kind: 'note', note: 'hm' })], state: 'new' },
  { when: 'acknowledged', acts: [acknowledged], state: 'acknowledged' },
  {
    when: 'acknowledged, and it goes on',
    acts: [acknowledged],
    last: NOON + 9 * HOUR,
    state: 'acknowledged',
  },
  {
    when: 'acknowledged, and it grows worse',
    acts: [acknowledged],
    severity: 'medium',
    state: 'reopened',
  },
  {
    when: 'acknowledged as it was worse',
    acts: [{ ...acknowledged, severity: 'high' }],
    state: 'acknowledged',
  },
  { when: 'closed', acts: [closed], last: NOON + HOUR, state: 'closed' },
  { when: 'closed, and it goes on', acts: [closed], last: NOON + HOUR + 1, state: 'reopened' },
  {
    when: 'closed, and what came before tells of worse',
    acts: [closed],
    severity: 'high',
    state: 'closed',
  },
  { when: 'acknowledged and then closed', acts: [acknowledged, closed], state: 'closed' },
  { when: 'the same, told the other way round', acts: [closed, acknowledged], state: 'closed' },
  {
    when: 'two at one time',
    acts: [act({ id: 5, kind: 'close' }), act({ id: 4, kind: 'acknowledge' })],
    state: 'closed',
  },
  {
    when: 'closed, and a note after it',
    acts: [closed, act({ id: 9, kind: 'note', time: NOON + 2 * HOUR })],
    state: 'closed',
  },
  {
    when: 'reopened',
    acts: [closed, act({ id: 4, kind: 'reopen', time: NOON + 2 * HOUR })],
    state: 'reopened',
  },
  {
    when: 'excepted, while the exception holds',
    acts: [excepted],
    last: NOON + 2 * HOUR,
    ends: new Map([[7, NOON + 2 * HOUR]]),
    state: 'excepted',
  },
  {
    when: 'excepted, and it goes on after the end',
    acts: [excepted],
    last: NOON + 2 * HOUR + 1,
    ends: new Map([[7, NOON + 2 * HOUR]]),
    state: 'reopened',
  },
  {
    when: 'excepted, and it grows worse by what is not allowed',
    acts: [excepted],
    severity: 'high',
    ends: new Map([[7, NOON + 2 * HOUR]]),
    state: 'reopened',
  },
  { when: 'excepted by an exception long gone', acts: [excepted], state: 'excepted' },
  {
    when: 'excepted by one long gone, and it goes on',
    acts: [excepted],
    last: NOON + 1,
    state: 'reopened',
  },
  {
    when: 'the last act taken back',
    acts: [acknowledged, closed, act({ id: 3, kind: 'undo', undoes: 2, time: NOON + 2 * HOUR })],
    state: 'acknowledged',
  },
  {
    when: 'an earlier act taken back',
    acts: [acknowledged, closed, act({ id: 3, kind: 'undo', undoes: 1, time: NOON + 2 * HOUR })],
    state: 'closed',
  },
  {
    when: 'the only act taken back',
    acts: [acknowledged, act({ id: 2, kind: 'undo', undoes: 1 })],
    state: 'new',
  },
  {
    when: 'the taking back taken back',
    acts: [
      acknowledged,
      act({ id: 2, kind: 'undo', undoes: 1 }),
      act({ id: 3, kind: 'undo', undoes: 2 }),
    ],
    state: 'acknowledged',
  },
];
for (const { when, acts = [], last = NOON, severity = 'low', ends, state } of cases) {
  test(`stateOf: ${when}`, () => assert.equal(stateOf({ last, severity }, acts, ends), state));
}

test('undoneOf: what was taken back and not again', () => {
  const undo = (id: number, undoes: number) => act({ id, kind: 'undo', undoes });
  assert.deepEqual(
    undoneOf([acknowledged, closed, undo(3, 2), undo(4, 1), undo(5, 4)]),
    new Set([2, 4]),
  );
});
