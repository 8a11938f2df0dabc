import { judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import { type Address, contains, octetsOfAddress } from '../policy/network.ts';
import type { Rule, Ruleset, Verdict } from '../policy/ruleset.ts';

/**
 * What an address is to a firewall, for one client.
 *
 * - deny: only blocked names are known to live there: nothing passes
 * - shared: a sanctioned name lives there as well, or may: only its TLS name passes, the rest does not
 * - cdn: names that no rule is about live there, or may: only blocked TLS names are refused
 */
export type AddressClass = 'deny' | 'shared' | 'cdn';

export type Classified = {
  readonly class: AddressClass | undefined;
  /** A name that sanctioned agents need in clear (a revocation list) lives there: port 80 passes. */
  readonly support: boolean;
};

/**
 * The class of an address that the names are known to live at. `isKnown` says of a sanctioned name
 * whether its addresses are known: while one of them is not, no address of its service is `deny`,
 * since the sanctioned way may lead there.
 */
export function classOf(
  ruleset: Ruleset,
  client: Address,
  address: Address,
  names: readonly Name[],
  isKnown: (door: Name) => boolean = () => true,
): Classified {
  const verdicts = names.map((name) => judge(ruleset, { client, name }));
  const atAddress = judge(ruleset, { client, address });
  const blocked = [...verdicts, atAddress].filter(isRefusal).map(({ rule }) => rule);
  const allowed = verdicts.flatMap((verdict) => (verdict.kind === 'allowed' ? [verdict.rule] : []));
  const support = allowed.some(({ role }) => role === 'support');
  const sanctioned = allowed.some(({ origin }) => origin === 'ingress');
  const only = (kind: AddressClass | undefined): Classified => ({ class: kind, support });
  if (blocked.length === 0) return only(undefined);
  // At a front of many, closing everything but one name would take all its other customers along.
  if (isFront(ruleset, address)) return only('cdn');
  if (sanctioned) return only('shared');
  // A network that is blocked as such needs no set: its rule stands in the rule set itself.
  if (!verdicts.some(isRefusal)) return only(undefined);
  // Names the policy allows by the way (an account's pages, say) are no reason to close all else.
  if (verdicts.some((v) => !isRefusal(v) && !isSupport(v))) return only('cdn');
  if (support || mayBeSanctioned(ruleset, blocked, isKnown)) return only('shared');
  return only('deny');
}

type Refusal = Extract<Verdict, { readonly kind: 'blocked' | 'observed' }>;

/** True for what is refused, or would be if the policy did not only observe. */
export function isRefusal(verdict: Verdict): verdict is Refusal {
  return verdict.kind === 'blocked' || verdict.kind === 'observed';
}

function isSupport(verdict: Verdict): boolean {
  return verdict.kind === 'allowed' && verdict.rule.role === 'support';
}

/** True for an address that serves many customers. */
function isFront({ fronts }: Ruleset, address: Address): boolean {
  const octets = octetsOfAddress(address);
  return fronts.some((network) => contains(network, octets));
}

function mayBeSanctioned(
  { doors }: Ruleset,
  blocked: readonly Rule[],
  isKnown: (door: Name) => boolean,
): boolean {
  return doors.some(
    ({ name, service }) => !isKnown(name) && blocked.some((rule) => rule.service === service),
  );
}
