import { RCODE, TYPE } from '../constants.ts';
import { compareQuestion, decodeResponse, isResponseTo, type Response } from '../decode.ts';
import type { Question } from '../message.ts';
import { Malformed } from '../reader.ts';

/** What a packet is to the query: not about it, unreadable, to be asked again by stream, or its response. */
export type Reading =
  | { readonly kind: 'stray' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'again' }
  | { readonly kind: 'response'; readonly response: Response };

/** Reads a packet that came to the question `sent`; over a stream, letter case proves nothing. */
export function read(message: Buffer, id: number, sent: Uint8Array, stream: boolean): Reading {
  if (!isResponseTo(message, id)) return { kind: message.length < 12 ? 'broken' : 'stray' };
  const match = compareQuestion(message, sent);
  if (match === 'other') {
    // FORMERR may come without the question it could not read; anything else without it is not ours.
    const bare = message.readUInt16BE(4) === 0 && message.length === 12;
    if (!bare || (message.readUInt8(3) & 15) !== RCODE.FORMERR) {
      return { kind: message.readUInt16BE(4) === 1 ? 'stray' : 'broken' };
    }
    return { kind: 'response', response: formatError(id) };
  }
  // An upstream that folds letter case is asked again where forging takes more than a guess.
  if (match === 'case' && !stream) return { kind: 'again' };
  try {
    const response = decodeResponse(message, sent.length);
    return response.truncated && !stream ? { kind: 'again' } : { kind: 'response', response };
  } catch (error) {
    if (error instanceof Malformed) return { kind: 'broken' };
    throw error;
  }
}

function formatError(id: number): Response {
  return {
    id,
    rcode: RCODE.FORMERR,
    truncated: false,
    authenticData: false,
    answers: [],
    authorities: [],
    extended: [],
  };
}

/** How servers that do not know EDNS say so (RFC 6891 section 7; NOTIMP is seen as well). */
export function lacksEdns(rcode: number): boolean {
  return rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP || rcode === RCODE.BADVERS;
}

/** What an upstream says that serves us no name at all: it may be quick, and is of no use. SERVFAIL is about one name. */
export function isRefusal(rcode: number): boolean {
  return rcode === RCODE.REFUSED || rcode === RCODE.NOTAUTH;
}

/** Responses after which another upstream may know better. */
export function isFailure(
  { rcode, truncated, answers, authorities }: Response,
  question: Question,
): boolean {
  // All but these say that it did not work, not what the answer is. (6: the name a DNAME makes is too long.)
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN && rcode !== RCODE.YXDOMAIN) return true;
  if (truncated) return true;
  // A referral: it does not recurse for us. The root's own NS question is no referral.
  return (
    rcode === RCODE.NOERROR &&
    answers.length === 0 &&
    question.type !== TYPE.NS &&
    authorities.some(({ type }) => type === TYPE.NS) &&
    !authorities.some(({ type }) => type === TYPE.SOA)
  );
}
