import type { StoreProblem } from './problem.ts';

/** Trouble with recording, or its end (`recovered`). */
export type RecorderProblem = {
  readonly kind: StoreProblem['kind'] | 'stopped' | 'overflow' | 'retention' | 'recovered';
  readonly message: string;
};

/** Tells of trouble when it begins, when it changes and when it is over, and not in between. */
export type Alarm = {
  readonly raise: (problem: RecorderProblem) => void;
  readonly clear: () => void;
  /** The trouble that lasts. */
  readonly current: () => RecorderProblem | undefined;
};

/** `dropped` is a running count; its growth during the trouble is told at the end. */
export function createAlarm(
  tell: (problem: RecorderProblem) => void,
  dropped: () => number,
): Alarm {
  let current: RecorderProblem | undefined;
  let droppedBefore = 0;
  return {
    raise(problem) {
      const before = current;
      current = problem;
      if (!before) droppedBefore = dropped();
      if (before?.kind !== problem.kind) tell(problem);
    },
    clear() {
      if (!current) return;
      current = undefined;
      const lost = dropped() - droppedBefore;
      const message = `attempts are stored again; ${lost} were dropped meanwhile`;
      tell({ kind: 'recovered', message });
    },
    current: () => current,
  };
}
