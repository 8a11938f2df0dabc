import type { ScannedAttempt } from '../attempts/scan.ts';
import { judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import type { RuleId, Ruleset, Verdict } from '../policy/ruleset.ts';

/** What a policy would do with what others did: refuse it, or not. */
export type Fate = 'refused' | 'allowed';

/** What would become otherwise of some attempts, alike but for their times, under another policy. */
export type Difference = Omit<ScannedAttempt, 'point' | 'count'> & {
  readonly attempts: number;
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
export function replay(
  attempts: Iterable<ScannedAttempt>,
  after: Ruleset,
  current?: Ruleset,
): Replay {
  const judgeAfter = createJudge(after);
  const judgeBefore = current && createJudge(current);
  const sums = { attempts: 0, same: 0, undecided: 0, excepted: 0 };
  const differences = new Map<string, Difference>();
  for (const attempt of attempts) {
    const { count, verdict: recorded } = attempt;
    sums.attempts += count;
    if (recorded === 'excepted') {
      sums.excepted += count;
      continue;
    }
    const verdict = judgeAfter(attempt);
    const earlier = judgeBefore?.(attempt);
    if (verdict === undefined || (judgeBefore && earlier === undefined)) {
      sums.undecided += count;
      continue;
    }
    const fate = fateOf(verdict);
    if (fate === (earlier ? fateOf(earlier) : recorded === 'blocked' ? 'refused' : 'allowed')) {
      sums.same += count;
    } else note(differences, attempt, fate, verdict);
  }
  return {
    ...sums,
    differences: [...differences.values()].sort((a, b) => b.attempts - a.attempts),
  };
}

function note(
  differences: Map<string, Difference>,
  { point: _, count, ...attempt }: ScannedAttempt,
  fate: Fate,
  verdict: Verdict,
): void {
  const { client, name, via, destination, verdict: recorded, first, last } = attempt;
  // None of them can hold a space.
  const key = `${client} ${name} ${via} ${destination} ${recorded}`;
  const known = differences.get(key);
  const rule = verdict.kind === 'unmatched' ? {} : { rule: verdict.rule.id };
  differences.set(key, {
    ...(known ?? { ...attempt, fate, ...rule }),
    attempts: (known?.attempts ?? 0) + count,
    first: Math.min(known?.first ?? first, first),
    last: Math.max(known?.last ?? last, last),
  });
}

function fateOf({ kind }: Verdict): Fate {
  return kind === 'blocked' ? 'refused' : 'allowed';
}

/** Judges as the resolver and the gate did: the name, then what it led to; undefined where nobody can tell. */
function createJudge(ruleset: Ruleset): (attempt: ScannedAttempt) => Verdict | undefined {
  return ({ client, name, via, destination }) => {
    const ofName = name === undefined ? undefined : judge(ruleset, { client, name });
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
