import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, Task } from '../../src/tui/event.ts';
import { bodyLines, frameOf } from '../../src/tui/frame.ts';
import { lineWidth, plainText } from '../../src/tui/line.ts';
import type { State } from '../../src/tui/state.ts';
import { begun, fed, listening, NOW, pressed, typed } from './support.ts';

const undoable: Event = {
  kind: 'done',
  action: { kind: 'acknowledge', incidents: [3] },
  done: { message: 'Acknowledged 1 incident.', undo: { kind: 'acts', acts: [9] } },
};
const failedUndo: Event = {
  kind: 'refused',
  action: { kind: 'undo', done: { kind: 'acts', acts: [9] } },
  message: 'the database is locked',
};

const SCREENS = [
  listening('incidents', {
    a: [
      {
        kind: 'dialog',
        dialog: {
          kind: 'note',
          title: 'Acknowledge #3?',
          action: { kind: 'acknowledge', incidents: [3] },
        },
      },
    ],
    c: [{ kind: 'act', action: { kind: 'close', incidents: [3] } }],
    e: [
      {
        kind: 'dialog',
        dialog: { kind: 'exception', subject: 'ngrok', clients: '192.0.2.7', incident: 3 },
      },
    ],
    t: [{ kind: 'open', screen: 'attempts', search: 'service:ngrok', about: '17' }],
    shown: [{ kind: 'ask', question: { kind: 'exceptions' } }],
  }),
  listening('attempts', {}, { copied: () => ({ text: 'a.example', what: 'the name' }) }),
  listening(
    'rules',
    {},
    { isTyping: ({ events }) => events.some((e) => e.kind === 'key' && e.key.name === 'i') },
  ),
  listening(
    'clients',
    {},
    {
      exported: () => ({ kind: 'act', action: { kind: 'export', what: 'clients', search: '' } }),
    },
  ),
];

type Case = {
  readonly when: string;
  readonly start?: Partial<State>;
  readonly readOnly?: true;
  readonly events: readonly Event[];
  readonly tasks?: readonly Task[];
  /** What must be true of the state; by names, so that a failure says which. */
  readonly is?: Readonly<Record<string, (state: State) => unknown>>;
};

const enters = typed('').concat(pressed('enter'));
const screenOf = (state: State) => state.screen;

const cases: readonly Case[] = [
  { when: 'a number goes to a screen', events: [pressed('2')], is: { attempts: screenOf } },
  { when: 'a number of no screen stays', events: [pressed('9')], is: { incidents: screenOf } },
  { when: 'tab goes on', events: [pressed('tab')], is: { attempts: screenOf } },
  { when: 'shift+tab goes round', events: [pressed('shift+tab')], is: { clients: screenOf } },
  {
    when: 'a filter is used, and the screen told',
    start: { screen: 'attempts' },
    events: [pressed('/'), ...typed('ngrok'), ...enters],
    is: {
      ngrok: ({ searches }) => searches.attempts,
      'shown ngrok': ({ screens }) =>
        screens[1]
          ?.view({ width: 1, height: 1 } as never)
          .map(plainText)
          .at(-1) === 'shown' && 'shown ngrok',
      undefined: ({ over }) => over,
    },
  },
  {
    when: 'a filter that is wrong stays, and says so',
    start: { screen: 'attempts' },
    events: [pressed('/'), ...typed('nofield:x'), ...enters],
    is: { prompt: ({ over }) => over?.kind, undefined: ({ searches }) => searches.attempts },
  },
  {
    when: 'a filter that is there already goes on with another word',
    start: { screen: 'attempts', searches: { attempts: 'client:192.0.2.7' } },
    events: [pressed('/'), ...typed('ngrok'), ...enters],
    is: { 'client:192.0.2.7 ngrok': ({ searches }) => searches.attempts },
  },
  {
    when: 'escape leaves a filter as it was',
    start: { screen: 'attempts', searches: { attempts: 'old' } },
    events: [pressed('/'), ...typed('new'), pressed('escape')],
    is: { old: ({ searches }) => searches.attempts },
  },
  {
    when: 'escape takes the filter away where the screen has no use for it',
    start: { screen: 'attempts', searches: { attempts: 'old' } },
    events: [pressed('escape')],
    is: { '': ({ searches }) => searches.attempts },
  },
  {
    when: 'earlier filters are recalled, the newest first, and back to what was written',
    start: { screen: 'attempts', history: { attempts: ['second', 'first'] } },
    events: [pressed('/'), ...typed('x'), pressed('up'), pressed('up'), pressed('down')],
    is: { second: ({ over }) => over?.kind === 'prompt' && over.field.text },
  },
  {
    when: 'letters of commands are letters in a filter',
    events: [pressed('/'), ...typed('q1? :u')],
    is: { 'q1? :u': ({ over }) => over?.kind === 'prompt' && over.field.text },
  },
  {
    when: 'a field is completed',
    events: [pressed('/'), ...typed('serv'), pressed('tab')],
    is: { 'service:': ({ over }) => over?.kind === 'prompt' && over.field.text },
    tasks: [
      { kind: 'ask', asker: 'prompt', question: { kind: 'values', field: 'service', prefix: '' } },
    ],
  },
  {
    when: 'values come from the source, and tab puts them in',
    events: [
      pressed('/'),
      ...typed('service:ng'),
      {
        kind: 'answered',
        asker: 'prompt',
        question: { kind: 'values', field: 'service', prefix: 'ng' },
        answer: ['ngrok'],
      },
      pressed('tab'),
    ],
    is: { 'service:ngrok': ({ over }) => over?.kind === 'prompt' && over.field.text },
  },
  {
    when: 'values for what is not written any more are dropped',
    events: [
      pressed('/'),
      ...typed('service:ng'),
      {
        kind: 'answered',
        asker: 'prompt',
        question: { kind: 'values', field: 'service', prefix: 'n' },
        answer: ['nope'],
      },
      pressed('tab'),
    ],
    is: { 'service:ng': ({ over }) => over?.kind === 'prompt' && over.field.text },
  },
  {
    when: 'pasted text is text',
    events: [pressed('/'), { kind: 'paste', text: 'ng\nrok\x1b[31mq' }],
    is: { 'ng rok [31mq': ({ over }) => over?.kind === 'prompt' && over.field.text },
  },
  { when: 'pasted text is no command', events: [{ kind: 'paste', text: 'q\rc' }], tasks: [] },
  {
    when: 'the palette finds a screen',
    events: [pressed(':'), ...typed('attem'), ...enters],
    is: { attempts: screenOf },
  },
  {
    when: 'the palette presses the keys of the screen',
    events: [pressed(':'), ...typed('acknow'), ...enters],
    is: { form: ({ over }) => over?.kind },
  },
  {
    when: 'the palette knows what has no key',
    events: [pressed(':'), ...typed('colours'), ...enters],
    is: { light: ({ theme }) => theme },
  },
  {
    when: 'help is searched and left',
    events: [pressed('?'), ...typed('freeze')],
    is: {
      true: (state) => bodyLines(state, NOW).some((row) => /space +freeze/.test(plainText(row))),
      false: (state) => bodyLines(state, NOW).some((row) => /quit/.test(plainText(row))),
    },
  },
  {
    when: 'frozen, nothing is asked for and no time passes',
    events: [pressed('space'), { kind: 'tick' }],
    is: { [String(NOW)]: ({ frozen }) => frozen },
  },
  {
    when: 'thawed, the screen is told at once',
    events: [pressed('space'), pressed('space')],
    is: { undefined: ({ frozen }) => frozen },
    tasks: [{ kind: 'ask', asker: 'incidents', question: { kind: 'exceptions' } }],
  },
  {
    when: 'a note is put into its action',
    events: [pressed('a'), ...typed('seen'), ...enters],
    tasks: [{ kind: 'act', action: { kind: 'acknowledge', incidents: [3], note: 'seen' } }],
    is: { form: ({ over }) => over?.kind },
  },
  {
    when: 'a form is sent once',
    events: [pressed('a'), ...enters, ...enters],
    tasks: [{ kind: 'act', action: { kind: 'acknowledge', incidents: [3] } }],
  },
  {
    when: 'a form is closed when it is done',
    events: [pressed('a'), ...enters, undoable],
    tasks: [{ kind: 'act', action: { kind: 'acknowledge', incidents: [3] } }],
    is: { undefined: ({ over }) => over, 1: ({ undo }) => undo.length },
  },
  {
    when: 'a form that is refused stays with what was written',
    events: [
      pressed('a'),
      ...typed('mine'),
      ...enters,
      {
        kind: 'refused',
        action: { kind: 'acknowledge', incidents: [3] },
        message: 'the database is locked',
      },
    ],
    tasks: [{ kind: 'act', action: { kind: 'acknowledge', incidents: [3], note: 'mine' } }],
    is: {
      mine: ({ over }) => over?.kind === 'form' && over.asks === 'note' && over.field.text,
      'the database is locked': ({ over }) => over?.kind === 'form' && over.problem,
    },
  },
  {
    when: 'an exception needs a reason',
    events: [pressed('e'), ...enters, ...enters],
    tasks: [],
    is: {
      false: ({ over }) => over?.kind === 'form' && over.asks === 'exception' && over.isReviewed,
    },
  },
  {
    when: 'an exception is shown before it is made',
    events: [pressed('e'), pressed('right'), ...enters, ...typed('vendor'), ...enters],
    tasks: [],
    is: {
      true: (state) =>
        bodyLines(state, NOW).some((row) =>
          /192\.0\.2\.7 may use ngrok for 4h/.test(plainText(row)),
        ),
    },
  },
  {
    when: 'an exception is made',
    events: [pressed('e'), ...enters, ...typed('vendor'), ...enters, ...enters],
    tasks: [
      {
        kind: 'act',
        action: {
          kind: 'except',
          subject: 'ngrok',
          clients: '192.0.2.7',
          duration: '1h',
          reason: 'vendor',
          incident: 3,
        },
      },
    ],
  },
  {
    when: 'the last change is undone',
    events: [undoable, pressed('u')],
    tasks: [{ kind: 'act', action: { kind: 'undo', done: { kind: 'acts', acts: [9] } } }],
    is: { 0: ({ undo }) => undo.length },
  },
  {
    when: 'what could not be undone can be tried again',
    events: [undoable, pressed('u'), failedUndo],
    tasks: [{ kind: 'act', action: { kind: 'undo', done: { kind: 'acts', acts: [9] } } }],
    is: { 1: ({ undo }) => undo.length },
  },
  {
    when: 'nothing to undo',
    events: [pressed('u')],
    tasks: [],
    is: { note: (s) => s.message?.tone },
  },
  {
    when: 'read-only, no dialog is opened',
    readOnly: true,
    events: [pressed('a')],
    tasks: [],
    is: { undefined: ({ over }) => over, warn: ({ message }) => message?.tone },
  },
  { when: 'read-only, nothing is done', readOnly: true, events: [pressed('c')], tasks: [] },
  {
    when: 'read-only, the palette does not offer changes',
    readOnly: true,
    events: [pressed(':'), ...typed('acknowledge it')],
    is: {
      false: (state) =>
        frameOf(state, NOW).some(
          (row) =>
            /acknowledge it$/.test(plainText(row).trim()) && !plainText(row).startsWith('do:'),
        ),
    },
  },
  {
    when: 'read-only, exports are made',
    readOnly: true,
    start: { screen: 'clients' },
    events: [pressed('x')],
    tasks: [{ kind: 'act', action: { kind: 'export', what: 'clients', search: '' } }],
  },
  {
    when: 'a screen opens another with a filter',
    events: [pressed('t')],
    is: { attempts: screenOf, 'service:ngrok': ({ searches }) => searches.attempts },
  },
  {
    when: 'a copy',
    start: { screen: 'attempts' },
    events: [pressed('y')],
    tasks: [{ kind: 'copy', text: 'a.example', what: 'the name' }],
  },
  {
    when: 'nothing to export',
    events: [pressed('x')],
    tasks: [],
    is: { note: (s) => s.message?.tone },
  },
  {
    when: 'while a screen is written into, letters are its own',
    start: { screen: 'rules' },
    events: [pressed('i'), ...typed('q2:/?')],
    is: { rules: screenOf, undefined: ({ over }) => over },
    tasks: [],
  },
  {
    when: 'while a screen is written into, ctrl+c still quits',
    start: { screen: 'rules' },
    events: [pressed('i'), pressed('ctrl+c', '')],
    tasks: [{ kind: 'quit' }],
  },
  { when: 'q quits', events: [pressed('q')], tasks: [{ kind: 'quit' }] },
  {
    when: 'ctrl+z suspends, also over a dialog',
    events: [pressed('a'), pressed('ctrl+z', '')],
    tasks: [{ kind: 'suspend' }],
  },
  {
    when: 'ctrl+c leaves a dialog, not the program',
    events: [pressed('a'), pressed('ctrl+c', '')],
    tasks: [],
    is: { undefined: ({ over }) => over },
  },
  {
    when: 'a click on a tab',
    events: [{ kind: 'click', column: 47, row: 0 }],
    is: { attempts: screenOf },
  },
  {
    when: 'a click on the status line is nobody’s',
    events: [{ kind: 'click', column: 3, row: 22 }],
    tasks: [],
  },
  {
    when: 'a terminal too small takes only q',
    start: { size: { width: 40, height: 10 } },
    events: [pressed('c'), pressed('2'), pressed('q')],
    tasks: [{ kind: 'quit' }],
    is: { incidents: screenOf },
  },
  {
    when: 'an answer for a screen that is not in view is kept, and opens nothing',
    start: { screen: 'attempts' },
    events: [
      { kind: 'failed', asker: 'incidents', question: { kind: 'exceptions' }, message: 'no' },
    ],
    is: { attempts: screenOf },
  },
];

for (const { when, start, readOnly, events, tasks, is = {} } of cases) {
  test(`update: ${when}`, () => {
    const { state, tasks: done } = fed(
      begun(SCREENS, { open: 0, askedOpen: NOW, ...start }, readOnly ? { readOnly } : {}),
      events,
    );
    if (tasks) {
      assert.deepEqual(
        done.filter((task) => tasks.some(({ kind }) => kind === task.kind) || task.kind !== 'ask'),
        tasks,
      );
    }
    for (const [name, found] of Object.entries(is)) assert.equal(String(found(state)), name);
  });
}

test('update: a message that is no trouble goes by itself, trouble stays until a key', () => {
  const start = begun(SCREENS);
  const said = fed(start, [{ kind: 'said', text: 'Saved.', tone: 'good' }]).state;
  assert.equal(fed(said, [{ kind: 'tick' }], NOW + 9000).state.message, undefined);
  const bad = fed(start, [{ kind: 'said', text: 'Not saved.', tone: 'bad' }]).state;
  const later = fed(bad, [{ kind: 'tick' }], NOW + 9000).state;
  assert.equal(later.message?.text, 'Not saved.');
  assert.equal(fed(later, [pressed('j')]).state.message, undefined);
});

test('update: the open incidents are counted without those that are only told', () => {
  const { state } = fed(begun(SCREENS), [
    {
      kind: 'answered',
      asker: 'top',
      question: { kind: 'overview' },
      answer: { open: { info: 5, low: 1, medium: 2, high: 1 } } as never,
    },
  ]);
  assert.equal(state.open, 4);
});

test('update: the number of open incidents is asked for at most every five seconds', () => {
  let state = begun(SCREENS);
  let asked = 0;
  for (let second = 0; second < 20; second++) {
    const next = fed(state, [{ kind: 'tick' }], NOW + second * 1000);
    state = next.state;
    asked += next.tasks.filter((task) => task.kind === 'ask' && task.asker === 'top').length;
  }
  assert.equal(asked, 4);
});

test('update: after each change made here, the open incidents are counted at once, and go on to be', () => {
  const asksOf = (tasks: readonly Task[]) =>
    tasks.filter((task) => task.kind === 'ask' && task.asker === 'top').length;
  const first = fed(begun(SCREENS, { askedOpen: NOW }), [undoable], NOW + 1);
  const second = fed(first.state, [undoable], NOW + 2);
  const later = fed(second.state, [{ kind: 'tick' }], NOW + 6000);
  assert.deepEqual(
    [first, second, later].map(({ tasks }) => asksOf(tasks)),
    [1, 1, 1],
  );
});

const sizes = [
  { width: 60, height: 20 },
  { width: 61, height: 21 },
  { width: 80, height: 24 },
  { width: 132, height: 43 },
  { width: 200, height: 60 },
  { width: 300, height: 80 },
  { width: 59, height: 20 },
  { width: 10, height: 3 },
  { width: 1, height: 1 },
];
const overs: Readonly<Record<string, readonly Event[]>> = {
  nothing: [],
  prompt: [pressed('/'), ...typed('service:'.repeat(60))],
  palette: [pressed(':')],
  help: [pressed('?')],
  note: [pressed('a'), ...typed('漢字 and more '.repeat(40))],
  exception: [pressed('e'), pressed('tab'), ...typed('why '.repeat(50))],
  review: [pressed('e'), ...enters, ...typed('w漢 '.repeat(100)), ...enters],
};
for (const size of sizes) {
  for (const [name, events] of Object.entries(overs)) {
    test(`frameOf: ${name} at ${size.width}x${size.height} fills the terminal and no more`, () => {
      const { state } = fed(
        begun(SCREENS, { open: 12 }, { isDemo: true, readOnly: false }),
        events,
      );
      const frame = frameOf({ ...state, size }, NOW);
      assert.equal(frame.length, size.height);
      for (const row of frame) assert.ok(lineWidth(row) <= size.width, plainText(row));
    });
  }
}
