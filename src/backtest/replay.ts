import type { AttemptTally } from '../attempts/tallies.ts';
import { judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import type { RuleId, Ruleset, Verdict } from '../policy/ruleset.ts';

/** What a policy would do with what others did: refuse it, or not. */
export type Fate = 'refused' | 'allowed';

/** What would become otherwise of some attempts under another policy. */
export type Difference = AttemptTally & {
  /** What would become of them. */
  readonly fate: Fate;
  /** The rule that decides it; none where no rule is about it. */
  readonly rule?: RuleId;
};

/**
 * What a replay comes to. `undecided` were seen by an address alone, of which the policy says nothing:
 * whose name it was is not known, so neither is what becomes of it. `excepted` were allowed by an
 * exception, which decides whatever the policy is. All count attempts.
 */
export type Replay = {
  readonly attempts: number;
  readonly same: number;
  readonly undecided: number;
  readonly excepted: number;
  readonly differences: readonly Difference[];
};

/**
 * Replays attempts under a policy and tells what would be otherwise than it was; held against `current`
 * where that is given, else against what was recorded.
 */
export function replay(tallies: Iterable<AttemptTally>, after: Ruleset, current?: Ruleset): Replay {
  const judgeAfter = createJudge(after);
  const judgeBefore = current && createJudge(current);
  const sums = { attempts: 0, same: 0, undecided: 0, excepted: 0 };
  const differences: Difference[] = [];
  for (const tally of tallies) {
    sums.attempts += tally.attempts;
    if (tally.verdict === 'excepted') {
      sums.excepted += tally.attempts;
      continue;
    }
    const verdict = judgeAfter(tally);
    const earlier = judgeBefore?.(tally);
    if (verdict === undefined || (judgeBefore && earlier === undefined)) {
      sums.undecided += tally.attempts;
      continue;
    }
    const fate = fateOf(verdict);
    const before = earlier ? fateOf(earlier) : tally.verdict === 'blocked' ? 'refused' : 'allowed';
    if (fate === before) sums.same += tally.attempts;
    else {
      const rule = verdict.kind === 'unmatched' ? {} : { rule: verdict.rule.id };
      differences.push({ ...tally, fate, ...rule });
    }
  }
  return { ...sums, differences: differences.toSorted((a, b) => b.attempts - a.attempts) };
}

function fateOf({ kind }: Verdict): Fate {
  return kind === 'blocked' ? 'refused' : 'allowed';
}

/** Judges as the resolver and the gate did: the name, then what it led to; undefined where nobody can tell. */
function createJudge(ruleset: Ruleset): (tally: AttemptTally) => Verdict | undefined {
  // Tallies of one client and one name stand together, apart in what was recorded of them.
  let last:
    | { readonly client: Address; readonly name: Name; readonly verdict: Verdict }
    | undefined;
  const judgeName = (client: Address, name: Name): Verdict => {
    if (last?.client === client && last.name === name) return last.verdict;
    const verdict = judge(ruleset, { client, name });
    last = { client, name, verdict };
    return verdict;
  };
  return ({ client, name, via, destination }) => {
    const ofName = name === undefined ? undefined : judgeName(client, name);
    if (ofName && ofName.kind !== 'unmatched') return ofName;
    if (via !== undefined) return judgeLink(ruleset, client, via);
    const address = destination && judge(ruleset, { client, address: destination });
    if (address && address.kind !== 'unmatched') return address;
    return ofName;
  };
}

/** A link is a name, or an address. */
function judgeLink(ruleset: Ruleset, client: Address, via: string): Verdict {
  const isAddress = via.includes(':') || /^[\d.]+$/.test(via);
  return judge(
    ruleset,
    isAddress ? { client, address: parseAddress(via) } : { client, name: via as Name },
  );
}
