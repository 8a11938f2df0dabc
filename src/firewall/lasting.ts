import type { Plan } from './backend.ts';

/**
 * A plan apart from what changes by itself: which addresses live sets hold, and what is told of them.
 * Whoever compares what is loaded with what a policy yields now must not take a new address for a new
 * rule.
 */
export function lastingPlan(plan: Plan): Plan {
  const { packets } = plan;
  const sets = packets.sets.map((set) => (set.live ? { ...set, networks: [] } : set));
  return { ...plan, packets: { ...packets, sets }, gaps: [], collisions: [] };
}
