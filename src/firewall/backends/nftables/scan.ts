import { type Name, nameToWire } from '../../../policy/name.ts';
import { rule, SEEN } from './words.ts';

/**
 * Octets of a hello before which no server name can stand (no session id, one cipher, no extension
 * in front), and behind which no agent's does.
 */
const FIRST = 52;
const LAST = 1399;
/** Octets of the extension in front of the name. */
const HEAD = 9;
/** Letters are compared without the bit that tells small ones from capitals. */
const ANY_CASE = 0xdf;
/** A comparison takes at most 128 bits. */
const CHUNK = 16;

/**
 * Looks for the whole server name extension of a sanctioned name at each place where it may stand
 * (RFC 6066 section 3). The lengths in front and the end behind keep longer and shorter names out.
 */
export function scanChain(names: readonly Name[]): readonly string[] {
  return names.flatMap((name) => {
    const pieces = piecesOf(extensionOf(name));
    return Array.from({ length: LAST - FIRST + 1 }, (_, i) =>
      rule(
        'scan',
        ...pieces.map(({ at, words }) => `@ih,${(FIRST + i + at) * 8},${words}`),
        `ct mark set ct mark or ${SEEN} accept`,
      ),
    );
  });
}

/** Type 0, its length, the list's length, type 0 for a host name, its length, the name. */
function extensionOf(name: Name): Buffer {
  const labels = Buffer.from(nameToWire(name)).subarray(0, -1);
  const text = Buffer.from(textOf(labels), 'latin1');
  const head = Buffer.alloc(HEAD);
  head.writeUInt16BE(text.length + 5, 2);
  head.writeUInt16BE(text.length + 3, 4);
  head.writeUInt16BE(text.length, 7);
  return Buffer.concat([head, text]);
}

/** Labels joined by dots, as TLS carries them; a dot inside a label is no host name, and matches none. */
function textOf(labels: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < labels.length; at += 1 + (labels[at] as number)) {
    const end = at + 1 + (labels[at] as number);
    parts.push(Buffer.from(labels.subarray(at + 1, end)).toString('latin1'));
  }
  return parts.join('.');
}

/** What is compared, piece by piece, with how far behind the extension's beginning each stands. */
function piecesOf(extension: Buffer): readonly { readonly at: number; readonly words: string }[] {
  const mask = extension.map((octet, i) => (i >= HEAD && isLetter(octet) ? ANY_CASE : 0xff));
  const value = extension.map((octet, i) => octet & (mask[i] as number));
  const hex = (octets: Uint8Array, at: number) =>
    `0x${Buffer.from(octets.subarray(at, at + CHUNK)).toString('hex')}`;
  return Array.from({ length: Math.ceil(extension.length / CHUNK) }, (_, i) => {
    const at = i * CHUNK;
    const bits = Math.min(CHUNK, extension.length - at) * 8;
    return { at, words: `${bits} & ${hex(mask, at)} == ${hex(value, at)}` };
  });
}

function isLetter(octet: number): boolean {
  return octet >= 0x61 && octet <= 0x7a;
}
