import { InputError, type Place } from '../../policy/problem.ts';
import { readYamlTree, type YamlEntry, type YamlNode } from '../../policy/yaml-tree.ts';
import { OLD_PHASES, PHASES, type Phase } from './actions.ts';
import { createReport, type Finding, kindOf, nearest, type Path, type Report } from './finding.ts';
import { type LintedRule, lintRule } from './lint-rule.ts';
import { lintSense } from './lint-sense.ts';

export type LintedPhase = {
  readonly phase: Phase;
  readonly path: Path;
  readonly rules: readonly LintedRule[];
};

/** All that is wrong with the text of a Traffic Policy, YAML or JSON, in the order of the file. */
export function lintTrafficPolicy(file: string, text: string): readonly Finding[] {
  const { report, findings } = createReport();
  const start: Place = { file, line: 1, column: 1 };
  try {
    const root = readYamlTree(file, text);
    const [policy, path] = policyIn(root);
    const phases = lintPhases(policy ?? root, path, start, report);
    lintSense(phases, report);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    // The first of a line; those behind it follow from it.
    const lines = new Map(error.problems.toReversed().map((fault) => [fault.place.line, fault]));
    for (const { place, message } of lines.values()) report('yaml', place, [], message);
  }
  return findings.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column);
}

/** The policy itself, which the Kubernetes operator wraps in an object of its own. */
function policyIn(root: YamlNode): readonly [YamlNode | undefined, Path] {
  const kind = entryOf(root, 'kind')?.value;
  if (kind?.kind !== 'scalar' || kind.value !== 'NgrokTrafficPolicy') return [root, []];
  const spec = entryOf(root, 'spec')?.value;
  return [spec && entryOf(spec, 'policy')?.value, ['spec', 'policy']];
}

export function entryOf(node: YamlNode, key: string): YamlEntry | undefined {
  return node.kind === 'map' ? node.entries.find((entry) => entry.key === key) : undefined;
}

function lintPhases(root: YamlNode, path: Path, start: Place, report: Report): LintedPhase[] {
  const place = root.kind === 'map' ? root.place : start;
  if (root.kind !== 'map' || root.entries.length === 0) {
    const given = root.kind === 'map' ? 'empty' : kindOf(root);
    report(
      'shape',
      place,
      path,
      `is ${given}; write phases such as on_http_request, each a list of rules`,
    );
    return [];
  }
  return root.entries.flatMap(({ key, keyPlace, value }): LintedPhase[] => {
    const at = [...path, key];
    const phase = PHASES.find((known) => known === key);
    if (phase === undefined) {
      const remedy = OLD_PHASES[key] ? `write ${OLD_PHASES[key]}` : nearest(key, PHASES);
      report(
        'unknown-phase',
        keyPlace,
        at,
        `is not a phase; ${remedy || `there are ${PHASES.join(', ')}`}`,
      );
      return [];
    }
    if (value.kind !== 'list') {
      report(
        'shape',
        value.place,
        at,
        `needs to be a list of rules, not ${kindOf(value)}; begin each with "- "`,
      );
      return [];
    }
    const rules = value.items.flatMap(
      (item, i) => lintRule(item, { phase, path: [...at, i] }, report) ?? [],
    );
    return [{ phase, path: at, rules }];
  });
}
