import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ADDRESSES, createLab, type Lab } from '../../support/e2e/lab.ts';
import { type Scope, start } from '../../support/e2e/process.ts';
import type { TlsProbe } from '../../support/e2e/programs/tls-clients.ts';
import { makeCertificates, startTlsServer } from '../../support/e2e/tls.ts';
import { folder } from '../../support/e2e/tunnelwarden.ts';
import { serveName } from './packets.ts';
import { succeeds } from './ruleset.ts';

export const program = (name: string) =>
  fileURLToPath(new URL(`../../support/e2e/programs/${name}.ts`, import.meta.url));

/** Where the organisation's own door and the vendor's live together, and where only the latter does. */
export const SHARED = ADDRESSES.ngrok;
export const DENIED = ADDRESSES.sanctioned;
export const SANCTIONED = 'tunnels.example.com';
export const REGIONAL = 'tunnel.us.tunnels.example.com';
export const DEFAULT_DOOR = 'connect.ngrok-agent.com';

/** A lab whose internet is one TLS server for all names, with ssh, and revocation lists in clear. */
export type Front = {
  readonly lab: Lab;
  readonly ca: string;
  readonly visits: () => Promise<readonly (string | undefined)[]>;
  /** Packets with a payload that have reached the internet's addresses, but for port 80. */
  readonly words: () => Promise<number>;
};

export async function createFront(scope: Scope): Promise<Front> {
  const lab = createLab(scope);
  const inside = { within: lab.internet.within };
  // Segments are to be on the inner links as they would be on a wire.
  for (const { within } of [lab.client, lab.gateway, lab.internet]) {
    const script = 'for link in lan wan; do ethtool -K $link tso off gso off gro off; done; true';
    await succeeds('sh', ['-c', `${script} 2>/dev/null`], { within });
  }
  const certificates = makeCertificates(folder(scope), SANCTIONED, REGIONAL, DEFAULT_DOOR);
  const addresses = [...SHARED, ...DENIED];
  const [edge] = await Promise.all([
    startTlsServer(scope, certificates, { addresses, port: 443 }, inside),
    startTlsServer(scope, certificates, { addresses, port: 8443 }, inside),
    serveName(scope, lab.internet, 'internet', [22, 80]),
  ]);
  const counting = [
    'add table inet counting',
    'add chain inet counting in { type filter hook prerouting priority -300; }',
    'add rule inet counting in tcp dport != 80 @ih,0,8 0-255 counter',
    'add rule inet counting in meta l4proto udp counter',
  ];
  await succeeds('nft', [counting.join('\n')], inside);
  // The resolver is not here, so the SDK finds its way by the hosts file.
  const hosts = [DEFAULT_DOOR, SANCTIONED, REGIONAL].map((name) => `${SHARED[0]} ${name}\n`);
  mkdirSync(`/etc/netns/${lab.client.name}`, { recursive: true });
  writeFileSync(`/etc/netns/${lab.client.name}/hosts`, hosts.join(''));
  let before = 0;
  return {
    lab,
    ca: certificates.ca,
    visits: async () => {
      const visits = (await edge.visits()).slice(before);
      before += visits.length;
      return visits.map(({ sni }) => sni);
    },
    words: async () => {
      const text = await succeeds('nft', ['list', 'table', 'inet', 'counting'], inside);
      return [...text.matchAll(/packets (\d+)/g)].reduce(
        (sum, [, count]) => sum + Number(count),
        0,
      );
    },
  };
}

export async function tlsOutcomes(
  { lab }: Pick<Front, 'lab'>,
  probes: readonly TlsProbe[],
): Promise<readonly string[]> {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const { within } = lab.client;
  const child = start({ after: () => {} }, process.execPath, [program('tls-clients')], { within }, [
    ...stdio,
  ]);
  // At its end, too, so that one which dies does not keep the test waiting.
  const told = Promise.race([once(child, 'message'), once(child, 'exit')]);
  child.send(probes);
  const [outcomes] = await told;
  assert.ok(Array.isArray(outcomes), 'the clients have told nothing');
  return outcomes;
}

/**
 * Connects, sends a segment of the same connection with a wrong checksum, and then plain text. The
 * server drops the former; whoever takes it for the connection's hello lets the latter through.
 */
const FORGE = String.raw`
my ($to, $octets) = (inet_aton($ARGV[0]), pack('H*', $ARGV[1]));
socket(my $stream, AF_INET, SOCK_STREAM, 0);
connect($stream, pack_sockaddr_in(443, $to)) or die;
my ($port) = unpack_sockaddr_in(getsockname($stream));
socket(my $raw, AF_INET, SOCK_RAW, 6) or die;
my $tcp = pack('nnNNnnnn', $port, 443, 7, 7, 0x5018, 512, 1, 0) . $octets;
send($raw, $tcp, 0, pack_sockaddr_in(0, $to)) or die;
select(undef, undef, undef, 0.1);
syswrite($stream, "GET / HTTP/1.0\r\n\r\n");
$SIG{ALRM} = sub { print 'silence'; exit };
alarm 3;
print defined sysread($stream, my $heard, 99) ? 'heard' : $!{ECONNRESET} ? 'reset' : $!;
`;

/** What comes of a connection that is preceded by a segment with a wrong checksum and these octets. */
export async function forged({ lab }: Front, to: string, octets: Buffer): Promise<string> {
  const words = ['-MSocket', '-e', FORGE, to, octets.toString('hex')];
  return succeeds('perl', words, { within: lab.client.within });
}
