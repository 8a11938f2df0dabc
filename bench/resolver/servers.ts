import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a server is given: its port, whom to ask, and what to refuse. */
export type Task = {
  /** Its own, empty. */
  readonly folder: string;
  readonly port: number;
  readonly upstream: number;
  readonly blocked: readonly string[];
};

/** Writes what the server reads, and says how to run it in the foreground. */
export type Prepare = (task: Task) => readonly string[];

/** Names a policy says itself; more than these are given as a list file. */
const WRITTEN = 100;
/** Each server's cache in MiB, or about as much in entries. */
const CACHE = 64;
const ENTRIES = 10_000;

/** The built program with a policy such as the starter's, and the names to refuse. */
export const tunnelwarden =
  (cli: string): Prepare =>
  ({ folder, port, upstream, blocked }) => {
    const list = blocked.length > WRITTEN;
    if (list) writeFileSync(join(folder, 'names.txt'), `${blocked.join('\n')}\n`);
    const policy = write(folder, 'policy.yaml', [
      'organisation: { name: Bench }',
      'services: { ngrok: block, others: block }',
      'bypass: { resolvers: block }',
      `resolver: { cache: ${CACHE}MB }`,
      ...(list
        ? ['lists: [{ file: names.txt }]']
        : ['block:', ...blocked.map((name) => `  - ${name}`)]),
    ]);
    return [
      process.execPath,
      ...[cli, 'serve', '--policy', policy, '--database', join(folder, 'attempts.db')],
      ...['--listen', `127.0.0.1:${port}`, '--upstream', `127.0.0.1:${upstream}`],
    ];
  };

export const unbound: Prepare = ({ folder, port, upstream, blocked }) =>
  runUnbound(folder, [
    ...unboundServer(port),
    '  do-not-query-localhost: no',
    `  msg-cache-size: ${CACHE / 2}m`,
    `  rrset-cache-size: ${CACHE / 2}m`,
    '  outgoing-range: 4096',
    '  num-queries-per-thread: 2048',
    ...blocked.map((name) => `  local-zone: "${name}." always_nxdomain`),
    'forward-zone:',
    '  name: "."',
    `  forward-addr: 127.0.0.1@${upstream}`,
  ]);

export const dnsmasq: Prepare = ({ folder, port, upstream, blocked }) => {
  const conf = write(folder, 'dnsmasq.conf', [
    `port=${port}`,
    'listen-address=127.0.0.1',
    'bind-interfaces',
    'no-resolv',
    'no-hosts',
    'no-poll',
    `pid-file=${join(folder, 'pid')}`,
    `log-facility=${join(folder, 'log')}`,
    // Started by root it would become another user, who cannot read this folder.
    ...(process.getuid?.() === 0 ? ['user=root', 'group=root'] : []),
    `server=127.0.0.1#${upstream}`,
    `cache-size=${ENTRIES}`,
    'dns-forward-max=2048',
    ...blocked.map((name) => `local=/${name}/`),
  ]);
  return ['dnsmasq', '--keep-in-foreground', `--conf-file=${conf}`];
};

/** What Node's socket costs by itself. */
export const echo: Prepare = ({ port }) => [
  process.execPath,
  join(import.meta.dirname, 'echo.ts'),
  String(port),
];

/** The resolver the others ask: every name there is, out of memory. */
export const upstreamServer: Prepare = ({ folder, port }) =>
  runUnbound(folder, [
    ...unboundServer(port),
    '  local-zone: "." redirect',
    '  local-data: ". 3600 IN A 192.0.2.1"',
  ]);

/** A plain forwarder on one core: no validation, as the others do none, and no helper threads. */
function unboundServer(port: number): string[] {
  return [
    'server:',
    `  interface: 127.0.0.1@${port}`,
    '  access-control: 127.0.0.0/8 allow',
    '  module-config: "iterator"',
    '  num-threads: 1',
    '  so-rcvbuf: 4m',
    '  so-sndbuf: 4m',
  ];
}

function runUnbound(folder: string, lines: readonly string[]): readonly string[] {
  const conf = write(folder, 'unbound.conf', [
    ...lines,
    'server:',
    '  chroot: ""',
    '  username: ""',
    `  directory: "${folder}"`,
    `  pidfile: "${join(folder, 'pid')}"`,
    '  use-syslog: no',
    `  logfile: "${join(folder, 'log')}"`,
    'remote-control:',
    '  control-enable: no',
  ]);
  return ['unbound', '-d', '-c', conf];
}

function write(folder: string, name: string, lines: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}
