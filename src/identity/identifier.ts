import type { Address } from '../policy/network.ts';
import type { Fact, FactKind, FactSource } from './fact.ts';
import { createLane, type Lane, type Reader, type Timers } from './lane.ts';

export type { Reader, Timers };

/** Looks clients up in the background, those that tried something and no others. */
export type Identifier = {
  /** Has a client looked up, at once where it is new. Costs next to nothing. */
  readonly want: (client: Address) => void;
  /** What was last told of a client; nothing of one that is not looked up. */
  readonly known: (client: Address) => readonly Fact[];
  /** Takes other readers, which look at every client that is wanted. */
  readonly replace: (readers: readonly Reader[]) => void;
  readonly stop: () => void;
};

export type IdentifierParts = {
  readonly readers: readonly Reader[];
  readonly timers: Timers;
  /** Called with what is new: a value that changed, or one that was confirmed after a while. */
  readonly onFacts: (facts: readonly Fact[]) => void;
  /** Clients at most: those that tried nothing for longest make room. */
  readonly capacity?: number;
};

/** Milliseconds without a try after which a client is no longer looked up: its address may be another's by then. */
const WANTED_FOR = 24 * 3_600_000;
/** Milliseconds after which a fact that has not changed is told again: far less than it takes to be outdated. */
const CONFIRM = 15 * 60_000;
/** Facts told at once: a note is copied to another thread. */
const AT_ONCE = 500;

/** What was told last of each kind and source. */
type Told = Map<`${FactKind} ${FactSource}`, Fact>;
type Wanted = { last: number; readonly told: Told };

export function createIdentifier({
  readers,
  timers,
  onFacts,
  capacity = 10_000,
}: IdentifierParts): Identifier {
  /** The one that was wanted last stands last. */
  const wanted = new Map<Address, Wanted>();
  let lanes: readonly Lane[] = [];

  const isWanted = (client: Address): boolean => {
    const entry = wanted.get(client);
    if (!entry) return false;
    if (timers.now() - entry.last < WANTED_FOR) return true;
    wanted.delete(client);
    return false;
  };
  const isNew = (fact: Fact): boolean => {
    const told = wanted.get(fact.client)?.told;
    if (!told) return false;
    const key = `${fact.kind} ${fact.source}` as const;
    const before = told.get(key);
    if (before?.value === fact.value && fact.time - before.time < CONFIRM) return false;
    told.set(key, fact);
    return true;
  };
  const tell = (facts: readonly Fact[]): void => {
    const fresh = facts.filter(isNew);
    for (let at = 0; at < fresh.length; at += AT_ONCE) onFacts(fresh.slice(at, at + AT_ONCE));
  };
  /** Some at a time: the first entry of a map is found the more slowly, the more were removed before it. */
  const makeRoom = (): void => {
    let surplus = Math.ceil(capacity / 10);
    for (const client of wanted.keys()) {
      if (surplus === 0) return;
      surplus -= 1;
      wanted.delete(client);
      for (const lane of lanes) lane.forget(client);
    }
  };
  const replace = (next: readonly Reader[]): void => {
    for (const lane of lanes) lane.stop();
    lanes = next.map((reader) => createLane({ reader, timers, isWanted, onFacts: tell }));
    for (const client of wanted.keys()) for (const lane of lanes) lane.add(client);
  };
  replace(readers);

  return {
    want(client) {
      const before = wanted.get(client);
      const now = timers.now();
      const isKnown = before !== undefined && now - before.last < WANTED_FOR;
      wanted.delete(client);
      if (wanted.size >= capacity) makeRoom();
      wanted.set(client, { last: now, told: isKnown ? before.told : new Map() });
      if (!isKnown) for (const lane of lanes) lane.add(client);
    },
    known: (client) => [...(wanted.get(client)?.told.values() ?? [])],
    replace,
    stop: () => replace([]),
  };
}
