import type { Endpoint } from '../policy/endpoint.ts';
import { isIpv4 } from '../policy/network.ts';
import { libc } from './libc.ts';
import { AF_INET, AF_INET6, encodeSockaddr } from './sockaddr.ts';
import { systemError } from './system-error.ts';

const SOCK_STREAM = 1;
const [SOCK_NONBLOCK, SOCK_CLOEXEC] = [0o4000, 0o2000000];
const [SOL_IP, SOL_SOCKET, SOL_IPV6] = [0, 1, 41];
const [SO_REUSEADDR, IP_TRANSPARENT, IPV6_V6ONLY, IPV6_TRANSPARENT] = [2, 19, 26, 75];
const ON = new Uint8Array(new Int32Array([1]).buffer);

/**
 * A TCP socket bound to an endpoint that takes connections to every address, as TPROXY sends them (Linux,
 * tproxy.rst). Gives its descriptor. Throws an error with a `code` as Node's own sockets do: EPERM
 * where CAP_NET_ADMIN is missing, ENOSYS where this system has no such sockets.
 */
export function transparentSocket(endpoint: Endpoint): number {
  const c = libc();
  if (!c) throw systemError('ENOSYS', 'socket');
  const isFour = isIpv4(endpoint.address);
  const type = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = c.socket(isFour ? AF_INET : AF_INET6, type, 0);
  if (fd < 0) throw systemError(c.errno(), 'socket');
  const options: readonly (readonly [level: number, option: number])[] = [
    [SOL_SOCKET, SO_REUSEADDR],
    ...(isFour
      ? [[SOL_IP, IP_TRANSPARENT] as const]
      : [[SOL_IPV6, IPV6_V6ONLY] as const, [SOL_IPV6, IPV6_TRANSPARENT] as const]),
  ];
  const address = encodeSockaddr(endpoint);
  const isDone =
    options.every(([level, option]) => c.setsockopt(fd, level, option, ON, ON.length) === 0) &&
    c.bind(fd, address, address.length) === 0;
  if (isDone) return fd;
  const error = systemError(c.errno(), 'bind');
  c.close(fd);
  throw error;
}
