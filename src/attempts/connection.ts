import { decide } from '../gate/decide.ts';
import type { Beginning, GateEvent } from '../gate/event.ts';
import { namedBy } from '../gate/named.ts';
import { isObserved, isSignal, judge } from '../policy/judge.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Rule, Ruleset, Verdict } from '../policy/ruleset.ts';
import type { ServiceId } from '../policy/service.ts';
import { type Attempt, type AttemptVerdict, verdictOfAllowed } from './attempt.ts';

/** A connection that was led to us, and what became of it. */
export type Connection =
  | ({ readonly point: 'gate'; readonly ruleset: Ruleset } & GateEvent)
  | {
      readonly point: 'refuser';
      readonly client: Address;
      readonly destination?: Address;
      readonly port?: number;
      readonly opening: Beginning;
      readonly answer: 'reset' | 'alert' | 'page' | 'disconnect';
      readonly ruleset: Ruleset;
    };

type Gated = Extract<Connection, { point: 'gate' }>;
type Refused = Extract<Connection, { point: 'refuser' }>;

/** Under which rule an attempt stands, and what was decided. */
type Finding = Pick<Attempt, 'rule' | 'service' | 'role' | 'verdict'>;

const TYPES = {
  tls: 'TLS',
  malformed: 'TLS',
  ssh: 'SSH',
  http: 'HTTP',
  other: 'OTHER',
  silent: 'OTHER',
} as const satisfies Record<Beginning['kind'], string>;

/**
 * The attempt that a connection was, if it is to be recorded: as for questions, what is allowed is
 * none but for the ingress and for exceptions, and neither is what nobody wanted refused. `time` is in milliseconds
 * since the epoch.
 */
export function attemptOfConnection(connection: Connection, time: number): Attempt | undefined {
  const { point, client, destination, port, opening, answer } = connection;
  const name = namedBy(opening);
  const found =
    connection.point === 'gate' ? findingOfGate(connection) : findingOfRefuser(connection, name);
  if (!found) return undefined;
  return {
    time,
    client,
    point,
    transport: 'tcp',
    ...(name === undefined ? {} : { name }),
    type: TYPES[opening.kind],
    ...(destination === undefined ? {} : { destination }),
    ...(port === undefined ? {} : { port }),
    ...(opening.kind === 'tls' ? { ja4: opening.hello.ja4 } : {}),
    ...found,
    answer,
  };
}

function findingOfGate(event: Gated): Finding | undefined {
  const { ruleset, client, opening } = event;
  const verdict: Verdict =
    opening.kind === 'silent'
      ? { kind: 'unmatched' }
      : decide(ruleset, { ...event, opening }).verdict;
  switch (verdict.kind) {
    case 'allowed': {
      const kept = verdictOfAllowed(verdict.rule);
      return kept && ofRule(verdict.rule, kept);
    }
    case 'blocked':
    case 'observed':
    case 'watched':
      return isSignal(verdict.rule) ? undefined : ofRule(verdict.rule, verdict.kind);
    case 'unmatched': {
      const entry = entryOf(event);
      if (entry === undefined) return undefined;
      return { ...entry, verdict: isObserved(ruleset, client) ? 'observed' : 'blocked' };
    }
  }
}

/** The entry that refuses what no rule is about, whether or not this client is only observed. */
function entryOf({ lane, opening, ruleset }: Gated): Pick<Finding, 'rule' | 'service'> | undefined {
  if (lane === 'fronts') return opening.kind === 'ssh' ? { rule: 'TW-SSH' } : undefined;
  const service = serviceOfDoors(ruleset);
  return { rule: 'TW-SNI', ...(service === undefined ? {} : { service }) };
}

/** Whose address it is that a sanctioned way shares: told where all sanctioned ways are of one service. */
function serviceOfDoors({ doors }: Ruleset): ServiceId | undefined {
  const services = new Set(doors.map(({ service }) => service));
  return services.size === 1 ? [...services][0] : undefined;
}

/** Whoever comes to the refuser is refused, also where the policy has changed its mind meanwhile. */
function findingOfRefuser({ ruleset, client }: Refused, name: Name | undefined): Finding {
  const verdict = name === undefined ? undefined : judge(ruleset, { client, name });
  if (!verdict || verdict.kind === 'unmatched' || verdict.kind === 'allowed') {
    return { rule: 'TW-REFUSER', verdict: 'blocked' };
  }
  return ofRule(verdict.rule, 'blocked');
}

function ofRule({ id, service, role }: Rule, verdict: AttemptVerdict): Finding {
  return {
    rule: id,
    ...(service === undefined ? {} : { service }),
    ...(role === undefined ? {} : { role }),
    verdict,
  };
}
