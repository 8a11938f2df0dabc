import type { Asker, Event, Task } from './event.ts';
import type { Tone } from './line.ts';
import type { Question, Source } from './source.ts';
import type { State } from './state.ts';
import { update } from './update.ts';

/** Time as the session sees it: milliseconds since the epoch, and a timer that can be called off. */
export type Clock = {
  readonly now: () => number;
  readonly after: (milliseconds: number, call: () => void) => () => void;
};

export type Said = { readonly text: string; readonly tone: Tone };

/** What the session needs of the world. */
export type Surroundings = {
  readonly source: Source;
  readonly clock: Clock;
  /** Called after each change of what is seen, at most so often as is worth drawing. Busy while questions are under way. */
  readonly draw: (state: State, now: number, isBusy: boolean) => void;
  /** Puts a text into the terminal's clipboard, and says what was done. */
  readonly copy: (text: string, what: string) => Said;
  /** Saves a text in the working folder, and says where. */
  readonly save: (name: string, text: string) => Said;
  readonly quit: () => void;
  readonly suspend: () => void;
  readonly redraw: () => void;
  /** A fault of ours: the session has ended. */
  readonly failed: (error: unknown) => void;
};

export type Session = {
  readonly feed: (event: Event) => void;
  readonly state: () => State;
  /** Ends it: no more draws, whatever answers come. */
  readonly stop: () => void;
};

/** Milliseconds between two frames: fifteen a second are enough for eyes. */
const FRAME_MS = 66;

/** How often the version of the source is looked at, and how often time itself is news. */
const LOOK_MS = 250;
const SECOND_MS = 1000;

const ALWAYS_DRAWN: ReadonlySet<Event['kind']> = new Set(['tick', 'answered', 'failed']);

/** Questions of one kind by one asker: the one under way, and the last of those that wait for it. */
type Slot = { waiting: Question | undefined };

/** Runs the UI's state: feeds it events, does its tasks, and has it drawn. */
export function createSession(start: State, surroundings: Surroundings): Session {
  const { source, clock } = surroundings;
  let state = start;
  let isOver = false;
  let drawn = Number.NEGATIVE_INFINITY;
  let cancelDraw: (() => void) | undefined;
  const slots = new Map<string, Slot>();

  const guarded = (call: () => void) => {
    if (isOver) return;
    try {
      call();
    } catch (error) {
      stop();
      surroundings.failed(error);
    }
  };

  const draw = () => {
    cancelDraw = undefined;
    drawn = clock.now();
    guarded(() => surroundings.draw(state, clock.now(), slots.size > 0));
  };

  const drawSoon = () => {
    const wait = Math.max(0, FRAME_MS - (clock.now() - drawn));
    if (wait === 0 && !cancelDraw) draw();
    else cancelDraw ??= clock.after(wait, draw);
  };

  const feed = (event: Event) =>
    guarded(() => {
      const [next, ...tasks] = update(state, event, clock.now());
      const isSame = next === state;
      state = next;
      for (const task of tasks) perform(task);
      // A second that is over may show in times of day, and an answer in being busy no more, even where
      // nothing else has changed.
      if (!isSame || ALWAYS_DRAWN.has(event.kind)) drawSoon();
    });

  const perform = (task: Task) => {
    switch (task.kind) {
      case 'ask':
        return ask(task.asker, task.question);
      case 'act':
        source.act(task.action).then(
          (done) => feed({ kind: 'done', action: task.action, done }),
          (error: unknown) =>
            feed({ kind: 'refused', action: task.action, message: messageOf(error) }),
        );
        return;
      case 'copy':
        return feed({ kind: 'said', ...surroundings.copy(task.text, task.what) });
      case 'save':
        return feed({ kind: 'said', ...surroundings.save(task.name, task.text) });
      default:
        return surroundings[task.kind]();
    }
  };

  const ask = (asker: Asker, question: Question) => {
    const key = `${asker} ${question.kind}`;
    const slot = slots.get(key);
    if (slot) {
      slot.waiting = question;
      return;
    }
    const opened: Slot = { waiting: undefined };
    slots.set(key, opened);
    const settled = (event: Event) => {
      slots.delete(key);
      // What waits is asked first, so that an answer's own question does not take its place.
      if (opened.waiting && !isOver) ask(asker, opened.waiting);
      feed(event);
    };
    source.ask(question).then(
      (answer) => settled({ kind: 'answered', asker, question, answer }),
      (error: unknown) => settled({ kind: 'failed', asker, question, message: messageOf(error) }),
    );
  };

  let seen = source.version();
  let ticked = clock.now();
  let cancelLook: () => void = () => {};
  const look = () => {
    cancelLook = clock.after(LOOK_MS, look);
    guarded(() => {
      const version = source.version();
      const now = clock.now();
      if (version === seen && now - ticked < SECOND_MS) return;
      seen = version;
      ticked = now;
      feed({ kind: 'tick' });
    });
  };

  const stop = () => {
    isOver = true;
    cancelLook();
    cancelDraw?.();
  };

  cancelLook = clock.after(LOOK_MS, look);
  feed({ kind: 'begin' });
  return { feed, state: () => state, stop };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
