import type { UpstreamAddress } from '../policy/endpoint.ts';
import type { ResolverSettings } from '../policy/policy.ts';
import { createCache } from './cache.ts';
import { createEngine, type Engine, type EngineParts } from './engine.ts';

/** The engine that answers now, and those before it that still have questions under way. */
export type Engines = {
  readonly current: () => Engine;
  /** Makes an engine of new settings the current one; questions under way end on the old. */
  readonly replace: (settings: ResolverSettings, upstreams: readonly UpstreamAddress[]) => void;
  readonly close: () => void;
};

/** Milliseconds an old engine lives on: longer than any question takes. */
const OVERLAP = 6_000;

/** Starts with an engine of the settings. */
export function createEngines(
  settings: ResolverSettings,
  upstreams: readonly UpstreamAddress[],
  parts: Pick<EngineParts, 'ruleset' | 'tools' | 'prepare'>,
): Engines {
  const retired = new Set<Engine>();
  let cache = createCache(settings.cache);
  let routes = routesOf(settings, upstreams);
  let current = createEngine(settings, upstreams, { ...parts, cache });

  return {
    current: () => current,
    replace: (next, upstreams) => {
      const old = current;
      const nextRoutes = routesOf(next, upstreams);
      // What other resolvers said is not what these would say. A cache of its own also keeps out the
      // answers that the old engine still waits for.
      if (nextRoutes !== routes) cache = createCache(settings.cache);
      routes = nextRoutes;
      current = createEngine(next, upstreams, { ...parts, cache });
      retired.add(old);
      setTimeout(() => {
        if (retired.delete(old)) old.close();
      }, OVERLAP).unref();
    },
    close: () => {
      for (const engine of [current, ...retired]) engine.close();
      retired.clear();
    },
  };
}

function routesOf({ forward }: ResolverSettings, upstreams: readonly UpstreamAddress[]): string {
  return JSON.stringify([upstreams, forward]);
}
