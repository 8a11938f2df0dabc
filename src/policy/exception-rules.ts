import type { Exception } from './exception.ts';
import { describeException } from './exception-text.ts';
import type { Fault } from './expand-parts.ts';
import { labelsOf } from './name.ts';
import { covers, type NamePattern } from './pattern.ts';
import type { Place } from './problem.ts';
import { describeTarget } from './rule-text.ts';
import type { Rule, Target } from './ruleset.ts';
import type { Catalogue, Role, ServiceName, TunnelService } from './service.ts';

/** What an exception of a service opens. `bypass` names are not needed once a session name is allowed. */
const ROLES_OPENED: readonly Role[] = ['session', 'endpoint', 'update', 'download', 'admin'];

/**
 * The rules of the exceptions that have not ended at `now` (milliseconds since the epoch), in the order
 * of their numbers. One of a service that the catalogue does not know is a warning and nothing else: it
 * was made at run time, and must stop nothing that runs.
 */
export function exceptionRules(
  exceptions: readonly Exception[],
  catalogue: Catalogue,
  now: number,
  fault: Fault,
): readonly Rule[] {
  return exceptions
    .filter(({ until }) => until > now)
    .toSorted((a, b) => a.id - b.id)
    .flatMap((exception): readonly Rule[] => {
      const { id, subject } = exception;
      if (subject.kind === 'name') return [ofName(exception, subject.pattern, catalogue)];
      const service = catalogue.services.get(subject.service);
      if (service) return ofService(exception, service);
      const message =
        `"${subject.service}" is not in the catalogue, so exception ${id} allows nothing; ` +
        `take it back with \`tunnelwarden revoke ${id}\``;
      fault(placeOf(id), 'service', message, 'warning');
      return [];
    });
}

/** A name of a service is told apart as such, so that what is recorded of it says so. */
function ofName(exception: Exception, pattern: NamePattern, { services }: Catalogue): Rule {
  const labels = labelsOf(pattern.name);
  let best: { readonly service: TunnelService; readonly name: ServiceName } | undefined;
  for (const service of services.values()) {
    for (const name of service.names) {
      const isDeeper = name.pattern.depth > (best?.name.pattern.depth ?? -1);
      if (isDeeper && covers(name.pattern, pattern.name, labels)) best = { service, name };
    }
  }
  const rule = common(exception, { kind: 'name', pattern });
  return best ? { ...rule, ...belonging(best.service, best.name.role) } : rule;
}

function ofService(exception: Exception, service: TunnelService): readonly Rule[] {
  const rule = (target: Target, role: Role): Rule => ({
    ...common(exception, target),
    ...belonging(service, role),
  });
  return [
    ...service.names
      .filter(({ role }) => ROLES_OPENED.includes(role))
      .map(({ pattern, role }) => rule({ kind: 'name', pattern }, role)),
    ...service.sni.map((pattern) => rule({ kind: 'name', pattern }, 'session')),
    ...service.networks.map((network) => rule({ kind: 'network', network, ports: [] }, 'session')),
  ];
}

function belonging(
  { id, ports }: TunnelService,
  role: Role,
): Pick<Rule, 'service' | 'role' | 'ports'> {
  return { service: id, role, ...(ports.length > 0 ? { ports } : {}) };
}

function common(exception: Exception, target: Target): Rule {
  const { id, clients, until } = exception;
  return {
    id: `exception/${id}/${describeTarget(target)}`,
    action: 'allow',
    target,
    clients: clients.length === 0 ? 'everyone' : clients,
    origin: 'exception',
    reason: describeException(exception),
    until,
    from: placeOf(id),
  };
}

/** Exceptions stand in no file; their number is the line. */
function placeOf(id: number): Place {
  return { file: 'exceptions', line: id, column: 1 };
}
