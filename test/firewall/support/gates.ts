import { chmodSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Artifact } from '../../../src/firewall/backend.ts';
import { eventually } from '../../support/e2e/patience.ts';
import { run, type Scope, type StartOptions, start } from '../../support/e2e/process.ts';
import { write } from '../../support/e2e/tunnelwarden.ts';
import { clientHello, exchange } from './hello.ts';

const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

/** Lays the artifacts into a folder. */
export function lay(folder: string, artifacts: readonly Artifact[]): void {
  for (const { path, text } of artifacts) write(folder, path, text);
}

/** A whole nginx.conf around what is to be included in its `stream`. */
export function nginxConf(folder: string, artifact: Artifact): string {
  write(folder, artifact.path, artifact.text);
  return write(
    folder,
    'nginx.conf',
    `load_module ${STREAM_MODULE};
daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log;
events {}
stream { include ${folder}/${artifact.path}; }
`,
  );
}

/** A whole squid.conf around what is to be included. */
export function squidConf(folder: string, artifact: Artifact): string {
  const included = write(folder, artifact.path, artifact.text);
  return write(
    folder,
    'squid.conf',
    `include ${included}
http_access deny all
http_port 127.0.0.1:3128
pid_filename ${folder}/squid.pid
cache_log ${folder}/squid.log
access_log none
coredump_dir ${folder}
`,
  );
}

export async function startHaproxy(
  scope: Scope,
  config: string,
  options: StartOptions = {},
): Promise<void> {
  start(scope, 'haproxy', ['-db', '-q', '-f', config], options, ['ignore', 'ignore', 'inherit']);
}

export async function startNginx(
  scope: Scope,
  config: string,
  options: StartOptions = {},
): Promise<void> {
  start(scope, 'nginx', ['-c', config], options, ['ignore', 'ignore', 'inherit']);
}

/** What a checking command says of a configuration; empty where it has no objection. */
export async function objections(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(command, args);
  return code === 0 ? '' : `${command} ends with ${code}: ${stdout}${stderr}`;
}

/** What Squid says of a configuration; empty where it has no objection. It ends well with errors, too. */
export async function squidObjections(config: string): Promise<string> {
  const { code, stderr } = await run('squid', ['-k', 'parse', '-f', config]);
  const complaints = stderr.split('\n').filter((line) => /ERROR|WARNING|FATAL/.test(line));
  return code === 0 ? complaints.join('\n') : `squid ends with ${code}: ${stderr}`;
}

/** A port of loopback that greets whoever connects, with one line. */
export async function startGreeter(scope: Scope): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('hello\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  scope.after(() => server.close());
  return (server.address() as { port: number }).port;
}

/** Until somebody listens on a port of loopback. */
export async function listens(port: number): Promise<void> {
  await eventually(`somebody on port ${port}`, async () => {
    return exchange(port, clientHello('ready.invalid')).then(
      () => true,
      () => false,
    );
  });
}

/** Starts Squid around what is to be included, with `names` known to be at loopback. */
export async function startSquid(
  scope: Scope,
  folder: string,
  artifact: Artifact,
  { port, names, certificate }: { port: number; names: readonly string[]; certificate: string },
): Promise<void> {
  // It gives root up before it reads its files again.
  chmodSync(folder, 0o755);
  const included = write(folder, artifact.path, artifact.text);
  const hosts = write(folder, 'hosts', names.map((name) => `127.0.0.1 ${name}\n`).join(''));
  const config = write(
    folder,
    'squid.conf',
    `include ${included}
http_access allow all
http_port 127.0.0.1:${port} ssl-bump tls-cert=${certificate} generate-host-certificates=off
pid_filename none
cache_log /dev/null
access_log none
cache deny all
pinger_enable off
hosts_file ${hosts}
dns_nameservers 127.0.0.1
shutdown_lifetime 0 seconds
coredump_dir ${folder}
`,
  );
  start(scope, 'squid', ['-N', '-f', config], {}, ['ignore', 'ignore', 'ignore']);
  await eventually(`Squid on port ${port}`, () =>
    exchange(port, Buffer.from('GET / HTTP/1.0\r\n\r\n')).then(
      () => true,
      () => false,
    ),
  );
}

/** The status a proxy gives for a plain request. */
export async function proxied(port: number, name: string, target: number): Promise<number> {
  const request = `GET http://${name}:${target}/ HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`;
  const answer = await exchange(port, Buffer.from(request));
  return Number(/^HTTP\/1\.\d (\d+)/.exec(answer)?.[1]);
}

/** What is heard through a tunnel of a proxy once a ClientHello has been sent into it. */
export function tunnelled(port: number, target: number, hello: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`CONNECT 127.0.0.1:${target} HTTP/1.1\r\nHost: 127.0.0.1:${target}\r\n\r\n`),
    );
    const done = () => {
      socket.destroy();
      resolve(heard.slice(heard.indexOf('\r\n\r\n') + 4));
    };
    let sent = false;
    socket.setTimeout(8000, () => reject(new Error(`no answer and no end after: ${heard}`)));
    socket.on('data', (data) => {
      heard += data.toString('latin1');
      if (!sent && heard.includes('\r\n\r\n')) {
        sent = true;
        socket.write(hello);
      } else if (sent && heard.endsWith('hello\n')) done();
    });
    socket.on('end', done);
    socket.on('error', done);
  });
}
