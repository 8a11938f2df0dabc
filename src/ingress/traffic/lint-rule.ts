import type { Place } from '../../policy/problem.ts';
import type { YamlNode } from '../../policy/yaml-tree.ts';
import { ACTIONS, MISNAMED, type Phase } from './actions.ts';
import { kindOf, nearest, type Path, type Report } from './finding.ts';
import { lintConfig } from './lint-config.ts';
import { lintExpression, lintInterpolations } from './lint-expression.ts';

export type LintedAction = {
  readonly type: string;
  readonly place: Place;
  readonly path: Path;
  readonly config: YamlNode | undefined;
};

/** A rule as far as it can be read, for what only several of them together show. */
export type LintedRule = {
  readonly place: Place;
  readonly path: Path;
  readonly expressions: readonly {
    readonly text: string;
    readonly place: Place;
    readonly path: Path;
  }[];
  readonly actions: readonly LintedAction[];
};

type Where = { readonly phase: Phase; readonly path: Path };

const RULE_KEYS = ['name', 'expressions', 'actions'];
const ACTION_KEYS = ['type', 'config'];

export function lintRule(node: YamlNode, where: Where, report: Report): LintedRule | undefined {
  const { path } = where;
  if (node.kind !== 'map') {
    report('shape', node.place, path, `needs to be a rule with actions, not ${kindOf(node)}`);
    return undefined;
  }
  for (const { key, keyPlace, value } of node.entries) {
    if (!RULE_KEYS.includes(key)) {
      const remedy = nearest(key, RULE_KEYS) || 'a rule has expressions and actions';
      report('unknown-field', keyPlace, [...path, key], `is not a key of a rule; ${remedy}`);
    } else if (key === 'name' && value.kind !== 'scalar') {
      report('type', value.place, [...path, key], `needs to be text, not ${kindOf(value)}`);
    }
  }
  const value = (key: string) => node.entries.find((entry) => entry.key === key)?.value;
  const expressions = lintExpressions(value('expressions'), [...path, 'expressions'], report);
  const actions = value('actions');
  if (actions?.kind !== 'list' || actions.items.length === 0) {
    const given =
      actions === undefined
        ? 'is missing'
        : `is ${actions.kind === 'list' ? 'empty' : kindOf(actions)}`;
    const place = actions?.place ?? node.place;
    report(
      'actions',
      place,
      [...path, 'actions'],
      `${given}; write a list of actions, each with a type`,
    );
  }
  const items = actions?.kind === 'list' ? actions.items : [];
  return {
    place: node.place,
    path,
    expressions,
    actions: items.flatMap(
      (item, i) => lintAction(item, { ...where, path: [...path, 'actions', i] }, report) ?? [],
    ),
  };
}

function lintExpressions(node: YamlNode | undefined, path: Path, report: Report) {
  if (node === undefined) return [];
  if (node.kind !== 'list') {
    report(
      'type',
      node.place,
      path,
      `needs to be a list of expressions, not ${kindOf(node)}; begin each with "- "`,
    );
    return [];
  }
  return node.items.flatMap((item, i) => {
    const text = lintExpression(item, [...path, i], report);
    return text === undefined ? [] : [{ text, place: item.place, path: [...path, i] }];
  });
}

function lintAction(node: YamlNode, where: Where, report: Report): LintedAction | undefined {
  const { phase, path } = where;
  if (node.kind !== 'map') {
    report('shape', node.place, path, `needs to be an action with a type, not ${kindOf(node)}`);
    return undefined;
  }
  for (const { key, keyPlace } of node.entries) {
    if (ACTION_KEYS.includes(key)) continue;
    const remedy =
      nearest(key, ACTION_KEYS) || 'an action has a type and a config; indent it below config';
    report('unknown-field', keyPlace, [...path, key], `is not a key of an action; ${remedy}`);
  }
  const type = node.entries.find(({ key }) => key === 'type')?.value;
  const config = node.entries.find(({ key }) => key === 'config')?.value;
  if (type?.kind !== 'scalar' || typeof type.value !== 'string') {
    const place = type?.place ?? node.place;
    report(
      'unknown-action',
      place,
      [...path, 'type'],
      'is missing; name an action such as deny or oauth',
    );
    return undefined;
  }
  const spec = Object.hasOwn(ACTIONS, type.value) ? ACTIONS[type.value] : undefined;
  if (spec === undefined) {
    const meant = Object.hasOwn(MISNAMED, type.value) ? `write ${MISNAMED[type.value]}` : undefined;
    const remedy =
      meant ??
      (nearest(type.value, Object.keys(ACTIONS)) || 'see docs/ingress.md for those there are');
    report(
      'unknown-action',
      type.place,
      [...path, 'type'],
      `"${type.value}" is not an action; ${remedy}`,
    );
    if (config) lintInterpolations(config, [...path, 'config'], report);
    return undefined;
  }
  if (!spec.phases.includes(phase)) {
    const places = spec.phases.join(' or ');
    report(
      'wrong-phase',
      type.place,
      [...path, 'type'],
      `${type.value} cannot stand in ${phase}; move it to ${places}`,
    );
  }
  lintConfig(
    { type: type.value, spec, config, place: node.place, phase, path: [...path, 'config'] },
    report,
  );
  return { type: type.value, place: node.place, path, config };
}
