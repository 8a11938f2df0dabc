import { peerUser, type Received, receiveDescriptors } from './descriptors.ts';
import { type Libc, libc } from './libc.ts';
import { CLOEXEC, EAGAIN, MSG_DONTWAIT, MSG_NOSIGNAL, NONBLOCK, SOCK_STREAM } from './linux.ts';

/** Who has come over an abstract UNIX socket. */
export type AbstractVisitor = {
  readonly fd: number;
  /** What has come, with descriptors; see `receiveDescriptors`. */
  readonly hear: () => Received | 'blocked' | 'closed';
  /** Never waits: what a visitor does not take in time is kept for a while, and then he is left. */
  readonly say: (octets: Uint8Array) => void;
  /** Tries again what was kept. */
  readonly flush: () => void;
  readonly close: () => void;
};

export type AbstractListener = {
  readonly fd: number;
  /** Those who have come since, of our own user or root; others are turned away. */
  readonly accept: () => readonly AbstractVisitor[];
};

const AF_UNIX = 1;
const BACKLOG = 16;
const ROOM = 65_536;
/** Octets kept for a visitor that does not listen. */
const KEPT = 1 << 22;

/** Listens at an abstract address (unix(7)); undefined where somebody else does. */
export function listenAbstract(address: string): AbstractListener | undefined {
  const c = libc() as Libc;
  const fd = c.socket(AF_UNIX, SOCK_STREAM | NONBLOCK | CLOEXEC, 0);
  const name = Buffer.concat([Uint8Array.of(AF_UNIX, 0), Buffer.from(address)]);
  if (fd < 0) throw new Error(`socket: errno ${c.errno()}`);
  if (c.bind(fd, name, name.length) < 0 || c.listen(fd, BACKLOG) < 0) {
    c.close(fd);
    return undefined;
  }
  return {
    fd,
    accept: () => {
      const visitors: AbstractVisitor[] = [];
      for (;;) {
        const come = c.accept(fd, null, null, NONBLOCK | CLOEXEC);
        if (come < 0) return visitors;
        if (isTrusted(come)) visitors.push(createVisitor(c, come));
        else c.close(come);
      }
    },
  };
}

/** True where the process at the other end runs as we do, or as root. */
export function isTrusted(socket: number): boolean {
  const user = peerUser(socket);
  return user === 0 || user === process.getuid?.();
}

function createVisitor(c: Libc, fd: number): AbstractVisitor {
  const room = new Uint8Array(ROOM);
  let kept: Uint8Array = new Uint8Array(0);
  const flush = () => {
    while (kept.length > 0) {
      const sent = c.send(fd, kept, kept.length, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && c.errno() === EAGAIN) return;
      // Gone: `hear` tells.
      kept = sent < 0 ? kept.subarray(kept.length) : kept.subarray(sent);
    }
  };
  return {
    fd,
    hear: () => receiveDescriptors(fd, room),
    say: (octets) => {
      if (kept.length + octets.length > KEPT) {
        c.shutdown(fd, 2);
        return;
      }
      kept = kept.length === 0 ? octets : Buffer.concat([kept, octets]);
      flush();
    },
    flush,
    close: () => void c.close(fd),
  };
}
