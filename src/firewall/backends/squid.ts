import type { Artifact, Backend, Plan } from '../backend.ts';
import { type Run, runsOf } from '../first-match.ts';
import { commentHeader } from '../header.ts';
import { nameRegex } from '../name-regex.ts';
import { leftOutLines, plainEntries } from '../plain-name.ts';

const TITLE = 'Squid access rules';

export const squidBackend: Backend = {
  id: 'squid',
  title: TITLE,
  enforces: ['tls-name', 'wildcard', 'exact', 'exception'],
  sni: [],
  use: 'Include it in squid.conf before your own `http_access` and `ssl_bump` lines, then `squid -k parse` and `squid -k reconfigure`.',
  cannot: [
    'It sees what goes through the proxy: no QUIC, no DNS, no agent that dials past it.',
    'It logs watched names like all others.',
    'TLS names are seen on ports with `ssl-bump` only, and need Squid with OpenSSL.',
  ],
  print,
};

/** Names an `acl` line; more lines of one name add up. */
const PER_LINE = 20;

function print(plan: Plan): readonly Artifact[] {
  const { plain, leftOut } = plainEntries(plan.names, { everything: true });
  const runs = runsOf(plain);
  const text = [
    ...commentHeader(plan, TITLE, '#'),
    '#',
    '# Include it before your own `http_access` and `ssl_bump` lines: the first that fits decides.',
    '# Nothing here allows anything: what is not refused goes on to your own lines.',
    ...leftOutLines(leftOut, '#'),
    '',
    // An ACL that is used before it is defined is fatal, so all stand on top.
    'acl tw_step1 at_step SslBump1',
    ...runs.flatMap(definition),
    '',
    '# CONNECT and plain requests, by the name in them.',
    ...denials(runs),
    '',
    '# TLS, by the name in the ClientHello; nothing is decrypted.',
    'ssl_bump peek tw_step1',
    ...runs.map(
      ({ action }, i) => `ssl_bump ${action === 'block' ? 'terminate' : 'splice'} tw_tls_${i + 1}`,
    ),
    '',
  ];
  return [{ path: 'tunnelwarden.squid.conf', text: text.join('\n') }];
}

/**
 * Each run twice: by the server name a client asks TLS for (`--client-requested` keeps the names of
 * the server's certificate out of it) and by the request's own host.
 */
function definition({ kind, entries }: Run, i: number): readonly string[] {
  const n = i + 1;
  const values = entries.map(({ pattern }) => {
    if (kind === 'wildcard') return nameRegex(pattern);
    return kind === 'subtree' ? `.${pattern.name}` : pattern.name;
  });
  const lines = Array.from({ length: Math.ceil(values.length / PER_LINE) }, (_, at) =>
    values.slice(at * PER_LINE, (at + 1) * PER_LINE).join(' '),
  );
  if (kind === 'wildcard') {
    return lines.flatMap((line) => [
      `acl tw_tls_${n} ssl::server_name_regex -i ${line}`,
      `acl tw_host_${n} dstdom_regex -n -i ${line}`,
    ]);
  }
  return lines.flatMap((line) => [
    `acl tw_tls_${n} ssl::server_name --client-requested ${line}`,
    `acl tw_host_${n} dstdomain -n ${line}`,
  ]);
}

/**
 * An `http_access allow` for an exception would end the admin's own list there, and open the proxy
 * to whoever asks for that name. So each refusal leaves out what an earlier run has decided.
 */
function denials(runs: readonly Run[]): readonly string[] {
  const spared: string[] = [];
  return runs.flatMap(({ action }, i) => {
    if (action !== 'block') {
      spared.push(`!tw_host_${i + 1}`);
      return [];
    }
    return [['http_access deny', ...spared, `tw_host_${i + 1}`].join(' ')];
  });
}
