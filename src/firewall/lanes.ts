import { type FirewallSettings, gatePortOf, LANES, type Lane } from '../policy/firewall.ts';
import type { Deed, PacketPlan, Plan } from './backend.ts';

/**
 * The set of ports that a gate says it is there for, in the kernel's words: connections to fronts of
 * many are sent to it only as long as their port is in it.
 */
export const GATE_SET = 'tw_gate';
/** What it is said to be, where sets bear a comment. */
export const GATE_SET_NOTE = 'ports that a gate is there for, as it says again and again';

/** By which lane a gate gets what is looked at; undefined for what is not. */
export function laneOf(deed: Deed): Lane | undefined {
  if (deed.kind !== 'look') return undefined;
  return deed.otherwise === 'refuse' ? 'shared' : 'fronts';
}

/** Whether connections go to a gate by this lane; where the kernel looks, none do. */
export function hasLane({ sni, audiences }: PacketPlan, lane: Lane): boolean {
  return (
    sni === 'gate' &&
    audiences.some(({ entries }) => entries.some(({ deed }) => laneOf(deed) === lane))
  );
}

/** The port that a lane's connections are led to. */
export function portOf({ gate }: FirewallSettings, lane: Lane): number {
  if (gate === undefined) throw new Error('a plan that looks at TLS names has no gate');
  return gatePortOf(gate, lane);
}

/** All ports of the gate that connections are led to. */
export function gatePorts({
  packets,
  settings,
}: Pick<Plan, 'packets' | 'settings'>): readonly number[] {
  return LANES.filter((lane) => hasLane(packets, lane)).map((lane) => portOf(settings, lane));
}
