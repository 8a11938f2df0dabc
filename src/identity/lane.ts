import type { Address } from '../policy/network.ts';
import type { Fact } from './fact.ts';

/** One way to learn of clients. */
export type Reader = {
  /** Milliseconds after which a client is looked at again. */
  readonly every: number;
  /** How many clients it takes at once. */
  readonly most: number;
  /** Must not take for ever: nothing else is asked of it meanwhile. */
  readonly look: (clients: readonly Address[]) => Promise<readonly Fact[]>;
  readonly onFault: (error: unknown) => void;
};

export type Timers = {
  /** Milliseconds; never goes back. */
  readonly now: () => number;
  /** Calls after so many milliseconds, unless what it gives back is called before. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
};

/** What waits for one reader. */
export type Lane = {
  /** Has a client looked at next. */
  readonly add: (client: Address) => void;
  readonly forget: (client: Address) => void;
  readonly stop: () => void;
};

export type LaneParts = {
  readonly reader: Reader;
  readonly timers: Timers;
  /** Whether a client is still to be looked at. */
  readonly isWanted: (client: Address) => boolean;
  readonly onFacts: (facts: readonly Fact[]) => void;
};

/** Milliseconds between the beginnings of two looks: clients that come one by one are looked at together. */
const GAP = 500;

/** Asks a reader again and again, one look at a time: new clients first, then those whose time has come. */
export function createLane({ reader, timers, isWanted, onFacts }: LaneParts): Lane {
  const fresh = new Set<Address>();
  /** When each is due. Everyone waits equally long, so the first is due first. */
  const due = new Map<Address, number>();
  let [begun, isBusy, isStopped] = [Number.NEGATIVE_INFINITY, false, false];
  /** When the next look begins, as far as that is settled. */
  let next = Number.POSITIVE_INFINITY;
  let cancel = () => {};

  const take = (now: number): readonly Address[] => {
    const taken: Address[] = [];
    for (const client of fresh) {
      if (taken.length === reader.most) return taken;
      fresh.delete(client);
      if (isWanted(client)) taken.push(client);
    }
    for (const [client, at] of due) {
      if (taken.length === reader.most || at > now) return taken;
      due.delete(client);
      if (isWanted(client)) taken.push(client);
    }
    return taken;
  };
  const round = async (): Promise<void> => {
    begun = timers.now();
    const clients = take(begun);
    if (clients.length === 0) return;
    try {
      const facts = await reader.look(clients);
      if (!isStopped) onFacts(facts);
    } catch (error) {
      reader.onFault(error);
    }
    const at = timers.now() + reader.every;
    for (const client of clients) due.set(client, at);
  };
  const schedule = (): void => {
    if (isBusy || isStopped) return;
    const [first = Number.POSITIVE_INFINITY] = due.values();
    const at = Math.max(begun + GAP, fresh.size > 0 ? Number.NEGATIVE_INFINITY : first);
    if (at >= next) return;
    cancel();
    next = at;
    cancel = timers.after(Math.max(0, at - timers.now()), () => {
      isBusy = true;
      void round().finally(() => {
        isBusy = false;
        next = Number.POSITIVE_INFINITY;
        schedule();
      });
    });
  };

  return {
    add(client) {
      due.delete(client);
      fresh.add(client);
      schedule();
    },
    forget(client) {
      fresh.delete(client);
      due.delete(client);
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
