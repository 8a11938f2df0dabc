import { judge } from './judge.ts';
import { matchAddress, matchName, rulesAbout } from './match.ts';
import type { Name } from './name.ts';
import type { Address } from './network.ts';
import { clientTexts } from './rule-text.ts';
import type { Rule, Ruleset, Verdict } from './ruleset.ts';

/** A verdict with the rules that might have decided and did not. */
export type Explanation = {
  readonly verdict: Verdict;
  readonly others: readonly { readonly rule: Rule; readonly why: string }[];
};

/** Why `judge` says what it says of a name, for one client. */
export function explainName(ruleset: Ruleset, client: Address, name: Name): Explanation {
  const matches = matchName(ruleset.index, client, name);
  const winner = matches[0];
  const beaten = matches.slice(1).map((match) => ({
    rule: match.rule,
    why: whyBeaten(winner as NonNullable<typeof winner>, match),
  }));
  const theirs = new Set(matches.map(({ rule }) => rule));
  const elsewhere = rulesAbout(ruleset.index, name)
    .filter(({ rule }) => !theirs.has(rule))
    .map(({ rule }) => ({ rule, why: `is for other clients: ${clientsText(rule)}` }));
  return { verdict: judge(ruleset, { client, name }), others: [...beaten, ...elsewhere] };
}

/** Why `judge` says what it says of an address in an answer, for one client. */
export function explainAddress(ruleset: Ruleset, client: Address, address: Address): Explanation {
  const [, ...others] = matchAddress(ruleset.index, client, address);
  return {
    verdict: judge(ruleset, { client, address }),
    others: others.map(({ rule }) => ({ rule, why: 'is less specific, or for wider clients' })),
  };
}

export function clientsText(rule: Rule): string {
  return clientTexts(rule).join(', ');
}

type Matched = ReturnType<typeof matchName>[number];

function whyBeaten(winner: Matched, loser: Matched): string {
  if (winner.rule.origin === 'ingress' && loser.rule.origin !== 'ingress') {
    return 'the sanctioned ingress comes before every other rule';
  }
  if (winner.rule.origin === 'exception' && loser.rule.origin !== 'exception') {
    return 'an exception comes before all but the sanctioned ingress';
  }
  if (winner.rule.origin === 'signal' && loser.rule.action === 'block') {
    return 'a signal is answered no, whoever else blocks it';
  }
  const [won, lost] = [winner.pattern, loser.pattern];
  if (won?.name !== lost?.name || won?.scope !== lost?.scope) return 'its target is less specific';
  if (winner.narrowness !== loser.narrowness) return 'its clients are wider';
  if (winner.rule.origin === loser.rule.origin) return 'it says the same';
  return `a rule of origin "${winner.rule.origin}" outweighs one of origin "${loser.rule.origin}"`;
}
