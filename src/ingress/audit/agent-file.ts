import type { YamlNode } from '../../policy/yaml-tree.ts';
import { type Doors, dialRemedy, doorFindings, hostOf } from './doors.ts';
import { type Finding, finding } from './finding.ts';
import { secretFindings } from './secret.ts';
import { entryOf, hasMerge, isOpaque, itemsOf, mapAt, textOf, type YamlMap } from './tree.ts';

/** Keys that no other program's configuration has at its top. */
const OWN_KEYS = ['authtoken', 'auth_token', 'connect_url', 'trust_host_root_certs', 'root_cas'];
/** Keys that others have as well; two of them make an agent's file. */
const COMMON_KEYS = ['agent', 'tunnels', 'endpoints', 'server_addr', 'web_addr', 'update_channel'];

/** True for what looks like the configuration file of an ngrok agent, of version 1, 2 or 3. */
export function isAgentFile(root: YamlNode): root is YamlMap {
  if (root.kind !== 'map' || entryOf(root, 'services') !== undefined) return false;
  const has = (key: string) => entryOf(root, key) !== undefined;
  const isNumbered = ['2', '3'].includes(textOf(entryOf(root, 'version')?.value));
  const common = COMMON_KEYS.filter(has).length + (isNumbered ? 1 : 0);
  return OWN_KEYS.some(has) || common >= 2;
}

/** What breaks the policy in an agent's configuration file. */
export function agentFileFindings(doors: Doors, root: YamlMap): readonly Finding[] {
  const version = textOf(entryOf(root, 'version')?.value);
  const agent = entryOf(root, 'agent');
  const settings = version === '3' ? (mapAt(root, 'agent') ?? EMPTY) : root;
  const isElsewhere = version === '3' && isOpaque(agent?.value);
  return [
    ...doorOfFile(
      doors,
      root,
      settings,
      version === '3' ? 'connect_url' : 'server_addr',
      isElsewhere,
    ),
    ...settings.entries.flatMap(({ key, value }) => settingFindings(key, value)),
  ];
}

const EMPTY: YamlMap = { kind: 'map', place: { file: '', line: 1, column: 1 }, entries: [] };

function doorOfFile(
  doors: Doors,
  root: YamlMap,
  settings: YamlMap,
  key: string,
  isElsewhere: boolean,
): readonly Finding[] {
  const value = entryOf(settings, key)?.value;
  if (isOpaque(value)) return [];
  const text = textOf(value);
  if (value !== undefined && text !== '') return doorFindings(doors, value.place, text, key);
  if (isElsewhere || hasMerge(settings) || hasMerge(root)) return [];
  const place = root.entries[0]?.keyPlace ?? root.place;
  const misplaced = ['server_addr', 'connect_url'].find(
    (other) => entryOf(root, other) !== undefined,
  );
  const about = misplaced === undefined ? '' : `${misplaced} is not read there in this version`;
  return [finding('no-connect-url', place, about, dialRemedy(doors, key))];
}

function settingFindings(key: string, value: YamlNode): readonly Finding[] {
  const { place } = value;
  const text = textOf(value);
  switch (key) {
    case 'authtoken':
    case 'auth_token':
      return secretFindings('literal-authtoken', place, text);
    case 'api_key':
      return secretFindings('literal-api-key', place, text);
    case 'dns_resolver_ips': {
      const resolvers = itemsOf(value).map(textOf);
      if (resolvers.length === 0) return [];
      const remedy = "remove dns_resolver_ips, so that the system's resolver is asked";
      return [finding('dns-resolver-ips', place, resolvers.join(', '), remedy)];
    }
    case 'proxy_url':
    case 'http_proxy':
    case 'socks5_proxy':
      // Without its user and password.
      return text === '' ? [] : [proxyFinding(value, key, text)];
    case 'crl_noverify':
      if (text !== 'true') return [];
      return [finding('crl-noverify', place, '', 'remove crl_noverify')];
    case 'server_sni':
    case 'connect_sni':
      if (text === '') return [];
      return [finding('server-sni', place, '', `remove ${key}`)];
    case 'update_channel':
      if (text === '' || text === 'stable') return [];
      return [finding('update-channel', place, '', 'set update_channel to stable, or remove it')];
    case 'region':
      return text === '' ? [] : [finding('region', place, '', 'remove region')];
    default:
      return [];
  }
}

function proxyFinding({ place }: YamlNode, key: string, text: string): Finding {
  const remedy = `remove ${key}, or see that the proxy itself enforces the policy`;
  return finding('proxy-url', place, hostOf(text) ?? '', remedy);
}
