import { createHash } from 'node:crypto';
import { excepting, nextEnd } from './excepting.ts';
import type { Exception } from './exception.ts';
import { expand } from './expand.ts';
import type { Fault } from './expand-parts.ts';
import type { NameList } from './list.ts';
import { createMatchIndex } from './match.ts';
import type { Policy } from './policy.ts';
import { comparePlaces, InputError, type Problem } from './problem.ts';
import { contentOf } from './rule-text.ts';
import type { Ruleset } from './ruleset.ts';
import type { Catalogue } from './service.ts';
import { settle } from './settle.ts';

export type Compiled = {
  readonly ruleset: Ruleset;
  /** What the admin should know though it stops nothing. */
  readonly warnings: readonly Problem[];
};

/**
 * Expands a policy into its rules. `now` (milliseconds since the epoch) decides which timed entries
 * and exceptions still count; `lists` are the policy's lists, in its order. Throws InputError with every
 * contradiction: two rules that tie and disagree, or anything that would block the sanctioned way.
 */
export function compile(
  policy: Policy,
  catalogue: Catalogue,
  lists: readonly NameList[],
  now: number,
  exceptions: readonly Exception[] = [],
): Compiled {
  const problems: Problem[] = [];
  const fault: Fault = (place, path, message, severity = 'error') => {
    problems.push({ severity, place, path, message });
  };
  const rules = settle(policy, expand(policy, catalogue, lists, now, fault), fault);
  if (problems.some(({ severity }) => severity === 'error')) {
    throw new InputError(problems.filter(({ severity }) => severity === 'error'));
  }
  const expires = nextEnd(rules);
  const body = {
    organisation: policy.organisation,
    ingress: policy.ingress.map(({ domain }) => domain),
    doors: policy.ingress.flatMap(({ domain, names, service }) =>
      [...new Set([domain, ...names])].map((name) => ({ name, service })),
    ),
    rules,
    fronts: [...catalogue.fronts.values()].flatMap(({ networks }) => networks),
    refusal: policy.refusal,
    mode: policy.mode,
    modes: policy.modes,
  };
  const ruleset: Ruleset = {
    ...body,
    index: createMatchIndex(rules),
    digest: digestOf(body),
    ...(expires === undefined ? {} : { expires }),
  };
  const excepted = excepting(ruleset, exceptions, catalogue, now);
  const warnings = [...problems, ...excepted.warnings];
  return {
    ruleset: excepted.ruleset,
    warnings: warnings.sort((a, b) => comparePlaces(a.place, b.place)),
  };
}

/** Over what the rules say, not where they stand: moving a line changes nothing. */
function digestOf(body: Omit<Ruleset, 'index' | 'digest' | 'expires'>): string {
  const text = JSON.stringify({
    ...body,
    ingress: body.ingress.toSorted(),
    doors: body.doors.map(({ name, service }) => `${name} ${service}`).sort(),
    rules: body.rules.map(contentOf),
    fronts: body.fronts.map(({ text }) => text),
    modes: body.modes.map(({ network: { text }, mode }) => `${text} ${mode}`).sort(),
  });
  return createHash('sha256').update(text).digest('hex');
}
