import { type Libc, libc } from './libc.ts';

/** What has become possible at a descriptor; an error makes both possible, and the next call tells it. */
export type Ready = {
  readonly token: number;
  readonly readable: boolean;
  readonly writable: boolean;
};

/** Waits for many descriptors at once (epoll(7)), each told of once for each change. */
export type Epoll = {
  readonly watch: (fd: number, token: number) => void;
  /** Milliseconds; -1 waits for as long as it takes. It holds up the thread. */
  readonly wait: (milliseconds: number) => readonly Ready[];
};

const CLOEXEC = 0o2000000;
const ADD = 1;
const [IN, OUT, ERR, HUP, RDHUP, EDGE] = [0x1, 0x4, 0x8, 0x10, 0x2000, 0x80000000];
/** Events taken at a time. */
const MOST = 256;
/** The kernel packs `epoll_event` on x86 and aligns it elsewhere. */
const [SIZE, DATA] = process.arch === 'x64' ? [12, 4] : [16, 8];

/** Throws where the system has none. */
export function createEpoll(): Epoll {
  const c = libc() as Libc;
  const epoll = c.epollCreate(CLOEXEC);
  if (epoll < 0) throw new Error(`epoll_create1: errno ${c.errno()}`);
  const room = new Uint8Array(SIZE * MOST);
  const view = new DataView(room.buffer);
  const event = new Uint8Array(SIZE);
  const eventView = new DataView(event.buffer);
  return {
    watch: (fd, token) => {
      eventView.setUint32(0, (IN | OUT | RDHUP | EDGE) >>> 0, true);
      eventView.setUint32(DATA, token, true);
      if (c.epollControl(epoll, ADD, fd, event) < 0) {
        throw new Error(`epoll_ctl: errno ${c.errno()}`);
      }
    },
    wait: (milliseconds) => {
      // Cut short by a signal it gives nothing.
      const count = Math.max(0, c.epollWait(epoll, room, MOST, milliseconds));
      return Array.from({ length: count }, (_, i) => {
        const events = view.getUint32(i * SIZE, true);
        const isOver = (events & (ERR | HUP)) !== 0;
        return {
          token: view.getUint32(i * SIZE + DATA, true),
          readable: isOver || (events & (IN | RDHUP)) !== 0,
          writable: isOver || (events & OUT) !== 0,
        };
      });
    },
  };
}
