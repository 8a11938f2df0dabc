import { createHmac, randomBytes } from 'node:crypto';
import { type Address, octetsOfAddress } from '../../policy/network.ts';

/** Makes the whole cookie option for a client: its own 8 octets and our 16 (RFC 9018 section 4). */
export type MakeCookie = (client: Address, cookie: Uint8Array, now: number) => Uint8Array;

/**
 * Server cookies, so that clients can tell our answers from forged ones. They are not asked for in
 * return: a query without one, or with a stale one, is answered as well (RFC 7873 5.2.3, first
 * choice). The hash is HMAC-SHA-256, cut to 8 octets; SipHash would matter only between servers that
 * share a secret. `now` is in milliseconds since the epoch.
 */
export function createCookieMaker(secret: Uint8Array = randomBytes(32)): MakeCookie {
  return (client, cookie, now) => {
    const whole = Buffer.alloc(24);
    whole.set(cookie.subarray(0, 8));
    whole[8] = 1; // version
    whole.writeUInt32BE(Math.floor(now / 1000) >>> 0, 12);
    const hash = createHmac('sha256', secret)
      .update(whole.subarray(0, 16))
      .update(octetsOfAddress(client));
    whole.set(hash.digest().subarray(0, 8), 16);
    return whole;
  };
}
