import { readHello } from './hello.ts';
import type { Opening } from './opening.ts';
import type { Scan } from './scan.ts';

/** Octets of a connection in which its ClientHello has to end; Chromium's takes 2 KiB. */
const MAX_OCTETS = 16_384;
/** RFC 8446 section 5.1. */
const MAX_FRAGMENT = 16_384;
const RECORD_HEADER = 5;
/** Type and length of a handshake message. */
const MESSAGE_HEADER = 4;

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;

/**
 * Reads the ClientHello from the records it is spread over. It is parsed once, when it is whole; until then
 * only headers are looked at, in the order of the stream, so that it does not matter how it is cut.
 */
export function createRecordScan(): Scan {
  /** Where the record begins that is not whole yet, and what the ones before it hold. */
  let at = 0;
  let filled = 0;
  /** Octets of the message with its header, once known. */
  let size: number | undefined;
  return (octets) => {
    const seen = octets.subarray(0, MAX_OCTETS);
    while (seen.length >= at + RECORD_HEADER) {
      const reason = faultOfHeader(seen, at);
      if (reason) return malformed(reason);
      const start = at + RECORD_HEADER;
      const end = start + lengthAt(seen, at);
      const present = filled + Math.min(end, seen.length) - start;
      if (size === undefined && present >= MESSAGE_HEADER) {
        const header = gather(seen, MESSAGE_HEADER);
        if (header[0] !== CLIENT_HELLO) return malformed('the first message is no ClientHello');
        size = MESSAGE_HEADER + Buffer.from(header).readUIntBE(1, 3);
        if (size > MAX_OCTETS) return malformed(TOO_LONG);
      }
      if (size !== undefined && present >= size) {
        return readHello(gather(seen, size).subarray(MESSAGE_HEADER));
      }
      if (end > seen.length) break;
      filled = present;
      at = end;
    }
    return seen.length < MAX_OCTETS ? undefined : malformed(TOO_LONG);
  };
}

const TOO_LONG = 'the hello is too long';

function malformed(reason: string): Opening {
  return { kind: 'malformed', reason };
}

/**
 * RFC 8446 section 5.1: no message is interrupted by records of another type, and none is empty (OpenSSL
 * takes those, and no client sends them). The version is to be ignored, yet OpenSSL, GnuTLS and nginx take none
 * that does not begin with 3.
 */
function faultOfHeader(seen: Uint8Array, at: number): string | undefined {
  if (seen[at] !== HANDSHAKE) return 'a record within the hello holds no handshake';
  if (seen[at + 1] !== 3) return 'a record has an unknown version';
  const length = lengthAt(seen, at);
  if (length === 0) return 'a record is empty';
  if (length > MAX_FRAGMENT) return 'a record is too long';
  return undefined;
}

/** The length of the fragment in the record at `at`. */
function lengthAt(seen: Uint8Array, at: number): number {
  return ((seen[at + 3] as number) << 8) | (seen[at + 4] as number);
}

/** The first octets that the records hold together; not copied where one record holds them. */
function gather(seen: Uint8Array, count: number): Uint8Array {
  if (lengthAt(seen, 0) >= count) return seen.subarray(RECORD_HEADER, RECORD_HEADER + count);
  const gathered = new Uint8Array(count);
  for (let at = 0, filled = 0; filled < count; ) {
    const length = Math.min(lengthAt(seen, at), count - filled);
    const start = at + RECORD_HEADER;
    gathered.set(seen.subarray(start, start + length), filled);
    filled += length;
    at = start + length;
  }
  return gathered;
}
