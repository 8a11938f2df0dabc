import type { Client } from '../../policy/clients.ts';
import { EXTENDED_ERROR, RCODE } from '../constants.ts';
import { decodeQuery } from '../decode.ts';
import { type Extras, encodeRefused, encodeReply, NO_RECORDS } from '../encode.ts';
import type { Outcome, Query, QueryEdns, Reply } from '../message.ts';
import type { Resolve } from '../resolve.ts';
import type { Echoes } from '../upstream/echo.ts';
import type { MakeCookie } from './cookie.ts';

export type AnswererParts = {
  readonly resolve: Resolve;
  readonly clientOf: (peer: string) => Client;
  readonly strangers: 'refuse' | 'ignore';
  readonly echoes: Echoes;
  readonly makeCookie: MakeCookie;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Tenths of a second a TCP connection may idle, told to clients that ask (RFC 7828). */
  readonly keepalive: number;
  /**
   * Told of each outcome after its answer is made, and how many milliseconds that took; never part of
   * the way to the client.
   */
  readonly onOutcome: (outcome: Outcome, took: number) => void;
  readonly onLoop: (query: Query) => void;
  readonly onFault: (error: unknown, query: Query) => void;
};

/** A client's message in, the answer out; undefined where silence is the answer. */
export type Answerer = (
  message: Uint8Array,
  peer: string,
  transport: 'udp' | 'tcp',
  deliver: (answer: Buffer) => void,
) => Promise<void>;

/** What both transports do with a message. `deliver` is called before anything is recorded. */
export function createAnswerer(parts: AnswererParts): Answerer {
  return async (message, peer, transport, deliver) => {
    const client = parts.clientOf(peer);
    if (!client.served && parts.strangers === 'ignore') return;
    const query = decodeQuery(message, client.address, transport);
    const extras = (edns: QueryEdns | undefined): Extras => ({
      ...(edns?.cookie
        ? { cookie: parts.makeCookie(client.address, edns.cookie, parts.now()) }
        : {}),
      ...(transport === 'tcp' ? { keepalive: parts.keepalive } : {}),
    });
    if ('kind' in query) {
      if (query.kind === 'error') deliver(encodeRefused(query, extras(query.edns)));
      return;
    }
    const short = !client.served
      ? STRANGER
      : parts.echoes.has(query.questionWire)
        ? LOOP
        : undefined;
    if (short) {
      deliver(encodeReply(query, short, extras(query.edns)));
      if (short === LOOP) parts.onLoop(query);
      return;
    }
    let delivered = false;
    const began = performance.now();
    try {
      const outcome = await parts.resolve(query);
      const reply = encodeReply(query, outcome.reply, extras(query.edns));
      delivered = true;
      deliver(reply);
      parts.onOutcome(outcome, performance.now() - began);
    } catch (error) {
      // A fault of ours: this client is told, the others never notice, and it is in the log.
      if (!delivered) deliver(encodeReply(query, FAULT, extras(query.edns)));
      parts.onFault(error, query);
    }
  };
}

const errorReply = (rcode: number, code: number, text: string): Reply => ({
  rcode,
  sections: NO_RECORDS,
  age: 0,
  authenticData: false,
  extended: [{ code, text }],
});
const STRANGER = errorReply(
  RCODE.REFUSED,
  EXTENDED_ERROR.PROHIBITED,
  'this resolver does not serve you',
);
const LOOP = errorReply(
  RCODE.SERVFAIL,
  EXTENDED_ERROR.NETWORK_ERROR,
  'resolvers forward in a circle',
);
const FAULT = errorReply(RCODE.SERVFAIL, 0, 'internal error');
