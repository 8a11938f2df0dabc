import { createHash } from 'node:crypto';
import type { NameList } from './list.ts';
import { createMatchIndex, rankOf } from './match.ts';
import { isAtOrBelow } from './name.ts';
import type { Network } from './network.ts';
import { formatPattern, parsePattern } from './pattern.ts';
import type { Policy, Scope } from './policy.ts';
import { formatPlace, InputError, type Place, type Problem } from './problem.ts';
import { formatPort } from './fields.ts';
import type { Action, Origin, RefusalAnswer, Rule, Ruleset, Target } from './ruleset.ts';
import { type Bypass, type Catalogue, ROLES, type Role, type TunnelService } from './service.ts';

export type Compiled = {
  readonly ruleset: Ruleset;
  /** What the admin should know though it stops nothing. */
  readonly warnings: readonly Problem[];
};

/**
 * Expands a policy into its rules. `now` (milliseconds since the epoch) decides which timed entries
 * still count; `lists` are the policy's lists, in its order. Throws InputError with every
 * contradiction: two rules that tie and disagree, or anything that would block the sanctioned way.
 */
export function compile(
  policy: Policy,
  catalogue: Catalogue,
  lists: readonly NameList[],
  now: number,
): Compiled {
  const problems: Problem[] = [];
  const fault = (place: Place, path: string, message: string, severity: Problem['severity'] = 'error') => {
    problems.push({ severity, place, path, message });
  };
  const expanded = [
    ...ingressRules(policy, catalogue, fault),
    ...policy.scopes.flatMap((scope) => [
      ...serviceRules(scope, catalogue, fault),
      ...bypassRules(scope, catalogue, fault),
      ...entryRules(scope, catalogue, now, fault),
    ]),
    ...listRules(policy, lists, fault),
  ];
  const kept = keepIngressOpen(policy, expanded, fault);
  const rules = mergeTies(kept, fault);
  if (problems.some(({ severity }) => severity === 'error')) {
    throw new InputError(problems.filter(({ severity }) => severity === 'error'));
  }
  const ends = rules.flatMap(({ until }) => (until === undefined ? [] : [until]));
  const body = {
    organisation: policy.organisation,
    ingress: policy.ingress.map(({ domain }) => domain),
    rules,
    refusal: policy.refusal,
    mode: policy.mode,
    modes: policy.modes,
  };
  const ruleset: Ruleset = {
    ...body,
    index: createMatchIndex(rules),
    digest: digestOf(body),
    ...(ends.length > 0 ? { expires: Math.min(...ends) } : {}),
  };
  return { ruleset, warnings: problems };
}

type Fault = (place: Place, path: string, message: string, severity?: Problem['severity']) => void;

/** The organisation's own domains, and what sanctioned agents need beside them. */
function ingressRules(policy: Policy, catalogue: Catalogue, fault: Fault): Rule[] {
  return policy.ingress.flatMap(({ domain, service, from }, i) => {
    const known = catalogue.services.get(service);
    if (!known) fault(from, `ingress.${i}.service`, unknownService(service, catalogue));
    for (const other of catalogue.services.values()) {
      const door = other.names.find(
        ({ role, pattern }) => role === 'session' && isAtOrBelow(pattern.anchor, domain),
      );
      if (door) {
        fault(
          from,
          `ingress.${i}.domain`,
          `"${domain}" holds ${other.title}'s own ${formatPattern(door.pattern)}; name a domain of yours`,
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
    return known ? [rule, ...supportRules(known, 'everyone', '', from)] : [rule];
  });
}

/** Revocation lists and the like: allowed, so that no block of a parent name takes them along. */
function supportRules(service: TunnelService, clients: Rule['clients'], suffix: string, from: Place): Rule[] {
  return namesOf(service, 'support').map(({ pattern, from: catalogue }) => ({
    id: `${service.id}/support/${formatPattern(pattern)}${suffix}`,
    action: 'allow',
    target: { kind: 'name', pattern },
    clients,
    origin: 'service',
    service: service.id,
    role: 'support',
    reason: `sanctioned ${service.title} agents need it`,
    from,
    catalogue,
  }));
}

function serviceRules(scope: Scope, catalogue: Catalogue, fault: Fault): Rule[] {
  const { clients, suffix, path } = scopeParts(scope);
  return [...scope.services].flatMap(([id, { roles, from }]) => {
    if (id !== 'others') {
      const service = catalogue.services.get(id);
      if (service) return rulesOfService(service, roles, 'service', clients, suffix, from);
      fault(from, `${path}services.${id}`, unknownService(id, catalogue));
      return [];
    }
    return [...catalogue.services.values()]
      .filter((service) => !scope.services.has(service.id))
      .flatMap((service) => rulesOfService(service, roles, 'others', clients, suffix, from));
  });
}

function rulesOfService(
  service: TunnelService,
  roles: Readonly<Partial<Record<Role, Action>>>,
  origin: Origin,
  clients: Rule['clients'],
  suffix: string,
  from: Place,
): Rule[] {
  const rules = ROLES.flatMap((role) => {
    const action = roles[role];
    return action === undefined ? [] : roleRules(service, role, action, origin, clients, suffix, from);
  });
  if (!Object.values(roles).includes('block')) return rules;
  const support = roles.support === undefined ? supportRules(service, clients, suffix, from) : [];
  const unspoken = ROLES.filter((role) => role !== 'support' && roles[role] === undefined);
  const open = unspoken
    .flatMap((role) => roleRules(service, role, 'allow', origin, clients, suffix, from))
    .filter((rule) => rules.some((blocked) => blocked.action === 'block' && isInside(rule, blocked)));
  return [...rules, ...support, ...open];
}

/**
 * True where a blocked subtree would take a more specific name along: the policy said nothing of that
 * name's role, so blocking what agents dial leaves it alone.
 */
function isInside({ target }: Rule, { target: outer }: Rule): boolean {
  if (target.kind !== 'name' || outer.kind !== 'name') return false;
  return outer.pattern.scope === 'subtree' && isAtOrBelow(target.pattern.name, outer.pattern.name);
}

function roleRules(
  service: TunnelService,
  role: Role,
  action: Action,
  origin: Origin,
  clients: Rule['clients'],
  suffix: string,
  from: Place,
): Rule[] {
  const common = { action, clients, origin, service: service.id, role, reason: reasonFor(service, role), from };
  const names = namesOf(service, role).map(({ pattern, from: catalogue }): Rule => ({
    id: `${service.id}/${role}/${formatPattern(pattern)}${suffix}`,
    target: { kind: 'name', pattern },
    ...common,
    catalogue,
  }));
  if (role !== 'session') return names;
  const networks = service.networks.map((network): Rule => ({
    id: `${service.id}/session/${network.text}${suffix}`,
    target: { kind: 'network', network, ports: [] },
    ...common,
  }));
  return [...names, ...networks];
}

function reasonFor(service: TunnelService, role: Role): string {
  if (role === 'endpoint') return `${service.title} publishes tunnels under this name`;
  if (role === 'session') return `${service.title} opens tunnels through this name`;
  return `${service.title}: ${role}`;
}

function bypassRules(scope: Scope, catalogue: Catalogue, fault: Fault): Rule[] {
  const { clients, suffix, path } = scopeParts(scope);
  for (const [id, { from }] of scope.bypass) {
    if (id !== 'signals' && id !== 'resolvers' && !catalogue.bypasses.has(id)) {
      const known = ['signals', 'resolvers', ...catalogue.bypasses.keys()].join(', ');
      fault(from, `${path}bypass.${id}`, `"${id}" is not a known way round; there are ${known}`);
    }
  }
  return [...catalogue.bypasses.values()].flatMap((bypass) => {
    const general = scope.bypass.get(bypass.kind === 'signal' ? 'signals' : 'resolvers');
    const choice = scope.bypass.get(bypass.id) ?? general ?? unwritten(scope, bypass);
    if (!choice || choice.action === 'off') return [];
    const { action, from } = choice;
    return bypass.names.map(({ pattern, from: place }): Rule => ({
      id: `bypass/${bypass.id}/${formatPattern(pattern)}${suffix}`,
      action,
      target: { kind: 'name', pattern },
      clients,
      origin: bypass.kind,
      role: 'bypass',
      // An address would tell a browser that its encrypted resolver is welcome, or make it wait there.
      ...(action === 'block' ? { answer: 'nxdomain' } : {}),
      reason: `${bypass.title} goes round this resolver`,
      from,
      catalogue: place,
    }));
  });
}

/** Signals are answered no without a word in the policy: a resolver that says yes watches nobody. */
function unwritten(scope: Scope, bypass: Bypass): { action: 'block'; from: Place } | undefined {
  if (scope.group || bypass.kind !== 'signal') return undefined;
  return { action: 'block', from: { file: bypass.file, line: 1, column: 1 } };
}

function entryRules(scope: Scope, catalogue: Catalogue, now: number, fault: Fault): Rule[] {
  const { clients: everyone, suffix: scopeSuffix, path } = scopeParts(scope);
  return scope.entries.flatMap((entry): Rule[] => {
    const { action, target, from, until } = entry;
    if (until !== undefined && until <= now) {
      fault(from, `${path}${action}`, `ended ${new Date(until).toISOString()}; remove it`, 'warning');
      return [];
    }
    const clients = entry.clients ?? everyone;
    const suffix = entry.clients ? `@${entry.clients.map(({ text }) => text).join(',')}` : scopeSuffix;
    const finish = (rule: Rule): Rule => ({
      ...rule,
      origin: 'written',
      ...(entry.answer ? { answer: entry.answer } : {}),
      ...(entry.reason ? { reason: entry.reason } : {}),
      ...(until === undefined ? {} : { until }),
    });
    if (target.kind === 'service') {
      const service = catalogue.services.get(target.service);
      if (!service) {
        fault(from, `${path}${action}.service`, unknownService(target.service, catalogue));
        return [];
      }
      const rules = target.roles.flatMap((role) => {
        if (role === 'support' && action === 'block') {
          fault(from, `${path}${action}.roles`, 'support names are never blocked: sanctioned agents need them');
        }
        return roleRules(service, role, action, 'written', clients, suffix, from);
      });
      return rules.map((rule) => finish({ ...rule, id: `${action}/${rule.id}` }));
    }
    const about =
      target.kind === 'name'
        ? formatPattern(target.pattern)
        : [target.network.text, ...target.ports.map(formatPort)].join(':');
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

/** Rules inside the ingress: an admin's own block there is a contradiction, a service's is dropped. */
function keepIngressOpen(policy: Policy, rules: readonly Rule[], fault: Fault): Rule[] {
  return rules.filter((rule) => {
    if (rule.origin === 'ingress' || rule.action !== 'block' || rule.target.kind !== 'name') return true;
    const { pattern } = rule.target;
    const ingress = policy.ingress.find(({ domain }) => isAtOrBelow(pattern.name, domain));
    if (!ingress) return true;
    if (rule.origin === 'written') {
      fault(
        rule.from,
        'block',
        `"${formatPattern(pattern)}" lies in the sanctioned ingress ${ingress.domain} ` +
          `(${formatPlace(ingress.from)}); remove one of the two`,
      );
    }
    return false;
  });
}

/** Rules of equal weight for one target and one set of clients: the same is said once, else a fault. */
function mergeTies(rules: readonly Rule[], fault: Fault): Rule[] {
  const seen = new Map<string, Rule>();
  return rules.filter((rule) => {
    const keys = clientKeys(rule.clients).map(
      (client) => `${rankOf(rule.origin)} ${targetKey(rule.target)} ${client}`,
    );
    const rivals = keys.flatMap((key) => seen.get(key) ?? []);
    const rival = rivals.find(({ action, answer }) => action !== rule.action || answer !== rule.answer);
    if (rival) {
      const [first, second] = [formatPlace(rival.from), formatPlace(rule.from)];
      fault(
        rule.from,
        rule.id,
        `${first === second ? 'says' : `${first} and ${second} say`} different things of ` +
          `${describeTarget(rule.target)} for the same clients (${verb(rival)} and ${verb(rule)}); ` +
          'keep one, or limit one to narrower clients',
      );
      return false;
    }
    for (const key of keys) if (!seen.has(key)) seen.set(key, rule);
    // The longer-lived of two equal rules counts, so a timed one beside a lasting one is not needed.
    return rivals.length < keys.length || rivals.some(({ until }) => until !== rule.until);
  });
}

const verb = ({ action, answer }: { action: Action; answer?: RefusalAnswer }) =>
  answer === undefined ? action : `${action} with ${answer}`;

function clientKeys(clients: Rule['clients']): readonly string[] {
  return clients === 'everyone' ? ['everyone'] : clients.map(({ text }) => text);
}

function targetKey(target: Target): string {
  if (target.kind === 'list') return `list ${target.list.file}`;
  if (target.kind === 'name') return formatPattern(target.pattern);
  return [target.network.text, ...target.ports.map(formatPort)].join(' ');
}

/** A target as people read it: `connect.*.ngrok-agent.com`, `198.51.100.0/24 443/tcp`, `list x.txt`. */
export function describeTarget(target: Target): string {
  return targetKey(target);
}

function scopeParts(scope: Scope): { clients: Rule['clients']; suffix: string; path: string } {
  if (!scope.group) return { clients: 'everyone', suffix: '', path: '' };
  const { id, networks } = scope.group;
  return { clients: networks, suffix: `@${id}`, path: `clients.${id}.` };
}

function namesOf(service: TunnelService, role: Role) {
  return service.names.filter((name) => name.role === role);
}

function unknownService(id: string, catalogue: Catalogue): string {
  const near = [...catalogue.services.keys()].filter((known) => known.includes(id) || id.includes(known));
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : '`tunnelwarden services` lists them';
  return `"${id}" is not in the catalogue; ${hint}`;
}

/** Over what the rules say, not where they stand: moving a line changes nothing. */
function digestOf(body: Omit<Ruleset, 'index' | 'digest' | 'expires'>): string {
  const network = ({ text }: Network) => text;
  const rules = body.rules.map(({ from, catalogue, target, clients, ...rest }) => ({
    ...rest,
    target: target.kind === 'list' ? target.list.digest : targetKey(target),
    clients: clients === 'everyone' ? clients : clients.map(network),
  }));
  const modes = body.modes.map(({ network: { text }, mode }) => [text, mode]);
  const text = JSON.stringify({ ...body, rules: rules.map((rule) => JSON.stringify(rule)).sort(), modes });
  return createHash('sha256').update(text).digest('hex');
}
