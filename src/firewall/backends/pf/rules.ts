import type { FirewallSettings } from '../../../policy/firewall.ts';
import { isIpv4 } from '../../../policy/network.ts';
import type { Port } from '../../../policy/service.ts';
import { printable } from '../../../text.ts';
import type { Audience, PacketEntry, PacketPlan } from '../../backend.ts';
import { REFUSER } from '../../refuser.ts';
import type { Tables } from './tables.ts';

export const FAMILIES = [4, 6] as const;
export type Family = (typeof FAMILIES)[number];

export type Context = {
  readonly packets: PacketPlan;
  readonly settings: FirewallSettings;
  readonly tables: Tables;
};

/** The tag of packets that no later entry is to be asked about. */
const PASSED = 'TW_PASS';

/** pf knows no more pflog interfaces than these, and refuses a rule that names another. */
const LAST_PFLOG = 15;

export function pflogOf({ logGroup }: FirewallSettings): string {
  return `pflog${logGroup <= LAST_PFLOG ? logGroup : 0}`;
}

/** `on lan0`. A group of interfaces can be called like a word of pf's own, so it stands in quotes. */
export function onLan({ lan }: FirewallSettings): string {
  const names = lan.map((name) => (/^(?!inet)[a-z]+\d+$/.test(name) ? name : `"${name}"`));
  return `on ${names.length === 1 ? names[0] : `{ ${names.join(', ')} }`}`;
}

export function loopback(family: Family): string {
  return family === 4 ? '127.0.0.1' : '::1';
}

export function label(id: string): string {
  return `label "${id}"`;
}

/** The words that come after the action: `on lan0 inet proto tcp from any to <tw_deny> port 443`. */
export function matches(
  { settings, tables }: Context,
  audience: string,
  entry: PacketEntry,
  { family, ports = entry.ports }: { family?: Family; ports?: readonly Port[] } = {},
): readonly string[] {
  const { to, sparesExempt } = entry;
  const families = family ? [family] : 'families' in to ? to.families : FAMILIES;
  const only = families.length === 1 ? ` ${familyWord(families[0] as Family)}` : '';
  const where = `${onLan(settings)}${only}`;
  const who = `from ${tables.from(audience, sparesExempt)} to ${tables.to(entry)}`;
  if (ports.length === 0) return [`${where} ${who}`];
  return services(ports).map(({ proto, port }) => `${where} ${proto} ${who} ${port}`);
}

function familyWord(family: Family): string {
  return family === 4 ? 'inet' : 'inet6';
}

/** One rule does for both transports where their ports are the same. */
function services(ports: readonly Port[]): readonly { proto: string; port: string }[] {
  const [tcp, udp] = (['tcp', 'udp'] as const).map((transport) => {
    const texts = ports
      .filter((port) => port.transport === transport)
      .map(({ number, last = number }) => (last === number ? `${number}` : `${number}:${last}`));
    return texts.length === 1 ? `port ${texts[0]}` : texts.length > 1 ? list(texts) : '';
  }) as [string, string];
  if (tcp === udp) return [{ proto: 'proto { tcp, udp }', port: tcp }];
  return [
    { proto: 'proto tcp', port: tcp },
    { proto: 'proto udp', port: udp },
  ].filter(({ port }) => port !== '');
}

function list(ports: readonly string[]): string {
  return `port { ${ports.join(', ')} }`;
}

/** The entries as rules, with their notes; what becomes of a `look` is up to the dialect. */
export function filterRules(
  context: Context,
  look: (audience: string, entry: PacketEntry, unless: string) => readonly string[],
): readonly string[] {
  return context.packets.audiences.flatMap(({ id, networks, entries }) => {
    const firstPass = entries.findIndex(({ deed }) => deed.kind === 'pass');
    const rules = entries.flatMap((entry, index) => {
      const unless = firstPass >= 0 && index > firstPass ? ` ! tagged ${PASSED}` : '';
      const own = entry.deed.kind === 'look' ? look(id, entry, unless) : undefined;
      const lines = own ?? entryRules(context, id, entry, unless);
      return lines.length > 0 ? [`# ${printable(entry.note)}`, ...lines] : [];
    });
    return rules.length > 0 ? ['', `# --- ${titleOf(id, networks)}`, ...rules] : [];
  });
}

export function titleOf(id: string, networks: Audience['networks']): string {
  if (id === 'everyone') return 'everyone else';
  return `clients of ${id}: ${networks.map(({ text }) => text).join(', ')}`;
}

/**
 * `pass quick` would let the packet by the admin's own rules as well, since it ends all evaluation.
 * So what passes is only tagged, and our later rules leave alone what is: pf has no way to return
 * from an anchor. A packet has one tag; an earlier one of the admin's is lost on such packets.
 */
function entryRules(
  context: Context,
  audience: string,
  entry: PacketEntry,
  unless: string,
): readonly string[] {
  const log = `log (to ${pflogOf(context.settings)})`;
  return matches(context, audience, entry).map((match) => {
    switch (entry.deed.kind) {
      case 'refuse':
        return `block return in ${log} quick ${match}${unless} ${label(entry.id)}`;
      case 'record':
        return `match in ${log} ${match}${unless} ${label(entry.id)}`;
      default:
        return `match in ${match}${unless} tag ${PASSED} ${label(entry.id)}`;
    }
  });
}

export type Capture = {
  readonly family: Family;
  /** `on lan0 inet proto { tcp, udp } from … to … port 53`. */
  readonly match: string;
  /** Undefined where the resolvers have no address of this family. */
  readonly to: string | undefined;
  readonly isLocal: boolean;
};

/** Port 53 by family; asked before all else. */
export function captures({ packets, settings, tables }: Context): readonly Capture[] {
  const { capture } = packets;
  if (!capture) return [];
  const others = tables.to({ to: { families: FAMILIES }, sparesExempt: true });
  return FAMILIES.map((family) => ({
    family,
    match: `${onLan(settings)} ${familyWord(family)} proto { tcp, udp } from ${others} to ${others} port 53`,
    to:
      capture.to.length === 0
        ? loopback(family)
        : capture.to.find((address) => isIpv4(address) === (family === 4)),
    isLocal: capture.to.length === 0,
  }));
}

/** Questions that cannot be led to a resolver of their family must not go elsewhere either. */
export function captureRefusals(context: Context): readonly string[] {
  const refused = captures(context).filter(({ to }) => to === undefined);
  if (refused.length === 0) return [];
  const log = `log (to ${pflogOf(context.settings)})`;
  return [
    '',
    '# No resolver has an address of this family, so nothing of it is asked anywhere.',
    ...refused.map(({ match }) => `block return in ${log} quick ${match} ${label(CAPTURE)}`),
  ];
}

export const CAPTURE = 'TW-DNS';

export type Refusing = {
  /** `on lan0 inet proto tcp from any to <tw_refuser>`. */
  readonly match: string;
  readonly to: string;
  readonly port: number;
};

/** Connections to where refused names lead, by family; asked before all but questions. */
export function refusings(context: Context): readonly Refusing[] {
  const { refuser } = context.packets;
  if (!refuser) return [];
  return FAMILIES.filter((family) =>
    refuser.to.some((address) => isIpv4(address) === (family === 4)),
  ).map((family) => ({
    match: `${onLan(context.settings)} ${familyWord(family)} proto tcp from any to ${context.tables.to(REFUSER)}`,
    to: loopback(family),
    port: refuser.port,
  }));
}

/** What else comes there. */
export function refuserRefusals(context: Context): readonly string[] {
  if (!context.packets.refuser) return [];
  const log = `log (to ${pflogOf(context.settings)})`;
  const match = `${onLan(context.settings)} from any to ${context.tables.to(REFUSER)}`;
  return [
    '',
    '# All that is not TCP is refused where refused names lead.',
    `block return in ${log} quick ${match} ${label(REFUSER.id)}`,
  ];
}
