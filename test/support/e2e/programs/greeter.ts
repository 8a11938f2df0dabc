// Says its word to whoever connects or sends a datagram, on every port it is told, as a process.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

type Settings = {
  readonly word: string;
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
};

process.once('message', async ({ word, tcp, udp }: Settings) => {
  for (const port of tcp) {
    const server = createServer((socket) => socket.on('error', () => {}).end(word));
    await new Promise<void>((resolve) => server.listen(port, '::', resolve));
  }
  for (const port of udp) {
    for (const type of ['udp4', 'udp6'] as const) {
      const socket = createSocket(type === 'udp6' ? { type, ipv6Only: true } : { type });
      socket.on('message', (_, { port, address }) => socket.send(word, port, address, () => {}));
      await new Promise<void>((resolve) => socket.bind(port, resolve));
    }
  }
  process.send?.('ready');
});
