import { compile } from './compile.ts';
import type { Loaded } from './load.ts';
import type { Ruleset } from './ruleset.ts';

/** The policy that decides now; it changes by a reload, and by itself when a timed rule ends. */
export type PolicyInForce = {
  readonly ruleset: () => Ruleset;
  readonly replace: (next: Loaded) => void;
  /** Forgets its timer. */
  readonly stop: () => void;
};

/** Milliseconds a timer can hold; a later end is looked at again then. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Puts a policy in force. `onExpiry` hears of each ruleset that the clock has brought. */
export function putInForce(first: Loaded, onExpiry: (ruleset: Ruleset) => void): PolicyInForce {
  let loaded = first;
  let timer: NodeJS.Timeout | undefined;

  /** Timed rules end by themselves: the same policy is compiled again at that instant. */
  const schedule = (): void => {
    clearTimeout(timer);
    const { expires } = loaded.ruleset;
    if (expires === undefined) return;
    const wait = Math.min(LONGEST_TIMER, Math.max(0, expires - Date.now()));
    timer = setTimeout(() => {
      const { policy, catalogue, lists } = loaded;
      replace({ ...loaded, ...compile(policy, catalogue, lists, Date.now()) });
      onExpiry(loaded.ruleset);
    }, wait).unref();
  };
  const replace = (next: Loaded): void => {
    loaded = next;
    schedule();
  };
  schedule();
  return { ruleset: () => loaded.ruleset, replace, stop: () => clearTimeout(timer) };
}
