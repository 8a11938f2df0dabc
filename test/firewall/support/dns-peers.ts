import { answers, type Peer } from '../../support/e2e/peers.ts';
import { freePort } from '../../support/e2e/ports.ts';
import { type Scope, start } from '../../support/e2e/process.ts';
import { write } from '../../support/e2e/tunnelwarden.ts';

type PeerOptions = {
  readonly folder: string;
  /** Where it forwards to: a port of 127.0.0.1. */
  readonly upstream: number;
  /** The file that `generate` makes for it. */
  readonly artifact: string;
};

/** Starts Unbound with its local zones. */
export async function startUnboundZones(
  scope: Scope,
  { folder, upstream, artifact }: PeerOptions,
): Promise<Peer> {
  const port = await freePort();
  const included = write(folder, 'zones.conf', artifact);
  const config = write(
    folder,
    'unbound-zones.conf',
    `server:
  interface: 127.0.0.1@${port}
  do-not-query-localhost: no
  module-config: "iterator"
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: "${folder}/unbound-zones.pid"
  use-syslog: no
  logfile: "${folder}/unbound-zones.log"
  num-threads: 1
remote-control:
  control-enable: no
include: "${included}"
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstream}
`,
  );
  start(scope, 'unbound', ['-d', '-c', config], {}, ['ignore', 'ignore', 'inherit']);
  await answers(scope, port);
  return { port };
}

/** Starts dnsmasq without anything of the machine's. */
export async function startDnsmasq(
  scope: Scope,
  { folder, upstream, artifact }: PeerOptions,
): Promise<Peer> {
  const port = await freePort();
  const included = write(folder, 'names.conf', artifact);
  const config = write(
    folder,
    'dnsmasq.conf',
    `port=${port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
no-negcache
server=127.0.0.1#${upstream}
dns-forward-max=1000
log-facility=${folder}/dnsmasq.log
conf-file=${included}
`,
  );
  start(scope, 'dnsmasq', ['-k', '-C', config, '-x', ''], {}, ['ignore', 'ignore', 'inherit']);
  await answers(scope, port);
  return { port };
}
