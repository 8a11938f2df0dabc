import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSession, type Surroundings } from '../../src/tui/session.ts';
import type { Action, Answer, Done, Question } from '../../src/tui/source.ts';
import type { State } from '../../src/tui/state.ts';
import { createFakeClock } from '../support/clock.ts';
import { begun, listening, pressed } from './support.ts';

type Asked = {
  readonly question: Question;
  readonly answer: (answer: unknown) => void;
  readonly fail: (message: string) => void;
};

/** A session among fakes: a clock that stands still, a source whose answers the test gives. */
function lab(screens = [listening('incidents'), listening('attempts')]) {
  const clock = createFakeClock();
  const asked: Asked[] = [];
  const acted: { readonly action: Action; readonly done: (done: Done) => void }[] = [];
  const frames: State[] = [];
  const ended: unknown[] = [];
  let version = 0;
  const surroundings: Surroundings = {
    clock,
    source: {
      ask: (question) =>
        new Promise<Answer>((resolve, reject) => {
          asked.push({
            question,
            answer: (answer) => resolve(answer as Answer),
            fail: (message) => reject(new Error(message)),
          });
        }),
      act: (action) => new Promise((done) => acted.push({ action, done })),
      version: () => version,
      close: () => {},
    },
    draw: (state) => frames.push(state),
    copy: (_, what) => ({ text: `copied ${what}`, tone: 'good' }),
    save: (name) => ({ text: `saved ${name}`, tone: 'good' }),
    quit: () => ended.push('quit'),
    suspend: () => ended.push('suspend'),
    redraw: () => {},
    failed: (error) => ended.push(error),
  };
  const session = createSession(begun(screens), surroundings);
  return { clock, asked, acted, frames, ended, session, change: () => version++ };
}

const toldOf = (state: State, id: string) =>
  state.screens
    .find((screen) => screen.id === id)
    ?.view({ width: 9, height: 9 } as never)
    .slice(1)
    .map(({ spans }) => spans[0]?.text);

const asking = (id: 'incidents' | 'attempts', kinds = ['changed']) =>
  listening(
    id,
    Object.fromEntries(
      kinds.map((kind) => [
        kind,
        [{ kind: 'ask', question: { kind: 'attempts', search: kind, limit: 9 } } as const],
      ]),
    ),
  );

test('session: a question of a kind that is under way is asked once, the last of them', async () => {
  const { session, asked, clock } = lab([asking('incidents', ['1', 'a', 'b', 'c'])]);
  for (const name of ['a', 'b', 'c']) session.feed(pressed(name));
  const searches = () =>
    asked.flatMap(({ question }) => (question.kind === 'attempts' ? [question.search] : []));
  assert.deepEqual(searches(), ['a']);
  asked.find(({ question }) => question.kind === 'attempts')?.answer({ rows: [], isAll: true });
  await clock.advance(0);
  assert.deepEqual(searches(), ['a', 'c']);
});

test('session: frames are drawn at most fifteen times a second, and the last one is', async () => {
  const { session, frames, clock } = lab();
  const before = frames.length;
  for (let i = 0; i < 100; i++) {
    session.feed(pressed('j'));
    await clock.advance(10);
  }
  const count = frames.length - before;
  assert.ok(count >= 13 && count <= 17, `${count} frames in a second`);
  await clock.advance(100);
  assert.equal(frames.at(-1), session.state());
});

test('session: a key after a rest is drawn at once', async () => {
  const { session, frames, clock } = lab();
  await clock.advance(500);
  const before = frames.length;
  session.feed(pressed('j'));
  assert.equal(frames.length, before + 1);
});

test('session: what has changed is told within a quarter of a second, and no more often', async () => {
  const { session, clock, change } = lab();
  await clock.advance(250);
  const changes = () => toldOf(session.state(), 'incidents')?.filter((kind) => kind === 'changed');
  for (let i = 0; i < 100; i++) {
    change();
    await clock.advance(10);
  }
  const count = changes()?.length ?? 0;
  assert.ok(count >= 3 && count <= 5, `${count} in a second`);
});

test('session: without news the screen is told once a second, and frozen never', async () => {
  const { session, clock } = lab();
  await clock.advance(5000);
  const count = () => toldOf(session.state(), 'incidents')?.length;
  const calm = count() as number;
  assert.ok(calm >= 5 && calm <= 7, `${calm}`);
  session.feed(pressed('space'));
  await clock.advance(5000);
  assert.equal(count(), calm);
});

test('session: an answer that comes when another screen is in view is kept for its own', async () => {
  const { session, asked, clock } = lab([asking('incidents', ['a']), listening('attempts')]);
  session.feed(pressed('a'));
  session.feed(pressed('2'));
  asked.find(({ question }) => question.kind === 'attempts')?.answer({ rows: [], isAll: true });
  await clock.advance(0);
  assert.equal(session.state().screen, 'attempts');
  assert.equal(toldOf(session.state(), 'incidents')?.at(-1), 'answered');
});

test('session: a question that fails is told to its screen, and keys still work', async () => {
  const { session, asked, clock } = lab([asking('incidents', ['a'])]);
  session.feed(pressed('a'));
  asked.find(({ question }) => question.kind === 'attempts')?.fail('the disk is gone');
  await clock.advance(0);
  assert.equal(toldOf(session.state(), 'incidents')?.at(-1), 'failed');
  session.feed(pressed('j'));
  assert.equal(toldOf(session.state(), 'incidents')?.at(-1), 'j');
});

test('session: what is done is told, and the screen looks again', async () => {
  const { session, acted, clock } = lab([
    listening('incidents', { c: [{ kind: 'act', action: { kind: 'close', incidents: [1] } }] }),
  ]);
  session.feed(pressed('c'));
  acted[0]?.done({ message: 'Closed 1 incident.', undo: { kind: 'acts', acts: [2] } });
  await clock.advance(0);
  assert.match(session.state().message?.text ?? '', /^Closed 1 incident/);
  assert.equal(toldOf(session.state(), 'incidents')?.at(-1), 'changed');
});

test('session: a fault of a screen ends it, and nothing is drawn afterwards', async () => {
  const { session, frames, ended, clock } = lab([
    listening(
      'incidents',
      {},
      {
        update: (state, event) => {
          if (event.kind === 'key') throw new Error('a fault');
          return [state];
        },
      },
    ),
  ]);
  session.feed(pressed('j'));
  assert.match(String(ended[0]), /a fault/);
  const before = frames.length;
  await clock.advance(5000);
  session.feed(pressed('j'));
  assert.equal(frames.length, before);
  assert.equal(ended.length, 1);
});

test('session: stopped, answers that come late change nothing', async () => {
  const { session, asked, frames, clock } = lab([asking('incidents', ['a'])]);
  session.feed(pressed('a'));
  session.stop();
  const before = frames.length;
  asked.at(-1)?.answer({ rows: [], isAll: true });
  await clock.advance(5000);
  assert.equal(frames.length, before);
});
