import { bypassRules } from './expand-bypass.ts';
import { EVERYWHERE, type Fault, hintFor, networkText, scopeParts } from './expand-parts.ts';
import type { NameList } from './list.ts';
import { labelsOf } from './name.ts';
import type { Network } from './network.ts';
import { covers, formatPattern, parsePattern, reachesInto } from './pattern.ts';
import type { Policy, Scope } from './policy.ts';
import type { Action, Rule } from './ruleset.ts';
import { type Catalogue, type Port, ROLES, type Role, type TunnelService } from './service.ts';

/** All that a policy asks for, line by line: rules that may still repeat or contradict each other. */
export function expand(
  policy: Policy,
  catalogue: Catalogue,
  lists: readonly NameList[],
  now: number,
  fault: Fault,
): readonly Rule[] {
  return [
    ...ingressRules(policy, catalogue, fault),
    ...policy.scopes.flatMap((scope) => [
      ...serviceRules(scope, catalogue, fault),
      ...bypassRules(scope, catalogue, fault),
      ...entryRules(scope, catalogue, now, fault),
    ]),
    ...listRules(policy, lists, fault),
  ];
}

/** The organisation's own domains, and what sanctioned agents need beside them. */
function ingressRules(policy: Policy, catalogue: Catalogue, fault: Fault): Rule[] {
  return policy.ingress.flatMap(({ domain, service, from }, i) => {
    const known = catalogue.services.get(service);
    if (!known) fault(from, `ingress.${i}.service`, unknownService(service, catalogue));
    for (const other of catalogue.services.values()) {
      const door = other.names.find(
        ({ role, pattern }) => role === 'session' && reachesInto(pattern, domain),
      );
      if (door) {
        fault(
          from,
          `ingress.${i}.domain`,
          `"${domain}" holds names of ${other.title} (${formatPattern(door.pattern)}); name a domain of yours`,
        );
      }
    }
    const rule: Rule = {
      id: `ingress/${domain}`,
      action: 'allow',
      target: { kind: 'name', pattern: parsePattern(domain) },
      clients: 'everyone',
      origin: 'ingress',
      service,
      reason: `${policy.organisation.name}'s own ingress`,
      from,
    };
    const implied: Wish = { origin: 'implied', clients: 'everyone', suffix: '', from };
    return known ? [rule, ...supportRules(known, implied)] : [rule];
  });
}

/** Who wants something of a service, and for whom; `suffix` sets the ids of a group's rules apart. */
type Wish = Pick<Rule, 'origin' | 'clients' | 'from'> & { readonly suffix: string };

/** Revocation lists and the like: allowed, so that no block of a parent name takes them along. */
function supportRules(service: TunnelService, wish: Wish): Rule[] {
  const reason = `sanctioned ${service.title} agents need it`;
  return roleRules(service, 'support', 'allow', wish).map((rule) => ({ ...rule, reason }));
}

function serviceRules(scope: Scope, catalogue: Catalogue, fault: Fault): Rule[] {
  const { clients, suffix, path } = scopeParts(scope);
  return [...scope.services].flatMap(([id, { roles, from }]) => {
    if (id !== 'others') {
      const service = catalogue.services.get(id);
      if (service)
        return rulesOfService(service, roles, { origin: 'service', clients, suffix, from });
      fault(from, `${path}services.${id}`, unknownService(id, catalogue));
      return [];
    }
    return [...catalogue.services.values()]
      .filter((service) => !scope.services.has(service.id))
      .flatMap((service) =>
        rulesOfService(service, roles, { origin: 'others', clients, suffix, from }),
      );
  });
}

/** What is wanted of each role, and what a block must not take along. */
function rulesOfService(
  service: TunnelService,
  roles: Readonly<Partial<Record<Role, Action>>>,
  wish: Wish,
): Rule[] {
  const wanted = ROLES.flatMap((role) => {
    const action = roles[role];
    return action === undefined ? [] : roleRules(service, role, action, wish);
  });
  const blocked = wanted.filter(({ action }) => action === 'block');
  if (blocked.length === 0) return wanted;
  const implied: Wish = { ...wish, origin: 'implied' };
  const unspoken = ROLES.filter((role) => role !== 'support' && roles[role] === undefined);
  const open = unspoken
    .flatMap((role) => roleRules(service, role, 'allow', implied))
    .filter((rule) => blocked.some((block) => isInside(rule, block)));
  return [...wanted, ...supportRules(service, implied), ...open];
}

/**
 * True where a blocked subtree would take a more specific name along: the policy said nothing of that
 * name's role, so blocking what agents dial leaves it alone.
 */
function isInside({ target }: Rule, { target: outer }: Rule): boolean {
  if (target.kind !== 'name' || outer.kind !== 'name' || outer.pattern.scope === 'exact')
    return false;
  return covers(outer.pattern, target.pattern.name, labelsOf(target.pattern.name));
}

function roleRules(service: TunnelService, role: Role, action: Action, wish: Wish): Rule[] {
  const { suffix, ...asked } = wish;
  const common = { action, ...asked, service: service.id, role, reason: reasonFor(service, role) };
  const names = namesOf(service, role).map(
    ({ pattern, known, from: catalogue }): Rule => ({
      id: `${service.id}/${role}/${formatPattern(pattern)}${suffix}`,
      target: { kind: 'name', pattern },
      ...common,
      ...(known.length > 0 ? { known } : {}),
      catalogue,
    }),
  );
  if (role !== 'session') return names;
  const ofNetwork = (network: Network, ports: readonly Port[]): Rule => ({
    id: `${service.id}/session/${networkText(network, ports)}${suffix}`,
    target: { kind: 'network', network, ports },
    ...common,
  });
  // Allowing what agents dial opens no port: nothing refuses it then.
  const ownPorts = action === 'allow' ? [] : service.ownPorts;
  return [
    ...names,
    ...service.sni.map(
      (pattern): Rule => ({
        id: `${service.id}/session/${formatPattern(pattern)}${suffix}`,
        target: { kind: 'name', pattern },
        ...common,
      }),
    ),
    ...service.networks.map((network) => ofNetwork(network, [])),
    ...(ownPorts.length === 0 ? [] : EVERYWHERE.map((network) => ofNetwork(network, ownPorts))),
  ];
}

function reasonFor(service: TunnelService, role: Role): string {
  if (role === 'endpoint') return `${service.title} publishes tunnels under this name`;
  if (role === 'session') return `${service.title} opens tunnels through this name`;
  return `${service.title}: ${role}`;
}

function entryRules(scope: Scope, catalogue: Catalogue, now: number, fault: Fault): Rule[] {
  const { clients: everyone, suffix: scopeSuffix, path } = scopeParts(scope);
  return scope.entries.flatMap((entry): Rule[] => {
    const { action, target, from, until } = entry;
    if (until !== undefined && until <= now) {
      fault(
        from,
        `${path}${action}`,
        `ended ${new Date(until).toISOString()}; remove it`,
        'warning',
      );
      return [];
    }
    const clients = entry.clients ?? everyone;
    const suffix = entry.clients
      ? `@${entry.clients.map(({ text }) => text).join(',')}`
      : scopeSuffix;
    const finish = (rule: Rule): Rule => ({
      ...rule,
      ...(rule.origin === 'written' && entry.answer ? { answer: entry.answer } : {}),
      ...(rule.origin === 'written' && entry.reason ? { reason: entry.reason } : {}),
      ...(until === undefined ? {} : { until }),
    });
    if (target.kind === 'service') {
      const service = catalogue.services.get(target.service);
      if (!service) {
        fault(from, `${path}${action}.service`, unknownService(target.service, catalogue));
        return [];
      }
      if (target.roles.includes('support') && action === 'block') {
        fault(
          from,
          `${path}${action}.roles`,
          'support names are never blocked: sanctioned agents need them',
        );
      }
      const roles = Object.fromEntries(target.roles.map((role) => [role, action]));
      return rulesOfService(service, roles, { origin: 'written', clients, suffix, from }).map(
        (rule) => finish({ ...rule, id: `${action}/${rule.id}` }),
      );
    }
    const about =
      target.kind === 'name'
        ? formatPattern(target.pattern)
        : networkText(target.network, target.ports);
    return [
      finish({
        id: `${action}/${about}${suffix}`,
        action,
        target,
        clients,
        origin: 'written',
        reason: action === 'block' ? 'not allowed here' : `${action} in the policy`,
        from,
      }),
    ];
  });
}

function listRules(policy: Policy, lists: readonly NameList[], fault: Fault): Rule[] {
  return policy.lists.flatMap((source, i): Rule[] => {
    const list = lists[i];
    if (!list) throw new Error(`list ${source.file} was not loaded`);
    if (list.skipped > 0) {
      const first = list.examples[0];
      fault(
        source.from,
        `lists.${i}.file`,
        `${list.file} has ${list.skipped} lines that are no names and were passed over, the first at ` +
          `line ${first?.line}: ${JSON.stringify(first?.text)}`,
        'warning',
      );
    }
    return [
      {
        id: `list/${source.file}`,
        action: source.action,
        target: { kind: 'list', list },
        clients: 'everyone',
        origin: 'list',
        ...(source.answer ? { answer: source.answer } : {}),
        reason: source.reason ?? `on the list ${source.file}`,
        from: source.from,
      },
    ];
  });
}

function namesOf(service: TunnelService, role: Role) {
  return service.names.filter((name) => name.role === role);
}

function unknownService(id: string, catalogue: Catalogue): string {
  return `"${id}" is not in the catalogue; ${hintFor(id, [...catalogue.services.keys()])}`;
}
