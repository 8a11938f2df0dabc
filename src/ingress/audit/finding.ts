import { comparePlaces, type Place } from '../../policy/problem.ts';
import { AUDIT_RULES, type AuditRuleId, type Severity } from './rules.ts';

/** One thing in a file that breaks the policy. */
export type Finding = {
  readonly rule: AuditRuleId;
  readonly severity: Severity;
  readonly place: Place;
  /** What stands there; of a secret, never the whole. */
  readonly message: string;
  readonly remedy: string;
};

/** A finding with the severity of its rule; `about` says what stands there. */
export function finding(rule: AuditRuleId, place: Place, about: string, remedy: string): Finding {
  const { severity, title } = AUDIT_RULES[rule];
  return { rule, severity, place, message: about === '' ? title : `${title}: ${about}`, remedy };
}

/** As one reads, and each once: two ways of looking may see the same. */
export function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const keyed = findings.map((one) => [keyOf(one), one] as const);
  return [...new Map(keyed).values()].sort(
    (a, b) => comparePlaces(a.place, b.place) || a.rule.localeCompare(b.rule),
  );
}

function keyOf({ rule, place }: Finding): string {
  return `${rule} ${place.line}:${place.column} ${place.file}`;
}
