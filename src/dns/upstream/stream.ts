import { connect as connectTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { UpstreamAddress } from '../../policy/endpoint.ts';
import { createDeframer, frame } from '../framing.ts';
import type { Random } from './random.ts';
import type { Channel, Hear } from './udp.ts';

/** Milliseconds a connection may idle: long for TLS, whose handshake is dear. */
const IDLE = { tcp: 5_000, tls: 30_000 };
/** Queries under way on one connection; more open another. */
const PIPELINE = 200;

type Connection = {
  readonly socket: Socket;
  readonly pending: Map<number, Hear>;
  closed: boolean;
};

/**
 * Queries over TCP, or over TLS where the upstream has a name to check (RFC 7858): connections are
 * kept and carry many queries at once (RFC 7766 section 6.2).
 */
export function createStreamChannel(
  upstream: UpstreamAddress,
  random: Random,
  tls: ConnectionOptions = {},
): Channel {
  const connections = new Set<Connection>();

  function open(): Connection {
    const { address: host, port, tlsName } = upstream;
    const socket =
      tlsName === undefined
        ? connectTcp({ host, port, noDelay: true })
        : connectTls({
            host,
            port,
            servername: tlsName,
            ALPNProtocols: ['dot'],
            minVersion: 'TLSv1.2',
            ...tls,
          });
    const connection: Connection = { socket, pending: new Map(), closed: false };
    connections.add(connection);
    const deframer = createDeframer();
    const end = (error: Error) => {
      if (connection.closed) return;
      connection.closed = true;
      connections.delete(connection);
      socket.destroy();
      for (const hear of [...connection.pending.values()]) hear({ error });
    };
    socket.on('data', (chunk: Buffer) => {
      for (const message of deframer.push(chunk)) {
        if (message.length >= 2) connection.pending.get(message.readUInt16BE(0))?.({ message });
      }
    });
    socket.on('error', end);
    socket.on('close', () => end(new Error('the upstream closed the connection')));
    socket.setTimeout(tlsName === undefined ? IDLE.tcp : IDLE.tls, () => {
      end(new Error('the connection was silent for too long'));
    });
    return connection;
  }
  return {
    send: (message, hear) => {
      const free = [...connections].find(({ pending }) => pending.size < PIPELINE);
      const connection = free ?? open();
      let id = random.u16();
      while (connection.pending.has(id)) id = random.u16();
      message.writeUInt16BE(id, 0);
      connection.pending.set(id, hear);
      connection.socket.write(frame(message));
      return () => {
        connection.pending.delete(id);
      };
    },
    close: () => {
      for (const { socket } of connections) socket.destroy();
    },
  };
}
