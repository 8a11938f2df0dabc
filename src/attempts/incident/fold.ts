import type { Address } from '../../policy/network.ts';
import type { ServiceId } from '../../policy/service.ts';
import type { StoredAttempt } from '../attempt.ts';
import type { Traits } from '../step.ts';
import type { IncidentFacts, Trials, Way } from './incident.ts';
import { wayOf } from './way.ts';

/**
 * Milliseconds of quiet that end an incident. A working day is one, with its meetings and its lunch, and
 * the next morning is another; an agent that somebody forgot and that retries for weeks is one, too.
 */
export const QUIET_GAP = 8 * 3_600_000;

/** Attempts of one client by one way. */
export type Sighting = Trials & {
  readonly client: Address;
  readonly service?: ServiceId;
  readonly way: Way;
};

/** What an attempt with its repeats is to incidents; undefined where it is nothing to them. */
export function sightingOf(
  attempt: Traits & Pick<StoredAttempt, 'client'>,
  { first, last, count }: Pick<StoredAttempt, 'first' | 'last' | 'count'>,
): Sighting | undefined {
  const way = wayOf(attempt);
  if (way === undefined) return undefined;
  const { client, service, verdict } = attempt;
  const passed = verdict === 'blocked' ? 0 : count;
  return { client, way, first, last, count, passed, ...(service === undefined ? {} : { service }) };
}

/**
 * The stretches of time that attempts make, of one client and one service each. The same come out in
 * whatever order attempts come, however their repeats are split, and whether they are folded at once or
 * in parts that are joined.
 */
export function incidentsOf(attempts: readonly StoredAttempt[]): readonly IncidentFacts[] {
  return stretchesOf(
    attempts.flatMap((attempt) => {
      const sighting = sightingOf(attempt, attempt);
      return sighting === undefined ? [] : [sighting];
    }),
  );
}

export function stretchesOf(sightings: readonly Sighting[]): readonly IncidentFacts[] {
  const { add, stretches } = createStretches();
  for (const sighting of sightings.toSorted((a, b) => a.first - b.first)) add(sighting);
  return stretches();
}

/** Facts that are still growing. */
type Draft = Omit<IncidentFacts, 'last' | 'ways'> & {
  last: number;
  readonly ways: Map<Way, Trials>;
};

/** Puts sightings into stretches, of each client and service in the order they began. */
export function createStretches() {
  const known = new Map<string, Draft[]>();

  const draftFor = ({ client, service, first, last }: Sighting): Draft => {
    const key = `${client} ${service ?? ''}`;
    const drafts = known.get(key);
    const latest = drafts?.at(-1);
    if (latest && first <= latest.last + QUIET_GAP) return latest;
    const draft: Draft = {
      ...{ client, first, last, ways: new Map() },
      ...(service === undefined ? {} : { service }),
    };
    if (drafts) drafts.push(draft);
    else known.set(key, [draft]);
    return draft;
  };

  return {
    add(sighting: Sighting): void {
      const draft = draftFor(sighting);
      draft.last = Math.max(draft.last, sighting.last);
      const { way, first, last, count, passed } = sighting;
      const trials = { first, last, count, passed };
      const before = draft.ways.get(way);
      draft.ways.set(way, before ? sumOf(before, trials) : trials);
    },
    stretches: (): readonly IncidentFacts[] => [...known.values()].flat(),
  };
}

/** Both as one stretch, of a client and service that they share. */
export function joined(a: IncidentFacts, b: IncidentFacts): IncidentFacts {
  const ways = new Map(a.ways);
  for (const [way, trials] of b.ways) {
    const known = ways.get(way);
    ways.set(way, known ? sumOf(known, trials) : trials);
  }
  const { client, service } = a;
  return {
    client,
    ...(service === undefined ? {} : { service }),
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    ways,
  };
}

function sumOf(a: Trials, b: Trials): Trials {
  return {
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
    count: a.count + b.count,
    passed: a.passed + b.passed,
  };
}

/** How many attempts there were. */
export function countOf({ ways }: Pick<IncidentFacts, 'ways'>): number {
  return [...ways.values()].reduce((sum, { count }) => sum + count, 0);
}
