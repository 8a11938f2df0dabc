import { createSocket, type RemoteInfo, type Socket, type SocketOptions } from 'node:dgram';
import type { Endpoint } from '../../policy/endpoint.ts';
import type { Answerer } from './answerer.ts';

/** Octets of kernel buffer asked for, for bursts; the kernel grants what net.core.rmem_max allows. */
const BUFFER = 4 * 1024 * 1024;

export type Listener = {
  /** Where it really listens: port 0 has become a number. */
  readonly endpoint: Endpoint;
  /** Takes no more questions, answers those under way, then closes. */
  readonly stop: () => Promise<void>;
};

/** Answers questions that come over UDP to one address. Rejects where it cannot be bound. */
export async function listenUdp(endpoint: Endpoint, answer: () => Answerer): Promise<Listener> {
  const { address, port } = endpoint;
  const socket = address.includes(':')
    ? createSocket({ type: 'udp6', ipv6Only: true, lookup })
    : createSocket({ type: 'udp4', lookup });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  enlarge(socket);
  // An unreachable client is its own affair: the answer is lost as any datagram may be.
  socket.on('error', () => {});
  const underWay = new Set<Promise<void>>();
  const onMessage = (message: Buffer, peer: RemoteInfo) => {
    // Nobody can be answered at port 0: such a packet is forged.
    if (peer.port === 0) return;
    const deliver = (reply: Buffer) => socket.send(reply, peer.port, peer.address, () => {});
    const work = answer()(message, peer.address, 'udp', deliver);
    underWay.add(work);
    void work.finally(() => underWay.delete(work));
  };
  socket.on('message', onMessage);
  return {
    endpoint: { address, port: socket.address().port },
    stop: async () => {
      socket.off('message', onMessage);
      await Promise.allSettled(underWay);
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

/**
 * A peer is an address already. Node's own look-up would put each answer off by a turn of the event
 * loop, and so behind the closing of the socket.
 */
const lookup: SocketOptions['lookup'] = (address, _options, done) => done(null, address, 0);

/** Larger buffers where the kernel allows them; the default ones do as well. */
function enlarge(socket: Socket): void {
  try {
    socket.setRecvBufferSize(BUFFER);
    socket.setSendBufferSize(BUFFER);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SOCKET_BUFFER_SIZE') throw error;
  }
}
