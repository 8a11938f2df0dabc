import ipaddr from 'ipaddr.js';
import { ParseError } from './problem.ts';

/**
 * An IP address in its one canonical text form: IPv4 as four decimal parts, IPv6 as RFC 5952
 * writes it, an IPv4-mapped IPv6 address as the IPv4 address it stands for.
 */
export type Address = string & { readonly [addressBrand]: true };
declare const addressBrand: unique symbol;

/** A prefix of addresses: those whose first `length` bits are those of `octets`. */
export type Network = {
  /** `10.0.0.0/8`; a single address without its `/32` or `/128`. */
  readonly text: string;
  /** 4 or 16 octets, host bits zero. */
  readonly octets: Uint8Array;
  readonly length: number;
};

// The short, octal and hexadecimal forms that inet_aton takes (`127.1`, `010.0.0.1`, `0x7f.1`)
// mean different addresses to different programs, so none of them is an address here.
const IPV4 = /^(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})$/;

/** Reads an address strictly; a zone (`fe80::1%eth0`) is refused. Throws ParseError. */
export function parseAddress(text: string): Address {
  const octets = octetsOf(text);
  if (!octets) {
    throw new ParseError(
      `"${text}" is not an IP address; write four decimal parts such as 192.0.2.1, or IPv6`,
    );
  }
  return addressFromOctets(octets);
}

/** Reads `ADDRESS` or `ADDRESS/LENGTH`; host bits must be zero. Throws ParseError. */
export function parseNetwork(text: string): Network {
  const [base, suffix, more] = text.split('/') as [string, string?, string?];
  let octets = octetsOf(base);
  if (
    !octets ||
    more !== undefined ||
    (suffix !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(suffix))
  ) {
    throw new ParseError(
      `"${text}" is not a network; write one such as 192.0.2.0/24 or 2001:db8::/32`,
    );
  }
  let length = suffix === undefined ? octets.length * 8 : Number(suffix);
  if (length > octets.length * 8) {
    throw new ParseError(`"${text}" has a prefix length over ${octets.length * 8}`);
  }
  if (isMapped(octets) && length >= 96) {
    octets = octets.subarray(12);
    length -= 96;
  }
  const masked = octets.map((octet, i) => octet & maskOctet(length, i));
  const network = networkOf(masked, length);
  if (!masked.every((octet, i) => octet === (octets as Uint8Array)[i])) {
    throw new ParseError(`"${text}" has host bits set; did you mean ${network.text}?`);
  }
  return network;
}

/** The address of an end of a socket, as Node tells it: a link-local one comes with its interface, `fe80::1%eth0`. */
export function parseSocketAddress(text: string): Address {
  return parseAddress(text.replace(/%.*$/, ''));
}

/** The address of 4 or 16 octets, as A and AAAA records and sockets carry it. */
export function addressFromOctets(octets: Uint8Array): Address {
  const plain = isMapped(octets) ? octets.subarray(12) : octets;
  if (plain.length === 4) return plain.join('.') as Address;
  return ipaddr.fromByteArray([...plain]).toString() as Address;
}

/** 4 octets for IPv4, 16 for IPv6. */
export function octetsOfAddress(address: Address): Uint8Array {
  return octetsOf(address) as Uint8Array;
}

/** RFC 6052 2.1: `64:ff9b::/96`, whose last four octets are an IPv4 address. */
const TRANSLATED = '64:ff9b::';

/** The IPv4 address that a NAT64 at the well-known prefix sends an address on to. */
export function translatedAddress(address: Address): Address | undefined {
  if (!address.startsWith(TRANSLATED)) return undefined;
  return addressFromOctets(octetsOfAddress(address).subarray(12));
}

export function isIpv4(address: Address): boolean {
  return !address.includes(':');
}

/** True when the address lies in the network; never across families. */
export function contains(network: Network, octets: Uint8Array): boolean {
  if (network.octets.length !== octets.length) return false;
  return network.octets.every(
    (octet, i) => octet === ((octets[i] as number) & maskOctet(network.length, i)),
  );
}

function networkOf(octets: Uint8Array, length: number): Network {
  const text = addressFromOctets(octets);
  return { text: length === octets.length * 8 ? text : `${text}/${length}`, octets, length };
}

function octetsOf(text: string): Uint8Array | undefined {
  if (IPV4.test(text)) {
    const octets = text.split('.').map(Number);
    return octets.every((octet) => octet < 256) ? Uint8Array.from(octets) : undefined;
  }
  if (!text.includes(':') || /[^0-9a-fA-F:.]/.test(text)) return undefined;
  // ipaddr.js would take `::ffff:127.1`, and read `::192.0.2.1` as mapped: it gets no dotted tail.
  const tail = text.slice(text.lastIndexOf(':') + 1);
  const dotted = tail.includes('.') ? octetsOf(tail) : undefined;
  const hex = dotted ? text.slice(0, -tail.length) + hexGroups(dotted) : text;
  if (hex.includes('.') || !ipaddr.IPv6.isValid(hex)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(hex).toByteArray());
}

function hexGroups(octets: Uint8Array): string {
  const hex = Buffer.from(octets).toString('hex');
  return `${hex.slice(0, 4)}:${hex.slice(4)}`;
}

/** RFC 4291 2.5.5.2: `::ffff:0:0/96`. */
function isMapped(octets: Uint8Array): boolean {
  return (
    octets.length === 16 &&
    octets[10] === 0xff &&
    octets[11] === 0xff &&
    octets.subarray(0, 10).every((octet) => octet === 0)
  );
}

function maskOctet(length: number, index: number): number {
  const bits = Math.min(8, Math.max(0, length - index * 8));
  return (0xff << (8 - bits)) & 0xff;
}
