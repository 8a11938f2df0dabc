import type { Opening } from './opening.ts';

/** Octets of `first` in an opening of another kind. */
const SHOWN = 16;

const HANDSHAKE = 22;
/** change_cipher_spec, alert, application_data and heartbeat (RFC 8446 section 5.1, RFC 6520). */
const OTHER_RECORDS = [20, 21, 23, 24];
const SSH = Buffer.from('SSH-');

/** An opening that is nothing we know; a copy, as the slice of a Buffer is none and would keep all of it. */
export function otherOpening(seen: Uint8Array): Opening {
  return { kind: 'other', first: Uint8Array.from(seen.subarray(0, SHOWN)) };
}

/**
 * Which protocol at least one octet may be the beginning of, or the opening itself where no more is to be
 * known; undefined where more octets are needed.
 */
export function sniff(seen: Uint8Array): 'tls' | 'ssh' | 'http' | Opening | undefined {
  const first = seen[0] as number;
  if (first === HANDSHAKE) return 'tls';
  if (OTHER_RECORDS.includes(first)) return strangeRecord(seen);
  if (first >= 0x80) return oldHello(seen);
  if (isStart(SSH, seen)) return seen.length < SSH.length ? undefined : 'ssh';
  return isTokenOctet(first) ? 'http' : otherOpening(seen);
}

/**
 * GnuTLS reads over a change_cipher_spec before the ClientHello: what begins with another record can still be
 * TLS, with whatever server name.
 */
function strangeRecord(seen: Uint8Array): Opening | undefined {
  if (seen.length < 2) return undefined;
  if (seen[1] !== 3) return otherOpening(seen);
  return { kind: 'malformed', reason: 'the first record holds no handshake' };
}

/**
 * A ClientHello in the form of SSL 2.0 (RFC 5246 appendix E.2), which has no place for a server name.
 * No client has sent one since RFC 6176 forbade it, and OpenSSL still takes it.
 */
function oldHello(seen: Uint8Array): Opening | undefined {
  if (seen.length > 2 && seen[2] !== 1) return otherOpening(seen);
  if (seen.length < 4) return undefined;
  if (seen[3] !== 3) return otherOpening(seen);
  return { kind: 'malformed', reason: 'the hello is in the form of SSL 2.0' };
}

function isStart(text: Uint8Array, seen: Uint8Array): boolean {
  return text.every((octet, i) => i >= seen.length || seen[i] === octet);
}

/** 1 for what may stand in a token (RFC 9110 section 5.6.2), as a method is. */
const TOKEN = Uint8Array.from({ length: 256 }, (_, octet) =>
  /[\w!#$%&'*+.^`|~-]/.test(String.fromCharCode(octet)) ? 1 : 0,
);

export function isTokenOctet(octet: number): boolean {
  return TOKEN[octet] === 1;
}
