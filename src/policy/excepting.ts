import type { Compiled } from './compile.ts';
import type { Exception } from './exception.ts';
import { exceptionRules } from './exception-rules.ts';
import type { Fault } from './expand-parts.ts';
import { createMatchIndex } from './match.ts';
import type { Problem } from './problem.ts';
import type { Rule, Ruleset } from './ruleset.ts';
import type { Catalogue } from './service.ts';

/**
 * A ruleset with exceptions beside its rules. Its digest stays: that tells which policy is in force, and
 * exceptions come and go without one. `now` is in milliseconds since the epoch.
 */
export function excepting(
  ruleset: Ruleset,
  exceptions: readonly Exception[],
  catalogue: Catalogue,
  now: number,
): Compiled {
  const warnings: Problem[] = [];
  const fault: Fault = (place, path, message, severity = 'warning') => {
    warnings.push({ severity, place, path, message });
  };
  const added = exceptionRules(exceptions, catalogue, now, fault);
  if (added.length === 0) return { ruleset, warnings };
  return { ruleset: withRules(ruleset, [...ruleset.rules, ...added]), warnings };
}

const common = new WeakMap<Ruleset, Ruleset>();

/**
 * A ruleset as it is for whoever has no exception of his own: those for everyone stay. For what is said
 * to all clients of an audience at once.
 */
export function withoutOwnExceptions(ruleset: Ruleset): Ruleset {
  if (!ruleset.rules.some(isOwn)) return ruleset;
  const known = common.get(ruleset);
  if (known) return known;
  const made = withRules(
    ruleset,
    ruleset.rules.filter((rule) => !isOwn(rule)),
  );
  common.set(ruleset, made);
  return made;
}

function isOwn({ origin, clients }: Rule): boolean {
  return origin === 'exception' && clients !== 'everyone';
}

function withRules({ expires, ...ruleset }: Ruleset, rules: readonly Rule[]): Ruleset {
  const next = nextEnd(rules);
  return {
    ...ruleset,
    rules,
    index: createMatchIndex(rules),
    ...(next === undefined ? {} : { expires: next }),
  };
}

/** When the next timed rule ends, in milliseconds since the epoch. */
export function nextEnd(rules: readonly Rule[]): number | undefined {
  // Not by spreading: there may be more than a call takes arguments.
  return rules.reduce<number | undefined>(
    (next, { until }) => (until === undefined ? next : Math.min(until, next ?? until)),
    undefined,
  );
}
