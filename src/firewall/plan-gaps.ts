import { formatPort } from '../policy/fields.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import type { Backend, Gap, PacketPlan } from './backend.ts';
import { hasLane } from './lanes.ts';
import { someOf } from './names.ts';
import type { PlainNetworks } from './plain-networks.ts';
import type { PlanInput } from './plan.ts';

/** What a packet filter cannot do of what the policy means, and who does it instead. */
export function packetGaps(
  { ruleset, settings, book }: PlanInput,
  { sni: able, enforces }: Backend,
  packets: PacketPlan,
): readonly Gap[] {
  const { sni, audiences } = packets;
  const gaps: Gap[] = [];
  const gap = (about: string, text: string) => gaps.push({ about, text });
  if (ruleset.mode === 'observe') gap('mode', 'nothing is refused: `mode: observe` only records');
  const observing = audiences.filter(({ id }) => id !== 'everyone').length;
  if (!settings.parts.includes('capture') && !enforces.includes('dns-name')) {
    // With it, every question comes to our resolver, which refuses by name.
    gap(
      'names',
      'a packet filter sees none, and clients may ask any resolver: `capture` is left out',
    );
  }
  if (ruleset.doors.length > 0) {
    const unknown = ruleset.doors.filter(({ name }) => (book.names.get(name) ?? []).length === 0);
    if (unknown.length > 0) {
      gap(
        someOf(unknown.map(({ name }) => name)),
        'its addresses are not known, so no address of its service is denied; run `tunnelwarden addresses refresh`',
      );
    }
  }
  if (sni === undefined && ruleset.mode === 'enforce') {
    const remedy = !settings.parts.includes('sni')
      ? 'add `sni` to firewall.parts'
      : able.includes('gate')
        ? 'run a gate and name its port as firewall.gate'
        : 'use a backend that can';
    gap(
      'shared addresses',
      `nobody looks at TLS names, so where a sanctioned name lives blocked ones pass too; ${remedy}`,
    );
  }
  if (sni === 'kernel') {
    gap(
      'names below the ingress',
      'the kernel compares whole TLS names: only the domains and `names` of `ingress` pass at shared ' +
        'addresses, in lower case and in the first segment of a hello',
    );
    gap(
      'clients made for it',
      'can show the kernel a sanctioned name that the server never reads (in a forged extension, or a ' +
        'segment that the server has to ignore); only a gate is proof against that',
    );
  }
  const looksAtFronts = hasLane(packets, 'fronts');
  if (ruleset.mode === 'enforce' && !looksAtFronts && !enforces.includes('tls-name')) {
    gap(
      'fronts of many',
      `blocked TLS names pass there (class cdn); ${frontsRemedy(settings, enforces)}`,
    );
  }
  if (looksAtFronts) {
    gap(
      'QUIC to fronts of many',
      'passes: refusing it would slow others; the resolver gives no hints of it',
    );
    gap(
      'fronts of many',
      'blocked TLS names pass there while no gate says that it is there, as ours does as long as it runs',
    );
  }
  if (observing > 0 && ruleset.modes.some(({ mode }) => mode === 'observe')) {
    gap('observed clients', 'what would be refused to them is recorded only');
  }
  return gaps;
}

function frontsRemedy({ parts }: PlanInput['settings'], enforces: Backend['enforces']): string {
  if (!enforces.includes('liveness'))
    return 'this format cannot tell a gate that is down, which would take along all who live there';
  if (!parts.includes('sni') || !parts.includes('fronts'))
    return 'add `sni` and `fronts` to firewall.parts';
  return 'run a gate, which passes on the rest, and name its port as firewall.gate';
}

/** Blocked networks that a file of addresses cannot name, as it has no word for what stays open in them. */
export function networkGaps(
  { leftOut }: PlainNetworks,
  { enforces }: Backend,
  { dispatch }: PacketPlan,
): readonly Gap[] {
  // A packet filter says them with their exceptions, unless it falls back to the file's networks.
  const isPlain = !enforces.includes('packets') || dispatch.length > 0;
  if (!enforces.includes('networks') || !isPlain || leftOut.length === 0) return [];
  const about = someOf(leftOut.map(({ text }) => text));
  const text = 'not refused by address: an address within stays open, which cannot be said here';
  return [{ about, text }];
}

/** What a ruleset refuses or watches by address, in words. */
export type AddressRules = {
  readonly networks: readonly string[];
  readonly ports: readonly string[];
};

export function addressRules({ rules }: Ruleset): AddressRules {
  const networks: string[] = [];
  const ports = new Set<string>();
  for (const { target, action } of rules) {
    if (target.kind !== 'network' || action === 'allow') continue;
    if (target.ports.length === 0) networks.push(target.network.text);
    for (const port of target.ports) ports.add(formatPort(port));
  }
  return { networks, ports: [...ports] };
}

/** Rules about addresses and ports that a backend has no words for. */
export function unsaidGaps(
  { networks, ports }: AddressRules,
  { enforces }: Backend,
): readonly Gap[] {
  if (enforces.includes('packets')) return [];
  const gaps: Gap[] = [];
  if (networks.length > 0 && !enforces.includes('networks')) {
    const text = 'addresses need a packet filter (nftables, iptables, pf)';
    gaps.push({ about: someOf(networks), text });
  }
  if (ports.length > 0) {
    const text = "public resolvers and the services' own ports need a packet filter";
    gaps.push({ about: `ports ${someOf(ports)}`, text });
  }
  if (!enforces.includes('tls-name')) {
    gaps.push({
      about: 'other resolvers',
      text: 'agents that are refused by name ask elsewhere; a packet filter or a gate closes that',
    });
  }
  return gaps;
}
