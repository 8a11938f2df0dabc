import type { YamlNode } from '../../policy/yaml-tree.ts';
import { type Doors, dialRemedy, doorFindings, hostOf } from './doors.ts';
import { type Finding, finding } from './finding.ts';
import { secretFindings } from './secret.ts';
import { entryOf, hasMerge, itemsOf, mapAt, scalarsOf, textOf, type YamlMap } from './tree.ts';
import { type Word, wordFindings } from './words.ts';

/** `ngrok/ngrok`, `docker.io/ngrok/ngrok:3`, `wernight/ngrok@sha256:…`. */
export const AGENT_IMAGE = /(?:^|\/)ngrok(?:[:@]|$)/;

/** The agent in a container, as Compose and Kubernetes write one. */
export function containerFindings(doors: Doors, map: YamlMap): readonly Finding[] {
  const variables = variablesOf(map);
  const secrets = variables.flatMap(secretsIn);
  const image = entryOf(map, 'image')?.value;
  const words = wordsOf(map);
  const isAgent = AGENT_IMAGE.test(textOf(image)) || /^(?:.*\/)?ngrok$/.test(words[0]?.text ?? '');
  if (!isAgent) return secrets;
  return [
    ...secrets,
    ...variables.flatMap(proxyIn),
    ...wordFindings(words),
    ...(hasFile(map, words, variables) || hasMerge(map)
      ? []
      : [
          finding(
            'no-connect-url',
            image?.place ?? map.place,
            '',
            `give it a configuration file by --config: ${dialRemedy(doors, 'connect_url')}`,
          ),
        ]),
  ];
}

/** Words of the command line, wherever they stand. */
function wordsOf(map: YamlMap): readonly Word[] {
  return ['entrypoint', 'command', 'args'].flatMap((key) =>
    itemsOf(entryOf(map, key)?.value).flatMap((node): readonly Word[] => {
      const text = textOf(node);
      // A list has a word an item; a string is split as a shell would.
      const isList = entryOf(map, key)?.value.kind === 'list';
      const parts = isList ? [text] : text.split(/\s+/).filter(Boolean);
      return parts.map((part) => ({ text: part, place: node.place }));
    }),
  );
}

/** A file of settings that the agent is given; it is looked at by itself. */
function hasFile(map: YamlMap, words: readonly Word[], variables: readonly Variable[]): boolean {
  if (words.some(({ text }) => /^--config(?:=|$)/.test(text))) return true;
  if (variables.some(({ name }) => name === 'NGROK_CONFIG')) return true;
  return ['volumes', 'volumeMounts', 'configs'].some((key) =>
    scalarsOf(entryOf(map, key)?.value).some((node) => /ngrok[^:]*\.ya?ml/.test(textOf(node))),
  );
}

type Variable = { readonly name: string; readonly value: string; readonly node: YamlNode };

/** Compose: a map, or a list of `NAME=value`; Kubernetes: a list of maps with `name` and `value`. */
function variablesOf(map: YamlMap): readonly Variable[] {
  const asMap = mapAt(map, 'environment');
  if (asMap) {
    return asMap.entries.map(({ key, value }) => ({
      name: key,
      value: textOf(value),
      node: value,
    }));
  }
  return ['environment', 'env'].flatMap((key) =>
    itemsOf(entryOf(map, key)?.value).flatMap((node): readonly Variable[] => {
      if (node.kind === 'map') {
        const value = entryOf(node, 'value')?.value;
        if (value === undefined) return [];
        return [{ name: textOf(entryOf(node, 'name')?.value), value: textOf(value), node: value }];
      }
      const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(textOf(node)) ?? [];
      return [{ name: name === '' ? textOf(node) : name, value, node }];
    }),
  );
}

function secretsIn({ name, value, node }: Variable): readonly Finding[] {
  if (/^NGROK_AUTH(?:TOKEN|_TOKEN)?$/.test(name)) {
    return secretFindings('literal-authtoken', node.place, value);
  }
  return name === 'NGROK_API_KEY' ? secretFindings('literal-api-key', node.place, value) : [];
}

function proxyIn({ name, value, node }: Variable): readonly Finding[] {
  if (!/^https?_proxy$/i.test(name) || value === '') return [];
  const remedy = `remove ${name}, or see that the proxy itself enforces the policy`;
  return [finding('proxy-url', node.place, hostOf(value) ?? '', remedy)];
}

/** True for values of the ngrok operator's Helm chart; `above` is the key they stand under. */
export function isOperatorValues(map: YamlMap, above: string): boolean {
  if (/^(?:ngrok-operator|ngrok-ingress-controller)$/.test(above)) return true;
  const repository = textOf(entryOf(mapAt(map, 'image') ?? map, 'repository')?.value);
  if (/(?:^|\/)ngrok-operator$/.test(repository)) return true;
  const has = (key: string) => entryOf(map, key) !== undefined;
  const core = ['serverAddr', 'rootCAs', 'ngrokMetadata'].filter(has).length;
  return core >= 2 || (core === 1 && ['credentials', 'apiURL', 'bindings'].some(has));
}

export function operatorFindings(doors: Doors, map: YamlMap): readonly Finding[] {
  const door = entryOf(map, 'serverAddr')?.value;
  const credentials = mapAt(map, 'credentials');
  const bindings = mapAt(map, 'bindings');
  const secret = (rule: 'literal-authtoken' | 'literal-api-key', key: string) => {
    const value = credentials && entryOf(credentials, key)?.value;
    return value ? secretFindings(rule, value.place, textOf(value)) : [];
  };
  const bound = bindings && entryOf(bindings, 'ingressEndpoint')?.value;
  const isBound = bindings && textOf(entryOf(bindings, 'enabled')?.value) === 'true';
  const region = entryOf(map, 'region')?.value;
  const missing = () =>
    hasMerge(map)
      ? []
      : [
          finding(
            'no-connect-url',
            map.entries[0]?.keyPlace ?? map.place,
            '',
            dialRemedy(doors, 'serverAddr'),
          ),
        ];
  return [
    ...(door?.kind === 'scalar' && textOf(door) === ''
      ? [finding('no-connect-url', door.place, '', dialRemedy(doors, 'serverAddr'))]
      : []),
    ...(door === undefined
      ? missing()
      : doorFindings(doors, door.place, textOf(door), 'serverAddr')),
    ...(isBound && bound ? doorFindings(doors, bound.place, textOf(bound), 'ingressEndpoint') : []),
    ...secret('literal-authtoken', 'authtoken'),
    ...secret('literal-api-key', 'apiKey'),
    ...(region && textOf(region) !== ''
      ? [finding('region', region.place, '', 'remove region')]
      : []),
  ];
}
