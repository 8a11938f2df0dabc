import type { Endpoint } from '../policy/endpoint.ts';
import { addressFromOctets, octetsOfAddress } from '../policy/network.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Octets of `sockaddr_in` and `sockaddr_in6`; the family stands in the machine's order, the rest in the network's. */
export function encodeSockaddr({ address, port }: Endpoint): Uint8Array {
  const octets = octetsOfAddress(address);
  const isIpv4 = octets.length === 4;
  const out = Buffer.alloc(isIpv4 ? 16 : 28);
  const family = isIpv4 ? AF_INET : AF_INET6;
  if (LITTLE) out.writeUInt16LE(family);
  else out.writeUInt16BE(family);
  out.writeUInt16BE(port, 2);
  out.set(octets, isIpv4 ? 4 : 8);
  return out;
}

/** The endpoint in a `sockaddr`; undefined where it is of another family. */
export function decodeSockaddr(octets: Uint8Array): Endpoint | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const family = view.getUint16(0, LITTLE);
  const port = view.getUint16(2);
  if (family === AF_INET) return { address: addressFromOctets(octets.subarray(4, 8)), port };
  if (family === AF_INET6) return { address: addressFromOctets(octets.subarray(8, 24)), port };
  return undefined;
}
