import type { Timers } from '../sets/tables.ts';
import type { Intake } from './intake.ts';
import type { PfIntake } from './pf-rules.ts';

/** What follows one log. */
export type Source = { readonly stop: () => Promise<void> };

export type SourceParts = {
  readonly intake: Intake;
  readonly pf: PfIntake;
  readonly timers: Timers;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Told what keeps the log from being read, with a remedy; undefined where nothing does. */
  readonly onState: (fault: string | undefined) => void;
};

/** Milliseconds between two looks at what has no way to call us. */
export const INTERVAL = 250;
