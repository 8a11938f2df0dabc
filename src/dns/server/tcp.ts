import { createServer, type Socket } from 'node:net';
import type { Endpoint } from '../../policy/endpoint.ts';
import { createDeframer, frame } from '../framing.ts';
import type { Answerer } from './answerer.ts';
import type { Listener } from './udp.ts';

export type TcpLimits = {
  /** Connections in all, and from one client. */
  readonly total: number;
  readonly perClient: number;
  /** Questions of one connection under way before it is read no further. */
  readonly pipeline: number;
  /** Milliseconds from the first octet of a message, or from the connection, to its last. */
  readonly message: number;
  /** Milliseconds a connection may idle between questions. */
  readonly idle: number;
  /** Milliseconds a client may leave an answer unread. */
  readonly unread: number;
};

export const TCP_LIMITS: TcpLimits = {
  total: 2000,
  perClient: 150,
  pipeline: 100,
  message: 5_000,
  idle: 10_000,
  unread: 10_000,
};

/** One client's connection, as the limits see it. */
type Connection = {
  readonly peer: string;
  readonly isIdle: () => boolean;
  readonly close: () => void;
};

/**
 * Answers questions that come over TCP (RFC 7766): many on one connection, each answered as soon as
 * its answer is known. A client that sends or reads slowly costs others nothing: it has deadlines,
 * and where connections run out the longest idle one makes room.
 */
export async function listenTcp(
  endpoint: Endpoint,
  answer: () => Answerer,
  limits: TcpLimits = TCP_LIMITS,
): Promise<Listener> {
  /** In the order they became idle or came. */
  const connections = new Set<Connection>();
  let stopping = false;

  function makeRoom(peer: string): boolean {
    const own = [...connections].filter((other) => other.peer === peer);
    const crowd =
      own.length >= limits.perClient
        ? own
        : connections.size >= limits.total
          ? [...connections]
          : [];
    if (crowd.length === 0) return true;
    const idle = crowd.find((connection) => connection.isIdle());
    if (!idle) return false;
    idle.close();
    // Its close event comes later: two newcomers at once must not share one place.
    connections.delete(idle);
    return true;
  }
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const peer = socket.remoteAddress;
    if (peer === undefined || !makeRoom(peer)) {
      socket.resetAndDestroy();
      return;
    }
    const connection = converse(socket, peer, answer, limits, () => {
      if (stopping) socket.end();
      // To the end of the line: the next to go is the one that has been idle for longest.
      if (connections.delete(connection)) connections.add(connection);
    });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  const { address: host, port } = endpoint;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: true, backlog: 511, exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    endpoint: { address: host, port: (server.address() as { port: number }).port },
    stop: async () => {
      stopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections) {
        if (connection.isIdle()) connection.close();
      }
      const late = setTimeout(() => {
        for (const connection of connections) connection.close();
      }, limits.message);
      await closed;
      clearTimeout(late);
    },
  };
}

function converse(
  socket: Socket,
  peer: string,
  answer: () => Answerer,
  limits: TcpLimits,
  onIdle: () => void,
): Connection {
  const deframer = createDeframer();
  let underWay = 0;
  let ended = false;
  let partialSince = Date.now();
  let deadline: NodeJS.Timeout | undefined;
  let unread: NodeJS.Timeout | undefined;

  const close = () => socket.destroy();
  /** One deadline at a time: for a message that has begun, else for the next to begin. */
  const rearm = () => {
    clearTimeout(deadline);
    if (socket.destroyed) return;
    if (partialSince > 0) deadline = setTimeout(close, partialSince + limits.message - Date.now());
    else if (underWay === 0) deadline = setTimeout(close, limits.idle);
  };
  const deliver = (reply: Buffer) => {
    if (socket.destroyed) return;
    if (!socket.write(frame(reply)) && unread === undefined) {
      socket.pause();
      unread = setTimeout(close, limits.unread);
    }
  };
  const take = async (message: Buffer) => {
    underWay += 1;
    if (underWay >= limits.pipeline) socket.pause();
    await answer()(message, peer, 'tcp', deliver);
    underWay -= 1;
    if (underWay < limits.pipeline && unread === undefined) socket.resume();
    if (underWay > 0) return;
    if (ended) socket.end();
    onIdle();
    rearm();
  };
  socket.on('data', (chunk: Buffer) => {
    const began = partialSince;
    const messages = deframer.push(chunk);
    // A drip of octets does not move the deadline; a message that has become whole does.
    const continues = began > 0 && messages.length === 0;
    partialSince = deframer.isPartial() ? (continues ? began : Date.now()) : 0;
    for (const message of messages) void take(message);
    rearm();
  });
  socket.on('drain', () => {
    clearTimeout(unread);
    unread = undefined;
    if (underWay < limits.pipeline) socket.resume();
  });
  socket.on('end', () => {
    ended = true;
    if (underWay === 0) socket.end();
  });
  socket.on('error', close);
  socket.on('close', () => {
    clearTimeout(deadline);
    clearTimeout(unread);
  });
  rearm();
  return { peer, isIdle: () => underWay === 0, close };
}
