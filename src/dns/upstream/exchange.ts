import { nameToWire } from '../../policy/name.ts';
import { EXTENDED_ERROR } from '../constants.ts';
import type { Response } from '../decode.ts';
import { encodeUpstreamQuery } from '../encode.ts';
import type { ExtendedError, Question } from '../message.ts';
import { Malformed } from '../reader.ts';
import type { Echoes } from './echo.ts';
import { answered, type Health, isDown, orderBy, timedOut, timeoutOf, UNKNOWN } from './health.ts';
import { type Random, randomCase } from './random.ts';
import { isFailure, isRefusal, lacksEdns, read } from './reading.ts';
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
        const refuses = reading.kind === 'response' && isRefusal(reading.response.rcode);
        upstream.health = refuses
          ? timedOut(upstream.health)
          : answered(upstream.health, clock.now() - sentAt);
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
    const silent = order.slice(1).find((upstream) => isDueForProbe(upstream, clock.now()));
    if (silent && allowance.queries > 0) {
      silent.probedAt = clock.now();
      ask(silent, silent.udp === undefined, true, () => undefined);
    }
  });
}

/** A silent upstream is sent a live question too, now and then: its answer is what brings it back. */
function isDueForProbe({ health, probedAt }: Upstream, now: number): boolean {
  return isDown(health) && now - probedAt >= PROBE;
}

function questionWireOf({ name, type, class: klass }: Question): Uint8Array {
  const wire = nameToWire(name);
  const out = new Uint8Array(wire.length + 4);
  out.set(wire);
  out.set([type >> 8, type & 0xff, klass >> 8, klass & 0xff], wire.length);
  return out;
}
