import type { Clock } from '../../src/dns/upstream/exchange.ts';

/** A clock that stands still until a test moves it. */
export type FakeClock = Clock & {
  /** Moves on by so many milliseconds and calls what falls due, in its order. */
  readonly advance: (milliseconds: number) => Promise<void>;
  /** Moves on until the promise settles, and not a moment longer. */
  readonly until: <T>(promise: Promise<T>) => Promise<T>;
};

type Timer = { readonly at: number; readonly call: () => void };

export function createFakeClock(): FakeClock {
  const timers = new Set<Timer>();
  let now = 0;
  const nextTimer = () =>
    [...timers].reduce<Timer | undefined>(
      (first, timer) => (first && first.at <= timer.at ? first : timer),
      undefined,
    );
  const run = async (timer: Timer) => {
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.call();
    await settled();
  };
  return {
    now: () => now,
    after: (milliseconds, call) => {
      const timer = { at: now + milliseconds, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance: async (milliseconds) => {
      await settled();
      const end = now + milliseconds;
      for (let timer = nextTimer(); timer && timer.at <= end; timer = nextTimer()) await run(timer);
      now = end;
    },
    until: async (promise) => {
      let pending = true;
      const done = () => {
        pending = false;
      };
      promise.then(done, done);
      await settled();
      while (pending) {
        const timer = nextTimer();
        if (!timer) throw new Error('nothing more will happen, and there is no answer');
        await run(timer);
      }
      return promise;
    },
  };
}

/** Lets everything run that waits for nothing but its turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
