import type { Place } from '../../policy/problem.ts';
import type { YamlNode } from '../../policy/yaml-tree.ts';
import type { ActionSpec, Phase } from './actions.ts';
import { kindOf, nearest, type Path, type Report } from './finding.ts';
import { lintInterpolations } from './lint-expression.ts';
import { lintField } from './lint-field.ts';

export type Config = {
  readonly type: string;
  readonly spec: ActionSpec;
  readonly config: YamlNode | undefined;
  /** Of the action. */
  readonly place: Place;
  readonly phase: Phase;
  readonly path: Path;
};

/** Whether an action's config has the fields it needs, no others, and what belongs into each. */
export function lintConfig(action: Config, report: Report): void {
  const { type, spec, config, place, phase, path } = action;
  if (config) lintInterpolations(config, path, report);
  // Nobody has published what it takes.
  if (spec.fields === undefined) return;
  // A refused connection, unlike a refused request, has no status.
  const onConnect = type === 'deny' && phase === 'on_tcp_connect';
  const fields = onConnect ? {} : spec.fields;
  const isEmpty = config === undefined || (config.kind === 'scalar' && config.value === null);
  if (!isEmpty && config.kind !== 'map') {
    report('type', config.place, path, `needs to be a mapping (key: value), not ${kindOf(config)}`);
    return;
  }
  const entries = !isEmpty && config.kind === 'map' ? config.entries : [];
  for (const { key, keyPlace, value } of entries) {
    const at = [...path, key];
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field) {
      lintField({ type, field, path: at, report }, value);
      continue;
    }
    const known = Object.keys(fields);
    const has = known.length === 0 ? 'remove it' : `it has ${known.join(', ')}`;
    const owner = onConnect ? `${type} in ${phase}` : type;
    report(
      'unknown-field',
      keyPlace,
      at,
      `is not a field of ${owner}; ${nearest(key, known) || has}`,
    );
  }
  for (const [key, { required }] of Object.entries(fields)) {
    if (!required || entries.some((entry) => entry.key === key)) continue;
    report(
      'missing-field',
      isEmpty ? place : config.place,
      [...path, key],
      `${type} needs it; add it`,
    );
  }
}
