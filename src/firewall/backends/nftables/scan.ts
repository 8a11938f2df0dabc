import { type Name, nameToWire } from '../../../policy/name.ts';
import { rule, SEEN } from './words.ts';

/** Octets of a hello before which no server name can stand, and behind which no agent's does. */
const FIRST = 80;
const LAST = 1399;
/** A comparison takes at most 128 bits. */
const CHUNK = 16;

/**
 * Looks for the whole server name extension of a sanctioned name at each place where it may stand
 * (RFC 6066 section 3). The lengths in front and the end behind keep longer and shorter names out.
 */
export function scanChain(names: readonly Name[]): readonly string[] {
  return names.flatMap((name) => {
    const extension = extensionOf(name);
    return Array.from({ length: LAST - FIRST + 1 }, (_, i) =>
      rule('scan', matches(extension, FIRST + i), `ct mark set ct mark or ${SEEN} accept`),
    );
  });
}

/** Type 0, its length, the list's length, type 0 for a host name, its length, the name. */
function extensionOf(name: Name): Buffer {
  const labels = Buffer.from(nameToWire(name)).subarray(0, -1);
  const text = Buffer.from(textOf(labels), 'latin1');
  const head = Buffer.alloc(9);
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

function matches(extension: Buffer, offset: number): string {
  const words: string[] = [];
  for (let at = 0; at < extension.length; at += CHUNK) {
    const part = extension.subarray(at, at + CHUNK);
    words.push(`@ih,${(offset + at) * 8},${part.length * 8} 0x${part.toString('hex')}`);
  }
  return words.join(' ');
}
