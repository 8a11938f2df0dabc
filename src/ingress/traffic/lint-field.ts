import { parseNetwork } from '../../policy/network.ts';
import { ParseError } from '../../policy/problem.ts';
import type { YamlNode } from '../../policy/yaml-tree.ts';
import type { Field } from './actions.ts';
import { kindOf, nearest, type Path, type Report } from './finding.ts';
import { lintExpression } from './lint-expression.ts';
import { OIDC_INSTEAD } from './providers.ts';

export type FieldContext = {
  /** The action's. */
  readonly type: string;
  readonly field: Field;
  readonly path: Path;
  readonly report: Report;
};

type Value = string | number | boolean;
type Check = { readonly wanted: string; readonly fits: (value: Value) => boolean };

const TEXT: Check = { wanted: 'text', fits: (value) => typeof value === 'string' };
const INTEGER: Check = { wanted: 'a whole number', fits: (value) => Number.isInteger(value) };
/** Go's notation of durations. */
const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/;

const CHECKS: Readonly<Record<Field['type'], Check>> = {
  word: { wanted: 'one word', fits: () => true },
  text: TEXT,
  texts: TEXT,
  integer: INTEGER,
  integers: INTEGER,
  flag: { wanted: 'true or false', fits: (value) => typeof value === 'boolean' },
  fraction: {
    wanted: 'a number from 0 to 1',
    fits: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  },
  duration: {
    wanted: 'a time such as 30s, 10m or 8h',
    fits: (value) => typeof value === 'string' && DURATION.test(value),
  },
  cidrs: { wanted: 'a network such as 192.0.2.0/24', fits: (value) => typeof value === 'string' },
  expressions: { wanted: 'an expression', fits: () => true },
  map: { wanted: 'a mapping (key: value)', fits: () => false },
  list: { wanted: 'a list', fits: () => false },
};

const LISTS: readonly Field['type'][] = ['list', 'texts', 'integers', 'cidrs', 'expressions'];

export function lintField(context: FieldContext, node: YamlNode): void {
  const { type, field, path, report } = context;
  if (node.kind === 'alias') {
    const message = 'is a YAML alias, which is not followed here; write it out';
    report('alias', node.place, path, message, 'warning');
  } else if (node.kind === 'scalar' && node.value === null) {
    const remedy = field.required ? `${type} needs it; write it` : 'write it, or remove the key';
    report('missing-field', node.place, path, `is empty; ${remedy}`);
  } else if (LISTS.includes(field.type)) {
    lintList(context, node);
  } else if (field.type === 'map') {
    if (node.kind !== 'map') wrong(context, node, CHECKS.map.wanted);
  } else {
    lintValue(context, node);
  }
}

function wrong({ path, report }: FieldContext, node: YamlNode, wanted: string): void {
  report('type', node.place, path, `needs to be ${wanted}, not ${kindOf(node)}`);
}

function lintList(context: FieldContext, node: YamlNode): void {
  const { type, field, path, report } = context;
  if (node.kind !== 'list') {
    wrong(context, node, CHECKS.list.wanted);
    return;
  }
  if (field.required && node.items.length === 0) {
    const message = `is an empty list; ${type} needs one entry at least`;
    report('missing-field', node.place, path, message);
  }
  if (field.type === 'list') return;
  for (const [i, item] of node.items.entries()) {
    const at = { ...context, path: [...path, i] };
    if (field.type === 'expressions') lintExpression(item, at.path, report);
    else lintValue(at, item);
  }
}

function lintValue(context: FieldContext, node: YamlNode): void {
  const { type, field, path, report } = context;
  const { wanted, fits } = CHECKS[field.type];
  if (node.kind !== 'scalar' || node.value === null) {
    wrong(context, node, wanted);
    return;
  }
  const { value } = node;
  // What it will be shows when a request comes.
  if (typeof value === 'string' && value.includes('${')) return;
  const text = String(value);
  if (!fits(value)) {
    const given = typeof value === 'string' ? `"${text}"` : kindOf(node);
    report('type', node.place, path, `needs to be ${wanted}, not ${given}`);
  } else if (field.type === 'cidrs') {
    lintCidr(context, node, text);
  } else if (field.oneOf && !field.oneOf.includes(text)) {
    const message = `"${text}" is none that ${type} knows; ${remedyFor(type, text, field.oneOf)}`;
    report('value', node.place, path, message);
  } else if (isOutside(value, field)) {
    const message = `${text} is out of range; write one from ${field.from} to ${field.to}`;
    report('value', node.place, path, message);
  } else if (field.secret) {
    const message =
      'is a secret in clear: whoever reads the file has it; keep it in a vault and write ' +
      `\${secrets.get('VAULT', 'NAME')} instead`;
    report('secret', node.place, path, message, 'warning');
  }
}

function isOutside(value: Value, { from, to }: Field): boolean {
  return typeof value === 'number' && (value < (from ?? value) || value > (to ?? value));
}

function remedyFor(type: string, text: string, known: readonly string[]): string {
  if (type === 'oauth' && OIDC_INSTEAD.includes(text.toLowerCase())) {
    return 'use the action openid-connect with the issuer_url of your organisation there';
  }
  const near = nearest(text, known);
  if (near !== '') return near;
  return known.length > 20
    ? 'see the providers in docs/ingress.md'
    : `there are ${known.join(', ')}`;
}

function lintCidr({ path, report }: FieldContext, { place }: YamlNode, text: string): void {
  try {
    if (parseNetwork(text).length > 0) return;
    const message = `${text} is everyone; name the networks you mean`;
    report('open', place, path, message, 'warning');
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    report('cidr', place, path, error.message);
  }
}
