import type { Socket } from 'node:net';
import type { Joined } from './visitor.ts';

/** Milliseconds of silence after which the system asks whether the other end is still there. */
const KEEPALIVE = 60_000;

/** Joins a client, which is paused, to a server. */
export function joinSockets(client: Socket, server: Socket, onEnd: () => void): Joined {
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
  return {
    cut: () => {
      client.resetAndDestroy();
      server.resetAndDestroy();
    },
  };
}
