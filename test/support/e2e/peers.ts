import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './patience.ts';
import { freePort } from './ports.ts';
import { type Scope, start } from './process.ts';
import { udpClient } from './question.ts';
import { write } from './tunnelwarden.ts';

/** A resolver of others as a forwarder with a response policy zone, on a port of loopback. */
export type Peer = { readonly port: number };

type PeerOptions = {
  readonly folder: string;
  /** Where it forwards to: a port of 127.0.0.1. */
  readonly upstream: number;
  /** The response policy zone, as a master file. */
  readonly zone: string;
};

const RPZ = 'rpz.invalid';

/** Starts Unbound with its response policy module. */
export async function startUnbound(
  scope: Scope,
  { folder, upstream, zone }: PeerOptions,
): Promise<Peer> {
  const port = await freePort();
  const zonefile = write(folder, 'unbound.rpz', zone);
  const config = write(
    folder,
    'unbound.conf',
    `server:
  interface: 127.0.0.1@${port}
  do-not-query-localhost: no
  module-config: "respip iterator"
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound.pid"
  use-syslog: no
  logfile: "${folder}/unbound.log"
  num-threads: 1
remote-control:
  control-enable: no
rpz:
  name: "${RPZ}"
  zonefile: "${zonefile}"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
`,
  );
  start(scope, 'unbound', ['-d', '-c', config], {}, ['ignore', 'ignore', 'inherit']);
  await answers(scope, port);
  return { port };
}

/** Starts BIND with a response-policy zone. */
export async function startBind(
  scope: Scope,
  { folder, upstream, zone }: PeerOptions,
): Promise<Peer> {
  const port = await freePort();
  const directory = `${folder}/bind`;
  mkdirSync(directory);
  const file = write(folder, 'bind.rpz', zone);
  const config = write(
    folder,
    'named.conf',
    `options {
  directory "${directory}"; pid-file "${directory}/named.pid";
  session-keyfile "${directory}/session.key"; managed-keys-directory "${directory}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion yes; allow-query { any; }; allow-recursion { any; };
  forward only; forwarders { 127.0.0.1 port ${upstream}; };
  dnssec-validation no;
  response-policy { zone "${RPZ}"; } qname-wait-recurse no break-dnssec yes;
};
controls {};
logging { channel file { file "${directory}/log"; severity warning; }; category default { file; }; category rpz { null; }; };
zone "${RPZ}" { type primary; file "${file}"; check-names ignore; allow-query { none; }; notify no; };
`,
  );
  start(scope, 'named', ['-f', '-n', '1', '-c', config], {}, ['ignore', 'ignore', 'inherit']);
  await answers(scope, port);
  return { port };
}

/** Until a resolver answers. */
export async function answers(scope: Scope, port: number): Promise<void> {
  const ask = await udpClient(scope, port);
  await eventually('an answer of a peer', async () => {
    const answered = ask('ready.example.com').catch(() => undefined);
    const late = delay(500, undefined);
    // A policy may refuse the name: that is an answer as well.
    const { rcode = '' } = (await Promise.race([answered, late])) ?? {};
    return ['NOERROR', 'NXDOMAIN'].includes(rcode);
  });
}
