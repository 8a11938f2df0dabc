import type { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { originalDestination } from '../native/original-destination.ts';
import { descriptorOf } from '../native/socket-fd.ts';
import type { Endpoint } from '../policy/endpoint.ts';
import { isIpv4, parseAddress } from '../policy/network.ts';

/**
 * Where a connection was going before it was led to us, as the kernel remembers it or, behind TPROXY, as
 * the socket says; `here` where nobody led it, undefined where that cannot be told.
 */
export function destinationOf(socket: Socket, transparent: boolean): Endpoint | 'here' | undefined {
  const { localAddress, localPort } = socket;
  const fd = descriptorOf(socket);
  if (localAddress === undefined || localPort === undefined || fd === undefined) return undefined;
  const local = { address: parseAddress(localAddress.replace(/%.*$/, '')), port: localPort };
  const original = originalDestination(fd, isIpv4(local.address) ? 4 : 6);
  const found = original ?? (transparent ? local : undefined);
  const isLocal = found?.address === local.address && found.port === local.port;
  return isLocal && isOurs(localAddress) ? 'here' : found;
}

/** Behind TPROXY a socket's own address is any address; one of this machine's means nobody sent it. */
function isOurs(address: string): boolean {
  return Object.values(networkInterfaces()).some((all) =>
    all?.some((own) => own.address === address),
  );
}
