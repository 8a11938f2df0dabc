import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Packet } from '../../../src/firewall/interpret.ts';
import { createLab, type Lab, type Namespace } from './lab.ts';
import { type Scope, start } from './process.ts';
import { ENVIRONMENT } from './requirements.ts';

const program = (name: string) => fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));

/** Where flows of a test go: whole networks that answer at every address and port. */
export const FAR = { ipv4: '203.0.113.0/24', ipv6: '2001:db8:77::/64' } as const;

/** The gateway's ports: the gate's first one, and the refuser's. */
export const [GATE, REFUSER] = [9443, 9080];

/** A lab whose internet answers everywhere, with a gateway that has a resolver, a gate and a refuser. */
export type FlowLab = Lab & {
  /** What becomes of each flow that the client starts: `server`, `resolver`, `gate` (what is
   * shared), `fronts`, `refuser`, `refused` or `silent`. */
  readonly tryAll: (flows: readonly Packet[]) => Promise<readonly string[]>;
};

/** The client's addresses, beside those of the lab. */
export const CLIENTS = [
  '192.0.2.10',
  '192.0.2.77',
  '192.0.2.130',
  '2001:db8:1::10',
  '2001:db8:1:0:9::77',
] as const;

export async function createFlowLab(scope: Scope): Promise<FlowLab> {
  const lab = createLab(scope);
  const within = ({ name }: Namespace, ...words: readonly string[]) =>
    execFileSync('ip', ['netns', 'exec', name, ...words], {
      encoding: 'utf8',
      stdio: 'pipe',
      env: ENVIRONMENT,
      maxBuffer: 1 << 28,
    });
  within(lab.client, 'ip', 'addr', 'add', '192.0.2.77/32', 'dev', 'lan');
  within(lab.client, 'ip', 'addr', 'add', '192.0.2.130/32', 'dev', 'lan');
  within(lab.client, 'ip', 'addr', 'add', '2001:db8:1:0:9::77/128', 'dev', 'lan', 'nodad');
  within(lab.gateway, 'ip', 'route', 'add', FAR.ipv4, 'via', '198.51.100.53');
  within(lab.gateway, 'ip', 'route', 'add', FAR.ipv6, 'via', '2001:db8:2::53');
  within(lab.internet, 'ip', 'route', 'add', 'local', FAR.ipv4, 'dev', 'lo');
  within(lab.internet, 'ip', 'route', 'add', 'local', FAR.ipv6, 'dev', 'lo');
  // Errors are rate limited for each peer (RFC 1812 4.3.2.8), and here all of them go to one.
  within(
    lab.gateway,
    'sh',
    '-c',
    'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; echo 0 > /proc/sys/net/ipv6/icmp/ratelimit; echo 100000 > /proc/sys/net/ipv4/icmp_msgs_per_sec 2>/dev/null || true',
  );
  within(
    lab.internet,
    'nft',
    'add table inet everywhere; add chain inet everywhere pre { type nat hook prerouting priority dstnat; }; add rule inet everywhere pre meta l4proto { tcp, udp } redirect to :7',
  );
  const greet = async ({ within }: Namespace, word: string, tcp: number[], udp: number[]) => {
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
    const child = start(scope, process.execPath, [program('greeter')], { within }, [...stdio]);
    const ready = once(child, 'message');
    child.send({ word, tcp, udp });
    await ready;
  };
  await Promise.all([
    greet(lab.internet, 'server', [7], [7]),
    greet(lab.gateway, 'resolver', [53], [53]),
    greet(lab.gateway, 'gate', [GATE], []),
    greet(lab.gateway, 'fronts', [GATE + 1], []),
    greet(lab.gateway, 'refuser', [REFUSER], []),
  ]);
  return {
    ...lab,
    tryAll: async (flows) => {
      const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
      const child = start(
        scope,
        process.execPath,
        [program('callers')],
        { within: lab.client.within },
        [...stdio],
      );
      const told = once(child, 'message');
      child.send(flows);
      const [fates] = await told;
      return fates as readonly string[];
    },
  };
}
