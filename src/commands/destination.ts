import type { Socket } from 'node:net';
import { originalDestination } from '../native/original-destination.ts';
import { descriptorOf } from '../native/socket-fd.ts';
import type { Endpoint } from '../policy/endpoint.ts';
import { isIpv4, parseSocketAddress } from '../policy/network.ts';

/**
 * Where a connection was going before it was redirected to us, as the kernel remembers it; `here` where
 * nobody redirected it, undefined where that cannot be told.
 */
export function destinationOf(socket: Socket): Endpoint | 'here' | undefined {
  const { localAddress, localPort } = socket;
  const fd = descriptorOf(socket);
  if (localAddress === undefined || localPort === undefined || fd === undefined) return undefined;
  const local = parseSocketAddress(localAddress);
  const found = originalDestination(fd, isIpv4(local) ? 4 : 6);
  return found?.address === local && found.port === localPort ? 'here' : found;
}
