import { connect as connectTcp } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { UpstreamAddress } from '../../policy/endpoint.ts';
import { createDeframer, frame } from '../framing.ts';
import type { Random } from './random.ts';
import type { Channel, Hear } from './udp.ts';

/** Milliseconds a connection may idle: long for TLS, whose handshake is dear. */
const IDLE = { tcp: 5_000, tls: 30_000 };
/** Queries under way on one connection; more open another. */
const PIPELINE = 200;
/** Milliseconds without a word after which a connection gets no more queries: the other end may be gone. */
const SILENCE = 1_500;

type Connection = {
  /** Sends a query, unless the connection is of no more use. */
  readonly take: (query: Query) => boolean;
  readonly destroy: () => void;
};

type Query = {
  readonly message: Buffer;
  readonly hear: Hear;
  /** A connection that was kept may turn out closed: each query gets one more, and only one. */
  retried: boolean;
  forget: () => void;
};

/**
 * Queries over TCP, or over TLS where the upstream has a name to check (RFC 7858): connections are
 * kept and carry many queries at once (RFC 7766 section 6.2).
 */
export function createStreamChannel(
  upstream: UpstreamAddress,
  random: Random,
  now: () => number,
  tls: ConnectionOptions = {},
): Channel {
  const connections = new Set<Connection>();
  let closed = false;

  function connect() {
    const { address: host, port, tlsName: servername } = upstream;
    if (servername === undefined) return connectTcp({ host, port, noDelay: true });
    const fixed = { ALPNProtocols: ['dot'], minVersion: 'TLSv1.2' } as const;
    return connectTls({ host, port, servername, ...fixed, ...tls });
  }

  function open(): Connection {
    const socket = connect();
    const pending = new Map<number, Query>();
    const deframer = createDeframer();
    let answered = false;
    /** Since when nothing came although something was asked. */
    let silentSince: number | undefined;

    const connection: Connection = {
      take: (query) => {
        const silent = silentSince !== undefined && now() - silentSince > SILENCE;
        if (silent || pending.size >= PIPELINE) return false;
        let id = random.u16();
        while (pending.has(id)) id = random.u16();
        query.message.writeUInt16BE(id, 0);
        query.forget = () => pending.delete(id);
        pending.set(id, query);
        silentSince ??= now();
        socket.write(frame(query.message));
        return true;
      },
      destroy: () => socket.destroy(),
    };
    const end = (error: Error) => {
      if (!connections.delete(connection)) return;
      socket.destroy();
      for (const query of [...pending.values()]) {
        // Closing a connection that has served is no failure (RFC 7766 section 6.2.4 lets either end do it).
        if (answered && !query.retried && !closed) {
          query.retried = true;
          dispatch(query);
        } else query.hear({ error });
      }
    };
    socket.on('data', (chunk: Buffer) => {
      silentSince = undefined;
      for (const message of deframer.push(chunk)) {
        if (message.length < 2) continue;
        const query = pending.get(message.readUInt16BE(0));
        if (!query) continue;
        answered = true;
        query.hear({ message });
      }
      if (pending.size > 0) silentSince = now();
    });
    socket.on('error', end);
    socket.on('close', () => end(new Error('the upstream closed the connection')));
    socket.setTimeout(upstream.tlsName === undefined ? IDLE.tcp : IDLE.tls, () => {
      end(new Error('the connection was silent for too long'));
    });
    connections.add(connection);
    return connection;
  }
  function dispatch(query: Query): void {
    if ([...connections].some((connection) => connection.take(query))) return;
    open().take(query);
  }
  return {
    send: (message, hear) => {
      const query: Query = { message, hear, retried: false, forget: () => undefined };
      dispatch(query);
      return () => query.forget();
    },
    close: () => {
      closed = true;
      for (const connection of connections) connection.destroy();
    },
  };
}
