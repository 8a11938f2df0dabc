import { connect, type Socket } from 'node:net';
import type { Endpoint } from '../policy/endpoint.ts';

/** Opens a connection to the first of these that takes one; undefined where none does. */
export type Dial = (
  targets: readonly Endpoint[],
  signal: AbortSignal,
) => Promise<Socket | undefined>;

/** Milliseconds that one address is given before the next is tried. */
const PATIENCE = 3_000;
/** Addresses tried; a client waits no longer than these take. */
const MOST = 4;

export const dial: Dial = async (targets, signal) => {
  for (const target of targets.slice(0, MOST)) {
    const socket = await dialOne(target, signal);
    if (socket || signal.aborted) return socket;
  }
  return undefined;
};

function dialOne({ address, port }: Endpoint, signal: AbortSignal): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    // Nothing is read before somebody takes it: the socket may change hands.
    socket.pause();
    const settle = (result: Socket | undefined) => {
      clearTimeout(late);
      signal.removeEventListener('abort', giveUp);
      socket.off('connect', onConnect).off('error', giveUp);
      if (!result) socket.on('error', () => {}).destroy();
      resolve(result);
    };
    const giveUp = () => settle(undefined);
    const onConnect = () => settle(socket);
    const late = setTimeout(giveUp, PATIENCE);
    socket.on('connect', onConnect).on('error', giveUp);
    signal.addEventListener('abort', giveUp);
    if (signal.aborted) giveUp();
  });
}
