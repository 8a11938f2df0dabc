import type { Message } from './alert.ts';
import { SINK_PATIENCE, type Sink, SinkError } from './sink.ts';

export type Timers = {
  /** Milliseconds; never goes back. */
  readonly now: () => number;
  /** Calls after so many milliseconds, unless what it gives back is called before. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
};

/** What happens on the way to one sink. */
export type OutboxEvent =
  /** Told once, not again before it works. */
  | { readonly kind: 'failed'; readonly sink: string; readonly message: string }
  | { readonly kind: 'recovered'; readonly sink: string };

/** The messages that wait for one sink, which may be slow, down or stuck. */
export type Outbox = {
  /** Takes a message and returns at once. */
  readonly put: (message: Message) => void;
  /** Resolves once nothing waits and nothing is under way. */
  readonly idle: () => Promise<void>;
  /** Gives up what waits and what is under way. */
  readonly close: () => void;
};

/** Milliseconds before a message that failed is tried again, each time. */
const PAUSES = [5_000, 30_000, 120_000];
/** Messages that wait at most. */
const LONGEST = 20;

/** Sends messages in order, one at a time; what cannot be sent is counted, and the next message says so. */
export function createOutbox(
  sink: Sink,
  timers: Timers,
  onEvent: (event: OutboxEvent) => void,
): Outbox {
  const waiting: Message[] = [];
  let lost = 0;
  let isWell = true;
  let isClosed = false;
  let working: Promise<void> | undefined;
  let wake = () => {};

  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const cancel = timers.after(milliseconds, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  const report = (error: unknown): void => {
    if (isWell) {
      const message = error instanceof Error ? error.message : String(error);
      onEvent({ kind: 'failed', sink: sink.name, message });
    }
    isWell = false;
  };
  const deliver = async (message: Message): Promise<boolean> => {
    for (const milliseconds of [...PAUSES, undefined]) {
      try {
        await sendInTime(sink, message, timers, (end) => {
          wake = end;
        });
        if (!isWell) onEvent({ kind: 'recovered', sink: sink.name });
        isWell = true;
        return true;
      } catch (error) {
        if (isClosed) return false;
        report(error);
      }
      if (milliseconds !== undefined) await pause(milliseconds);
      if (isClosed) return false;
    }
    return false;
  };
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next && !isClosed; next = waiting.shift()) {
      const whole = { ...next, heldBack: next.heldBack + lost };
      lost = 0;
      if (!(await deliver(whole))) lost += whole.alerts.length + whole.heldBack;
    }
    working = undefined;
  };

  return {
    put(message) {
      if (isClosed) return;
      waiting.push(message);
      if (waiting.length > LONGEST) {
        const dropped = waiting.shift() as Message;
        lost += dropped.alerts.length + dropped.heldBack;
      }
      working ??= work();
    },
    idle: () => working ?? Promise.resolve(),
    close() {
      isClosed = true;
      wake();
    },
  };
}

/** One try, ended when its time is over, whether the sink heeds that or not. */
export function sendInTime(
  sink: Sink,
  message: Message,
  timers: Timers,
  onBegun: (end: () => void) => void = () => {},
): Promise<string> {
  const controller = new AbortController();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const end = () => {
    controller.abort();
    // After what the sink itself has to say of it.
    setImmediate(reject, new SinkError('is not done in time'));
  };
  const cancel = timers.after(SINK_PATIENCE, end);
  onBegun(end);
  const sent = sink.send(message, controller.signal);
  return Promise.race([sent, late]).finally(cancel);
}
