import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '../../src/tui/event.ts';
import { line } from '../../src/tui/line.ts';
import { createReader } from '../../src/tui/reader.ts';
import type { State } from '../../src/tui/state.ts';
import { begun, fed, listening, NOW, pressed, type Told, typed } from './support.ts';

/** A list of which `j` chooses the next row, and whose first line changes with every tick. */
const list = listening(
  'incidents',
  {},
  {
    update: ({ events }, event) => [{ events: [...events, { ...event, search: '' }] }],
    view: ({ events }: Told) => {
      const at = events.filter((event) => event.kind === 'key' && event.key.name === 'j').length;
      return [
        line(`${events.filter(({ kind }) => kind === 'changed').length} seconds`),
        line('────────'),
        ...['one', 'two', 'three'].map((text, i) => ({
          ...line(`  ${text}   row`),
          chosen: i === at,
        })),
      ];
    },
  },
);
const other = listening('attempts', {}, { view: () => [line('the other screen')] });

function heard(steps: readonly { readonly events: readonly Event[]; readonly byKey: boolean }[]) {
  const reader = createReader();
  let state: State = begun([list, other]);
  const said = [reader(state, NOW, { isByKey: false, isBusy: false })];
  for (const { events, byKey } of steps) {
    state = fed(state, events).state;
    said.push(reader(state, NOW, { isByKey: byKey, isBusy: false }));
  }
  return said;
}

const key = (...names: readonly string[]) => ({
  events: names.map((name) => pressed(name)),
  byKey: true,
});
const tick = { events: [{ kind: 'tick' } as const], byKey: false };

test('reader: a screen that one comes to is read, without what is only drawn', () => {
  const whole = ['Incidents', '0 seconds', 'one row', 'two row', 'three row'];
  assert.deepEqual(heard([]), [whole]);
  assert.deepEqual(heard([key('2')]).at(-1), ['Attempts', 'the other screen']);
});

test('reader: a step in a list is one line', () =>
  assert.deepEqual(heard([key('j')]).at(-1), ['two row']));

test('reader: what comes by itself is not read', () =>
  assert.deepEqual(heard([tick, tick]).slice(1), [[], []]));

test('reader: messages are read when they come', () => {
  const said = {
    events: [{ kind: 'said', text: 'Saved x.', tone: 'good' } as const],
    byKey: false,
  };
  assert.deepEqual(heard([said, said]).slice(1), [['Saved x.'], []]);
});

test('reader: what is written is read, with what is wrong', () => {
  const [last] = heard([key('/'), { events: typed('x:y'), byKey: true }]).at(-1) ?? [];
  assert.match(last ?? '', /x:y.*there is no field "x"/);
});

test('reader: a dialog is read', () =>
  assert.match(
    heard([key('?')])
      .at(-1)
      ?.join(' ') ?? '',
    /^Incidents, help .*Everywhere/,
  ));

test('reader: what is still looked up is read once it is there', () => {
  const reader = createReader();
  const [before, after] = [begun([list, other]), begun([other, list])];
  reader(before, NOW, { isByKey: false, isBusy: false });
  assert.deepEqual(reader(after, NOW, { isByKey: true, isBusy: true }), []);
  assert.deepEqual(reader(after, NOW, { isByKey: false, isBusy: false }), [
    'Attempts',
    'the other screen',
  ]);
});
