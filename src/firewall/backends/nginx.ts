import { isIpv4 } from '../../policy/network.ts';
import type { Artifact, Backend, NameEntry, Plan } from '../backend.ts';
import { firstMatch, isIngress, kindOf, withoutMoot } from '../first-match.ts';
import { commentHeader } from '../header.ts';
import { nameRegex } from '../name-regex.ts';
import { leftOutLines, plainEntries } from '../plain-name.ts';
import { refinementsOf } from '../refinements.ts';

const TITLE = 'nginx gate for TLS server names';

export const nginxBackend: Backend = {
  id: 'nginx',
  title: TITLE,
  enforces: ['tls-name', 'wildcard', 'exact', 'exception'],
  sni: [],
  use: 'Include it in `stream { }` of nginx.conf, then `nginx -t` and `nginx -s reload`; a packet filter sends it what it is to look at.',
  cannot: [
    'Only for addresses that a sanctioned name shares: nginx goes where the name it reads resolves to, so letting other names pass would make it a relay to anywhere.',
    'Fronts of many pass by it: leave the set `tw_gate` empty, since nobody here listens at the port behind `firewall.gate`.',
    'It sees what a packet filter sends it: TCP, not QUIC.',
  ],
  print,
};

/** Words that a map takes for its own; behind a backslash they are values (ngx_stream_map_module). */
const OWN_WORDS = new Set(['default', 'hostnames', 'include', 'volatile']);

function print(plan: Plan): readonly Artifact[] {
  const { plain, leftOut } = plainEntries(withoutMoot(plan.names), { everything: true });
  const lines = mapLines(aboutAllowed(plain));
  const gate = plan.settings.gate ?? 9443;
  const text = [
    ...commentHeader(plan, TITLE, '#'),
    '#',
    '# Include it in `stream {}` of a file that loads ngx_stream_module.so. Check: nginx -t',
    ...leftOutLines(leftOut, '#'),
    '',
    '# A bucket has to hold the longest name there can be.',
    'map_hash_bucket_size 512;',
    `map_hash_max_size ${hashSize(lines.length)};`,
    '',
    '# An empty target closes the connection, so what is not named here does not pass.',
    'map $ssl_preread_server_name $tw_target {',
    '    hostnames;',
    '    default "";',
    ...lines,
    '}',
    '',
    'server {',
    `    listen 0.0.0.0:${gate};`,
    `    listen [::]:${gate} ipv6only=on;`,
    '    ssl_preread on;',
    '    preread_timeout 3s;',
    '    # It has to know both families, and what sanctioned names resolve to.',
    `    resolver ${resolverOf(plan)} valid=30s;`,
    '    proxy_connect_timeout 5s;',
    '    # Tunnels are quiet for long; keep-alives find the dead ones.',
    '    proxy_timeout 1h;',
    '    proxy_socket_keepalive on;',
    '    proxy_pass $tw_target;',
    '}',
    '',
  ];
  return [{ path: 'tunnelwarden.stream.conf', text: text.join('\n') }];
}

function resolverOf({ settings }: Plan): string {
  if (settings.resolver.length === 0) return '127.0.0.1';
  return settings.resolver.map((at) => (isIpv4(at) ? at : `[${at}]`)).join(' ');
}

/** nginx wants room; with too little it builds the hash for seconds, or not at all. */
function hashSize(entries: number): number {
  return Math.max(2048, 2 ** Math.ceil(Math.log2(entries * 4 + 1)));
}

/** What lets pass, and what is refused inside of it; the rest does not pass anyway. */
function aboutAllowed(names: readonly NameEntry[]): readonly NameEntry[] {
  const refinements = refinementsOf(names);
  const about = new Set(
    names
      .filter(({ action }) => action !== 'block')
      .flatMap((entry) => [entry, ...refinements(entry)]),
  );
  return names.filter((entry) => about.has(entry));
}

/**
 * nginx looks into its hashes first (whole name, then the longest ending) and tries expressions
 * only after that, in their order. So an ending inside of which an expression decides is written as
 * an expression behind it; the ingress, which decides before any wildcard, never is.
 */
function mapLines(names: readonly NameEntry[]): readonly string[] {
  const refinements = refinementsOf(names);
  const wholeNames = new Set(
    names.filter(({ pattern }) => kindOf(pattern) === 'exact').map(({ pattern }) => pattern.name),
  );
  const hashed: string[] = [];
  const compared: string[] = [];
  const isCompared = new Set<NameEntry>();
  // What refines an entry stands before it.
  for (const entry of firstMatch(names)) {
    const { pattern, action } = entry;
    const target = action !== 'block' ? '$ssl_preread_server_name:443' : '""';
    const kind = kindOf(pattern);
    const refined = !isIngress(entry) && refinements(entry).some((other) => isCompared.has(other));
    if (kind === 'wildcard' || (kind === 'subtree' && refined)) {
      isCompared.add(entry);
      compared.push(`    "~*${nameRegex(pattern)}" ${target};`);
    } else if (kind === 'subtree') {
      // `.name` stands for the name itself too, which nginx refuses to have twice.
      const own = wholeNames.has(pattern.name) ? '*' : '';
      hashed.push(`    ${own}.${pattern.name} ${target};`);
    } else {
      const word = OWN_WORDS.has(pattern.name) ? `\\${pattern.name}` : pattern.name;
      hashed.push(`    ${word} ${target};`);
    }
  }
  return [...hashed, ...compared];
}
