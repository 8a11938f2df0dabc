import type { Policy } from './policy.ts';
import type { Ruleset } from './ruleset.ts';
import type { Catalogue, FallbackStep } from './service.ts';

/** Something the policy wants that DNS alone cannot give, or that an admin may not have meant. */
export type Gap = { readonly about: string; readonly text: string };

/** What an admin should know of a policy that is sound. */
export function gapsOf(
  policy: Policy,
  catalogue: Catalogue,
  { rules, mode, refusal }: Ruleset,
): Gap[] {
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
  for (const text of sinkholeGaps(policy, rules)) gap('sinkhole', text);
  if (blocked.size === 0)
    gap('services', 'no service is blocked: name some, such as `ngrok: block`');
  if (refusal.answer === 'refused') {
    gap(
      'refusal.answer',
      'REFUSED sends clients to their next resolver; nxdomain or sinkhole does not',
    );
  }
  if (
    blocked.size > 0 &&
    !rules.some(({ origin, action }) => origin === 'resolver' && action === 'block')
  ) {
    gap(
      'bypass.resolvers',
      'public DoH and DoT resolvers stay reachable by name; agents ask them next',
    );
  }
  for (const { services } of policy.scopes) {
    for (const [id, { roles }] of services) {
      if (services.get('others')?.roles.session !== 'block' || id === 'others') continue;
      if (Object.keys(roles).length > 0 && roles.session === undefined) {
        gap(id, 'its session names stay open: naming a service takes it out of `others`');
      }
    }
  }
  for (const rule of rules) {
    const { target, origin } = rule;
    if (origin === 'written' && target.kind === 'network' && target.ports.length > 0) {
      gap(rule.id, 'a rule for ports needs the firewall; DNS answers are not judged by it');
    }
  }
  for (const [ways, services] of waysRound([...blocked].sort(), catalogue)) {
    gap(
      services.join(', '),
      `agents that are refused by name go on to ${ways}: that needs the firewall`,
    );
  }
  return gaps;
}

/** Where refused names lead, somebody has to answer: silence is worse than a refusal. */
function sinkholeGaps(
  { firewall, refusal, lists }: Policy,
  rules: Ruleset['rules'],
): readonly string[] {
  const isUsed = [refusal, ...lists, ...rules].some((one) => one.answer === 'sinkhole');
  if (firewall.refuser === undefined) {
    const text =
      'unless a machine of yours answers there, nobody does, and agents hang: set firewall.refuser and run `serve --refuser`';
    return isUsed ? [text] : [];
  }
  if (isUsed) return [];
  return [
    'firewall.refuser is set, and no refused name leads to it: name refusal.addresses, and leave refusal.answer out',
  ];
}

/** Steps of fallback chains that do not ask this resolver, as words, with the services that take them. */
function waysRound(ids: readonly string[], { services }: Catalogue): Map<string, string[]> {
  const ways = new Map<string, string[]>();
  for (const id of ids) {
    const steps = services.get(id)?.fallback ?? [];
    const outside = steps
      .filter(({ via }) => via !== 'system-dns' && via !== 'name')
      .map(describeStep);
    if (outside.length === 0) continue;
    const text = [...new Set(outside)].join(', ');
    ways.set(text, [...(ways.get(text) ?? []), id]);
  }
  return ways;
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

function describeStep({ via, ports }: FallbackStep): string {
  const numbers = [...new Set(ports.map(({ number }) => number))];
  // Plain ssh on its own port needs no number; pinggy's ssh on 443 does.
  const usual = numbers.length === 0 || (via === 'ssh' && numbers.join() === '22');
  return usual ? WORDS[via] : `${WORDS[via]} (port ${numbers.join(', ')})`;
}
