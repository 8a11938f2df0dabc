import type { FirewallSettings } from '../../../policy/firewall.ts';
import type { Network } from '../../../policy/network.ts';
import type { Port } from '../../../policy/service.ts';
import { printable } from '../../../text.ts';
import type { PacketEntry } from '../../backend.ts';
import { LOGGED } from '../../logged.ts';

export const TABLE = 'inet tunnelwarden';

export type Family = 4 | 6;
export const FAMILIES = [4, 6] as const;

/** The bit of the connection mark that says "its TLS name was seen and is sanctioned". */
export const SEEN = '0x10';
/** The same bit where there is a gate, which looks instead: "the gate has it". */
export const TAKEN = SEEN;

export function inFamily({ octets }: Network, family: Family): boolean {
  return (octets.length === 4) === (family === 4);
}

/** With a prefix, since words such as `fwd` and `th` cannot be names. */
export function setName(id: string, family: Family): string {
  return `tw_${id}${family}`;
}

/** The chain of an entry's refusal, named for its id. */
export function refusalChain(id: string): string {
  return `refuse_${id.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}`;
}

export function rule(chain: string, ...words: readonly string[]): string {
  return `add rule ${TABLE} ${chain} ${words.filter((word) => word !== '').join(' ')}`;
}

/** The chain that a line of ours adds a rule to. */
export function chainOf(line: string): string | undefined {
  return new RegExp(`^add rule ${TABLE} (\\S+) `).exec(line)?.[1];
}

/** A string that cannot end early: nft knows no escapes in it. 128 octets are the limit. */
export function quoted(text: string): string {
  return `"${printable(text).replaceAll('"', "'").slice(0, 120)}"`;
}

/** A comment comes last in a rule. */
export function comment({ id, note }: Pick<PacketEntry, 'id' | 'note'>): string {
  return `comment ${quoted(`${id}: ${note}`)}`;
}

/** A rule of its own: a limit in the rule that decides would let what exceeds it by. */
export function log(id: string, group: number, octets: number = LOGGED.packet): string {
  return `limit rate 10/second burst 20 packets log prefix ${quoted(`${id} `)} group ${group} snaplen ${octets}`;
}

export function LAN({ lan }: Pick<FirewallSettings, 'lan'>): string {
  return `{ ${lan.map((link) => `"${link}"`).join(', ')} }`;
}

/** Ports as conditions, one for each rule it takes; one empty condition for every port. */
export function portWords(ports: readonly Port[]): readonly string[] {
  if (ports.length === 0) return [''];
  const of = (transport: Port['transport']) =>
    ports
      .filter((port) => port.transport === transport)
      .toSorted((a, b) => a.number - b.number)
      .map(({ number, last }) => (last === undefined ? `${number}` : `${number}-${last}`))
      .join(', ');
  const [tcp, udp] = [of('tcp'), of('udp')];
  if (tcp === udp) return [`meta l4proto { tcp, udp } th dport { ${tcp} }`];
  return [
    ...(tcp === '' ? [] : [`tcp dport { ${tcp} }`]),
    ...(udp === '' ? [] : [`udp dport { ${udp} }`]),
  ];
}

/** Where an entry's packets go and whom it spares, one condition for each rule it takes. */
function addressWords({ to, sparesExempt }: PacketEntry): readonly string[] {
  const families = 'set' in to ? FAMILIES : to.families;
  if (!('set' in to) && !sparesExempt && families.length === 2) return [''];
  return families.map((family) => {
    const ip = ipOf(family);
    const dnsok = `@${setName('dnsok', family)}`;
    return [
      'set' in to ? `${ip} daddr @${setName(to.set, family)}` : '',
      sparesExempt ? `${ip} saddr != ${dnsok} ${ip} daddr != ${dnsok}` : '',
      !('set' in to) && !sparesExempt ? `meta nfproto ipv${family}` : '',
    ]
      .filter(Boolean)
      .join(' ');
  });
}

export function ipOf(family: Family): string {
  return family === 4 ? 'ip' : 'ip6';
}

/** Every pair of an address condition and a port condition. */
export function conditions(entry: PacketEntry): readonly string[] {
  return addressWords(entry).flatMap((address) =>
    portWords(entry.ports).map((port) => [address, port].filter(Boolean).join(' ')),
  );
}
