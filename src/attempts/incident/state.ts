import type { Act, Incident, IncidentState } from './incident.ts';
import { rankOf } from './severity.ts';

/**
 * What people have made of an incident, and what came since. `ends` tells of exceptions when they
 * end, or ended early, in milliseconds since the epoch; one that is not in it ended long ago.
 */
export function stateOf(
  { last, severity }: Pick<Incident, 'last' | 'severity'>,
  acts: readonly Act[],
  ends: ReadonlyMap<number, number> = new Map(),
): IncidentState {
  const act = decisiveOf(acts);
  if (act === undefined) return 'new';
  const isWorse = rankOf(severity) > rankOf(act.severity);
  switch (act.kind) {
    case 'acknowledge':
      return isWorse ? 'reopened' : 'acknowledged';
    case 'close':
      return last > act.time ? 'reopened' : 'closed';
    case 'except': {
      const end = ends.get(act.exception as number) ?? act.time;
      // What an exception allows is no part of the incident, so it grows worse by what is not allowed.
      return isWorse || last > end ? 'reopened' : 'excepted';
    }
    case 'reopen':
      return 'reopened';
  }
}

/** An act that says what state an incident is in. */
type Decisive = Act & { readonly kind: Exclude<Act['kind'], 'note' | 'undo'> };

/** The last of those that nobody took back. */
function decisiveOf(acts: readonly Act[]): Decisive | undefined {
  const undone = undoneOf(acts);
  return acts
    .filter((act): act is Decisive => act.kind !== 'note' && act.kind !== 'undo')
    .filter(({ id }) => !undone.has(id))
    .reduce<Decisive | undefined>((a, b) => (a && isLater(a, b) ? a : b), undefined);
}

/** The acts that were taken back; an undo that was taken back itself takes nothing back. */
export function undoneOf(acts: readonly Act[]): ReadonlySet<number> {
  const undone = new Set<number>();
  for (const { id, undoes } of acts.toSorted((a, b) => b.id - a.id)) {
    if (undoes !== undefined && !undone.has(id)) undone.add(undoes);
  }
  return undone;
}

function isLater(a: Act, b: Act): boolean {
  return a.time === b.time ? a.id > b.id : a.time > b.time;
}
