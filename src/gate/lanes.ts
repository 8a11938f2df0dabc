import { createServer, type Server, type Socket } from 'node:net';
import { type Endpoint, formatEndpoint } from '../policy/endpoint.ts';
import { gatePortOf, LANES, type Lane } from '../policy/firewall.ts';

export type LanesParts = {
  /** Where the shared lane listens; the other does on the next port. */
  readonly endpoints: readonly Endpoint[];
  /** Makes a socket that takes what TPROXY sends it; without, they are ordinary ones. */
  readonly transparentSocket?: (endpoint: Endpoint) => number;
  readonly onConnection: (socket: Socket, lane: Lane) => void;
};

export type Lanes = {
  readonly listening: readonly (Endpoint & { readonly lane: Lane })[];
  /** Takes no more connections; those that were taken go on. */
  readonly close: () => void;
};

/** Connections that the kernel keeps for us while we are busy; it cuts this to its own limit. */
const BACKLOG = 4096;

/** Listens by all lanes at all endpoints. Rejects with the error of the first that cannot be had. */
export async function listenLanes({
  endpoints,
  transparentSocket,
  onConnection,
}: LanesParts): Promise<Lanes> {
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) server.close();
  };
  const listening: (Endpoint & { readonly lane: Lane })[] = [];
  try {
    for (const { address, port: first } of endpoints) {
      for (const lane of LANES) {
        // 0 is whichever port is free.
        const endpoint = { address, port: first === 0 ? 0 : gatePortOf(first, lane) };
        const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
          onConnection(socket, lane),
        );
        servers.push(server);
        const port = await listen(server, endpoint, transparentSocket);
        listening.push({ address, port, lane });
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  return { listening, close };
}

function listen(
  server: Server,
  endpoint: Endpoint,
  transparentSocket: LanesParts['transparentSocket'],
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new Error(`${formatEndpoint(endpoint)}: ${error.message}`, { cause: error }));
    server.once('error', fail).once('listening', () => {
      server.off('error', fail);
      resolve((server.address() as { port: number }).port);
    });
    const { address: host, port } = endpoint;
    try {
      if (transparentSocket)
        server.listen({ fd: transparentSocket(endpoint), backlog: BACKLOG, exclusive: true });
      else server.listen({ host, port, ipv6Only: true, backlog: BACKLOG, exclusive: true });
    } catch (error) {
      fail(error as Error);
    }
  });
}
