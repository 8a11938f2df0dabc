import { createHash } from 'node:crypto';
import { type Name, nameFromWire, nameToWire } from '../../policy/name.ts';
import { type Address, addressFromOctets } from '../../policy/network.ts';
import type { Found, Said } from './facts.ts';

/** The answers of one type; none where nothing was said. */
export function answersOf(said: Said, type: string): readonly Found[] {
  return said.kind === 'said' ? said.answers.filter((found) => found.type === type) : [];
}

/** The addresses in an answer, whichever name at its end they belong to. */
export function addressesOf(said: Said): readonly Address[] {
  return [...answersOf(said, 'A'), ...answersOf(said, 'AAAA')].map(({ data }) =>
    addressFromOctets(data),
  );
}

/** The name that a record of NS or CNAME holds. */
export function nameIn({ data }: Found): Name {
  return nameFromWire(data, 0, data.length);
}

/** The data of DS, as the policy writes it. */
export function dsText({ data }: Found): string {
  const view = Buffer.from(data);
  const digest = view.subarray(4).toString('hex').toUpperCase();
  return `${view.readUInt16BE(0)} ${data[2]} ${data[3]} ${digest}`;
}

/** One property of CAA (RFC 8659 section 4.1). */
export type Caa = { readonly critical: boolean; readonly tag: string; readonly value: string };

/** Undefined for data that is cut short. */
export function caaIn({ data }: Found): Caa | undefined {
  const [flags = 0, length = 0] = data;
  if (length === 0 || data.length < 2 + length) return undefined;
  const text = Buffer.from(data).toString('latin1');
  return {
    critical: (flags & 0x80) !== 0,
    tag: text.slice(2, 2 + length).toLowerCase(),
    value: text.slice(2 + length),
  };
}

/** The digests of DS by their type (RFC 4034 section 5.1.4, RFC 4509, RFC 6605). */
const HASHES: Readonly<Record<number, string>> = { 1: 'sha1', 2: 'sha256', 4: 'sha384' };

/**
 * True where a DS stands for a key: number, algorithm and digest. A digest of a type we cannot compute
 * is believed where the rest holds.
 */
export function standsFor(ds: Found, key: Found, domain: Name): boolean {
  const [one, other] = [Buffer.from(ds.data), Buffer.from(key.data)];
  if (one.length < 5 || other.length < 5) return false;
  // A key that is no zone key (RFC 4034 section 2.1.1) signs nothing that resolvers look at.
  if ((other.readUInt16BE(0) & 0x0100) === 0) return false;
  if (one.readUInt16BE(0) !== tagOf(other) || one[2] !== other[3]) return false;
  const hash = HASHES[one[3] as number];
  if (hash === undefined) return true;
  return createHash(hash).update(nameToWire(domain)).update(other).digest().equals(one.subarray(4));
}

/** The key's tag (RFC 4034 appendix B). */
function tagOf(key: Uint8Array): number {
  const sum = key.reduce((sum, octet, i) => sum + (i % 2 === 0 ? octet << 8 : octet), 0);
  return (sum + (sum >>> 16)) & 0xffff;
}
