import { setImmediate } from 'node:timers/promises';

/** Milliseconds that nothing else can run for, while one slice of something long is done. */
export const SLICE = 20;

/** Lets all that waits have its turn: keys, the picture, other questions. */
export function turn(): Promise<void> {
  return setImmediate();
}
