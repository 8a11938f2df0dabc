import { hash } from 'node:crypto';

/** What the fingerprint is made of, in the client's order and with its GREASE. */
export type Ja4Parts = {
  readonly legacyVersion: number;
  /** Of the extension supported_versions; empty where there is none. */
  readonly versions: readonly number[];
  readonly ciphers: readonly number[];
  /** Types. */
  readonly extensions: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  /** A character for each octet. */
  readonly alpn: readonly string[];
};

const SERVER_NAME = 0;
const ALPN = 16;

const VERSIONS: ReadonlyMap<number, string> = new Map([
  [0x0304, '13'],
  [0x0303, '12'],
  [0x0302, '11'],
  [0x0301, '10'],
  [0x0300, 's3'],
  [0x0002, 's2'],
]);

/** JA4 of a client over TCP, as FoxIO's technical_details/JA4.md (BSD licence) defines it. */
export function ja4Of(parts: Ja4Parts): string {
  const ciphers = parts.ciphers.filter(isMeant);
  const extensions = parts.extensions.filter(isMeant);
  const others = extensions.filter((type) => type !== SERVER_NAME && type !== ALPN);
  const algorithms = parts.signatureAlgorithms.filter(isMeant);
  const version = Math.max(...parts.versions.filter(isMeant));
  const about = [
    't',
    VERSIONS.get(Number.isFinite(version) ? version : parts.legacyVersion) ?? '00',
    extensions.includes(SERVER_NAME) ? 'd' : 'i',
    countOf(ciphers),
    countOf(extensions),
    endsOf(parts.alpn[0]),
  ].join('');
  const extended = sortedList(others) + (algorithms.length > 0 ? `_${listOf(algorithms)}` : '');
  return [about, digestOf(ciphers, sortedList(ciphers)), digestOf(others, extended)].join('_');
}

/** False for GREASE (RFC 8701): values with which clients keep servers used to the unknown. */
function isMeant(value: number): boolean {
  return (value & 0x0f0f) !== 0x0a0a || value >>> 8 !== (value & 0xff);
}

function countOf(values: readonly number[]): string {
  return String(Math.min(values.length, 99)).padStart(2, '0');
}

/** First and last character of a protocol's name, or of its octets in hex where one of them is no letter or digit. */
function endsOf(protocol: string | undefined): string {
  if (!protocol) return '00';
  const isPlain = /^[a-z0-9](?:.*[a-z0-9])?$/is.test(protocol);
  const text = isPlain ? protocol : Buffer.from(protocol, 'latin1').toString('hex');
  return `${text[0]}${text.at(-1)}`;
}

function listOf(values: readonly number[]): string {
  return values.map((value) => value.toString(16).padStart(4, '0')).join(',');
}

function sortedList(values: readonly number[]): string {
  return listOf(values.toSorted((one, other) => one - other));
}

function digestOf(values: readonly number[], text: string): string {
  return values.length === 0 ? '0'.repeat(12) : hash('sha256', text).slice(0, 12);
}
