import type { Socket } from 'node:net';

/** Descriptions of alerts (RFC 8446 section 6.2). */
export const ALERT = { ACCESS_DENIED: 49, UNRECOGNIZED_NAME: 112 } as const;

/** Milliseconds that a client has to take what it was told. */
const PATIENCE = 2_000;

/**
 * Says something last and closes. What the client still sends is read and thrown away until it closes too:
 * a close with octets unread would send a reset, which can overtake what was said.
 */
export function sayFarewell(socket: Socket, words: Uint8Array): void {
  socket.removeAllListeners('data');
  socket.on('error', () => {}); // whoever leaves first needs no farewell
  const late = setTimeout(() => socket.destroy(), PATIENCE);
  socket.once('close', () => clearTimeout(late));
  socket.resume().end(words);
}

/** A fatal alert in a record of its own. */
export function alertRecord(description: number): Uint8Array {
  return Uint8Array.of(21, 3, 3, 0, 2, 2, description);
}
