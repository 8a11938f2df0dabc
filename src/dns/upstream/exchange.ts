import { nameToWire } from '../../policy/name.ts';
import { EXTENDED_ERROR, RCODE, TYPE } from '../constants.ts';
import { compareQuestion, decodeResponse, isResponseTo, type Response } from '../decode.ts';
import { encodeUpstreamQuery } from '../encode.ts';
import type { ExtendedError, Question } from '../message.ts';
import { Malformed } from '../reader.ts';
import type { Echoes } from './echo.ts';
import { answered, type Health, isDown, orderBy, timedOut, timeoutOf, UNKNOWN } from './health.ts';
import { type Random, randomCase } from './random.ts';
import type { Channel, Hear } from './udp.ts';

/** Queries sent upstream for one question, however many upstreams, ways and CNAMEs there are (RFC 9520 3.1). */
const BUDGET = 8;
/** Milliseconds after which a question has failed: just before stub resolvers give up at 5 s. */
const DEADLINE = 4_500;

/** What is left to one question of a client: several exchanges share it where a chain of CNAMEs is followed. */
export type Allowance = { queries: number; readonly until: number };

export function createAllowance(clock: Clock): Allowance {
  return { queries: BUDGET, until: clock.now() + DEADLINE };
}

/** Milliseconds between live questions that are sent to a silent upstream as well, to see if it is back. */
const PROBE = 2_000;

/** One resolver we ask, with what is known of it. */
export type Upstream = {
  /** Undefined where only a stream is allowed (DNS over TLS). */
  readonly udp?: Channel;
  readonly stream: Channel;
  /** Query padding in octets on the stream; 0 for none. */
  readonly padTo: number;
  health: Health;
  probedAt: number;
};

export function createUpstream(channels: Pick<Upstream, 'udp' | 'stream' | 'padTo'>): Upstream {
  return { ...channels, health: UNKNOWN, probedAt: 0 };
}

export type Flags = { readonly dnssecOk: boolean; readonly checkingDisabled: boolean };

export type Exchanged =
  | { readonly kind: 'response'; readonly response: Response }
  | { readonly kind: 'failed'; readonly extended: readonly ExtendedError[] };

/** Time as the exchange sees it: passed in, so that tests need not wait. */
export type Clock = {
  /** Milliseconds, never going back. */
  readonly now: () => number;
  /** Calls back after so many milliseconds, unless the returned function is called first. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
};

/** What every exchange needs from outside. */
export type Tools = { readonly random: Random; readonly clock: Clock; readonly echoes: Echoes };

/**
 * Asks upstreams one question until one gives an answer that `accept` takes. Silence, REFUSED,
 * SERVFAIL, NOTIMP and packets that do not parse lead on to the next try; an earlier try's answer
 * counts for as long as the question lives, so a slow upstream is not a dead one. `accept` throws
 * Malformed for an answer that is sound as a message but useless.
 */
export function exchange(
  question: Question,
  flags: Flags,
  upstreams: readonly Upstream[],
  accept: (response: Response) => void,
  { random, clock, echoes }: Tools,
  allowance: Allowance,
): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    const order = orderBy(
      upstreams.map(({ health }) => health),
      () => random.u16() / 65536,
    ).map((i) => upstreams[i] as Upstream);
    /** How often each was tried; those that have said no to this question are not in it. */
    const tries = new Map(order.map((upstream) => [upstream, 0]));
    const cleanups: (() => void)[] = [];
    const plain = questionWireOf(question);
    let extended: readonly ExtendedError[] = [];
    let underWay = 0;
    let done = false;

    const settle = (call: () => void) => {
      if (done) return;
      done = true;
      for (const cleanup of cleanups) cleanup();
      call();
    };
    const finish = (result: Exchanged) => settle(() => resolve(result));
    const fail = () => {
      const fallback = {
        code: EXTENDED_ERROR.NO_REACHABLE_AUTHORITY,
        text: 'no upstream answered',
      };
      finish({ kind: 'failed', extended: extended.length > 0 ? extended : [fallback] });
    };

    /** The upstream tried least gets a try, the better one first, while the allowance lasts. */
    function next(): void {
      if (done) return;
      const round = Math.min(...tries.values());
      const upstream = order.find((candidate) => tries.get(candidate) === round);
      if (!upstream || allowance.queries <= 0) {
        if (underWay === 0) fail();
        return;
      }
      tries.set(upstream, round + 1);
      attempt(upstream, round);
    }

    function attempt(upstream: Upstream, round: number): void {
      let moved = false;
      const moveOn = () => {
        if (moved) return;
        moved = true;
        next();
      };
      ask(upstream, upstream.udp === undefined, true, moveOn);
      const wait = timeoutOf(upstream.health) * 2 ** round;
      cleanups.push(
        clock.after(wait, () => {
          if (moved) return;
          upstream.health = timedOut(upstream.health);
          moveOn();
        }),
      );
    }

    /** Sends one query; what comes of it either ends the exchange or calls `moveOn`. */
    function ask(upstream: Upstream, stream: boolean, edns: boolean, moveOn: () => void): void {
      const wire = randomCase(plain, random);
      const message = encodeUpstreamQuery(0, wire, flags, edns, stream ? upstream.padTo : 0);
      const sentAt = clock.now();
      const forgetEcho = echoes.expect(wire);
      let over = false;
      allowance.queries -= 1;
      underWay += 1;
      const end = () => {
        if (over) return;
        over = true;
        underWay -= 1;
        forgetEcho();
        forget();
      };
      const decline = (reasons: readonly ExtendedError[]) => {
        end();
        tries.delete(upstream);
        if (extended.length === 0) extended = reasons;
        moveOn();
        if (underWay === 0) next();
      };
      const channel = stream ? upstream.stream : (upstream.udp ?? upstream.stream);
      const hear: Hear = (event) => {
        if (over || done) return;
        if ('error' in event) {
          upstream.health = timedOut(upstream.health);
          decline([{ code: EXTENDED_ERROR.NETWORK_ERROR, text: 'an upstream cannot be reached' }]);
          return;
        }
        const reading = read(event.message, message.readUInt16BE(0), wire, stream);
        if (reading.kind === 'stray') return;
        if (reading.kind === 'broken') {
          // It may be forged: the true answer is still listened for, and another is asked meanwhile.
          moveOn();
          return;
        }
        upstream.health = answered(upstream.health, clock.now() - sentAt);
        if (reading.kind === 'again') {
          end();
          if (allowance.queries > 0) ask(upstream, true, edns, moveOn);
          else decline([]);
          return;
        }
        const { response } = reading;
        if (edns && lacksEdns(response.rcode) && allowance.queries > 0) {
          end();
          ask(upstream, stream, false, moveOn);
          return;
        }
        if (isFailure(response, question)) {
          decline(response.extended);
          return;
        }
        try {
          accept(response);
        } catch (error) {
          if (!(error instanceof Malformed)) throw error;
          decline([{ code: EXTENDED_ERROR.INVALID_DATA, text: error.message }]);
          return;
        }
        end();
        finish({ kind: 'response', response });
      };
      const forget = channel.send(message, (event) => {
        try {
          hear(event);
        } catch (fault) {
          // Thrown from here it would end the process; the question's own promise tells who asked.
          settle(() => reject(fault));
        }
      });
      cleanups.push(end);
    }

    cleanups.push(clock.after(Math.max(0, allowance.until - clock.now()), fail));
    next();
    probe(order, clock, (upstream) =>
      ask(upstream, upstream.udp === undefined, true, () => undefined),
    );
  });
}

/** Sends a live question to a silent upstream too, now and then: its answer is what brings it back. */
function probe(order: readonly Upstream[], clock: Clock, ask: (upstream: Upstream) => void): void {
  const silent = order.slice(1).find(({ health }) => isDown(health));
  if (!silent || clock.now() - silent.probedAt < PROBE) return;
  silent.probedAt = clock.now();
  ask(silent);
}

type Reading =
  | { readonly kind: 'stray' }
  | { readonly kind: 'broken' }
  | { readonly kind: 'again' }
  | { readonly kind: 'response'; readonly response: Response };

/** What a packet is to the query: not about it, unreadable, cut short, or its response. */
function read(message: Buffer, id: number, sent: Uint8Array, stream: boolean): Reading {
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
function lacksEdns(rcode: number): boolean {
  return rcode === RCODE.FORMERR || rcode === RCODE.NOTIMP || rcode === RCODE.BADVERS;
}

/** Responses after which another upstream may know better. */
function isFailure(
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

function questionWireOf({ name, type, class: klass }: Question): Uint8Array {
  const wire = nameToWire(name);
  const out = new Uint8Array(wire.length + 4);
  out.set(wire);
  out.set([type >> 8, type & 0xff, klass >> 8, klass & 0xff], wire.length);
  return out;
}
