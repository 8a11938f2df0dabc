import type { ClientHello } from './hello.ts';
import { createRequestScan } from './http.ts';
import { createRecordScan } from './records.ts';
import type { Scan } from './scan.ts';
import { sniff } from './sniff.ts';
import { createBannerScan } from './ssh.ts';

/**
 * What a client opens a connection with, as far as its first octets tell.
 *
 * - tls: a sound ClientHello
 * - malformed: begins like TLS and is no sound ClientHello; `reason` says what is wrong, in English
 * - ssh: an SSH identification line (RFC 4253 section 4.2); `software` is what follows `SSH-2.0-`
 * - http: a request line of HTTP/1.x, or the preface of HTTP/2; `host` and `languages` are header fields,
 *   where they are there
 * - other: anything else; `first` is its first octets, at most 16, and fewer where fewer were enough to tell
 *
 * Texts are a stranger's, a character for each octet; nothing in them has been made harmless.
 */
export type Opening =
  | { readonly kind: 'tls'; readonly hello: ClientHello }
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'ssh'; readonly software: string }
  | {
      readonly kind: 'http';
      readonly method: string;
      readonly target: string;
      readonly host?: string;
      readonly languages?: string;
    }
  | { readonly kind: 'other'; readonly first: Uint8Array };

/** Reads a connection's first octets as they come. */
export type OpeningReader = {
  /** Takes what has come; gives the opening once it is known, and never asks for more after that. */
  readonly push: (octets: Uint8Array) => Opening | undefined;
  /** All that was taken, in one piece: what the other end has to be told. */
  readonly received: () => Uint8Array;
};

const SCANS: Readonly<Record<'tls' | 'ssh' | 'http', () => Scan>> = {
  tls: createRecordScan,
  ssh: createBannerScan,
  http: createRequestScan,
};

/**
 * A reader that knows the opening after 16 KiB at the latest, however they are cut, and until then
 * holds at most twice of what it was given. How long it may take is for others to say.
 */
export function createOpeningReader(): OpeningReader {
  let held: Uint8Array = new Uint8Array(0);
  let length = 0;
  let scan: Scan | undefined;
  let opening: Opening | undefined;

  /** Copies: a connection that drips would hold a buffer for each octet. */
  function keep(octets: Uint8Array): void {
    const needed = length + octets.length;
    if (needed > held.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * length));
      grown.set(held.subarray(0, length));
      held = grown;
    }
    held.set(octets, length);
    length = needed;
  }
  function look(seen: Uint8Array): Opening | undefined {
    if (!scan) {
      const kind = sniff(seen);
      if (kind === undefined || typeof kind === 'object') return kind;
      scan = SCANS[kind]();
    }
    return scan(seen);
  }
  return {
    push: (octets) => {
      if (opening || octets.length === 0) return opening;
      // Nearly every hello comes in one piece, which is looked at where it is.
      opening = length === 0 ? look(octets) : undefined;
      if (opening) {
        held = octets;
        length = octets.length;
        return opening;
      }
      const isFirst = length === 0;
      keep(octets);
      if (!isFirst) opening = look(held.subarray(0, length));
      return opening;
    },
    received: () => held.subarray(0, length),
  };
}
