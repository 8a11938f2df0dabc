import { judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Organisation, RuleId, Ruleset, Verdict } from '../policy/ruleset.ts';
import type { ServiceId } from '../policy/service.ts';

/** What a refused person is told, before it is put into words. */
export type Notice = {
  readonly organisation: Organisation;
  /** Undefined where the client named nothing, or an address. */
  readonly name?: Name;
  /** False for a name that the policy lets this client reach: its kept answer is out of date. */
  readonly refused: boolean;
  /** The service's title. */
  readonly service?: string;
  readonly rule?: RuleId;
  /** Why, in the words of who wrote the policy. */
  readonly reason?: string;
  /** The sanctioned ways; none where they would be no help. */
  readonly ways: readonly Name[];
};

export type Subject = { readonly name?: Name; readonly verdict: Verdict };

const UNMATCHED: Verdict = { kind: 'unmatched' };

/** What the policy says of the name that a client of ours came for. */
export function subjectOf(ruleset: Ruleset, client: Address, name: Name | undefined): Subject {
  return name === undefined
    ? { verdict: UNMATCHED }
    : { name, verdict: judge(ruleset, { client, name }) };
}

export function noticeOf(
  { organisation, ingress }: Ruleset,
  { name, verdict }: Subject,
  titleOf: (service: ServiceId) => string | undefined,
): Notice {
  // A name that no rule is about may have been refused for where its CNAME leads.
  const rule = verdict.kind === 'blocked' ? verdict.rule : undefined;
  const service = rule?.service === undefined ? undefined : titleOf(rule.service);
  return {
    organisation,
    ...(name === undefined ? {} : { name }),
    refused: rule !== undefined || verdict.kind === 'unmatched',
    ...(service === undefined ? {} : { service }),
    // The catalogue's reasons say less than the service's title, and in English only.
    ...(rule?.origin === 'written' || rule?.origin === 'list' ? { reason: rule.reason } : {}),
    ...(rule === undefined ? {} : { rule: rule.id }),
    // A way round the resolver is no tunnel: there the contact alone helps.
    ways: rule?.role === 'bypass' ? [] : ingress,
  };
}
