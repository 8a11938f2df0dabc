import type { Libc } from '../../native/libc.ts';
import { CLOEXEC, EAGAIN, NONBLOCK, SHUT_WR } from '../../native/linux.ts';
import { resetOnClose } from '../../native/tcp.ts';

/** One way of a session: what comes from one socket goes to the other, by way of a pipe in the kernel. */
type Flow = {
  readonly from: Socket;
  readonly to: Socket;
  pipe: Pipe | undefined;
  /** Octets in the pipe. */
  held: number;
  /** The sender has said its last, and so have we. */
  ended: boolean;
  shut: boolean;
};
type Pipe = { readonly out: number; readonly into: number };
export type Socket = { readonly fd: number; readable: boolean; writable: boolean };

/** Two sockets that carry each other's octets, which never come into this process. */
export type Relay = {
  readonly sockets: readonly [Socket, Socket];
  readonly flows: readonly [Flow, Flow];
};

export type Pipes = {
  readonly take: () => Pipe | undefined;
  readonly give: (pipe: Pipe) => void;
  /** For a pipe that may still hold something. */
  readonly close: (pipe: Pipe) => void;
};

const MOVE_NONBLOCK = 3;
const F_SETPIPE_SZ = 1031;
/** Octets of a pipe: a segment takes a page of it at least, so a larger one takes more at once. */
const PIPE_SIZE = 1 << 20;
/** Pipes kept for the next that needs one; a quiet session has none. */
const SPARE = 64;
/** Turns a flow has before others have theirs. */
const TURNS = 8;

export function createPipes(c: Libc): Pipes {
  const spare: Pipe[] = [];
  const close = ({ out, into }: Pipe) => {
    c.close(out);
    c.close(into);
  };
  return {
    take: () => {
      const known = spare.pop();
      if (known) return known;
      const ends = new Int32Array(2);
      if (c.pipe(ends, NONBLOCK | CLOEXEC) < 0) return undefined;
      const [out, into] = ends as unknown as [number, number];
      // More than the system's allowance is refused, and the usual size serves as well.
      c.fcntl(into, F_SETPIPE_SZ, PIPE_SIZE);
      return { out, into };
    },
    give: (pipe) => {
      if (spare.length < SPARE) spare.push(pipe);
      else close(pipe);
    },
    close,
  };
}

export function createRelay(client: Socket, server: Socket): Relay {
  const flow = (from: Socket, to: Socket): Flow => ({
    ...{ from, to, pipe: undefined },
    ...{ held: 0, ended: false, shut: false },
  });
  return { sockets: [client, server], flows: [flow(client, server), flow(server, client)] };
}

/**
 * Moves what can be moved. `over` is a session that is done; `broken` one of whose ends is gone, which
 * the other end has to hear as a reset; `hot` has more to move at once.
 */
export function move(c: Libc, pipes: Pipes, { flows }: Relay): 'idle' | 'hot' | 'over' | 'broken' {
  let isHot = false;
  for (const flow of flows) {
    const state = flow.shut ? 'idle' : moveFlow(c, pipes, flow);
    if (state === 'broken') return 'broken';
    isHot ||= state === 'hot';
  }
  if (flows.every(({ ended, held }) => ended && held === 0)) return 'over';
  // The close of both says it too, so the second of two ends needs no word of its own.
  for (const flow of flows) {
    if (!flow.ended || flow.held > 0 || flow.shut) continue;
    c.shutdown(flow.to.fd, SHUT_WR);
    flow.shut = true;
  }
  return isHot ? 'hot' : 'idle';
}

function moveFlow(c: Libc, pipes: Pipes, flow: Flow): 'idle' | 'hot' | 'broken' {
  for (let turn = 0; turn < TURNS; turn += 1) {
    const isRead = fill(c, pipes, flow);
    const isWritten = drain(c, flow);
    if (isRead === 'broken' || isWritten === 'broken') return 'broken';
    if (flow.held === 0 && flow.pipe) {
      pipes.give(flow.pipe);
      flow.pipe = undefined;
    }
    if (!isRead && !isWritten) return 'idle';
  }
  return 'hot';
}

/** From the socket into the pipe: whether anything went. */
function fill(c: Libc, pipes: Pipes, flow: Flow): boolean | 'broken' {
  const { from } = flow;
  // What the pipe holds goes first: where it is full, nobody could tell whether the socket is empty.
  if (flow.ended || !from.readable || flow.held > 0) return false;
  flow.pipe ??= pipes.take();
  if (!flow.pipe) return 'broken';
  const moved = c.splice(from.fd, null, flow.pipe.into, null, PIPE_SIZE, MOVE_NONBLOCK);
  if (moved > 0) {
    flow.held = moved;
    return true;
  }
  if (moved === 0) {
    flow.ended = true;
    return true;
  }
  from.readable = false;
  return c.errno() === EAGAIN ? false : 'broken';
}

/** From the pipe into the socket: whether anything went. */
function drain(c: Libc, flow: Flow): boolean | 'broken' {
  const { to, pipe } = flow;
  if (!pipe || flow.held === 0 || !to.writable) return false;
  const moved = c.splice(pipe.out, null, to.fd, null, flow.held, MOVE_NONBLOCK);
  if (moved > 0) {
    flow.held -= moved;
    return true;
  }
  to.writable = false;
  return c.errno() === EAGAIN ? false : 'broken';
}

/** Lets go of a session's descriptors; with a reset, where its ends are to hear of it. */
export function closeRelay(
  c: Libc,
  pipes: Pipes,
  { sockets, flows }: Relay,
  how: 'over' | 'broken',
) {
  for (const { pipe } of flows) if (pipe) pipes.close(pipe);
  for (const { fd } of sockets) {
    if (how === 'broken') resetOnClose(c, fd);
    c.close(fd);
  }
}
