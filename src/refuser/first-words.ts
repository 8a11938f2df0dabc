import type { Socket } from 'node:net';
import type { systemClock } from '../clock.ts';
import type { Beginning } from '../gate/event.ts';
import { createOpeningReader } from '../gate/opening.ts';

export type FirstWords = {
  readonly opening: Beginning;
  /** All octets read for it. */
  readonly said: Uint8Array;
};

/** Milliseconds until the first octet, and until enough is known. */
export type Patience = { readonly firstOctet: number; readonly opening: number };

/**
 * Hears what a client opens with; `silent` where it leaves, or takes too long. Afterwards the socket is
 * paused and has no listener of ours.
 */
export function firstWords(
  socket: Socket,
  patience: Patience,
  clock: typeof systemClock,
): Promise<FirstWords> {
  const reader = createOpeningReader();
  return new Promise((resolve) => {
    const silent = () => settle({ kind: 'silent' });
    const forgetFirst = clock.after(patience.firstOctet, silent);
    const forgetWhole = clock.after(patience.opening, silent);
    const settle = (opening: Beginning) => {
      forgetFirst();
      forgetWhole();
      socket.off('data', onData).off('end', silent).off('close', silent).pause();
      resolve({ opening, said: reader.received() });
    };
    const onData = (octets: Uint8Array) => {
      forgetFirst();
      const opening = reader.push(octets);
      if (opening) settle(opening);
    };
    socket.on('data', onData).on('end', silent).on('close', silent);
  });
}
