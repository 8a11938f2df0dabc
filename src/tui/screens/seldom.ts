import type { Context, ScreenEvent } from '../screen.ts';

/** Milliseconds between two looks at the policy's files: they change by hand. */
const EVERY = 5000;

/** When a screen of the policy asked last, in milliseconds since the epoch. */
export type Seldom = { readonly askedAt: number };

/** True for a tick of the second that comes too early to look again. */
export function isEarly({ askedAt }: Seldom, event: ScreenEvent, { now }: Context): boolean {
  return event.kind === 'changed' && Math.abs(now - askedAt) < EVERY;
}

/** The state after an event that is heard; what is asked now, is asked again after a while. */
export function asked<State extends Seldom>(state: State, event: ScreenEvent, now: number): State {
  return event.kind === 'changed' || event.kind === 'shown' ? { ...state, askedAt: now } : state;
}
