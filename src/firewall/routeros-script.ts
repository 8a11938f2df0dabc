import type { Network } from '../policy/network.ts';
import type { Port } from '../policy/service.ts';
import { printable } from '../text.ts';

/** The two menus a rule for both families is made in. */
export const MENUS = [
  { family: 4, menu: '/ip firewall' },
  { family: 6, menu: '/ipv6 firewall' },
] as const;
export type Menu = (typeof MENUS)[number];

/** A string of a RouterOS script, where `$` would be a variable and `?` asks for help. */
export function quoted(text: string): string {
  return `"${printable(text).replace(/[\\"$?]/g, '\\$&')}"`;
}

/** What marks an object as ours, so that the next file can take it away. */
export function mark(text: string): string {
  return `comment=${quoted(`TW ${text}`)}`;
}

export const isOfFamily = (network: Network, family: 4 | 6): boolean =>
  (network.octets.length === 4) === (family === 4);

/** RouterOS takes 15 ports a rule. */
const MOST_PORTS = 15;

/** The conditions for the ports, by protocol; one that is always true where no port is given. */
export function portConditions(ports: readonly Port[]): readonly {
  readonly protocol: 'tcp' | 'udp' | undefined;
  readonly text: string;
}[] {
  if (ports.length === 0) return [{ protocol: undefined, text: '' }];
  return (['tcp', 'udp'] as const).flatMap((protocol) => {
    const numbers = ports
      .filter(({ transport }) => transport === protocol)
      .map(({ number, last }) => (last === undefined ? `${number}` : `${number}-${last}`));
    return Array.from({ length: Math.ceil(numbers.length / MOST_PORTS) }, (_, i) => ({
      protocol,
      text: ` protocol=${protocol} dst-port=${numbers.slice(i * MOST_PORTS, (i + 1) * MOST_PORTS).join(',')}`,
    }));
  });
}

/** Refuses at once: TCP by a reset, all else by an ICMP error. */
export function rejections(
  chain: string,
  conditions: string,
  protocol: 'tcp' | 'udp' | undefined,
  comment: string,
): readonly string[] {
  const rule = (more: string, answer: string) =>
    `add chain=${chain}${more}${conditions} action=reject reject-with=${answer} ${comment}`;
  // `reject-with=tcp-reset` is taken in rules for TCP alone.
  if (protocol === 'tcp') return [rule('', 'tcp-reset')];
  if (protocol === 'udp') return [rule('', 'icmp-admin-prohibited')];
  return [rule(' protocol=tcp', 'tcp-reset'), rule('', 'icmp-admin-prohibited')];
}
