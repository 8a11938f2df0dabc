import { EVERYWHERE, type Fault, hintFor, networkText, scopeParts } from './expand-parts.ts';
import type { Network } from './network.ts';
import { formatPattern } from './pattern.ts';
import type { Scope } from './policy.ts';
import type { Place } from './problem.ts';
import type { Action, Rule } from './ruleset.ts';
import type { Bypass, Catalogue, Port } from './service.ts';

type Choice = { readonly action: Action; readonly from: Place };
const ENCRYPTED_REASON = 'DNS over TLS and QUIC go round this resolver';

/** Where public resolvers are asked in other ways than in clear on port 53, whoever they are. */
const ENCRYPTED: readonly Port[] = [
  { number: 853, transport: 'tcp' },
  { number: 853, transport: 'udp' },
];
/** What of a public resolver's address is about DNS, where its file names no ports. */
const RESOLVING: readonly Port[] = [53, 853, 443].flatMap((number) => [
  { number, transport: 'tcp' },
  { number, transport: 'udp' },
]);

/** The names, addresses and ports of ways round the resolver that a scope speaks of. */
export function bypassRules(scope: Scope, catalogue: Catalogue, fault: Fault): Rule[] {
  const { clients, suffix, path } = scopeParts(scope);
  for (const [id, { from }] of scope.bypass) {
    if (id !== 'signals' && id !== 'resolvers' && !catalogue.bypasses.has(id)) {
      const hint = hintFor(id, ['signals', 'resolvers', ...catalogue.bypasses.keys()]);
      fault(from, `${path}bypass.${id}`, `"${id}" is not a known way round; ${hint}`);
    }
  }
  const ofNetwork = (
    id: string,
    network: Network,
    ports: readonly Port[],
    { action, from }: Choice,
    reason: string,
  ): Rule => ({
    id: `bypass/${id}/${networkText(network, ports)}${suffix}`,
    action,
    target: { kind: 'network', network, ports },
    clients,
    origin: 'resolver',
    role: 'bypass',
    reason,
    from,
  });
  const every = scope.bypass.get('resolvers');
  const everywhere =
    every === undefined || every.action === 'off'
      ? []
      : EVERYWHERE.map((network) =>
          ofNetwork('encrypted-dns', network, ENCRYPTED, every as Choice, ENCRYPTED_REASON),
        );
  const each = [...catalogue.bypasses.values()].flatMap((bypass) => {
    const general = scope.bypass.get(bypass.kind === 'signal' ? 'signals' : 'resolvers');
    const choice = scope.bypass.get(bypass.id) ?? general ?? unwritten(scope, bypass);
    if (!choice || choice.action === 'off') return [];
    const { action, from } = choice;
    const reason = `${bypass.title} goes round this resolver`;
    const ports = bypass.ports.length > 0 ? bypass.ports : RESOLVING;
    const networks = bypass.networks.map((network) =>
      ofNetwork(bypass.id, network, ports, { action, from }, reason),
    );
    const names = bypass.names.map(
      ({ pattern, from: place }): Rule => ({
        id: `bypass/${bypass.id}/${formatPattern(pattern)}${suffix}`,
        action,
        target: { kind: 'name', pattern },
        clients,
        origin: bypass.kind,
        role: 'bypass',
        ...(action === 'block' ? { answer: bypass.answer } : {}),
        reason,
        from,
        catalogue: place,
      }),
    );
    return [...names, ...networks];
  });
  return [...everywhere, ...each];
}

/** Signals are answered no without a word in the policy: a resolver that says yes watches nobody. */
function unwritten(scope: Scope, bypass: Bypass): { action: 'block'; from: Place } | undefined {
  if (scope.group || bypass.kind !== 'signal') return undefined;
  return { action: 'block', from: { file: bypass.file, line: 1, column: 1 } };
}
