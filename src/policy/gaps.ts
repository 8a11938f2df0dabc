import { formatPattern } from './pattern.ts';
import type { Policy } from './policy.ts';
import type { Ruleset } from './ruleset.ts';
import type { Catalogue, FallbackStep, TunnelService } from './service.ts';
import { formatPort } from './fields.ts';

/** Something the policy wants that DNS alone cannot give, or that an admin may not have meant. */
export type Gap = { readonly about: string; readonly text: string };

/** What an admin should know of a policy that is sound. */
export function gapsOf(policy: Policy, catalogue: Catalogue, { rules, mode, refusal }: Ruleset): Gap[] {
  const gaps: Gap[] = [];
  const gap = (about: string, text: string) => gaps.push({ about, text });
  const blocked = new Set(
    rules.flatMap(({ action, role, service }) =>
      action === 'block' && role === 'session' && service !== undefined ? [service] : [],
    ),
  );
  if (mode === 'observe') gap('mode', 'nothing is refused: `mode: observe` only records');
  if (policy.ingress.length === 0) {
    gap('ingress', 'no sanctioned way is named, so refused people cannot be told one');
  }
  if (blocked.size === 0) gap('services', 'no service is blocked: name some, such as `ngrok: block`');
  if (refusal.answer === 'refused') {
    gap('refusal.answer', 'REFUSED sends clients to their next resolver; nxdomain or sinkhole does not');
  }
  if (blocked.size > 0 && !rules.some(({ origin, action }) => origin === 'resolver' && action === 'block')) {
    gap('bypass.resolvers', 'public DoH and DoT resolvers stay reachable by name; agents ask them next');
  }
  for (const rule of rules) {
    if (rule.target.kind === 'network' && rule.target.ports.length > 0) {
      gap(rule.id, 'a rule for ports needs the firewall; DNS answers are not judged by it');
    }
  }
  for (const id of blocked) {
    const service = catalogue.services.get(id);
    const ways = service ? waysRound(service) : [];
    if (ways.length > 0) gap(id, `agents refused by name go on to ${ways.join('; ')}: needs the firewall`);
  }
  return gaps;
}

/** The steps of a service's fallback chain that do not ask this resolver. */
function waysRound({ fallback }: TunnelService): string[] {
  return fallback.filter(({ via }) => via !== 'system-dns' && via !== 'name').map(describeStep);
}

const WORDS: Readonly<Record<FallbackStep['via'], string>> = {
  'system-dns': 'the system resolver',
  dns: 'other resolvers',
  dot: 'DNS over TLS',
  doh: 'DNS over HTTPS',
  file: 'a list of addresses',
  name: 'other names',
  sni: 'another TLS name',
  address: 'fixed addresses',
  ssh: 'plain ssh',
  proxy: 'a proxy',
  quic: 'QUIC',
};

function describeStep({ via, names, networks, ports }: FallbackStep): string {
  const where = [...names.map(formatPattern), ...networks.map(({ text }) => text)];
  const few = where.length > 2 ? [...where.slice(0, 2), '…'] : where;
  return [WORDS[via], few.join(', '), ports.map(formatPort).join(' ')].filter(Boolean).join(' ');
}
