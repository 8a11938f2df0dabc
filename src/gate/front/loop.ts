import { setImmediate } from 'node:timers/promises';
import { createEpoll, type Ready } from '../../native/epoll.ts';

/** Tells those who wait at descriptors, and those who wait for a time, in one thread that does nothing else. */
export type Loop = {
  /** Calls at each change of what a descriptor can do; gives what ends that. */
  readonly watch: (fd: number, call: (ready: Ready) => void) => () => void;
  /** Calls after so many milliseconds, to a tenth of a second, unless what it gives is called first. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
  /** Calls once in this turn, after all that is ready has been told; again in the next where asked again. */
  readonly soon: (call: () => void) => void;
  /** Runs until `isDone`. */
  readonly run: (isDone: () => boolean) => Promise<void>;
};

/** Milliseconds between two looks at who has waited long enough. */
const TICK = 100;

export function createLoop(): Loop {
  const epoll = createEpoll();
  const watchers = new Map<number, (ready: Ready) => void>();
  /** In no order: few wait for long, and they are looked at ten times a second at most. */
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  let hot = new Set<() => void>();
  let tokens = 0;
  let looked = 0;

  function callTimers(): void {
    const now = performance.now();
    if (now - looked < TICK) return;
    looked = now;
    for (const timer of timers) {
      if (timer.at > now) continue;
      timers.delete(timer);
      timer.call();
    }
  }

  return {
    watch: (fd, call) => {
      tokens += 1;
      const token = tokens;
      watchers.set(token, call);
      epoll.watch(fd, token);
      // Events of a descriptor that has been closed may still be on their way: nobody hears them.
      return () => void watchers.delete(token);
    },
    after: (milliseconds, call) => {
      const timer = { at: performance.now() + milliseconds, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    soon: (call) => hot.add(call),
    run: async (isDone) => {
      while (!isDone()) {
        const patience = hot.size > 0 ? 0 : timers.size > 0 ? TICK : -1;
        for (const ready of epoll.wait(patience)) watchers.get(ready.token)?.(ready);
        callTimers();
        // What waits for promises has its turn: this thread never comes to rest by itself.
        await setImmediate();
        const now = hot;
        hot = new Set();
        for (const call of now) call();
      }
    },
  };
}
