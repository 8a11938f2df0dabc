import type { Problem } from '../policy/problem.ts';
import { readYamlTree, type YamlEntry, type YamlNode } from '../policy/yaml-tree.ts';
import type { Row } from './inventory.ts';

/** The rows of an inventory in YAML: a list of mappings. Throws InputError where it is no YAML. */
export function yamlRows(
  file: string,
  text: string,
  columns: readonly string[],
): { readonly rows: readonly Row[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const complain = (node: Pick<YamlNode, 'place'>, path: string, message: string) => {
    problems.push({ severity: 'error', place: node.place, path, message });
  };
  const tree = readYamlTree(file, text);
  // An empty file, or one of remarks, is an inventory that is yet to be written.
  if (tree.kind === 'scalar' && tree.value === null) return { rows: [], problems };
  if (tree.kind !== 'list') {
    complain(
      tree,
      '',
      'needs to be a list of rows such as `- { address: 192.0.2.10, person: Ada }`',
    );
    return { rows: [], problems };
  }
  const cellOf = ({ key, keyPlace, value }: YamlEntry): Row['cells'] => {
    if (!columns.includes(key)) {
      complain({ place: keyPlace }, key, `is not a known key; write one of ${columns.join(', ')}`);
    } else if (value.kind !== 'scalar' || typeof value.value !== 'string') {
      const quotes = value.kind === 'scalar' && value.value !== null ? '; put it in quotes' : '';
      complain(value, key, `needs to be text${quotes}`);
    } else if (value.value.trim() === '') {
      complain(value, key, 'must not be empty; remove the key');
    } else return [{ column: key, text: value.value.trim(), place: value.place }];
    return [];
  };
  const rows = tree.items.flatMap((item): readonly Row[] => {
    if (item.kind !== 'map') {
      complain(item, '', 'needs to be a mapping such as `{ address: 192.0.2.10, person: Ada }`');
      return [];
    }
    const before = problems.length;
    const cells = item.entries.flatMap(cellOf);
    // What is missing in a row with a fault may well be what is at fault.
    const isWhole = problems.length === before;
    return [{ place: item.place, cells, isWhole }];
  });
  return { rows, problems };
}
