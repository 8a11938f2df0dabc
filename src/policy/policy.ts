import { type AlertSettings, alertsOf } from './alerts.ts';
import { withoutUndefined } from './defined.ts';
import type { UpstreamAddress } from './endpoint.ts';
import type { FirewallSettings } from './firewall.ts';
import { type IdentitySettings, identityOf } from './identity.ts';
import { isAtOrBelow, type Name } from './name.ts';
import type { Network } from './network.ts';
import type { NamePattern } from './pattern.ts';
import { formatPlace, InputError, type Place, type Problem } from './problem.ts';
import { refuserFaults } from './refuser-faults.ts';
import { type ResolverSettings, resolverOf } from './resolver.ts';
import type { Action, Mode, Organisation, Refusal, RefusalAnswer } from './ruleset.ts';
import type { EntryFile, PolicyFile, ScopeFile } from './schema.ts';
import { type Port, ROLES, type Role, type ServiceId } from './service.ts';
import type { Source } from './yaml.ts';

/** One line of `block`, `watch` or `allow`. */
export type Entry = {
  readonly action: Action;
  readonly target:
    | { readonly kind: 'name'; readonly pattern: NamePattern }
    | { readonly kind: 'network'; readonly network: Network; readonly ports: readonly Port[] }
    | { readonly kind: 'service'; readonly service: ServiceId; readonly roles: readonly Role[] };
  /** Networks it is limited to; undefined is the whole scope it stands in. */
  readonly clients?: readonly Network[];
  readonly answer?: RefusalAnswer;
  readonly reason?: string;
  readonly until?: number;
  readonly from: Place;
};

export type ServiceChoice = {
  readonly roles: Readonly<Partial<Record<Role, Action>>>;
  readonly from: Place;
};

export type BypassChoice = { readonly action: Action | 'off'; readonly from: Place };

/** What is wanted for everyone, or for one group of clients. */
export type Scope = {
  /** Undefined for the scope of everyone. */
  readonly group?: { readonly id: string; readonly networks: readonly Network[] };
  /** By service id; `others` speaks for all that are not named. */
  readonly services: ReadonlyMap<ServiceId | 'others', ServiceChoice>;
  /** By bypass id, or `signals` and `resolvers` for all of a kind. */
  readonly bypass: ReadonlyMap<string, BypassChoice>;
  readonly entries: readonly Entry[];
};

export type ListSource = {
  readonly file: string;
  readonly action: 'block' | 'watch';
  readonly reason?: string;
  readonly answer?: RefusalAnswer;
  readonly from: Place;
};

export type { AlertSettings, FirewallSettings, IdentitySettings, ResolverSettings };

export type AttemptSettings = {
  readonly database: string;
  /** Milliseconds. */
  readonly keep: number;
  /** Bytes. */
  readonly size: number;
};

/** What the organisation wants, parsed: nothing in it can be wrong by itself. */
export type Policy = {
  readonly file: string;
  readonly organisation: Organisation;
  readonly mode: Mode;
  readonly modes: readonly { readonly network: Network; readonly mode: Mode }[];
  readonly ingress: readonly {
    readonly domain: Name;
    readonly service: ServiceId;
    /** Names below the domain that agents dial. */
    readonly names: readonly Name[];
    /** Where the delegation points to; none where nobody has said. */
    readonly nameservers: readonly Name[];
    readonly issuer: 'ngrok' | 'letsencrypt';
    /** Data of DS records, as `TAG ALGORITHM TYPE DIGEST`. */
    readonly ds: readonly string[];
    /** Seconds. */
    readonly ttl: number;
    /** Resolvers to ask for the domain, instead of the usual ones. */
    readonly forward: readonly UpstreamAddress[];
    readonly from: Place;
  }[];
  /** Everyone's first, then the groups in the order of the file. */
  readonly scopes: readonly [Scope, ...Scope[]];
  readonly lists: readonly ListSource[];
  readonly refusal: Refusal;
  readonly resolver: ResolverSettings;
  readonly firewall: FirewallSettings;
  readonly attempts: AttemptSettings;
  readonly identity: IdentitySettings;
  readonly alerts: AlertSettings;
};

/** The policy of a checked file. Throws InputError for what no schema can see. */
export function policyOf(file: string, source: Source<PolicyFile>): Policy {
  const { policy, problems } = soundPolicyOf(file, { ...source, problems: [] });
  if (problems.length > 0) throw new InputError(problems);
  return policy;
}

/** The policy of what is sound in a file, with all faults of the rest. */
export function soundPolicyOf(
  file: string,
  source: Source<PolicyFile> & { readonly problems: readonly Problem[] },
): { readonly policy: Policy; readonly problems: readonly Problem[] } {
  const { value, placeOf } = source;
  const problems = [...source.problems];
  // What was left out of the file cannot be missed.
  const isWhole = (key: string) => !source.problems.some(({ path }) => path.split('.')[0] === key);
  const complain = (path: readonly PropertyKey[], message: string) => {
    problems.push({
      severity: 'error',
      place: placeOf(path),
      path: path.map(String).join('.'),
      message,
    });
  };
  const groups = new Map(
    Object.entries(value.clients).map(([id, { networks }]) => [id, inOrder(networks)]),
  );
  const { addresses, ttl } = value.refusal;
  const refusal: Refusal = {
    answer: value.refusal.answer ?? (addresses.length > 0 ? 'sinkhole' : 'nxdomain'),
    addresses,
    ttl,
  };
  const sinkhole = (answer: RefusalAnswer | undefined, path: readonly PropertyKey[]) => {
    if (answer === 'sinkhole' && addresses.length === 0 && isWhole('refusal')) {
      complain(path, 'needs refusal.addresses: name the refuser that refused names shall point to');
    }
  };
  sinkhole(value.refusal.answer, ['refusal', 'answer']);
  for (const { path, message } of refuserFaults(value)) complain(path, message);

  const entriesOf = (scope: ScopeFile, at: readonly PropertyKey[]): Entry[] =>
    (['block', 'watch', 'allow'] as const).flatMap((action) =>
      scope[action].map((entry, i): Entry => {
        const path = [...at, action, i];
        const { clients, answer, ...rest } = entryOf(entry);
        sinkhole(answer, [...path, 'answer']);
        if (answer !== undefined && action !== 'block') {
          complain([...path, 'answer'], 'belongs to `block` entries only; remove it');
        }
        const networks = clients?.flatMap((client, k) => {
          if ('network' in client) return [client.network];
          const group = groups.get(client.group);
          if (!group && isWhole('clients'))
            complain([...path, 'clients', k], unknownGroup(client.group, groups));
          return group ?? [];
        });
        return {
          ...rest,
          action,
          ...(networks ? { clients: inOrder(networks) } : {}),
          ...(answer ? { answer } : {}),
          from: placeOf(path),
        };
      }),
    );

  const scopeOf = (
    scope: ScopeFile,
    at: readonly PropertyKey[],
    group?: Scope['group'],
  ): Scope => ({
    ...(group ? { group } : {}),
    services: new Map(
      Object.entries(scope.services).map(([id, choice]) => [
        id,
        { roles: rolesOf(choice), from: placeOf([...at, 'services', id]) },
      ]),
    ),
    bypass: new Map(
      Object.entries(scope.bypass).map(([id, action]) => [
        id,
        { action, from: placeOf([...at, 'bypass', id]) },
      ]),
    ),
    entries: entriesOf(scope, at),
  });

  const groupScopes = [...groups].map(([id, networks]) =>
    scopeOf(value.clients[id] as ScopeFile, ['clients', id], { id, networks }),
  );
  const modes = [...groups].flatMap(([id, networks]) => {
    const mode = value.clients[id]?.mode;
    return mode
      ? networks.map((network) => ({ network, mode, path: ['clients', id, 'mode'] }))
      : [];
  });
  modes.forEach(({ network, mode, path }, i) => {
    const rival = modes.slice(0, i).find((other) => other.network.text === network.text);
    if (!rival || rival.mode === mode) return;
    const place = formatPlace(placeOf(rival.path));
    complain(path, `${network.text} has the mode ${rival.mode} at ${place}; keep one of the two`);
  });
  value.ingress.forEach(({ domain, names }, i) => {
    names.forEach((name, k) => {
      if (!isAtOrBelow(name, domain)) {
        complain(
          ['ingress', i, 'names', k],
          `"${name}" is not below ${domain}; correct or remove it`,
        );
      }
    });
  });
  value.lists.forEach((list, i) => {
    sinkhole(list.answer, ['lists', i, 'answer']);
  });
  const policy: Policy = {
    file,
    organisation: withoutUndefined(value.organisation),
    mode: value.mode,
    modes: modes.map(({ network, mode }) => ({ network, mode })),
    ingress: value.ingress.map((ingress, i) => ({
      ...ingress,
      from: placeOf(['ingress', i, 'domain']),
    })),
    scopes: [scopeOf(value, []), ...groupScopes],
    lists: value.lists.map((list, i) => withoutUndefined({ ...list, from: placeOf(['lists', i]) })),
    refusal,
    resolver: resolverOf(value),
    firewall: firewallOf(value.firewall),
    attempts: value.attempts,
    identity: identityOf(value, placeOf),
    alerts: alertsOf(value),
  };
  return { policy, problems };
}

type EntryParts = Omit<Entry, 'action' | 'clients' | 'from'> & {
  readonly clients?: readonly ({ network: Network } | { group: string })[];
};

/** The four ways to write an entry, as one. */
function entryOf(entry: EntryFile): EntryParts {
  if ('pattern' in entry) return { target: { kind: 'name', pattern: entry.pattern } };
  if ('name' in entry) {
    const { name, ...rest } = entry;
    return withoutUndefined({ target: { kind: 'name', pattern: name } as const, ...rest });
  }
  if ('service' in entry) {
    const { service, roles, ...rest } = entry;
    return withoutUndefined({ target: { kind: 'service', service, roles } as const, ...rest });
  }
  const { network, ports = [], ...rest } = entry as Extract<EntryFile, { ports: readonly Port[] }>;
  return withoutUndefined({ target: { kind: 'network', network, ports } as const, ...rest });
}

/** `block` alone is about session names: what agents dial. */
function rolesOf(choice: PolicyFile['services'][string]): ServiceChoice['roles'] {
  const wanted = typeof choice === 'string' ? { session: choice } : choice;
  return Object.fromEntries(
    ROLES.flatMap((role) => {
      const action = wanted[role as keyof typeof wanted];
      return action === undefined || action === 'off' ? [] : [[role, action]];
    }),
  );
}

/** Each network once, in one order: how a set of clients is written must not matter. */
function inOrder(networks: readonly Network[]): readonly Network[] {
  const byText = new Map(networks.map((network) => [network.text, network]));
  return [...byText.keys()].sort().map((text) => byText.get(text) as Network);
}

function firewallOf({ 'log-group': logGroup, ...rest }: PolicyFile['firewall']): FirewallSettings {
  return withoutUndefined({ ...rest, logGroup });
}

function unknownGroup(group: string, groups: ReadonlyMap<string, unknown>): string {
  const known =
    groups.size === 0 ? 'there are none yet' : `there are ${[...groups.keys()].join(', ')}`;
  return `"${group}" is neither a network nor a group under \`clients\` (${known})`;
}
