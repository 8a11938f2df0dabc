import { parseNetwork } from '../../policy/network.ts';
import type { StoredAttempt } from '../attempt.ts';
import { listAttempts } from '../query.ts';
import { viaOf, whatOf } from '../step.ts';
import type { Database } from '../store.ts';
import { type Step, storiesOf } from '../story.ts';
import type { IncidentFacts } from './incident.ts';

/** Rows read at most: what an agent tried so often, it tried in the same ways before. */
const MOST_ROWS = 10_000;

/**
 * What was tried in an incident, in the order it was first tried: the steps of the stories that happened
 * in its stretch of time as one, also the ways round that are no service's but belong to them. Empty
 * where no agent did anything, or retention has taken its attempts.
 */
export function stepsOf(db: Database, incident: IncidentFacts, most = MOST_ROWS): readonly Step[] {
  const { client, service, first, last } = incident;
  const attempts = listAttempts(
    db,
    { client: parseNetwork(client), since: first, until: last + 1, steps: true },
    most,
  );
  const steps =
    service === undefined
      ? attempts.flatMap(looseStep)
      : storiesOf(attempts)
          .filter((story) => story.service === service)
          .flatMap((story) => story.steps);
  return merged(steps);
}

function looseStep(attempt: StoredAttempt): readonly Step[] {
  const via = attempt.service === undefined ? viaOf(attempt) : undefined;
  if (via === undefined) return [];
  const { first, last, count, verdict } = attempt;
  return [{ via, what: whatOf(attempt, via), first, last, count, closed: verdict === 'blocked' }];
}

function merged(steps: readonly Step[]): readonly Step[] {
  const same = Map.groupBy(steps, ({ via, what }) => `${via} ${what}`);
  return [...same.values()].map(asOne).sort((a, b) => a.first - b.first || a.last - b.last);
}

function asOne(steps: readonly Step[]): Step {
  const { via, what } = steps[0] as Step;
  return {
    via,
    what,
    first: Math.min(...steps.map(({ first }) => first)),
    last: Math.max(...steps.map(({ last }) => last)),
    count: steps.reduce((sum, { count }) => sum + count, 0),
    closed: steps.every(({ closed }) => closed),
  };
}
