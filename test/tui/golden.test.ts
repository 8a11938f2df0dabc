import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createDemo } from '../../src/commands/demo.ts';
import { createDatabaseSource } from '../../src/commands/tui-database.ts';
import { joinedSource } from '../../src/commands/tui-source.ts';
import type { Event, Task } from '../../src/tui/event.ts';
import { frameOf } from '../../src/tui/frame.ts';
import { ASCII, UNICODE } from '../../src/tui/glyphs.ts';
import { lineWidth, plainText } from '../../src/tui/line.ts';
import { SCREENS } from '../../src/tui/screen.ts';
import { allScreens } from '../../src/tui/screens/index.ts';
import { type Setup, type State, startOf } from '../../src/tui/state.ts';
import { update } from '../../src/tui/update.ts';
import { policyAnswerOf, policyWorldOf } from './screens/policies.ts';
import { NOW, pressed, typed } from './support.ts';

// Every screen with the demo's day, as text. Refresh with UPDATE_GOLDEN=1, and look at the difference.

process.env.TZ = 'UTC';

const demo = createDemo(NOW);
const source = joinedSource(
  createDatabaseSource({
    file: demo.database,
    readOnly: false,
    author: 'lena',
    now: () => NOW,
    folder: '/nonexistent',
  }),
  {
    ask: async (question) =>
      question.kind === 'explain' ? [] : policyAnswerOf(policyWorldOf(), question),
    close: () => {},
  },
);
after(() => {
  source.close();
  demo.close();
});

const SETUP: Setup = { title: 'Example Corp', glyphs: UNICODE, readOnly: false, isDemo: true };
const SIZES = [
  { width: 60, height: 20 },
  { width: 80, height: 24 },
  { width: 200, height: 60 },
];

/** The state after events, all questions answered. */
async function settled(start: State, events: readonly Event[]): Promise<State> {
  let state = start;
  const feed = async (event: Event): Promise<void> => {
    const [next, ...tasks] = update(state, event, NOW);
    state = next;
    for (const task of tasks) if (task.kind === 'ask') await feed(await answered(task));
  };
  for (const event of events) await feed(event);
  return state;
}

async function answered({ asker, question }: Extract<Task, { kind: 'ask' }>): Promise<Event> {
  try {
    return { kind: 'answered', asker, question, answer: await source.ask(question) };
  } catch (error) {
    return { kind: 'failed', asker, question, message: (error as Error).message };
  }
}

type Case = {
  readonly name: string;
  readonly events: readonly Event[];
  readonly setup?: Partial<Setup>;
};

const cases: readonly Case[] = [
  ...SCREENS.map((name, i): Case => ({ name, events: [pressed(String(i + 1))] })),
  { name: 'incident', events: [pressed('2'), pressed('enter')] },
  { name: 'attempt', events: [pressed('3'), pressed('enter')] },
  { name: 'client', events: [pressed('4'), pressed('enter')] },
  { name: 'prompt', events: [pressed('3'), pressed('/'), ...typed('service:')] },
  { name: 'prompt-wrong', events: [pressed('3'), pressed('/'), ...typed('colour:red')] },
  {
    name: 'filtered',
    events: [pressed('3'), pressed('/'), ...typed('service:tailscale'), pressed('enter')],
  },
  { name: 'palette', events: [pressed('2'), pressed(':'), ...typed('ack')] },
  { name: 'help', events: [pressed('?')] },
  { name: 'note', events: [pressed('2'), pressed('a'), ...typed('asked in chat')] },
  { name: 'exception', events: [pressed('2'), pressed('e'), pressed('tab')] },
  {
    name: 'exception-review',
    events: [
      pressed('2'),
      pressed('e'),
      pressed('enter'),
      ...typed('a vendor needs it'),
      pressed('enter'),
    ],
  },
  { name: 'ascii', events: [pressed('2')], setup: { glyphs: ASCII } },
  { name: 'read-only', events: [pressed('2')], setup: { readOnly: true } },
];

for (const { name, events, setup } of cases) {
  for (const size of SIZES) {
    const file = `${name}-${size.width}x${size.height}.txt`;
    test(`frame: ${file}`, async () => {
      const start = startOf({ ...SETUP, ...setup }, allScreens(), {
        size,
        theme: 'dark',
        screen: 'overview',
      });
      const state = await settled(start, [{ kind: 'begin' }, ...events]);
      const frame = frameOf(state, NOW);
      assert.equal(frame.length, size.height);
      for (const row of frame) assert.ok(lineWidth(row) <= size.width, plainText(row));
      const text = frame.map((row) => `${plainText(row).trimEnd()}\n`).join('');
      if (setup?.glyphs === ASCII) assert.match(text, /^[\x20-\x7e\n]*$/);
      const path = fileURLToPath(new URL(`golden/${file}`, import.meta.url));
      if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, text);
      assert.equal(text, readFileSync(path, 'utf8'));
    });
  }
}
