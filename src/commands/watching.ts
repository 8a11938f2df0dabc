import { createAnswers } from '../attempts/answers.ts';
import type { Attempt } from '../attempts/attempt.ts';
import type { Trail } from '../attempts/trail.ts';
import type { Outcome } from '../dns/message.ts';
import { addressBookOf } from '../firewall/addressbook.ts';
import type { LogSpec } from '../firewall/log/follow.ts';
import { namesAt } from '../firewall/namesat.ts';
import type { Log } from '../log.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Policy } from '../policy/policy.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import { bookFileOf, readSightings } from './book.ts';
import { createFirewallLog } from './firewall-log.ts';

export type WatchingParts = {
  readonly spec: LogSpec;
  readonly ruleset: () => Ruleset;
  /** The policy in force. */
  readonly policy: () => Policy;
  readonly record: (attempt: Attempt) => void;
  readonly trail: Pick<Trail, 'isOn'>;
  /** The names known to live at an address; the address book's file says it where this is left out. */
  readonly namesAt?: (address: Address) => readonly Name[];
  readonly log: Log;
};

/** Joins what the packet filter logs to what clients were answered. */
export type Watching = {
  readonly onOutcome: (outcome: Outcome, now: number) => void;
  readonly stop: () => Promise<void>;
};

/** Milliseconds that what was read of the book's file counts: `addresses refresh` writes it anew. */
const BOOK_AGE = 60_000;

export function startWatching(parts: WatchingParts): Watching {
  const answers = createAnswers();
  const { stop } = createFirewallLog({
    ...parts,
    answers,
    namesAt: parts.namesAt ?? createBookNames(parts.policy),
    isOnTrail: parts.trail.isOn,
  });
  return { onOutcome: answers.note, stop };
}

function createBookNames(policy: () => Policy): (address: Address) => readonly Name[] {
  let known: ReadonlyMap<Address, readonly Name[]> = new Map();
  let read = Number.NEGATIVE_INFINITY;
  return (address) => {
    if (performance.now() - read > BOOK_AGE) {
      read = performance.now();
      try {
        known = namesAt(addressBookOf(readSightings(bookFileOf(policy(), undefined))));
      } catch {} // a book with a fault is told by those whose business it is; what was known counts
    }
    return known.get(address) ?? [];
  };
}
