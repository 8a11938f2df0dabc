import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Minute,
  prepareNotes,
  readMinutes,
  readServiceEvents,
  readStates,
  type ServiceState,
} from '../../src/attempts/note.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { database, MINUTE, NOON } from './support.ts';

const minute: Minute = {
  ...{ time: NOON, questions: 10, refused: 2, cached: 5, failed: 1 },
  ...{ p50: 0.25, p99: 12.5 },
};

const state: ServiceState = {
  ...{ program: 'serve', version: '1.2.3', pid: 1, started: NOON, policy: 'policy.yaml' },
  ...{ organisation: 'Example Corp', mode: 'enforce', digest: 'ab', rules: 3, dropped: 0 },
  parts: [{ part: 'resolver', is: 'up', about: '127.0.0.1:53' }],
};

test('notes: minutes come back as they were, the oldest first, from a time on', (t) => {
  const db = database(t);
  const note = prepareNotes(db);
  const later = { ...minute, time: NOON + MINUTE };
  note([
    { kind: 'minute', minute: later },
    { kind: 'minute', minute },
  ]);
  assert.deepEqual(readMinutes(db, 0), [minute, later]);
  assert.deepEqual(readMinutes(db, NOON + 1), [later]);
});

test('notes: a minute in which the program was started again is counted whole', (t) => {
  const db = database(t);
  const note = prepareNotes(db);
  note([{ kind: 'minute', minute }]);
  note([{ kind: 'minute', minute: { ...minute, questions: 3, p99: 5 } }]);
  const [found] = readMinutes(db, 0);
  assert.deepEqual([found?.questions, found?.refused, found?.p99], [13, 4, 12.5]);
});

test('notes: of a program only its last word is kept', (t) => {
  const db = database(t);
  const note = prepareNotes(db);
  note([{ kind: 'state', time: NOON, state }]);
  note([{ kind: 'state', time: NOON + 1, state: { ...state, dropped: 7 } }]);
  note([{ kind: 'state', time: NOON, state: { ...state, program: 'gate' } }]);
  const states = readStates(db);
  assert.deepEqual(
    states.map(({ time, state: { program, dropped } }) => [program, time - NOON, dropped]),
    [
      ['serve', 1, 7],
      ['gate', 0, 0],
    ],
  );
  assert.deepEqual(states[0]?.state.parts, state.parts);
});

test('notes: events, the newest first', (t) => {
  const db = database(t);
  const events = [1, 3, 2].map((time) => ({
    ...({ program: 'serve', level: 'warn' } as const),
    ...{ time, text: `at ${time}` },
  }));
  prepareNotes(db)(events.map((event) => ({ kind: 'event', event })));
  assert.deepEqual(
    readServiceEvents(db, 2).map(({ text }) => text),
    ['at 3', 'at 2'],
  );
});

test('notes: a fact takes the place of what its source said before', (t) => {
  const db = database(t);
  const note = prepareNotes(db);
  const fact = {
    client: parseAddress('192.0.2.17'),
    ...({ kind: 'host', source: 'lease' } as const),
  };
  note([{ kind: 'facts', facts: [{ ...fact, value: 'old', time: 1 }] }]);
  note([{ kind: 'facts', facts: [{ ...fact, value: 'new\x1b[2J', time: 2 }] }]);
  const rows = db.prepare('SELECT value, time FROM client_facts').all();
  assert.deepEqual(rows, [{ value: 'new\x1b[2J', time: 2 }]);
});
