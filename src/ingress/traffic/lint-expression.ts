import type { YamlNode } from '../../policy/yaml-tree.ts';
import { celFault, interpolated } from './cel.ts';
import { kindOf, type Path, placeIn, type Report } from './finding.ts';

/** The text of an expression, or undefined where there is none. */
export function lintExpression(node: YamlNode, path: Path, report: Report): string | undefined {
  if (node.kind === 'tagged') {
    report(
      'tag',
      node.place,
      path,
      'begins with ! and stands without quotes, so YAML takes it for a tag and ngrok never sees the ' +
        'expression; put all of it in double quotes',
    );
    judge(node.text, node, path, report);
    return node.text;
  }
  if (node.kind !== 'scalar' || typeof node.value === 'number') {
    const remedy = node.kind === 'map' ? '; put it in quotes, as its colon makes it a mapping' : '';
    report('type', node.place, path, `needs to be an expression, not ${kindOf(node)}${remedy}`);
    return undefined;
  }
  const text = node.value === null ? '' : String(node.value);
  judge(text, node, path, report);
  return text;
}

function judge(text: string, node: YamlNode, path: Path, report: Report): void {
  const fault = celFault(text);
  if (fault === undefined) return;
  const rule = text.trim() === '' ? 'empty-expression' : 'expression';
  report(rule, placeIn(node, fault.at), path, fault.message);
}

/** Every `${…}` at or below a value. */
export function lintInterpolations(node: YamlNode, path: Path, report: Report): void {
  if (node.kind === 'map') {
    for (const { key, value } of node.entries) lintInterpolations(value, [...path, key], report);
  } else if (node.kind === 'list') {
    for (const [i, item] of node.items.entries()) lintInterpolations(item, [...path, i], report);
  } else if (node.kind === 'scalar' && typeof node.value === 'string') {
    for (const { at, source } of interpolated(node.value)) {
      const fault = celFault(source);
      if (fault) {
        report('expression', placeIn(node, at + fault.at), path, `in \${…}: ${fault.message}`);
      }
    }
  }
}
