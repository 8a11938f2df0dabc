import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Screen, ScreenEvent } from '../../../src/tui/screen.ts';
import { attemptsScreen } from '../../../src/tui/screens/attempts.ts';
import { clientsScreen } from '../../../src/tui/screens/clients.ts';
import { exceptionsScreen } from '../../../src/tui/screens/exceptions.ts';
import { incidentsScreen } from '../../../src/tui/screens/incidents.ts';
import type { Question } from '../../../src/tui/source.ts';
import { attempt, exception, HOUR, incident, MINUTE, NOW, SECOND } from './made-up.ts';
import { CHANGED, contextOf, keyEvent, played, SHOWN, seenText, type World } from './play.ts';
import { ORDINARY, worldOf } from './worlds.ts';

const context = contextOf();
const wide = contextOf({ width: 160 });

/** What is asked for after an event, and the state then. */
function asked<State>(screen: Screen<State>, state: State, event: ScreenEvent, where = context) {
  const [next, ...effects] = screen.update(state, event, where);
  const questions = effects.flatMap((effect): Question[] =>
    effect.kind === 'ask' ? [effect.question] : [],
  );
  return { next, questions };
}

const tailed = (count: number, from = 0): World => ({
  ...ORDINARY,
  attempts: {
    isAll: false,
    rows: Array.from({ length: count }, (_, i) =>
      attempt({ id: 1000 + from - i, first: NOW - (i - from) * SECOND, label: `n-${from - i}` }),
    ),
  },
});

test('attempts: at the top the newest are followed, further down the row stays and what is new is counted', () => {
  const top = played(attemptsScreen, tailed(100), context, [SHOWN]).state;
  const followed = played(attemptsScreen, tailed(100, 5), context, [CHANGED], top).state;
  assert.equal(followed.list.rows[followed.list.at]?.id, 1005);
  assert.equal(followed.list.rows.length, 105, 'what was known further down stays known');

  const down = played(attemptsScreen, tailed(100), context, ['j', 'j'], top).state;
  const stayed = played(attemptsScreen, tailed(100, 5), context, [CHANGED], down).state;
  assert.equal(stayed.list.rows[stayed.list.at]?.id, 998);
  assert.match(seenText(attemptsScreen, stayed, context), /5 new above/);
  const more = played(attemptsScreen, tailed(100, 7), context, [CHANGED], stayed).state;
  assert.equal(more.newer, 7);
  const back = played(attemptsScreen, tailed(100, 7), context, ['g'], more).state;
  assert.equal(back.list.rows[back.list.at]?.id, 1007);
  assert.equal(back.newer, 0);
});

test('attempts: more than a page of news leaves who reads further down in peace', () => {
  const before = played(attemptsScreen, tailed(100), context, [SHOWN, 'j']).state;
  const after = played(attemptsScreen, tailed(100, 500), context, [CHANGED], before).state;
  assert.equal(after.list.rows[after.list.at]?.id, 999);
  assert.match(seenText(attemptsScreen, after, context), /many new above/);
  const back = played(attemptsScreen, tailed(100, 500), context, ['g', CHANGED], after).state;
  assert.equal(back.list.rows[back.list.at]?.id, 1500);
});

test('attempts: what is read is not taken away by the newest', () => {
  const before = played(attemptsScreen, tailed(100), context, [SHOWN, 'enter']).state;
  const after = played(attemptsScreen, tailed(100, 5), context, [CHANGED], before).state;
  assert.match(seenText(attemptsScreen, after, context), /^n-0 /);
});

test('attempts: more is asked for near the end, behind the last row', () => {
  const { state } = played(attemptsScreen, tailed(100), context, [SHOWN]);
  assert.deepEqual(asked(attemptsScreen, state, keyEvent('j')).questions, []);
  const { next, questions } = asked(attemptsScreen, state, keyEvent('G'));
  assert.deepEqual(questions, [
    { kind: 'attempts', search: '', limit: 100, behind: { first: NOW - 99 * SECOND, id: 901 } },
  ]);
  const again = asked(attemptsScreen, next, keyEvent('k'));
  assert.deepEqual(again.questions, [], 'one question at a time');
});

test('attempts: a search that finds nothing goes on by itself, and says how far it is', () => {
  const question = { kind: 'attempts', search: 'client:192.0.2.1', limit: 100 } as const;
  const searching = contextOf({ search: question.search });
  const begun = asked(attemptsScreen, attemptsScreen.start, SHOWN, searching);
  assert.deepEqual(begun.questions, [question]);
  const found = (searchedTo: number, behind?: { first: number; id: number }): ScreenEvent => ({
    kind: 'answered',
    question: { ...question, ...(behind ? { behind } : {}) },
    answer: { rows: [], isAll: false, searchedTo },
  });
  const first = asked(attemptsScreen, begun.next, found(NOW - HOUR), searching);
  const behind = { first: NOW - HOUR, id: 0 };
  assert.deepEqual(first.questions, [{ ...question, behind }]);
  assert.match(
    seenText(attemptsScreen, first.next, searching),
    /^Nothing back to 01:14:30; looking further/,
  );
  const second = asked(attemptsScreen, first.next, found(NOW - 2 * HOUR, behind), searching);
  assert.deepEqual(second.questions, [{ ...question, behind: { first: NOW - 2 * HOUR, id: 0 } }]);
  // The top is looked at anew in between, and does not throw the search back.
  const changed = asked(attemptsScreen, second.next, CHANGED, searching);
  const third = asked(attemptsScreen, changed.next, found(NOW - 3 * HOUR, behind), searching);
  assert.deepEqual(third.questions, [question]);
  const fourth = asked(attemptsScreen, third.next, found(NOW - HOUR), searching);
  assert.deepEqual(fourth.questions, [{ ...question, behind: { first: NOW - 3 * HOUR, id: 0 } }]);
  const end: ScreenEvent = {
    kind: 'answered',
    question: { ...question, behind },
    answer: { rows: [], isAll: true },
  };
  const last = asked(attemptsScreen, fourth.next, end, searching);
  assert.match(seenText(attemptsScreen, last.next, searching), /^No attempt matches/);
});

test('attempts: an answer to another search is nothing to us', () => {
  const { next } = asked(attemptsScreen, attemptsScreen.start, SHOWN);
  const answer: ScreenEvent = {
    kind: 'answered',
    question: { kind: 'attempts', search: 'old', limit: 100 },
    answer: ORDINARY.attempts,
  };
  assert.equal(asked(attemptsScreen, next, answer).next.list.isKnown, false);
});

const three = [incident({ id: 7 }), incident({ id: 6 }), incident({ id: 5 })];

test('incidents: the cursor stays with its row, also from the top, when others come or it goes down', () => {
  const before = played(incidentsScreen, worldOf(three), context, [SHOWN]).state;
  const more = [incident({ id: 9 }), incident({ id: 8 }), ...three];
  const after = played(incidentsScreen, worldOf(more), context, [CHANGED], before).state;
  assert.equal(after.list.rows[after.list.at]?.id, 7);
  const sunk = [...three.slice(1), incident({ id: 7, state: 'acknowledged' })];
  const then = played(incidentsScreen, worldOf(sunk), context, [CHANGED], after).state;
  assert.equal(then.list.rows[then.list.at]?.id, 7);
});

test('incidents: marks of what is gone go as well', () => {
  const before = played(incidentsScreen, worldOf(three), context, [SHOWN, 'm', 'm']).state;
  assert.deepEqual([...before.marked], [7, 6]);
  const after = played(incidentsScreen, worldOf(three.slice(1)), context, [CHANGED], before).state;
  assert.deepEqual([...after.marked], [6]);
});

test('incidents: o changes the order and asks anew', () => {
  const { state } = played(incidentsScreen, worldOf(three), context, [SHOWN]);
  const { next, questions } = asked(incidentsScreen, state, keyEvent('o'));
  assert.deepEqual(questions, [{ kind: 'incidents', search: '', order: 'newest', limit: 100 }]);
  const old: ScreenEvent = {
    kind: 'answered',
    question: { kind: 'incidents', search: '', order: 'severest', limit: 100 },
    answer: { rows: three, isAll: true },
  };
  assert.equal(asked(incidentsScreen, next, old).next.list.isKnown, false);
});

test('incidents: escape is left to others where there is nothing to leave', () => {
  const { state } = played(incidentsScreen, worldOf(three), context, [SHOWN]);
  const [next, ...effects] = incidentsScreen.update(state, keyEvent('escape'), context);
  assert.equal(next, state);
  assert.deepEqual(effects, []);
});

test('incidents: the detail is asked for where it is seen, and once at a time', () => {
  const narrow = played(incidentsScreen, worldOf(three), context, [SHOWN]).state;
  assert.deepEqual(asked(incidentsScreen, narrow, keyEvent('j')).questions, []);
  assert.deepEqual(asked(incidentsScreen, narrow, keyEvent('enter')).questions, [
    { kind: 'incident', id: 7 },
  ]);
  const both = played(incidentsScreen, worldOf(three), wide, [SHOWN]).state;
  const first = asked(incidentsScreen, both, keyEvent('j'), wide);
  assert.deepEqual(first.questions, [{ kind: 'incident', id: 6 }]);
  const second = asked(incidentsScreen, first.next, keyEvent('j'), wide);
  assert.deepEqual(second.questions, [{ kind: 'incident', id: 5 }]);
  // The answer to the first comes late, and is not shown as the second's.
  const late: ScreenEvent = {
    kind: 'answered',
    question: { kind: 'incident', id: 6 },
    answer: worldOf(three).details.get(6),
  };
  const [then] = incidentsScreen.update(second.next, late, wide);
  assert.match(seenText(incidentsScreen, then, wide), /Looking it up/);
});

test('incidents: a click beside the list goes into the detail, and the cursor is seen on the list alone', () => {
  const { state } = played(incidentsScreen, worldOf(three), wide, [SHOWN]);
  const [next] = incidentsScreen.update(state, { kind: 'click', row: 3, column: 150 }, wide);
  assert.deepEqual([next.reading, next.list.at], ['7', 0]);
  const [other] = incidentsScreen.update(state, { kind: 'click', row: 3, column: 5 }, wide);
  assert.deepEqual([other.reading, other.list.at], [undefined, 1]);
  const row = incidentsScreen.view(state, wide)[2];
  const marked = row?.spans.filter(({ chosen }) => chosen).map(({ text }) => text);
  assert.match(marked?.join('') ?? '', /^▸ █ high/);
  assert.equal(row?.chosen, undefined);
  assert(row?.spans.at(-1)?.chosen === undefined);
});

test('incidents: what failed is said, and asked again when something changes', () => {
  const begun = asked(incidentsScreen, incidentsScreen.start, SHOWN);
  const failed: ScreenEvent = {
    kind: 'failed',
    question: { kind: 'incidents', search: '', order: 'severest', limit: 100 },
    message: 'the database is locked; try again',
  };
  const { next, questions } = asked(incidentsScreen, begun.next, failed);
  assert.deepEqual(questions, []);
  assert.match(seenText(incidentsScreen, next, context), /the database is locked; try again/);
  const { state } = played(incidentsScreen, worldOf(three), context, [CHANGED], next);
  assert.doesNotMatch(seenText(incidentsScreen, state, context), /locked/);
});

test('incidents: a detail that fails is not asked for over and over', () => {
  const begun = asked(incidentsScreen, incidentsScreen.start, { kind: 'shown', about: '7' });
  const failed: ScreenEvent = {
    kind: 'failed',
    question: { kind: 'incident', id: 7 },
    message: 'no such table',
  };
  assert.deepEqual(asked(incidentsScreen, begun.next, failed).questions, []);
});

test('clients: what another screen sent us to is read, though the list does not hold it', () => {
  const shown: ScreenEvent = { kind: 'shown', about: '198.51.100.7' };
  const { state } = played(clientsScreen, ORDINARY, context, [shown]);
  assert.match(seenText(clientsScreen, state, context), /^198\.51\.100\.7\n\nWho/);
});

test('exceptions: time runs down, and what ends sinks without any change of the database', () => {
  const world = {
    ...ORDINARY,
    exceptions: [exception({ id: 1, until: NOW + 2 * MINUTE }), exception({ id: 2 })],
  };
  const { state } = played(exceptionsScreen, world, context, [SHOWN]);
  assert.match(seenText(exceptionsScreen, state, context), /2m left[\s\S]*55m left/);
  const later = contextOf({ now: NOW + 3 * MINUTE });
  const [after] = exceptionsScreen.update(state, CHANGED, later);
  assert.match(seenText(exceptionsScreen, after, later), /52m left[\s\S]*ended 1m/);
});
