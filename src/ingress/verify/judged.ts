import { judge } from '../../policy/judge.ts';
import { rulesAbout } from '../../policy/match.ts';
import { labelsOf, type Name } from '../../policy/name.ts';
import { type Address, addressFromOctets } from '../../policy/network.ts';
import { formatPlace } from '../../policy/problem.ts';
import type { Ruleset, Verdict } from '../../policy/ruleset.ts';
import type { Role, TunnelService } from '../../policy/service.ts';

/** What the policy says of the names that matter beside the ingress's own. */
export type Judged = {
  /** What agents dial unless they are told otherwise; the first is the default of current ones. */
  readonly doors: readonly { readonly name: Name; readonly verdict: Verdict['kind'] }[];
  /** What sanctioned agents fetch (revocation lists); the first is the one of current agents. */
  readonly support: readonly { readonly name: Name; readonly blockedAt?: string }[];
  /** Where refused names point to. */
  readonly refusers: readonly Address[];
};

/** A client of no group: what the policy says for everyone. */
const ANYONE = '127.0.0.1' as Address;

/** The judgement of a policy on the names of the service whose agents dial an ingress. */
export function judgedOf(ruleset: Ruleset, service: TunnelService | undefined): Judged {
  return {
    doors: concreteNames(service, 'session').map((name) => ({
      name,
      verdict: judge(ruleset, { client: ANYONE, name }).kind,
    })),
    support: concreteNames(service, 'support').map((name) => {
      const blockedAt = blockedFor(ruleset, name);
      return { name, ...(blockedAt === undefined ? {} : { blockedAt }) };
    }),
    refusers: ruleset.refusal.addresses,
  };
}

/** The names of a role that can be written out, as the catalogue has them. */
function concreteNames(service: TunnelService | undefined, role: Role): readonly Name[] {
  const names = (service?.names ?? []).filter((name) => name.role === role);
  return names.flatMap(({ pattern, known }) => {
    const labels = labelsOf(pattern.name);
    if (!labels.includes('*')) return [pattern.name];
    return known.map((label) => labels.map((own) => (own === '*' ? label : own)).join('.') as Name);
  });
}

/** Where the policy blocks a name, be it for a few clients only. */
function blockedFor(ruleset: Ruleset, name: Name): string | undefined {
  const clients = rulesAbout(ruleset.index, name).flatMap(({ rule }) =>
    rule.clients === 'everyone' ? [] : rule.clients.map(({ octets }) => addressFromOctets(octets)),
  );
  for (const client of [ANYONE, ...clients]) {
    const verdict = judge(ruleset, { client, name });
    if (verdict.kind === 'blocked') return formatPlace(verdict.rule.from);
  }
  return undefined;
}
