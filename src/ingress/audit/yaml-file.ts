import { InputError, type Place } from '../../policy/problem.ts';
import { readYamlTree, type YamlNode } from '../../policy/yaml-tree.ts';
import { agentFileFindings, isAgentFile } from './agent-file.ts';
import { containerFindings, isOperatorValues, operatorFindings } from './container.ts';
import { type Doors, doorFindings, doorOf } from './doors.ts';
import { type Finding, finding } from './finding.ts';

/** Names under which agents look for their file. */
const AGENT_FILE_NAME = /(?:^|[/\\])\.?ngrok2?(?:\.(?:ya?ml|cfg))?$/i;

/** What breaks the policy in a YAML file: an agent's own, Compose, Kubernetes, Helm values. */
export function yamlFindings(doors: Doors, file: string, text: string): readonly Finding[] {
  return documentsOf(text).flatMap(({ lines, above }) =>
    documentFindings(doors, file, lines).map((one) => ({
      ...one,
      place: { ...one.place, line: one.place.line + above },
    })),
  );
}

function documentFindings(
  doors: Doors,
  file: string,
  lines: readonly string[],
): readonly Finding[] {
  try {
    const tree = readYamlTree(file, lines.join('\n'));
    if (isAgentFile(tree)) return agentFileFindings(doors, tree);
    return findingsBelow(doors, tree, '', lines);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return unreadable(file, error);
  }
}

type Part = { readonly lines: readonly string[]; readonly above: number };

/** The documents of a file, each with the number of lines above it. */
function documentsOf(text: string): readonly Part[] {
  const lines = text.split('\n');
  const starts = [0, ...lines.flatMap((line, i) => (/^---(?:\s|$)/.test(line) ? [i + 1] : []))];
  const parts = starts.map((above, i) => {
    const next = starts[i + 1];
    return { lines: lines.slice(above, next === undefined ? undefined : next - 1), above };
  });
  return parts.filter((part) => part.lines.some((line) => line.trim() !== ''));
}

/** Templates are no YAML, and nobody's settings before they are filled in; an agent's file is told of. */
function unreadable(file: string, error: InputError): readonly Finding[] {
  const place = error.problems[0]?.place;
  if (place === undefined || !AGENT_FILE_NAME.test(file)) return [];
  // The parser's own words may hold a piece of the file, and that a secret.
  return [finding('unreadable', place, 'YAML', 'correct it; `ngrok config check` reads it too')];
}

function findingsBelow(
  doors: Doors,
  node: YamlNode,
  above: string,
  lines: readonly string[],
): readonly Finding[] {
  if (node.kind === 'list') {
    return node.items.flatMap((item) => findingsBelow(doors, item, '', lines));
  }
  if (node.kind === 'scalar') {
    return [...defaultDoors(doors, node, above), ...embedded(doors, node, above, lines)];
  }
  if (node.kind !== 'map') return [];
  return [
    ...(isOperatorValues(node, above) ? operatorFindings(doors, node) : []),
    ...containerFindings(doors, node),
    ...node.entries.flatMap(({ key, value }) => findingsBelow(doors, value, key, lines)),
  ];
}

/** Settings that name a default door, in whatever file: a chart's own values, a fragment, another tool's. */
function defaultDoors(
  doors: Doors,
  { place, value }: Extract<YamlNode, { readonly kind: 'scalar' }>,
  key: string,
): readonly Finding[] {
  if (!/^(?:serverAddr|server_addr|connect_url)$/.test(key)) return [];
  const text = String(value ?? '');
  return ['default', 'regional'].includes(doorOf(doors, text))
    ? doorFindings(doors, place, text, key)
    : [];
}

/** An agent's file inside another: `content` of a Compose config, `ngrok.yml` of a ConfigMap. */
function embedded(
  doors: Doors,
  { place, value }: Extract<YamlNode, { readonly kind: 'scalar' }>,
  key: string,
  lines: readonly string[],
): readonly Finding[] {
  if (typeof value !== 'string' || !value.includes('\n')) return [];
  if (key !== 'content' && !/\.(?:ya?ml|cfg)$/.test(key)) return [];
  try {
    const tree = readYamlTree(place.file, value);
    if (!isAgentFile(tree)) return [];
    const indent = /^ */.exec(lines[place.line] ?? '')?.[0].length ?? 0;
    return agentFileFindings(doors, tree).map((one) => ({
      ...one,
      place: moved(one.place, place, indent),
    }));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return [];
  }
}

/** A block of text begins on the line below its `|`. */
function moved(inner: Place, outer: Place, indent: number): Place {
  return { file: outer.file, line: outer.line + inner.line, column: inner.column + indent };
}
