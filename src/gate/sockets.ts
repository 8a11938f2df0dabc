import { createServer, type Server, type Socket } from 'node:net';
import { type Endpoint, formatEndpoint } from '../policy/endpoint.ts';
import { gatePortOf, LANES, type Lane } from '../policy/firewall.ts';
import type { Address } from '../policy/network.ts';
import { dial } from './dial.ts';
import { sayFarewell } from './farewell.ts';
import type { Gate } from './gate.ts';
import { joinSockets } from './join.ts';
import type { Visitor } from './visitor.ts';

export type SocketsParts = {
  /** Where the shared lane listens; the other does on the next port. */
  readonly endpoints: readonly Endpoint[];
  /** Who is at the other end, and whether that is a client of ours. */
  readonly clientOf: (peer: string) => { readonly address: Address; readonly served: boolean };
  /**
   * Where a connection was going before it was sent to us: undefined where the system cannot tell,
   * `here` where nobody sent it.
   */
  readonly destinationOf: (socket: Socket) => Endpoint | 'here' | undefined;
  readonly take: Gate['take'];
};

export type Listening = {
  readonly endpoints: readonly (Endpoint & { readonly lane: Lane })[];
  /** Takes no more visitors. */
  readonly close: () => void;
};

/** Connections that the kernel keeps for us while we are busy; it cuts this to its own limit. */
export const BACKLOG = 4096;

/**
 * Takes visitors by sockets of Node, on every platform; what passes goes through this process. Rejects
 * with the error of the first endpoint that cannot be had.
 */
export async function listenBySockets(parts: SocketsParts): Promise<Listening> {
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) server.close();
  };
  const endpoints: (Endpoint & { readonly lane: Lane })[] = [];
  try {
    for (const { address, port: first } of parts.endpoints) {
      for (const lane of LANES) {
        const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
          takeSocket(socket, lane, parts),
        );
        servers.push(server);
        // 0 is whichever port is free.
        const endpoint = { address, port: first === 0 ? 0 : gatePortOf(first, lane) };
        endpoints.push({ address, port: await listen(server, endpoint), lane });
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  return { endpoints, close };
}

function takeSocket(socket: Socket, lane: Lane, parts: SocketsParts): void {
  // Gone before it was taken: there is nobody to tell.
  if (socket.remoteAddress === undefined) return void socket.destroy();
  const { address: client, served } = parts.clientOf(socket.remoteAddress);
  const meant = parts.destinationOf(socket);
  // A gate is no proxy: whoever comes by himself is not let through anywhere.
  if (!served || meant === 'here') return void socket.resetAndDestroy();
  socket.on('error', () => {}); // `close` follows
  const listener = parts.take(visitorOf(socket, { client, lane, meant }));
  socket
    .on('data', (octets) => {
      if (!listener.heard(octets)) socket.pause();
    })
    .on('end', () => listener.silenced('ended'))
    .on('close', () => listener.silenced('gone'));
}

function visitorOf(socket: Socket, about: Pick<Visitor, 'client' | 'lane' | 'meant'>): Visitor {
  return {
    ...about,
    refuse: (words) => {
      if (words) sayFarewell(socket, words);
      else socket.resetAndDestroy();
    },
    pass: async (targets, said, onEnd) => {
      socket.removeAllListeners('data').removeAllListeners('end');
      const gone = new AbortController();
      const onGone = () => gone.abort();
      socket.on('close', onGone);
      const server = socket.destroyed ? undefined : await dial(targets, gone.signal);
      socket.off('close', onGone);
      if (!server || gone.signal.aborted) {
        server?.destroy();
        socket.resetAndDestroy();
        return undefined;
      }
      server.write(said);
      return joinSockets(socket, server, onEnd);
    },
  };
}

function listen(server: Server, endpoint: Endpoint): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new Error(`${formatEndpoint(endpoint)}: ${error.message}`, { cause: error }));
    server.once('error', fail).once('listening', () => {
      server.off('error', fail);
      resolve((server.address() as { port: number }).port);
    });
    const { address: host, port } = endpoint;
    server.listen({ host, port, ipv6Only: true, backlog: BACKLOG, exclusive: true });
  });
}
