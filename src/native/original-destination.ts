import type { Endpoint } from '../policy/endpoint.ts';
import { libc } from './libc.ts';
import { SOL_IP, SOL_IPV6 } from './linux.ts';
import { decodeSockaddr } from './sockaddr.ts';

/** `SO_ORIGINAL_DST` and `IP6T_SO_ORIGINAL_DST`, which have the same number. */
const ORIGINAL_DESTINATION = 80;
const room = new Uint8Array(28);
const length = new Uint32Array(1);

/**
 * Where a connection was going before the packet filter redirected it, as conntrack knows it. Where
 * nothing redirected it, that is where it came to. Undefined where this system cannot tell.
 */
export function originalDestination(fd: number, family: 4 | 6): Endpoint | undefined {
  length[0] = room.length;
  const level = family === 4 ? SOL_IP : SOL_IPV6;
  const failed = libc()?.getsockopt(fd, level, ORIGINAL_DESTINATION, room, length) ?? -1;
  return failed ? undefined : decodeSockaddr(room);
}
