import { judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import { type Address, contains, octetsOfAddress } from '../policy/network.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import type { AddressBook } from './addressbook.ts';
import { audiencesOf } from './audience.ts';
import type { Collision } from './backend.ts';
import { isRefusal } from './classes.ts';
import { namesAt } from './namesat.ts';

/** Where the sanctioned ingress is known to live. */
export function doorAddresses(ruleset: Ruleset, { names }: AddressBook): readonly Address[] {
  return ruleset.doors.flatMap(({ name }) => names.get(name) ?? []);
}

/** Where the ingress and the revocation lists that its agents fetch are known to live. */
export function neededAddresses(ruleset: Ruleset, book: AddressBook): readonly Address[] {
  const supporting = ruleset.rules.flatMap(({ action, role, target }) =>
    action === 'allow' && role === 'support' && target.kind === 'name'
      ? (book.names.get(target.pattern.name) ?? [])
      : [],
  );
  return [...doorAddresses(ruleset, book), ...supporting];
}

/**
 * Sanctioned names that live where something is to be blocked. A rule by address there would cut the
 * sanctioned way off with the rest; only TLS names tell the two apart.
 */
export function collisionsOf(ruleset: Ruleset, book: AddressBook): readonly Collision[] {
  const everyone = audiencesOf(ruleset).at(-1);
  if (!everyone) return [];
  const { client } = everyone;
  const isSanctioned = (name: Name) => {
    const verdict = judge(ruleset, { client, name });
    return verdict.kind === 'allowed' && verdict.rule.origin === 'ingress';
  };
  const collisions: Collision[] = [];
  for (const [address, names] of namesAt(book)) {
    const sanctioned = names.filter(isSanctioned);
    if (sanctioned.length === 0) continue;
    const blocked = [
      ...names.filter((name) => isRefusal(judge(ruleset, { client, name }))),
      ...blockingRules(ruleset, address),
    ];
    if (blocked.length > 0) collisions.push({ address, sanctioned, blocked });
  }
  return collisions.sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** The ids of the rules that would block an address; those for every address are about ports. */
function blockingRules({ rules }: Ruleset, address: Address): readonly string[] {
  const octets = octetsOfAddress(address);
  return rules.flatMap(({ action, target, id }) =>
    action === 'block' &&
    target.kind === 'network' &&
    target.network.length > 0 &&
    contains(target.network, octets)
      ? [id]
      : [],
  );
}
