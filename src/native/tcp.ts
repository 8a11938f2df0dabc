import type { Endpoint } from '../policy/endpoint.ts';
import { isIpv4 } from '../policy/network.ts';
import type { Libc } from './libc.ts';
import {
  CLOEXEC,
  EAGAIN,
  MSG_NOSIGNAL,
  NONBLOCK,
  SHUT_WR,
  SOCK_STREAM,
  SOL_IP,
  SOL_IPV6,
  SOL_SOCKET,
} from './linux.ts';
import { AF_INET, AF_INET6, decodeSockaddr, encodeSockaddr } from './sockaddr.ts';
import { systemError } from './system-error.ts';

const IPPROTO_TCP = 6;
const [SO_REUSEADDR, SO_ERROR, SO_KEEPALIVE, SO_LINGER] = [2, 4, 9, 13];
const [TCP_NODELAY, TCP_KEEPIDLE] = [1, 4];
const [IP_TRANSPARENT, IPV6_V6ONLY, IPV6_TRANSPARENT] = [19, 26, 75];
const EINPROGRESS = 115;

const int = (...numbers: number[]) => new Uint8Array(new Int32Array(numbers).buffer);
const ON = int(1);
/** On, for no time: a close sends a reset. */
const AT_ONCE = int(1, 0);
/** Seconds of silence after which the system asks whether the other end is still there. */
const KEEPALIVE = int(60);

const address = new Uint8Array(28);
const length = new Uint32Array(1);
/** No Buffer: the slice of one is no copy. */
const room = new Uint8Array(16_384);

/**
 * A socket that listens at an endpoint, and takes connections to every address where it is to be
 * transparent, as TPROXY sends them (Linux, tproxy.rst). Throws an error with a `code` as Node's own
 * sockets do: EPERM where CAP_NET_ADMIN is missing for that.
 */
export function listenSocket(
  c: Libc,
  endpoint: Endpoint,
  { transparent, backlog }: { readonly transparent: boolean; readonly backlog: number },
): number {
  const isFour = isIpv4(endpoint.address);
  const fd = c.socket(isFour ? AF_INET : AF_INET6, SOCK_STREAM | NONBLOCK | CLOEXEC, 0);
  if (fd < 0) throw systemError(c.errno(), 'socket');
  const options: readonly (readonly [level: number, option: number])[] = [
    [SOL_SOCKET, SO_REUSEADDR],
    ...(isFour ? [] : [[SOL_IPV6, IPV6_V6ONLY] as const]),
    ...(transparent
      ? [isFour ? ([SOL_IP, IP_TRANSPARENT] as const) : ([SOL_IPV6, IPV6_TRANSPARENT] as const)]
      : []),
  ];
  const at = encodeSockaddr(endpoint);
  const isDone =
    options.every(([level, option]) => c.setsockopt(fd, level, option, ON, ON.length) === 0) &&
    c.bind(fd, at, at.length) === 0 &&
    c.listen(fd, backlog) === 0;
  // Connections take after the socket that they came by.
  if (isDone) tune(c, fd);
  if (isDone) return fd;
  const error = systemError(c.errno(), 'bind');
  c.close(fd);
  throw error;
}

/**
 * The next connection that has come, and from where; undefined where none has, `failed` where it
 * cannot be taken now (too many descriptors are open, say).
 */
export function acceptOne(
  c: Libc,
  listener: number,
): { readonly fd: number; readonly from: Endpoint } | 'failed' | undefined {
  length[0] = address.length;
  const fd = c.accept(listener, address, length, NONBLOCK | CLOEXEC);
  if (fd < 0) return c.errno() === EAGAIN ? undefined : 'failed';
  return { fd, from: decodeSockaddr(address) as Endpoint };
}

/** The socket's own end. */
export function localEnd(c: Libc, fd: number): Endpoint | undefined {
  length[0] = address.length;
  return c.getsockname(fd, address, length) < 0 ? undefined : decodeSockaddr(address);
}

/** Begins to connect; undefined where that fails at once. */
export function beginConnect(c: Libc, to: Endpoint): number | undefined {
  const family = isIpv4(to.address) ? AF_INET : AF_INET6;
  const fd = c.socket(family, SOCK_STREAM | NONBLOCK | CLOEXEC, 0);
  if (fd < 0) return undefined;
  const at = encodeSockaddr(to);
  if (c.connect(fd, at, at.length) === 0 || c.errno() === EINPROGRESS) return fd;
  c.close(fd);
  return undefined;
}

/** Whether what was begun has come about, once the socket is writable. */
export function isConnected(c: Libc, fd: number): boolean {
  const value = new Int32Array(1);
  length[0] = 4;
  const failed = c.getsockopt(fd, SOL_SOCKET, SO_ERROR, new Uint8Array(value.buffer), length);
  return failed === 0 && value[0] === 0;
}

/** What has come; `blocked` where nothing has, undefined where nothing will. Valid until the next call. */
export function receive(c: Libc, fd: number): Uint8Array | 'blocked' | undefined {
  const count = c.recv(fd, room, room.length, 0);
  if (count > 0) return room.subarray(0, count);
  return count < 0 && c.errno() === EAGAIN ? 'blocked' : undefined;
}

/** Octets that the socket has taken of these; 0 where it takes none now, or ever. */
export function sendSome(c: Libc, fd: number, octets: Uint8Array): number {
  return Math.max(0, c.send(fd, octets, octets.length, MSG_NOSIGNAL));
}

export function endWriting(c: Libc, fd: number): void {
  c.shutdown(fd, SHUT_WR);
}

export function resetOnClose(c: Libc, fd: number): void {
  c.setsockopt(fd, SOL_SOCKET, SO_LINGER, AT_ONCE, AT_ONCE.length);
}

/** No delay for small segments, and an end for peers that are gone without a word. */
export function tune(c: Libc, fd: number): void {
  c.setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, ON, ON.length);
  c.setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, ON, ON.length);
  c.setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE, KEEPALIVE.length);
}
