import type { YamlEntry, YamlNode } from '../../policy/yaml-tree.ts';

// Looking things up in YAML of any shape.

export type YamlMap = Extract<YamlNode, { readonly kind: 'map' }>;

export function entryOf(map: YamlMap, key: string): YamlEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

export function mapAt(map: YamlMap, key: string): YamlMap | undefined {
  const value = entryOf(map, key)?.value;
  return value?.kind === 'map' ? value : undefined;
}

/** The text of a scalar: `3` and `true` too; empty for what is null or no scalar. */
export function textOf(node: YamlNode | undefined): string {
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : '';
}

/** True where something is said that cannot be followed from here. */
export function isOpaque(node: YamlNode | undefined): boolean {
  return node?.kind === 'alias' || node?.kind === 'tagged';
}

/** True where part of a map comes from elsewhere, so that what is not in it may still be there. */
export function hasMerge(map: YamlMap): boolean {
  return entryOf(map, '<<') !== undefined;
}

/** A list's items; one scalar counts as a list of one. */
export function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  if (node === undefined) return [];
  if (node.kind === 'list') return node.items;
  return textOf(node) === '' ? [] : [node];
}

/** Every scalar below a node. */
export function scalarsOf(node: YamlNode | undefined): readonly YamlNode[] {
  if (node === undefined) return [];
  if (node.kind === 'map') return node.entries.flatMap(({ value }) => scalarsOf(value));
  if (node.kind === 'list') return node.items.flatMap(scalarsOf);
  return node.kind === 'scalar' ? [node] : [];
}
