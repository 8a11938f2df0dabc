import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADDRESSES, createLab } from './lab.ts';
import { ready, startNamed, TARGETS, type Where } from './named.ts';
import { type Scope, start } from './process.ts';
import { ENVIRONMENT } from './requirements.ts';
import { serve, write } from './tunnelwarden.ts';

/** Who is who on the loopback link of one namespace: all of them at port 53, as in the world. */
export const AT = {
  root: '127.0.0.1',
  parent: '127.0.0.2',
  /** A secondary of the parent zone that lags behind. */
  secondary: '127.0.0.3',
  vendor: '127.0.0.4',
  outside: '127.0.0.53',
  /** A resolver under the policy. */
  ours: '127.0.0.54',
  /** A resolver with an internal view of the parent zone. */
  internal: '127.0.0.55',
  ghost: '127.0.0.99',
} as const;
export const DOOR_ADDRESS = ADDRESSES.ngrok[0];
export const INGRESS_ADDRESS = ADDRESSES.sanctioned[0];

const SOA = 'SOA ns hostmaster 1 3600 600 86400 60';

/** A name that is delegated below example.com, with what its vendor's zone holds. */
export type Case = {
  readonly label: string;
  /** Lines of the parent zone, `@` being the name; four NS unless it says otherwise. */
  readonly parent?: readonly string[];
  /** The same on the secondary, where it differs. */
  readonly secondary?: readonly string[];
  /** The vendor's zone without SOA and NS; none where the vendor serves no such zone. */
  readonly child?: readonly string[] | 'none';
  /** Nameservers by the vendor's own word. */
  readonly childNs?: readonly string[];
};

export const DELEGATION = TARGETS.map((target) => `@ NS ${target}.`);
export const REGIONS = ['tunnel.us', 'tunnel.eu'] as const;
const CHILD = ['@', ...REGIONS].map((name) => `${name} A ${INGRESS_ADDRESS}`);

/** Starts root, parent, vendor and a resolver; names without a case of their own do not exist. */
export async function startWorld(scope: Scope, path: string, cases: readonly Case[]) {
  const { internet } = createLab(scope);
  const { within, name } = internet;
  // BIND listens on addresses that a link has, not on all that it would take.
  for (const address of Object.values(AT)) {
    if (address === AT.root || address === AT.ghost) continue;
    execFileSync('ip', ['-n', name, 'addr', 'add', `${address}/8`, 'dev', 'lo'], {
      env: ENVIRONMENT,
    });
  }
  const at = (address: string): Where => ({ address, port: 53, within });
  const lines = (which: 'parent' | 'secondary') =>
    cases.flatMap(({ label, parent = DELEGATION, secondary = parent }) => {
      const own = which === 'parent' ? parent : secondary;
      return [`$ORIGIN ${label}.example.com.`, ...own];
    });
  const parentZone = (which: 'parent' | 'secondary') =>
    ['$TTL 60', `@ ${SOA}`, '@ NS ns1', '@ NS ns2', `ns1 A ${AT.parent}`, `ns2 A ${AT.secondary}`]
      .concat(lines(which), '')
      .join('\n');
  const zones = cases.flatMap(({ label, child = CHILD, childNs = TARGETS }) =>
    child === 'none'
      ? []
      : [
          {
            name: `${label}.example.com`,
            text: ['$TTL 60', `@ ${SOA}`, ...childNs.map((ns) => `@ NS ${ns}.`), ...child, ''].join(
              '\n',
            ),
          },
        ],
  );
  await Promise.all([
    startNamed(scope, path, { at: at(AT.root), zones: [{ name: '.', text: ROOT_ZONE }] }),
    startNamed(scope, path, {
      at: at(AT.parent),
      zones: [
        { name: 'example.com', text: parentZone('parent') },
        { name: 'copy.example.com', text: `$TTL 60\n@ ${SOA}\n@ NS ns\nns A ${AT.parent}\n` },
      ],
    }),
    startNamed(scope, path, {
      at: at(AT.secondary),
      zones: [{ name: 'example.com', text: parentZone('secondary') }],
    }),
    startNamed(scope, path, { at: at(AT.vendor), zones }),
  ]);
  await startUnbound(scope, path, at(AT.outside));
  return { within, at };
}

/** Everything above the parent zone, and what lives elsewhere. */
const ROOT_ZONE = [
  '$TTL 60\n. SOA ns.root. hostmaster.root. 1 3600 600 86400 60\n. NS ns.root.',
  `ns.root. A ${AT.root}`,
  'example.com. NS ns1.example.com.\nexample.com. NS ns2.example.com.',
  `ns1.example.com. A ${AT.parent}\nns2.example.com. A ${AT.secondary}`,
  ...TARGETS.map((target) => `${target}. A ${AT.vendor}`),
  // One that does not serve the ingress, and one that is not there.
  `lame.example.net. A ${AT.root}\nghost.example.net. A ${AT.ghost}`,
  `connect.ngrok-agent.com. A ${DOOR_ADDRESS}`,
  'crl.ngrok-agent.com. A 198.51.100.80\ncrl.ngrok.com. A 198.51.100.80',
  '',
].join('\n');

async function startUnbound(scope: Scope, path: string, where: Where): Promise<void> {
  const hints = write(path, 'hints', `. 60 NS ns.root.\nns.root. 60 A ${AT.root}\n`);
  const file = write(
    path,
    'unbound.conf',
    `server:
  interface: ${where.address}@${where.port}
  outgoing-interface: 127.0.0.1
  do-not-query-localhost: no
  do-ip6: no
  chroot: ""
  username: ""
  directory: "${path}"
  pidfile: "${path}/unbound.pid"
  use-syslog: no
  logfile: "${path}/unbound.log"
  num-threads: 1
  module-config: "iterator"
  root-hints: "${hints}"
remote-control:
  control-enable: no
`,
  );
  start(scope, 'unbound', ['-d', '-c', file], where, ['ignore', 'ignore', 'inherit']);
  await ready(where, '.');
}

/** A resolver whose own example.com hides every delegation; all else it asks the other. */
export async function startInternalView(scope: Scope, path: string, at: Where): Promise<void> {
  await startNamed(scope, path, {
    at,
    options: `recursion yes; allow-recursion { any; }; forward only; forwarders { ${AT.outside}; };`,
    zones: [
      {
        name: 'example.com',
        text: `$TTL 60\n@ ${SOA}\n@ NS ns\nns A ${at.address}\nintra A 192.0.2.8\n`,
      },
    ],
  });
}

/** Our resolver, under a policy. */
export function startOurs(scope: Scope, path: string, file: string, within: readonly string[]) {
  const words = ['--policy', file, '--database', join(path, 'attempts.db')];
  return serve(scope, words, { within });
}

/** A key for a zone, as the two records that tell of it. */
export function makeKey(
  path: string,
  zone: string,
): { readonly dnskey: string; readonly ds: string } {
  const options = { cwd: path, encoding: 'utf8', env: ENVIRONMENT } as const;
  const words = ['-q', '-a', 'ECDSAP256SHA256', '-f', 'KSK', zone];
  const name = execFileSync('dnssec-keygen', words, options).trim();
  const key = readdirSync(path).find((file) => file === `${name}.key`) as string;
  const text = readFileSync(join(path, key), 'utf8').replace(/^;.*\n/gm, '');
  const ds = execFileSync('dnssec-dsfromkey', ['-2', key], options);
  const dataOf = (record: string, type: string) =>
    record.slice(record.indexOf(` ${type} `) + type.length + 2).trim();
  return { dnskey: dataOf(text, 'DNSKEY'), ds: dataOf(ds, 'DS') };
}

/** What a certificate of the lab says. */
export type Wanted = {
  readonly organisation: string;
  readonly names: readonly string[];
  /** Below zero for one that has ended. */
  readonly days: number;
};

/** Makes a certificate and the authority that signs it. */
export function makeCertificate(path: string, id: string, { organisation, names, days }: Wanted) {
  const at = (file: string) => join(path, `${id}-${file}`);
  const openssl = (...words: readonly string[]) =>
    execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const subject = ['-subj', `/O=${organisation}/CN=Test`];
  openssl(
    ...['req', '-x509', ...newKey, '-days', '2', ...subject, '-keyout', at('ca.key')],
    ...['-addext', 'keyUsage=critical,keyCertSign', '-out', at('ca.pem')],
  );
  openssl('req', ...newKey, '-subj', '/CN=x', '-keyout', at('key'), '-out', at('csr'));
  writeFileSync(at('ext'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}\n`);
  openssl(
    ...['x509', '-req', '-in', at('csr'), '-days', String(days), '-CA', at('ca.pem')],
    ...['-CAkey', at('ca.key'), '-CAcreateserial', '-extfile', at('ext'), '-out', at('pem')],
  );
  return { ca: at('ca.pem'), certificate: at('pem'), key: at('key') };
}
