import type { Socket } from 'node:net';

/**
 * The descriptor of a socket, which Node keeps to itself; undefined where it has none (any more). Valid
 * until the socket is closed.
 */
export function descriptorOf(socket: Socket): number | undefined {
  const fd = handleOf(socket)?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}

/**
 * Has Node read no more from a socket, which is paused, and gives what it has read already and nobody has
 * taken: `pause` alone goes on reading into a buffer.
 */
export function stopReading(socket: Socket): readonly Uint8Array[] {
  handleOf(socket)?.readStop?.();
  const left = socket.read() as Uint8Array | null;
  return left ? [left] : [];
}

/** Has Node read again from a socket that `stopReading` was called for. */
export function startReading(socket: Socket): void {
  handleOf(socket)?.readStart?.();
}

type Handle = {
  readonly fd?: number;
  readonly readStop?: () => void;
  readonly readStart?: () => void;
};

function handleOf(socket: Socket): Handle | undefined {
  return (socket as unknown as { readonly _handle?: Handle })._handle;
}
