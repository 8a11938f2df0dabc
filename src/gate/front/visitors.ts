import { networkInterfaces } from 'node:os';
import type { Libc } from '../../native/libc.ts';
import { originalDestination } from '../../native/original-destination.ts';
import {
  acceptOne,
  beginConnect,
  endWriting,
  isConnected,
  localEnd,
  receive,
  resetOnClose,
  sendSome,
  tune,
} from '../../native/tcp.ts';
import type { Endpoint } from '../../policy/endpoint.ts';
import type { Lane } from '../../policy/firewall.ts';
import { type Address, isIpv4 } from '../../policy/network.ts';
import type { Gate } from '../gate.ts';
import type { Listener, Visitor } from '../visitor.ts';
import type { Loop } from './loop.ts';
import { closeRelay, createRelay, move, type Pipes, type Socket } from './relay.ts';

export type VisitorsParts = {
  readonly c: Libc;
  readonly loop: Loop;
  readonly pipes: Pipes;
  readonly take: Gate['take'];
  readonly isServed: (client: Address) => boolean;
  /** Connections come with their destination as it was (TPROXY). */
  readonly transparent: () => boolean;
};

/** Connections taken in one turn, so that a flood of them leaves others theirs. */
const AT_ONCE = 64;
/** Milliseconds until it is tried again to take one that could not be taken. */
const REST = 100;
/** Milliseconds that one address is given before the next is tried, and how many are. */
const [DIAL_PATIENCE, MOST_TARGETS] = [3_000, 4];
/** Milliseconds that a refused visitor has to take its last words. */
const FAREWELL = 2_000;

/** Takes all that has come to a listening socket. */
export function takeVisitors(
  parts: VisitorsParts,
  listener: number,
  { lane, port }: { readonly lane: Lane; readonly port: number },
): void {
  const { c, loop } = parts;
  const again = () => takeVisitors(parts, listener, { lane, port });
  for (let i = 0; i < AT_ONCE; i += 1) {
    const come = acceptOne(c, listener);
    if (!come) return;
    if (come === 'failed') {
      loop.after(REST, again);
      return;
    }
    takeOne(parts, come.fd, come.from.address, lane, port);
  }
  // A change is told once: the rest is taken in the next turn.
  loop.soon(again);
}

function takeOne(
  parts: VisitorsParts,
  fd: number,
  client: Address,
  lane: Lane,
  port: number,
): void {
  const { c, loop } = parts;
  const meant = destinationOf(parts, fd, client, port);
  // A gate is no proxy: whoever comes by himself is not let through anywhere.
  if (meant === 'here' || !parts.isServed(client)) {
    resetOnClose(c, fd);
    c.close(fd);
    return;
  }
  const socket: Socket = { fd, readable: true, writable: true };
  let state: 'speaking' | 'held' | 'left' = 'speaking';
  let onChange = hear;
  const forget = loop.watch(fd, ({ readable, writable }) => {
    socket.readable ||= readable;
    socket.writable ||= writable;
    onChange();
  });
  const leave = (how: 'reset' | 'close') => {
    if (state === 'left') return;
    state = 'left';
    forget();
    if (how === 'reset') resetOnClose(c, fd);
    c.close(fd);
  };

  const visitor: Visitor = {
    ...{ client, lane, meant },
    refuse: (words) => {
      if (!words) return leave('reset');
      state = 'held';
      sendSome(c, fd, words);
      endWriting(c, fd);
      // What it still says is thrown away until it closes: a close with octets unread would send a
      // reset, which can overtake what was said.
      const late = loop.after(FAREWELL, () => leave('close'));
      onChange = () => {
        while (socket.readable) {
          const heard = receive(c, fd);
          if (heard === 'blocked') socket.readable = false;
          if (heard !== undefined) continue;
          late();
          return leave('close');
        }
      };
      onChange();
    },
    pass: async (targets, said, onEnd) => {
      state = 'held';
      onChange = () => {};
      const server = await dial(parts, targets);
      if (!server) {
        leave('reset');
        return undefined;
      }
      // A hello is far shorter than what a fresh socket takes.
      if (sendSome(c, server.fd, said) !== said.length) {
        server.forget();
        c.close(server.fd);
        leave('reset');
        return undefined;
      }
      const relay = createRelay(socket, server.socket);
      let isOver = false;
      const end = (how: 'over' | 'broken') => {
        if (isOver) return;
        isOver = true;
        state = 'left';
        forget();
        server.forget();
        closeRelay(c, parts.pipes, relay, how);
        onEnd();
      };
      const carry = () => {
        if (isOver) return;
        const progress = move(c, parts.pipes, relay);
        if (progress === 'hot') loop.soon(carry);
        else if (progress !== 'idle') end(progress);
      };
      onChange = () => loop.soon(carry);
      server.onChange(onChange);
      loop.soon(carry);
      return { cut: () => end('broken') };
    },
  };
  const listener: Listener = parts.take(visitor);
  // Most have said all that is needed by the time they are taken.
  hear();

  function hear(): void {
    while (state === 'speaking' && socket.readable) {
      const heard = receive(c, fd);
      if (heard === 'blocked') socket.readable = false;
      else if (heard) {
        if (!listener.heard(heard.slice()) && state === 'speaking') state = 'held';
      } else {
        listener.silenced('ended');
        leave('reset');
      }
    }
  }
}

type Dialled = {
  readonly fd: number;
  readonly socket: Socket;
  readonly onChange: (call: () => void) => void;
  readonly forget: () => void;
};

async function dial(
  parts: VisitorsParts,
  targets: readonly Endpoint[],
): Promise<Dialled | undefined> {
  for (const target of targets.slice(0, MOST_TARGETS)) {
    const dialled = await dialOne(parts, target);
    if (dialled) return dialled;
  }
  return undefined;
}

function dialOne({ c, loop }: VisitorsParts, target: Endpoint): Promise<Dialled | undefined> {
  const fd = beginConnect(c, target);
  if (fd === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket: Socket = { fd, readable: false, writable: false };
    let onChange = () => settle(isConnected(c, fd));
    const settle = (isDone: boolean) => {
      late();
      onChange = () => {};
      if (isDone) {
        tune(c, fd);
        resolve({
          ...{ fd, socket, forget },
          onChange: (call) => {
            onChange = call;
          },
        });
      } else {
        forget();
        c.close(fd);
        resolve(undefined);
      }
    };
    const late = loop.after(DIAL_PATIENCE, () => settle(false));
    const forget = loop.watch(fd, ({ readable, writable }) => {
      socket.readable ||= readable;
      socket.writable ||= writable;
      if (writable || readable) onChange();
    });
  });
}

/** Where a connection was going, as the kernel remembers it or, behind TPROXY, as the socket says. */
function destinationOf(
  { c, transparent }: VisitorsParts,
  fd: number,
  client: Address,
  port: number,
): Endpoint | 'here' | undefined {
  const original = originalDestination(fd, isIpv4(client) ? 4 : 6);
  const found = original ?? (transparent() ? localEnd(c, fd) : undefined);
  if (found?.port !== port) return found;
  // A gate that is reached transparently may have a port that its clients mean elsewhere.
  return transparent() && !isOurs(found.address) ? found : 'here';
}

function isOurs(address: Address): boolean {
  return Object.values(networkInterfaces()).some((all) =>
    all?.some((own) => own.address === address),
  );
}
