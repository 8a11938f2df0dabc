import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';
import type { StoredAttempt } from '../attempt.ts';
import { STEP_GAP } from '../step.ts';
import type { Doors } from './door.ts';

/** Attempts of one client to open a session, one soon after the other: an agent's going at a door. */
export type Visit = {
  readonly client: Address;
  /** Whether it went to the vendor's doors, or showed the name of our own ingress. */
  readonly to: 'vendor' | 'ours';
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** The doors it named; none where only addresses were seen, or names put on. */
  readonly names: readonly Name[];
  readonly destinations: readonly Address[];
  /** Whether a connection was seen that nobody refused: not a question, but the thing itself. */
  readonly passed: boolean;
  /** True where an exception allowed it. */
  readonly excepted?: boolean;
};

type Draft = Omit<Visit, 'names' | 'destinations'> & {
  last: number;
  count: number;
  passed: boolean;
  readonly names: Set<Name>;
  readonly destinations: Set<Address>;
};

/**
 * The visits that attempts were, the earliest first. Only what can become a session counts: a name that
 * agents dial, or a connection where no name tells more.
 */
export function visitsOf(attempts: readonly StoredAttempt[], doors: Doors): readonly Visit[] {
  const open = new Map<string, Draft>();
  const visits: Draft[] = [];
  for (const attempt of attempts.filter(opensSession).toSorted(byTime)) {
    const { client, first, last, count, name, destination } = attempt;
    const to = attempt.verdict === 'sanctioned' ? 'ours' : 'vendor';
    const excepted = attempt.verdict === 'excepted';
    const key = `${client} ${to} ${excepted}`;
    let draft = open.get(key);
    if (!draft || first > draft.last + STEP_GAP) {
      draft = {
        ...{ client, to, first, last, count: 0, passed: false },
        ...(excepted ? { excepted } : {}),
        names: new Set(),
        destinations: new Set(),
      };
      open.set(key, draft);
      visits.push(draft);
    }
    draft.last = Math.max(draft.last, last);
    draft.count += count;
    draft.passed ||= isPassing(attempt);
    if (name !== undefined && tellsDoor(name, doors)) draft.names.add(name);
    if (destination !== undefined) draft.destinations.add(destination);
  }
  return visits.map(({ names, destinations, ...visit }) => ({
    ...visit,
    names: [...names],
    destinations: [...destinations],
  }));
}

function opensSession(attempt: StoredAttempt): boolean {
  const { verdict, role, point } = attempt;
  if (verdict === 'sanctioned') return point === 'resolver' || isPassing(attempt);
  return role === 'session' || (role === undefined && point !== 'resolver');
}

/** A connection that the gate carried, or a packet that the packet filter let through. */
function isPassing({ verdict, point, answer }: StoredAttempt): boolean {
  if (verdict === 'blocked') return false;
  if (point === 'gate') return answer === 'passed' || answer === 'cut';
  return point === 'firewall' && answer === 'recorded';
}

function tellsDoor(name: Name, { doorOf, isDisguise }: Doors): boolean {
  return !isDisguise(name) && doorOf(name) !== 'strange';
}

function byTime(a: StoredAttempt, b: StoredAttempt): number {
  return a.first - b.first || a.last - b.last || a.id - b.id;
}
