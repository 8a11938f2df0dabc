import koffi from 'koffi';

/**
 * The system calls that Node has no way to, through FFI. Each gives -1 where it fails, and `errno` says
 * why. Linux only: numbers of options and layouts of structures below are its own.
 */
export type Libc = ReturnType<typeof declare>;

let declared: Libc | undefined;

/** The C library of this process; undefined where there is none that we know our way about in. */
export function libc(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  declared ??= declare();
  return declared;
}

function declare() {
  // The process itself: whichever C library it was linked with.
  const self = koffi.load(null);
  const func = <F extends (...args: never[]) => number>(definition: string) =>
    self.func(definition) as unknown as F;
  return {
    errno: () => koffi.errno(),
    getsockopt: func<GetOption>('int getsockopt(int, int, int, void *, void *)'),
    setsockopt: func<SetOption>('int setsockopt(int, int, int, void *, uint)'),
    socket: func<(family: number, type: number, protocol: number) => number>(
      'int socket(int, int, int)',
    ),
    bind: func<WithAddress>('int bind(int, void *, uint)'),
    listen: func<(fd: number, backlog: number) => number>('int listen(int, int)'),
    connect: func<WithAddress>('int connect(int, void *, uint)'),
    accept: func<Accept>('int accept4(int, void *, void *, int)'),
    getsockname: func<NameOf>('int getsockname(int, void *, void *)'),
    recv: func<Send>('int64 recv(int, void *, size_t, int)'),
    fcntl: func<(fd: number, what: number, value: number) => number>('int fcntl(int, int, int)'),
    close: func<(fd: number) => number>('int close(int)'),
    shutdown: func<(fd: number, how: number) => number>('int shutdown(int, int)'),
    pipe: func<(fds: Int32Array, flags: number) => number>('int pipe2(void *, int)'),
    splice: func<Splice>('int64 splice(int, void *, int, void *, size_t, uint)'),
    send: func<Send>('int64 send(int, void *, size_t, int)'),
    sendmsg: func<Message>('int64 sendmsg(int, void *, int)'),
    recvmsg: func<Message>('int64 recvmsg(int, void *, int)'),
    epollCreate: func<(flags: number) => number>('int epoll_create1(int)'),
    epollControl: func<EpollControl>('int epoll_ctl(int, int, int, void *)'),
    epollWait: func<EpollWait>('int epoll_wait(int, void *, int, int)'),
    /** Where the octets of a buffer lie, for structures that point to others. They must not move: keep the buffer. */
    addressOf: (octets: Uint8Array): bigint => koffi.address(octets),
  };
}

type GetOption = (
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  length: Uint32Array,
) => number;
type SetOption = (
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  length: number,
) => number;
type Accept = (
  fd: number,
  address: Uint8Array | null,
  length: Uint32Array | null,
  flags: number,
) => number;
type NameOf = (fd: number, address: Uint8Array, length: Uint32Array) => number;
type WithAddress = (fd: number, address: Uint8Array, length: number) => number;
type Splice = (
  from: number,
  fromOffset: null,
  to: number,
  toOffset: null,
  octets: number,
  flags: number,
) => number;
type Send = (fd: number, octets: Uint8Array, length: number, flags: number) => number;
type Message = (fd: number, message: Uint8Array, flags: number) => number;
type EpollControl = (epoll: number, what: number, fd: number, event: Uint8Array) => number;
type EpollWait = (epoll: number, events: Uint8Array, most: number, milliseconds: number) => number;
