import { addressFromOctets } from '../../policy/network.ts';
import type { LoggedPacket } from './packet.ts';

/** What the headers of a packet say. */
export type Headers = Pick<LoggedPacket, 'from' | 'to' | 'transport' | 'port' | 'question'>;

const [TCP, UDP] = [6, 17];
const DNS = 53;
const UDP_HEADER = 8;
/** RFC 8200 4.1: what can stand between the IPv6 header and the transport's. */
const [HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION, MOBILITY] = [
  0, 43, 44, 51, 60, 135,
];

/** Reads the headers of an IP packet, of which the end may be missing; undefined where it is none. */
export function readHeaders(packet: Uint8Array): Headers | undefined {
  const version = (packet[0] ?? 0) >> 4;
  if (version === 4) return readIpv4(packet);
  return version === 6 ? readIpv6(packet) : undefined;
}

/** RFC 791 3.1. */
function readIpv4(packet: Uint8Array): Headers | undefined {
  const length = ((packet[0] as number) & 15) * 4;
  if (length < 20 || packet.length < 20) return undefined;
  const isFirst = (u16(packet, 6) & 0x1fff) === 0;
  return {
    from: addressFromOctets(packet.subarray(12, 16)),
    to: addressFromOctets(packet.subarray(16, 20)),
    ...readTransport(packet[9] as number, isFirst ? packet.subarray(length) : NOTHING),
  };
}

function readIpv6(packet: Uint8Array): Headers | undefined {
  if (packet.length < 40) return undefined;
  const ends = {
    from: addressFromOctets(packet.subarray(8, 24)),
    to: addressFromOctets(packet.subarray(24, 40)),
  };
  let next = packet[6] as number;
  let at = 40;
  // Each is eight octets at least, so the packet's length bounds this.
  while (at + 8 <= packet.length) {
    const size = sizeOfExtension(next, packet, at);
    if (size === undefined) break;
    if (next === FRAGMENT && u16(packet, at + 2) >> 3 !== 0) {
      return { ...ends, ...readTransport(packet[at] as number, NOTHING) };
    }
    next = packet[at] as number;
    at += size;
  }
  return { ...ends, ...readTransport(next, packet.subarray(at)) };
}

/** Octets of an extension header; undefined where `next` is none. */
function sizeOfExtension(next: number, packet: Uint8Array, at: number): number | undefined {
  switch (next) {
    case HOP_BY_HOP:
    case ROUTING:
    case DESTINATION:
    case MOBILITY:
      return ((packet[at + 1] as number) + 1) * 8;
    case AUTHENTICATION: // RFC 4302 2.2: in words of four octets, less two
      return ((packet[at + 1] as number) + 2) * 4;
    case FRAGMENT:
      return 8;
    default:
      return undefined;
  }
}

const NOTHING = new Uint8Array();

function readTransport(
  protocol: number,
  rest: Uint8Array,
): Pick<Headers, 'transport' | 'port' | 'question'> {
  if (protocol !== TCP && protocol !== UDP) return { transport: 'other' };
  const transport = protocol === TCP ? 'tcp' : 'udp';
  if (rest.length < 4) return { transport };
  const port = u16(rest, 2);
  // A copy, since whoever reads uses the same memory again.
  const isQuestion = protocol === UDP && port === DNS && rest.length > UDP_HEADER;
  return {
    transport,
    port,
    ...(isQuestion ? { question: Uint8Array.from(rest.subarray(UDP_HEADER)) } : {}),
  };
}

function u16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number);
}
