import { compile } from './compile.ts';
import { excepting } from './excepting.ts';
import type { Exception } from './exception.ts';
import type { Loaded } from './load.ts';
import type { Problem } from './problem.ts';
import type { Ruleset } from './ruleset.ts';

/**
 * The policy that decides now, with the exceptions beside it; it changes by a reload, by exceptions that
 * are made and taken back, and by itself when a timed rule ends.
 */
export type PolicyInForce = {
  readonly ruleset: () => Ruleset;
  /** Takes over a policy compiled without exceptions; those in force stay beside it. */
  readonly replace: (next: Loaded) => void;
  /** Takes over all exceptions, in place of those before; gives what is wrong with them. */
  readonly except: (exceptions: readonly Exception[]) => readonly Problem[];
  /** Forgets its timer. */
  readonly stop: () => void;
};

/** Milliseconds a timer can hold; a later end is looked at again then. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Puts a policy in force. `onExpiry` hears of each ruleset that the clock has brought. */
export function putInForce(first: Loaded, onExpiry: (ruleset: Ruleset) => void): PolicyInForce {
  let loaded = first;
  let exceptions: readonly Exception[] = [];
  let ruleset = first.ruleset;
  let timer: NodeJS.Timeout | undefined;

  /** Timed rules end by themselves: the same policy is compiled again at that instant. */
  const schedule = (): void => {
    clearTimeout(timer);
    const { expires } = ruleset;
    if (expires === undefined) return;
    const wait = Math.min(LONGEST_TIMER, Math.max(0, expires - Date.now()));
    timer = setTimeout(() => {
      const now = Date.now();
      const { policy, catalogue, lists } = loaded;
      // Exceptions end often, and the policy is as it was.
      if ((loaded.ruleset.expires ?? Number.POSITIVE_INFINITY) <= now) {
        loaded = { ...loaded, ...compile(policy, catalogue, lists, now) };
      }
      settle(now);
      onExpiry(ruleset);
    }, wait).unref();
  };
  const settle = (now: number): readonly Problem[] => {
    const excepted = excepting(loaded.ruleset, exceptions, loaded.catalogue, now);
    ruleset = excepted.ruleset;
    schedule();
    return excepted.warnings;
  };
  schedule();
  return {
    ruleset: () => ruleset,
    replace: (next) => {
      loaded = next;
      settle(Date.now());
    },
    except: (next) => {
      exceptions = next;
      return settle(Date.now());
    },
    stop: () => clearTimeout(timer),
  };
}
