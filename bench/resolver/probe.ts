import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export const NOERROR = 0;
export const NXDOMAIN = 3;

const LOOPBACK = '127.0.0.1';
const INTERVAL = 5;

/** A port that is free on loopback for UDP and TCP alike. */
export async function freePort(): Promise<number> {
  for (;;) {
    const udp = createSocket('udp4').bind(0, LOOPBACK);
    await once(udp, 'listening');
    const { port } = udp.address();
    const tcp = createServer();
    const free = await new Promise<boolean>((resolve) => {
      tcp.once('error', () => resolve(false));
      tcp.listen(port, LOOPBACK, () => tcp.close(() => resolve(true)));
    });
    await new Promise<void>((resolve) => udp.close(() => resolve()));
    if (free) return port;
  }
}

/**
 * Asks a server for a name until the answer has the code: a server that answers before its list is in
 * force is not ready. Resolves at that answer; `giveUp` ends the asking.
 */
export async function answersWith(
  rcode: number,
  name: string,
  port: number,
  giveUp: AbortSignal,
): Promise<void> {
  const socket = createSocket('udp4');
  let seen = false;
  socket.on('message', (answer) => {
    seen ||= ((answer[3] ?? 0) & 0x0f) === rcode;
  });
  // Until the server listens, the kernel may say that nobody does.
  socket.on('error', () => {});
  const question = questionFor(name);
  try {
    while (!seen) {
      giveUp.throwIfAborted();
      socket.send(question, port, LOOPBACK, () => {});
      await delay(INTERVAL);
    }
  } finally {
    socket.close();
  }
}

/** A question of type A in wire form, recursion desired. */
function questionFor(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}
