import { typeName } from '../dns/constants.ts';
import type { Outcome } from '../dns/message.ts';
import { labelsOf, type Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import { covers, formatPattern } from '../policy/pattern.ts';
import type { ServiceId, TunnelService } from '../policy/service.ts';
import type { Attempt } from './attempt.ts';
import { answerWord } from './outcome.ts';
import { STEP_GAP } from './step.ts';

/**
 * Knows which clients were just refused a session name, and so sees what else they ask for with
 * other eyes: a name that many programs use (`s3.amazonaws.com`) is then a step of the agent's.
 */
export type Trail = {
  /** Takes note of every attempt, wherever it was seen. */
  readonly note: (attempt: Attempt) => void;
  /** The attempt that a question no rule is about was, where it is a step of its client's agent. */
  readonly follow: (outcome: Outcome, time: number) => Attempt | undefined;
  /** True for a client whose last step was within a minute of `time` (milliseconds since the epoch). */
  readonly isOn: (client: Address, time: number) => boolean;
};

export type TrailOptions = {
  /** The catalogue's services, as they are now. */
  readonly services: () => ReadonlyMap<ServiceId, TunnelService>;
  /** How many clients are remembered at once; the one longest quiet is forgotten. */
  readonly capacity?: number;
};

type Traveller = { last: number; readonly services: Set<ServiceId> };

export function createTrail({ services, capacity = 10_000 }: TrailOptions): Trail {
  // In the order of their last steps.
  const travellers = new Map<Address, Traveller>();

  const travellerAt = (client: Address, time: number): Traveller | undefined => {
    // Nearly always nobody is on a trail, and this is asked of every answer.
    if (travellers.size === 0) return undefined;
    const traveller = travellers.get(client);
    if (!traveller) return undefined;
    // A clock that was set back makes nobody a traveller for longer.
    if (Math.abs(time - traveller.last) <= STEP_GAP) return traveller;
    travellers.delete(client);
    return undefined;
  };
  const forgetTheQuiet = (time: number): void => {
    for (const [client, { last }] of travellers) {
      if (travellers.size <= capacity && Math.abs(time - last) <= STEP_GAP) return;
      travellers.delete(client);
    }
  };

  return {
    note({ client, service, role, verdict, time }) {
      if (verdict === 'sanctioned' || verdict === 'excepted') return;
      const known = travellerAt(client, time);
      const sets = service !== undefined && role === 'session' && verdict === 'blocked';
      if (!known && !sets) return;
      const traveller = known ?? { last: time, services: new Set() };
      if (sets) traveller.services.add(service);
      traveller.last = time;
      travellers.delete(client);
      travellers.set(client, traveller);
      forgetTheQuiet(time);
    },
    follow(outcome, time) {
      if (travellers.size === 0 || outcome.verdict.kind !== 'unmatched') return undefined;
      const { client, question, transport } = outcome.query;
      const traveller = travellerAt(client, time);
      if (!traveller) return undefined;
      for (const id of traveller.services) {
        const service = services().get(id);
        const rule = service && ruleIdFor(service, question.name);
        if (rule === undefined) continue;
        return {
          time,
          client,
          point: 'resolver',
          transport,
          name: question.name,
          type: typeName(question.type),
          rule,
          service: id,
          role: 'bypass',
          verdict: 'watched',
          answer: answerWord(outcome),
        };
      }
      return undefined;
    },
    isOn: (client, time) => travellerAt(client, time) !== undefined,
  };
}

/**
 * What a step to this name is called, undefined where it is none: as the policy's rule about it would
 * be, were there one; what the catalogue has no rule for, by its way: `ngrok/doh/dns.google`.
 */
function ruleIdFor({ id, names, fallback }: TunnelService, name: Name): string | undefined {
  const labels = labelsOf(name);
  for (const { via, names: patterns } of fallback) {
    const found = patterns.find((pattern) => covers(pattern, name, labels));
    if (!found) continue;
    const text = formatPattern(found);
    const isBypass = names.some(
      ({ role, pattern }) => role === 'bypass' && formatPattern(pattern) === text,
    );
    return `${id}/${isBypass ? 'bypass' : via}/${text}`;
  }
  return undefined;
}
