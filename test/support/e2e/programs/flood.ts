// Sends datagrams to some addresses in turn until it is told to stop; then tells how many. Gives up by itself.
import { createSocket } from 'node:dgram';
import { setImmediate as turn } from 'node:timers/promises';

type Settings = { readonly to: readonly string[]; readonly port: number };

/** Datagrams between two looks at the clock. */
const BURST = 32;
const LONGEST = 30_000;

process.once('message', async ({ to, port }: Settings) => {
  const senders = to.map((address) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    // Not connected, so that the refusals it provokes do not end it.
    socket.on('error', () => {});
    return { socket, address, sent: 0 };
  });
  let stopped = false;
  process.once('message', () => {
    stopped = true;
  });
  const end = performance.now() + LONGEST;
  while (!stopped && performance.now() < end) {
    const burst = Array.from({ length: BURST }, (_, i) => {
      const sender = senders[i % senders.length] as (typeof senders)[number];
      return new Promise<void>((resolve) => {
        sender.socket.send('flood', port, sender.address, (error) => {
          if (!error) sender.sent += 1;
          resolve();
        });
      });
    });
    await Promise.all(burst);
    await turn(); // or the word to stop would never be read
  }
  const sent = Object.fromEntries(senders.map(({ address, sent }) => [address, sent]));
  process.send?.(sent, () => process.exit(0));
});
