import type { Socket } from 'node:net';

/**
 * The descriptor of a socket, which Node keeps to itself; undefined where it has none (any more). Valid
 * until the socket is closed.
 */
export function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
