import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './patience.ts';
import { freePort } from './ports.ts';
import { run, type Scope, start } from './process.ts';
import { tunnelwarden, write } from './tunnelwarden.ts';

/** Where the ingress of these tests is delegated to. */
export const TARGETS = [
  'ns-1.example.net',
  'ns-2.example.net',
  'ns-3.example.org',
  'ns-4.example.org',
];
export const DS = '12345 13 2 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011';
/** A policy with one ingress, and more of it. */
export const policy = (more = '') => `
organisation: { name: "Example \\"Corp\\"; \\n(tunnels)" }
ingress:
  - domain: tunnels.example.com
    nameservers: [${TARGETS.join(', ')}]
    ttl: 600
${more}
`;

/** What the built program prints of a policy. */
export async function printed(
  path: string,
  text: string,
  ...words: readonly string[]
): Promise<string> {
  const file = write(path, 'policy.yaml', text);
  const { code, stdout, stderr } = await tunnelwarden([
    ...['ingress', 'records', '--policy', file],
    ...words,
  ]);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** What a zone begins with. */
export const HEAD = `$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
`;

export type NamedZone = { readonly name: string; readonly text: string; readonly options?: string };

/** Where a server is asked: loopback, unless it is within a namespace. */
export type Where = {
  readonly address: string;
  readonly port: number;
  readonly within: readonly string[];
};

/** A port of loopback that nobody has. */
export async function somewhere(): Promise<Where> {
  return { address: '127.0.0.1', port: await freePort(), within: [] };
}

type NamedOptions = {
  readonly at?: Where;
  readonly zones?: readonly NamedZone[];
  /** What stands in `options`. */
  readonly options?: string;
  /** What stands beside it. */
  readonly more?: string;
};

/** Starts a named that answers with authority for some zones. */
export async function startNamed(
  scope: Scope,
  path: string,
  { at, zones = [], options = 'recursion no;', more = '' }: NamedOptions,
): Promise<Where> {
  const where = at ?? (await somewhere());
  const { address, port, within } = where;
  const directory = join(path, `named-${address}-${port}`);
  mkdirSync(directory);
  const stated = zones.map(({ name, text, options: its = '' }) => {
    const file = write(directory, `${name}.db`, text);
    return `zone "${name}" { type primary; file "${file}"; ${its} };`;
  });
  const config = write(
    directory,
    'named.conf',
    `options {
  directory "${directory}"; pid-file "${directory}/pid"; session-keyfile "${directory}/key";
  managed-keys-directory "${directory}"; listen-on port ${port} { ${address}; }; listen-on-v6 { none; };
  allow-query { any; }; dnssec-validation no; notify no; empty-zones-enable no; ${options}
};
controls {};
logging { category default { null; }; };
${stated.join('\n')}
${more}
`,
  );
  const words = ['-f', '-n', '1', '-c', config];
  start(scope, 'named', words, { within }, ['ignore', 'ignore', 'inherit']);
  await ready(where, zones[0]?.name ?? '.');
  return where;
}

/** Until a server tells of a zone. */
export async function ready(where: Where, zone: string): Promise<void> {
  await eventually(`an answer about ${zone}`, async () => {
    const { stdout } = await dig(where, zone, 'SOA');
    return /status: (?:NOERROR|NXDOMAIN)/.test(stdout);
  });
}

export function dig({ address, port, within }: Where, ...question: readonly string[]) {
  const words = [`@${address}`, '-p', `${port}`, '+tries=1', '+time=4', ...question];
  return run('dig', words, { within });
}

/** The records of a section of what dig prints, each on one line, with single spaces. */
export function section(text: string, name: 'ANSWER' | 'AUTHORITY'): readonly string[] {
  const [, rest = ''] = text.split(`;; ${name} SECTION:\n`);
  return (rest.split('\n\n')[0] ?? '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith(';'))
    .map((line) => line.replaceAll(/\s+/g, ' ').replace(/([0-9A-F]{56}) /, '$1'))
    .sort();
}
