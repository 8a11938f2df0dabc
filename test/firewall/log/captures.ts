import { octetsOfAddress, parseAddress } from '../../../src/policy/network.ts';
import { words } from '../../support/packet.ts';

/** Packets and captures as tests write them, sharing nothing with what reads them. */

export type Made = {
  readonly from: string;
  readonly to: string;
  /** 6 TCP, 17 UDP, 1 ICMP. */
  readonly protocol?: number;
  readonly port?: number;
  readonly payload?: Uint8Array;
  /** Headers between IPv6's own and the transport's: each its number, and its octets but the first. */
  readonly extensions?: readonly (readonly [number, Uint8Array])[];
  /** In eight octets. */
  readonly fragmentOffset?: number;
  /** Octets of IPv4 options. */
  readonly options?: number;
};

const octets = (address: string) => octetsOfAddress(parseAddress(address));

export function makePacket(made: Made): Buffer {
  const { from, to, protocol = 6, port = 443, payload = Buffer.alloc(0) } = made;
  const transport =
    protocol === 6
      ? Buffer.concat([words(50_000, port), Buffer.alloc(16), payload])
      : Buffer.concat([words(50_000, port, 8 + payload.length, 0), payload]);
  if (!from.includes(':')) {
    const options = made.options ?? 0;
    const header = Buffer.alloc(20 + options);
    header[0] = 0x45 + options / 4;
    header.writeUInt16BE(header.length + transport.length, 2);
    header.writeUInt16BE(made.fragmentOffset ?? 0, 6);
    header[8] = 64;
    header[9] = protocol;
    header.set(octets(from), 12);
    header.set(octets(to), 16);
    return Buffer.concat([header, transport]);
  }
  const { extensions = [] } = made;
  const numbers = [...extensions.map(([number]) => number), protocol];
  const header = Buffer.concat([
    Buffer.of(0x60, 0, 0, 0),
    words(transport.length),
    Buffer.of(numbers[0] as number, 64),
    octets(from),
    octets(to),
  ]);
  const rest = extensions.map(([, own], i) =>
    Buffer.concat([Buffer.of(numbers[i + 1] as number), own]),
  );
  return Buffer.concat([header, ...rest, transport]);
}

export type MadeNflog = {
  readonly prefix?: string;
  readonly packet?: Uint8Array;
  /** 0 before routing, 2 forwarded. */
  readonly hook?: number;
  readonly stamp?: readonly [seconds: bigint, micros: bigint];
  readonly isBigEndian?: boolean;
};

/** A record of link type 239, as libpcap hands it on from the kernel. */
export function makeNflog(made: MadeNflog): Buffer {
  const { prefix = 'TW-DENY ', packet, hook = 2, stamp, isBigEndian = false } = made;
  const attribute = (type: number, value: Uint8Array) => {
    const head = Buffer.alloc(4);
    head[isBigEndian ? 'writeUInt16BE' : 'writeUInt16LE'](4 + value.length, 0);
    head[isBigEndian ? 'writeUInt16BE' : 'writeUInt16LE'](type, 2);
    return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
  };
  const time = Buffer.alloc(16);
  if (stamp) for (const [i, value] of stamp.entries()) time.writeBigUInt64BE(value, i * 8);
  return Buffer.concat([
    Buffer.of(2, 0, 0, 5),
    attribute(1, Buffer.of(8, 0, hook, 0)),
    attribute(10, Buffer.from(`${prefix}\0`, 'latin1')),
    attribute(4, Buffer.of(0, 0, 0, 2)),
    ...(stamp ? [attribute(3, time)] : []),
    ...(packet ? [attribute(9, packet)] : []),
  ]);
}

export type MadePflog = {
  /** 61: FreeBSD to 12; 69: FreeBSD from 13; 100: OpenBSD. */
  readonly length?: 61 | 69 | 100;
  readonly action?: number;
  readonly anchor?: string;
  readonly rule?: number;
  readonly subrule?: number;
  readonly packet: Uint8Array;
};

/** A record of link type 117, by the layouts of net/if_pflog.h: nobody has captured it here. */
export function makePflog(made: MadePflog): Buffer {
  const { length = 100, action = 1, anchor = 'tunnelwarden', rule = 7, packet } = made;
  const header = Buffer.alloc((length + 3) & ~3, 0);
  header[0] = length;
  header[1] = 2;
  header[2] = action;
  header.write('em1', 4, 'latin1');
  header.write(anchor, 20, 15, 'latin1');
  header.writeUInt32BE(rule, 36);
  header.writeUInt32BE(made.subrule ?? 0xffff_ffff, 40);
  header[60] = 1;
  return Buffer.concat([header, packet]);
}

export type MadeCapture = {
  readonly linkType?: number;
  readonly isBigEndian?: boolean;
  readonly isNano?: boolean;
};

export function captureHeader({ linkType = 239, isBigEndian, isNano }: MadeCapture = {}): Buffer {
  const magic = isNano ? 0xa1b23c4d : 0xa1b2c3d4;
  return numbers(isBigEndian, [magic, 0, 0, 0, 640, linkType], { 1: [2, 4] });
}

export function captureRecord(
  octets: Uint8Array,
  [seconds, fraction]: readonly [number, number] = [1_000, 0],
  { isBigEndian }: MadeCapture = {},
): Buffer {
  const head = numbers(isBigEndian, [seconds, fraction, octets.length, octets.length]);
  return Buffer.concat([head, octets]);
}

/** Thirty-two bits each; some are two times sixteen. */
function numbers(
  isBigEndian: boolean | undefined,
  values: readonly number[],
  pairs: Readonly<Record<number, readonly [number, number]>> = {},
): Buffer {
  const written = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) {
    written[isBigEndian ? 'writeUInt32BE' : 'writeUInt32LE'](value, i * 4);
    for (const [j, half] of (pairs[i] ?? []).entries()) {
      written[isBigEndian ? 'writeUInt16BE' : 'writeUInt16LE'](half, i * 4 + j * 2);
    }
  }
  return written;
}
