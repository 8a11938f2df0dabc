import type { Clock } from './dns/upstream/exchange.ts';

/** The real clock: milliseconds that never go back, and timers that keep no process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
