import { rulesAbout } from '../../policy/match.ts';
import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';
import type { Ruleset } from '../../policy/ruleset.ts';

/** An answer, as far as it leads to addresses. */
export type Leading = {
  readonly leads: readonly {
    readonly from: Name;
    readonly to: { readonly name: Name } | { readonly address: Address };
  }[];
};

/** A name that rules are about; `isBlocked` where one of them blocks it, for whomever. */
export type Governed = { readonly name: Name; readonly isBlocked: boolean };

/** What a client that gets an answer knows by it: an address, and the names it has for it. */
export type Told = {
  readonly address: Address;
  /** On the way from the name asked to the address. */
  readonly governed: readonly Governed[];
};

/** What an answer tells of addresses. `stranger` is the name asked, where no rule is about it. */
export type Telling = { readonly told: readonly Told[]; readonly stranger: Name | undefined };

/**
 * The addresses of an answer with the names that lead there. Names on the way count only where a rule
 * is about them: the name that a hoster has for an address says nothing of who else lives there.
 */
export function tellingOf({ index }: Ruleset, asked: Name, { leads }: Leading): Telling {
  const seen = new Map<Name, Governed | undefined>();
  const governed = (name: Name): Governed | undefined => {
    if (!seen.has(name)) {
      // What is only watched is a stranger like any other.
      const rules = rulesAbout(index, name).filter(({ rule }) => rule.action !== 'watch');
      const isBlocked = rules.some(({ rule }) => rule.action === 'block');
      seen.set(name, rules.length === 0 ? undefined : { name, isBlocked });
    }
    return seen.get(name);
  };
  const before = new Map<Name, Name>();
  for (const { from, to } of leads) {
    if ('name' in to && !before.has(to.name)) before.set(to.name, from);
  }
  const told = leads.flatMap(({ from, to }): Told[] => {
    if (!('address' in to)) return [];
    const way = new Set<Name>([asked]);
    for (let at: Name | undefined = from; at !== undefined && !way.has(at); at = before.get(at)) {
      way.add(at);
    }
    return [{ address: to.address, governed: [...way].flatMap((name) => governed(name) ?? []) }];
  });
  return { told, stranger: governed(asked) ? undefined : asked };
}
