import type { Audience } from '../../backend.ts';
import { audienceChain, BY_SOURCE, type Context, HOOKS, rule, type Table } from './rules.ts';
import { isIn } from './sets.ts';

/** From a built-in chain to the audience that a client is of, by interface and then by address. */
export function dispatch(
  { family, settings, packets }: Context,
  table: Table['name'],
  audiences: readonly Audience[],
): { readonly hook: readonly string[]; readonly bySource: readonly string[] } {
  // An audience that this table says nothing of still must not be taken for everyone.
  const known = new Set(audiences.map(({ id }) => id));
  const target = (id: string) => (known.has(id) ? `-g ${audienceChain(id)}` : '-j RETURN');
  return {
    hook: settings.lan.map((link) => rule(HOOKS[table], '-i', link, '-g', BY_SOURCE)),
    bySource: [
      ...packets.dispatch
        .filter(({ network }) => isIn(network, family))
        .map(({ network, audience }) => rule(BY_SOURCE, '-s', network.text, target(audience))),
      rule(BY_SOURCE, target('everyone')),
    ],
  };
}
