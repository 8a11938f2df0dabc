import type { Check, Finding, Machine, Needs, Severity } from './finding.ts';
import { capability, conntrack, forwarding, links, ownResolver, programs } from './host.ts';
import { pf } from './pf.ts';
import { ports } from './ports.ts';
import { routes } from './routes.ts';
import { flowtables, flushes, inputFilters, neighbours } from './rules.ts';

const LINUX: readonly Check[] = [
  capability,
  programs,
  links,
  forwarding,
  inputFilters,
  ports,
  routes,
  flowtables,
  flushes,
  neighbours,
  conntrack,
  ownResolver,
];
const BSD: readonly Check[] = [programs, pf];

const ORDER: readonly Severity[] = ['breaks', 'weakens', 'note'];

/** What on a machine would get in the rules' way, the worst first. */
export function examine(machine: Machine, needs: Needs): readonly Finding[] {
  const checks = needs.format.startsWith('pf-') ? BSD : LINUX;
  const findings = checks.flatMap((check) => check(machine, needs));
  return findings.toSorted(
    (one, other) => ORDER.indexOf(one.severity) - ORDER.indexOf(other.severity),
  );
}
