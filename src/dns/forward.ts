import { isAtOrBelow, labelsOf, type Name } from '../policy/name.ts';
import { answerOf, cutChain, joinResponses } from './answer.ts';
import type { Cache, Cached, CacheKey } from './cache.ts';
import { EXTENDED_ERROR, RCODE } from './constants.ts';
import type { Response } from './decode.ts';
import type { Answer, ExtendedError, Question } from './message.ts';
import {
  createAllowance,
  exchange,
  type Flags,
  type Tools,
  type Upstream,
} from './upstream/exchange.ts';

/** Which upstreams answer the names at and below a domain; the root's answer all the rest. */
export type Route = { readonly domain: Name; readonly upstreams: readonly Upstream[] };

/** What became of a question: an answer with its age in seconds, or none. */
export type Found =
  | {
      readonly kind: 'fresh';
      readonly answer: Answer;
      readonly age: number;
      readonly cached: boolean;
    }
  | { readonly kind: 'stale'; readonly answer: Answer }
  | { readonly kind: 'failed'; readonly extended: readonly ExtendedError[] };

export type Forwarder = {
  readonly find: (question: Question, flags: Flags) => Found | Promise<Found>;
  /** True for names that a route other than the root's answers. */
  readonly isRouted: (name: Name) => boolean;
};

export type ForwarderParts = {
  readonly routes: readonly Route[];
  readonly cache: Cache;
  /** Milliseconds an expired answer may still serve; 0 is never. */
  readonly stale: number;
  readonly prefetch: boolean;
  readonly tools: Tools;
};

/** Milliseconds a question whose upstreams failed is not asked again (RFC 9520 3.2: 1 s to 5 min). */
const FAILURE_KEPT = 5_000;
/** Failures remembered at most. */
const FAILURES = 10_000;
/** Milliseconds a client waits for a fresh answer while a stale one lies ready (RFC 8767 section 5). */
const STALE_PATIENCE = 1_800;
/** An answer this popular is renewed in the last tenth of its life. */
const POPULAR = 3;

type Flight =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | Extract<Found, { kind: 'failed' }>;

/**
 * Finds answers: in the cache, by asking upstreams, or, when these fail, in what the cache kept past
 * its time. Equal questions under way are asked once.
 */
export function createForwarder(parts: ForwarderParts): Forwarder {
  const { cache, stale, tools } = parts;
  const { clock } = tools;
  // The longest domain first, so that the first that fits is the most specific.
  const routes = parts.routes.toSorted((a, b) => depthOf(b.domain) - depthOf(a.domain));
  const flights = new Map<string, Promise<Flight>>();
  const failures = new Map<
    string,
    { readonly until: number; readonly failed: Extract<Flight, { kind: 'failed' }> }
  >();

  function routeOf(name: Name): Route {
    const route = routes.find(({ domain }) => isAtOrBelow(name, domain));
    if (!route) throw new Error('there is no route for the root');
    return route;
  }

  function find(question: Question, flags: Flags): Found | Promise<Found> {
    const key: CacheKey = { name: question.name, type: question.type, ...flags };
    const now = clock.now();
    const cached = cache.get(key);
    if (cached && now < cached.expiresAt) {
      cached.hits += 1;
      // A fault in it is not lost: once the answer has expired, a client's own question meets it again.
      if (parts.prefetch && isWorthRenewing(cached, now) && !failureOf(key, now)) {
        fly(question, flags, key).catch(() => undefined);
      }
      return { kind: 'fresh', answer: cached.answer, age: ageOf(cached, now), cached: true };
    }
    const kept = cached && now < cached.expiresAt + stale ? cached.answer : undefined;
    const failed = failureOf(key, now);
    if (failed) return kept ? { kind: 'stale', answer: kept } : failed;
    return kept ? findOrStale(question, flags, key, kept) : findFresh(question, flags, key);
  }

  async function findFresh(question: Question, flags: Flags, key: CacheKey): Promise<Found> {
    const flight = await fly(question, flags, key);
    if (flight.kind === 'failed') return flight;
    return { kind: 'fresh', answer: flight.answer, age: 0, cached: false };
  }

  /** The stale answer serves where the upstreams fail or take too long; their answer is still kept. */
  async function findOrStale(
    question: Question,
    flags: Flags,
    key: CacheKey,
    kept: Answer,
  ): Promise<Found> {
    let cancel = () => {};
    const patience = new Promise<undefined>((resolve) => {
      cancel = clock.after(STALE_PATIENCE, () => resolve(undefined));
    });
    const found = await Promise.race([findFresh(question, flags, key), patience]);
    cancel();
    return found === undefined || found.kind === 'failed' ? { kind: 'stale', answer: kept } : found;
  }

  function fly(question: Question, flags: Flags, key: CacheKey): Promise<Flight> {
    const text = flightKey(key);
    const underWay = flights.get(text);
    if (underWay) return underWay;
    const flight = ask(question, flags).then((result) => {
      if (result.kind === 'failed') remember(text, result);
      else {
        failures.delete(text);
        if (result.answer.ttl > 0) cache.put(key, result.answer, clock.now());
      }
      return result;
    });
    flights.set(text, flight);
    const land = () => flights.delete(text);
    flight.then(land, land);
    return flight;
  }

  async function ask(question: Question, flags: Flags): Promise<Flight> {
    let collected: Response | undefined;
    let target = question.name;
    let answer: Answer | undefined;
    const allowance = createAllowance(clock);
    // Some upstreams leave chains of CNAMEs unfinished, and none is believed about names that others
    // answer for: each round asks for the name where the last one's word ended.
    for (;;) {
      const before = collected;
      const route = routeOf(target);
      const isForeign = (name: Name) => routeOf(name) !== route;
      const accept = (response: Response) => {
        const own = cutChain({ ...question, name: target }, response, isForeign);
        const whole = before ? joinResponses(before, own) : own;
        answer = answerOf(question, flags.dnssecOk, whole);
        collected = whole;
      };
      const asked = { ...question, name: target };
      const result = await exchange(asked, flags, route.upstreams, accept, tools, allowance);
      if (result.kind === 'failed') return result;
      const { unfinished } = answer as Answer;
      if (unfinished === undefined || unfinished === target) break;
      target = unfinished;
    }
    return { kind: 'answer', answer: answer as Answer };
  }

  function failureOf(key: CacheKey, now: number): Extract<Flight, { kind: 'failed' }> | undefined {
    const failure = failures.get(flightKey(key));
    return failure && now < failure.until ? failure.failed : undefined;
  }

  function remember(text: string, failed: Extract<Flight, { kind: 'failed' }>): void {
    if (failures.size >= FAILURES) failures.delete(failures.keys().next().value as string);
    failures.delete(text);
    failures.set(text, { until: clock.now() + FAILURE_KEPT, failed });
  }

  return { find, isRouted: (name) => routeOf(name).domain !== '.' };
}

/** The extended error that tells a client its answer is past its time (RFC 8914 4.4, 4.20). */
export function staleError({ rcode }: Answer): ExtendedError {
  const code =
    rcode === RCODE.NXDOMAIN ? EXTENDED_ERROR.STALE_NXDOMAIN : EXTENDED_ERROR.STALE_ANSWER;
  return { code, text: 'upstreams do not answer' };
}

function isWorthRenewing({ hits, storedAt, expiresAt }: Cached, now: number): boolean {
  const life = expiresAt - storedAt;
  return hits >= POPULAR && life >= 10_000 && expiresAt - now < life / 10;
}

function ageOf({ storedAt }: Cached, now: number): number {
  return Math.floor((now - storedAt) / 1000);
}

function flightKey({ name, type, dnssecOk, checkingDisabled }: CacheKey): string {
  return `${name} ${type} ${dnssecOk} ${checkingDisabled}`;
}

function depthOf(domain: Name): number {
  return labelsOf(domain).length;
}
