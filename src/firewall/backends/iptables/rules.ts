import type { Port } from '../../../policy/service.ts';
import { printable } from '../../../text.ts';
import type { PacketEntry, PacketPlan, Plan } from '../../backend.ts';
import { LOGGED } from '../../logged.ts';
import { type Family, isIn, setName } from './sets.ts';

/** What the rules of one family are made from. */
export type Context = {
  readonly family: Family;
  readonly settings: Plan['settings'];
  readonly packets: PacketPlan;
};

/** One table of a restore file. Chains are declared even where empty: that is what empties them. */
export type Table = {
  readonly name: 'filter' | 'nat' | 'mangle';
  readonly chains: readonly string[];
  readonly rules: readonly string[];
};

/**
 * The words of a rule that say which packets it is about. A protocol can be named only once in a
 * rule, so it is told apart from the rest.
 */
export type Match = { readonly protocol: 'tcp' | 'udp' | undefined; readonly words: string };

// Audiences own the names `TW-X`, and their ids have no hyphen: ours have one more.
/** Where a built-in chain jumps to: what a `-g` from here returns to is the built-in chain. */
export const HOOKS = { filter: 'TW-HOOK-FORWARD', nat: 'TW-HOOK-NAT', mangle: 'TW-HOOK-MANGLE' };
export const BY_SOURCE = 'TW-BY-SOURCE';
export const audienceChain = (id: string): string => `TW-${id.toUpperCase()}`;

/** XT_MAX_COMMENT_LEN is 256 with its final zero. */
const MAX_COMMENT = 255;
/** XT_MULTI_PORTS; the ends of a range count one each. */
const MAX_PORTS = 15;

export function rule(chain: string, ...words: readonly string[]): string {
  return ['-A', chain, ...words.filter((word) => word !== '')].join(' ');
}

/** Only `"` and `\` mean something inside the quotes of a restore file. */
function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Begins with the id, so whatever a note holds, the word never looks like an option. */
export function comment({ id, note }: Pick<PacketEntry, 'id' | 'note'>): string {
  return `-m comment --comment ${quoted(printable(`${id} ${note}`).slice(0, MAX_COMMENT))}`;
}

/** In a rule of its own: a limit in the rule that refuses would let the excess pass. */
export function log(
  { settings }: Context,
  { id }: Pick<PacketEntry, 'id'>,
  octets: number = LOGGED.packet,
): string {
  const limit = '-m limit --limit 10/second --limit-burst 20';
  const group = `--nflog-group ${settings.logGroup} --nflog-size ${octets}`;
  return `${limit} -j NFLOG ${group} --nflog-prefix ${quoted(`${id} `)}`;
}

/** What an entry is about; none where this family has nothing of it. */
export function matchesOf(
  context: Context,
  entry: Pick<PacketEntry, 'to' | 'sparesExempt'>,
  ports: readonly Port[],
): readonly Match[] {
  const { to, sparesExempt } = entry;
  if ('families' in to) {
    if (!to.families.includes(context.family)) return [];
  } else if (!hasSet(context, to.set)) return [];
  const words = [
    'set' in to ? inSet(context, to.set, 'dst') : '',
    sparesExempt ? notExempt(context) : '',
  ].filter((word) => word !== '');
  // Ports are compared before sets are searched: that costs least.
  return portMatches(ports).map(({ protocol, words: port }) => ({
    protocol,
    words: [port, ...words].filter((word) => word !== '').join(' '),
  }));
}

/** Only TCP carries the names that are looked at; other ports of an entry are for the next one. */
export function lookMatches(context: Context, entry: PacketEntry): readonly Match[] {
  const tcp = tcpPorts(entry);
  return tcp.length === 0 ? [] : matchesOf(context, entry, tcp);
}

export function tcpPorts({ ports }: PacketEntry): readonly Port[] {
  if (ports.length === 0) return [{ number: 0, last: 65_535, transport: 'tcp' }];
  return ports.filter(({ transport }) => transport === 'tcp');
}

export function inSet({ family }: Context, id: string, side: 'src' | 'dst'): string {
  return `-m set --match-set ${setName(id, family)} ${side}`;
}

/** Neither sent by a machine that is left alone nor to one. */
export function notExempt(context: Context): string {
  if (!context.packets.sets.some(({ id }) => id === 'dnsok') || !hasSet(context, 'dnsok'))
    return '';
  const set = setName('dnsok', context.family);
  return `-m set ! --match-set ${set} src -m set ! --match-set ${set} dst`;
}

/** False for a set of the file's that holds nothing of this family: it is not made. */
function hasSet({ packets, family }: Context, id: string): boolean {
  const set = packets.sets.find((set) => set.id === id);
  if (!set) throw new Error(`the plan has no set "${id}"`);
  return set.live || set.networks.some((network) => isIn(network, family));
}

function portMatches(ports: readonly Port[]): readonly Match[] {
  if (ports.length === 0) return [{ protocol: undefined, words: '' }];
  return (['tcp', 'udp'] as const).flatMap((transport) =>
    batches(ports.filter((port) => port.transport === transport)).map((batch) => ({
      protocol: transport,
      words: portWords(transport, batch),
    })),
  );
}

function portWords(transport: Port['transport'], ports: readonly Port[]): string {
  const text = ports.map(({ number, last = number }) =>
    last === number ? `${number}` : `${number}:${last}`,
  );
  return ports.length === 1
    ? `-p ${transport} -m ${transport} --dport ${text[0]}`
    : `-p ${transport} -m multiport --dports ${text.join(',')}`;
}

function batches(ports: readonly Port[]): readonly (readonly Port[])[] {
  const out: Port[][] = [];
  let room = 0;
  for (const port of ports) {
    const size = port.last === undefined || port.last === port.number ? 1 : 2;
    if (size > room) {
      out.push([]);
      room = MAX_PORTS;
    }
    out.at(-1)?.push(port);
    room -= size;
  }
  return out;
}
