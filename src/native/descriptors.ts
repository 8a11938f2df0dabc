import { type Libc, libc } from './libc.ts';
import { EAGAIN, MSG_DONTWAIT, MSG_NOSIGNAL, SOL_SOCKET } from './linux.ts';

const SCM_RIGHTS = 1;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** A `cmsghdr`, and the octets of one descriptor behind it. */
const [HEAD, DESCRIPTOR] = [16, 4];

export type Received = { readonly octets: Uint8Array; readonly descriptors: readonly number[] };

/** True where structures are laid out as this file writes them. */
export function canPassDescriptors(): boolean {
  return libc() !== undefined && ['x64', 'arm64', 'riscv64', 'loong64'].includes(process.arch);
}

/**
 * Sends octets over a UNIX stream socket, with descriptors of ours that the receiver gets copies of
 * (unix(7), SCM_RIGHTS). False where the socket would not take all of it now; nothing has gone then.
 */
export function sendDescriptors(
  socket: number,
  octets: Uint8Array,
  descriptors: readonly number[],
): boolean {
  const c = libc() as Libc;
  const size = HEAD + descriptors.length * DESCRIPTOR;
  controlView.setBigUint64(0, BigInt(size), true);
  controlView.setInt32(8, SOL_SOCKET, true);
  controlView.setInt32(12, SCM_RIGHTS, true);
  descriptors.forEach((fd, i) => {
    controlView.setInt32(HEAD + i * DESCRIPTOR, fd, true);
  });
  pointAt(c, octets, descriptors.length > 0 ? padded(size) : 0);
  // What is this short goes whole or not at all.
  return c.sendmsg(socket, message, MSG_DONTWAIT | MSG_NOSIGNAL) === octets.length;
}

/** Receives what has come over a UNIX stream socket; `blocked` where nothing has, `closed` at its end. */
export function receiveDescriptors(
  socket: number,
  room: Uint8Array,
): Received | 'blocked' | 'closed' {
  const c = libc() as Libc;
  pointAt(c, room, control.length);
  const length = c.recvmsg(socket, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (length < 0) return c.errno() === EAGAIN ? 'blocked' : 'closed';
  if (length === 0) return 'closed';
  const used = messageView.getBigUint64(CONTROL_LENGTH, true);
  const end = used < HEAD ? HEAD : Number(controlView.getBigUint64(0, true));
  const isRights =
    controlView.getInt32(8, true) === SOL_SOCKET && controlView.getInt32(12, true) === SCM_RIGHTS;
  const count = isRights ? Math.floor((end - HEAD) / DESCRIPTOR) : 0;
  return {
    octets: room.slice(0, length),
    descriptors: Array.from({ length: count }, (_, i) =>
      controlView.getInt32(HEAD + i * DESCRIPTOR, true),
    ),
  };
}

const CONTROL_LENGTH = 40;

/** Descriptors that come with one message at most. */
const MOST = 8;
// Kept for the life of the process: the kernel is told where they lie.
const control = new Uint8Array(HEAD + MOST * DESCRIPTOR);
const controlView = new DataView(control.buffer);
const message = new Uint8Array(56);
const messageView = new DataView(message.buffer);
const vector = new BigUint64Array(2);

/** Makes the `msghdr` one about these octets, and so much room for descriptors. */
function pointAt(c: Libc, octets: Uint8Array, controlLength: number): void {
  vector[0] = c.addressOf(octets);
  vector[1] = BigInt(octets.length);
  messageView.setBigUint64(16, c.addressOf(new Uint8Array(vector.buffer)), true);
  messageView.setBigUint64(24, 1n, true);
  messageView.setBigUint64(32, controlLength === 0 ? 0n : c.addressOf(control), true);
  messageView.setBigUint64(CONTROL_LENGTH, BigInt(controlLength), true);
}

function padded(length: number): number {
  return Math.ceil(length / 8) * 8;
}

const SO_PEERCRED = 17;

/** The user whose process is at the other end of a UNIX socket (unix(7), SO_PEERCRED). */
export function peerUser(socket: number): number | undefined {
  const credentials = new Uint8Array(12);
  const length = new Uint32Array([credentials.length]);
  const failed = libc()?.getsockopt(socket, SOL_SOCKET, SO_PEERCRED, credentials, length) ?? -1;
  return failed ? undefined : new DataView(credentials.buffer).getUint32(4, true);
}
