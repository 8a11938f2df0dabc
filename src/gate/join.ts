import type { Socket } from 'node:net';
import type { Bound } from './decide.ts';

/** Two connections that carry each other's octets from now on. */
export type Joined = {
  /** Ends both with a reset. */
  readonly cut: () => void;
  /** Our process ends: cuts what cannot go on without it. */
  readonly leave: () => void;
};

/**
 * Joins a client, which is paused, to a server: both ways, with back-pressure, half-closes and resets
 * passed on. What it is about is told to whoever takes over. `onEnd` hears of the end, whoever brought it about.
 */
export type Join = (client: Socket, server: Socket, about: Bound, onEnd: () => void) => Joined;

/** Milliseconds of silence after which the system asks whether the other end is still there. */
export const KEEPALIVE = 60_000;

/** On every platform: octets pass through this process. */
export const joinByPipes: Join = (client, server, _about, onEnd) => {
  let open = 2;
  const pass = (from: Socket, to: Socket) => {
    from.setKeepAlive(true, KEEPALIVE);
    from.on('error', () => to.resetAndDestroy());
    from.on('close', () => {
      if (!from.readableEnded) to.resetAndDestroy();
      open -= 1;
      if (open === 0) onEnd();
    });
    from.pipe(to);
  };
  pass(client, server);
  pass(server, client);
  const cut = () => {
    client.resetAndDestroy();
    server.resetAndDestroy();
  };
  return { cut, leave: cut };
};
