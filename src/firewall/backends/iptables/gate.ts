import type { Lane } from '../../../policy/firewall.ts';
import type { Plan } from '../../backend.ts';
import { hasLane } from '../../lanes.ts';

/** True where packets are handed to the gate with their destination as it was. */
export function isTransparent({ settings, packets }: Pick<Plan, 'settings' | 'packets'>): boolean {
  return settings.transparent && packets.sni === 'gate';
}

/**
 * True where connections are sent to the gate only while it says that it is there: one that is down must
 * not take along all who live at a front, and TPROXY drops what no socket takes, where the filter table
 * would reset it.
 */
export function needsGate(context: Pick<Plan, 'settings' | 'packets'>, lane: Lane): boolean {
  return hasLane(context.packets, lane) && (lane === 'fronts' || isTransparent(context));
}
