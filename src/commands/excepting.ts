import { problemOf } from '../attempts/problem.ts';
import type { Log } from '../log.ts';
import type { Exception } from '../policy/exception.ts';
import type { PolicyInForce } from '../policy/in-force.ts';
import { formatProblem } from '../policy/problem.ts';

export type ExceptingParts = {
  readonly inForce: Pick<PolicyInForce, 'except'>;
  readonly log: Log;
  /** Lets what has changed bear on what runs. */
  readonly review: () => void;
};

/** Numbers told in a line of the log. */
const TOLD = 20;

/** Takes over all exceptions that hold now, where they differ from those before. */
export function createExcepting({
  inForce,
  log,
  review,
}: ExceptingParts): (exceptions: readonly Exception[]) => void {
  let held = '';
  return (exceptions) => {
    const ids = exceptions.map(({ id }) => id).toSorted((a, b) => a - b);
    if (ids.join() === held) return;
    held = ids.join();
    for (const problem of inForce.except(exceptions)) {
      log('warn', 'exception without effect', { message: formatProblem(problem) });
    }
    log('info', 'exceptions', { count: ids.length, ids: ids.slice(0, TOLD).join(' ') });
    review();
  };
}

/** The exceptions in force when a program starts; trouble is told and keeps nothing from starting. */
export async function readExceptions(database: string, log: Log): Promise<readonly Exception[]> {
  try {
    const { exceptionsAtStart } = await import('../attempts/exceptions-start.ts');
    return exceptionsAtStart(database, Date.now());
  } catch (error) {
    const { message } = problemOf(error, database) ?? (error as Error);
    log('error', 'exceptions not read', { message });
    return [];
  }
}
