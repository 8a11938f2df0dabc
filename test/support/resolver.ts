import { createCache } from '../../src/dns/cache.ts';
import { createEngine } from '../../src/dns/engine.ts';
import { type Answerer, createAnswerer } from '../../src/dns/server/answerer.ts';
import { createCookieMaker } from '../../src/dns/server/cookie.ts';
import { createEchoes } from '../../src/dns/upstream/echo.ts';
import type { Clock, Tools, Upstream } from '../../src/dns/upstream/exchange.ts';
import { createRandom } from '../../src/dns/upstream/random.ts';
import type { UpstreamAddress } from '../../src/policy/endpoint.ts';
import { compiledPolicy } from './policy.ts';

export type Resolver = {
  readonly answer: Answerer;
  /** Faults of ours, which there should be none of. */
  readonly faults: readonly unknown[];
  readonly close: () => void;
};

/** The resolver of a policy as `serve` puts it together, but for its listeners and its log. */
export function startResolver(
  text: string,
  options: {
    readonly clock: Clock;
    readonly connect?: (address: UpstreamAddress, tools: Tools) => Upstream;
  },
): Resolver {
  const { clock, connect } = options;
  const { policy, ruleset } = compiledPolicy(text);
  const echoes = createEchoes();
  const tools = { random: createRandom(), clock, echoes };
  const engine = createEngine(policy.resolver, policy.resolver.upstreams, {
    ruleset: () => ruleset,
    cache: createCache(policy.resolver.cache),
    tools,
    ...(connect ? { connect } : {}),
  });
  const faults: unknown[] = [];
  const answer = createAnswerer({
    ...engine,
    echoes,
    makeCookie: createCookieMaker(),
    now: Date.now,
    keepalive: 100,
    onOutcome: () => undefined,
    onLoop: () => undefined,
    onFault: (error) => faults.push(error),
  });
  return { answer, faults, close: engine.close };
}

/** The real clock, so many times as fast: a question fails in less than the patience of a test. */
export function fastClock(factor: number): Clock {
  return {
    now: () => performance.now() * factor,
    after: (milliseconds, call) => {
      const timer = setTimeout(call, milliseconds / factor);
      return () => clearTimeout(timer);
    },
  };
}
