import { withoutOwnExceptions } from '../../policy/excepting.ts';
import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';
import type { Ruleset } from '../../policy/ruleset.ts';
import type { AddressBook } from '../addressbook.ts';
import { audiencesOf, type Listener } from '../audience.ts';
import { classOf } from '../classes.ts';
import { PASS_SET } from '../passing.ts';
import type { Keeper } from './keeper.ts';
import type { Member } from './pair.ts';
import { createPasses, type Excepted } from './passes.ts';
import { createResidents, type Resident } from './residents.ts';
import type { Timers } from './tables.ts';
import { type Leading, type Telling, tellingOf } from './told.ts';
import type { SetWriter } from './writer.ts';

export type FeederParts = {
  /** The ruleset in force. */
  readonly ruleset: () => Ruleset;
  readonly keeper: Keeper;
  readonly timers: Timers;
  /** The wall clock, milliseconds since the epoch. */
  readonly date: () => number;
  /** What an earlier process has let through; undefined where the packet filter knows no pairs. */
  readonly readPairs: SetWriter['readPairs'];
};

/**
 * Knows which names live at which addresses, and sees to it that each address is in the sets that
 * follow from that before a client can connect to it.
 */
export type Feeder = {
  /** Takes what we looked up ourselves; it counts until the next round but two. */
  readonly learn: (book: AddressBook) => void;
  /** Fills the sets, and keeps them from now on. */
  readonly open: () => Promise<void>;
  /**
   * Takes an answer that is about to leave, with the seconds a client may keep it, and by which
   * exception if by one. Nothing where it need not wait; else whether the sets are ready for it.
   */
  readonly prepare: (
    asked: Name,
    answer: Leading,
    seconds: number,
    excepted?: Excepted,
  ) => Promise<boolean> | undefined;
  /** Takes over the ruleset in force at once, where it is another. */
  readonly review: () => void;
  /** The names known to live at an address. */
  readonly namesAt: (address: Address) => readonly Name[];
  readonly close: () => void;
};

/** Milliseconds past its TTL that a client may still use an address. */
const GRACE = 60_000;
/** Milliseconds a name lives at an address at least: connections outlive short TTLs. */
const FLOOR = 300_000;
/** Milliseconds at most; and for blocked names, whose addresses in a cloud are soon somebody else's. */
const [LONGEST, LONGEST_BLOCKED] = [86_400_000, 3_600_000];
/** Milliseconds that the address book counts, and until when what it said before still suffices. */
const [BOOK, BOOK_ENOUGH] = [900_000, 400_000];
/** Milliseconds between two steps of looking for names past their time, and steps to go once round. */
const [STEP, STEPS] = [250, 40];
/** Addresses a step looks at, at least; at most where all must be seen anew. */
const [FEWEST, MOST] = [100, 1_000];

export function createFeeder(parts: FeederParts): Feeder {
  const { ruleset, keeper, timers, date, readPairs } = parts;
  const residents = createResidents();
  const passes = createPasses({ keeper, timers, date });
  const tellings = new WeakMap<Leading, { readonly rules: Ruleset; readonly telling: Telling }>();
  let rules: Ruleset | undefined;
  /** The same as it is for whoever has no exception of his own: sets are for many. */
  let common: Ruleset | undefined;
  let listeners: readonly Listener[] = [];
  let generation = 0;
  let doors: ReadonlySet<Name> = new Set();
  let round: IterableIterator<Address> = residents.addresses();
  let isRenewing = false;
  let isClosed = false;
  let cancelStep = () => {};

  /** Takes over a ruleset that has come into force: what is known is seen anew, little by little. */
  function inForce(): Ruleset {
    const current = ruleset();
    if (current === rules && common) return common;
    const isFirst = rules === undefined;
    rules = current;
    common = withoutOwnExceptions(current);
    listeners = audiencesOf(common);
    if (!isFirst) {
      renew();
      void keeper.open(setsOf(listeners, readPairs !== undefined));
      endPasses(current, common);
    }
    return common;
  }

  /**
   * Who is let through no more has connections that run, to addresses that may have been forgotten
   * meanwhile: they are refused for a while yet, so that these end.
   */
  function endPasses(current: Ruleset, common: Ruleset): void {
    const now = timers.now();
    for (const { address, names } of passes.review(current)) {
      for (const name of names) residents.note(address, name, 'answer', now + FLOOR);
      place(address, common, now);
    }
  }

  function renew(): void {
    generation += 1;
    isRenewing = true;
    round = residents.addresses();
  }

  /** Finds the sets that follow from the names that live at an address, and wants it there. */
  function place(address: Address, rules: Ruleset, enough: number): void {
    const resident = residents.get(address);
    if (!resident) return;
    const names = residents.namesAt(address, timers.now());
    resident.sets = names.length === 0 ? [] : setsFor(rules, address, names);
    resident.generation = generation;
    extend(address, resident, enough);
  }

  function extend(address: Address, { sets, latest }: Resident, enough: number): void {
    keeper.want(address, sets, latest, Math.min(enough, latest));
  }

  function setsFor(rules: Ruleset, address: Address, names: readonly Name[]): readonly string[] {
    const isKnown = (door: Name) => doors.has(door);
    return listeners.flatMap(({ id, client }) => {
      const { class: kind, support } = classOf(rules, client, address, names, isKnown);
      return [...(kind ? [kind] : []), ...(support ? ['support'] : [])].map((set) =>
        setOf(set, id),
      );
    });
  }

  function telling(rules: Ruleset, asked: Name, answer: Leading): Telling {
    const known = tellings.get(answer);
    if (known?.rules === rules) return known.telling;
    const telling = tellingOf(rules, asked, answer);
    tellings.set(answer, { rules, telling });
    return telling;
  }

  function prepare(
    asked: Name,
    answer: Leading,
    seconds: number,
    excepted?: Excepted,
  ): Promise<boolean> | undefined {
    if (answer.leads.length === 0) return undefined;
    const rules = inForce();
    const { told, stranger } = telling(rules, asked, answer);
    let touched: Member[] | undefined;
    for (const { address, governed } of told) {
      if (excepted && readPairs) {
        const names = governed.map(({ name }) => name);
        touched = [...(touched ?? []), ...passes.note(excepted, address, names)];
      }
      // The common case ends here: nothing of ours lives there.
      if (governed.length === 0 && !residents.get(address)) continue;
      const now = timers.now();
      const life = Math.max(FLOOR, seconds * 1000 + GRACE);
      const note = (name: Name, evidence: 'answer' | 'stranger', longest: number) =>
        residents.note(address, name, evidence, now + Math.min(life, longest));
      const noted = governed.map(({ name, isBlocked }) =>
        note(name, 'answer', isBlocked ? LONGEST_BLOCKED : LONGEST),
      );
      if (stranger !== undefined) noted.push(note(stranger, 'stranger', LONGEST));
      const resident = residents.get(address);
      if (!resident) continue;
      const enough = now + seconds * 1000 + GRACE / 2;
      const isNews = noted.some((note) => note?.isNew) || isDated(resident, now);
      if (isNews) place(address, rules, enough);
      else extend(address, resident, enough);
      touched ??= [];
      touched.push(address);
    }
    if (!touched) return undefined;
    const settled = keeper.settled(touched);
    return settled === true ? undefined : settled;
  }

  /** True where what was found of it may have changed without news. */
  function isDated(resident: Resident, now: number): boolean {
    return resident.generation !== generation || resident.soonest <= now;
  }

  function step(): void {
    if (isClosed) return;
    const current = inForce();
    const size = residents.size();
    const count = isRenewing ? MOST : Math.max(FEWEST, Math.ceil(size / STEPS));
    const now = timers.now();
    for (let i = 0; i < count; i += 1) {
      const { value, done } = round.next();
      if (done) {
        round = residents.addresses();
        isRenewing = false;
        break;
      }
      const resident = residents.get(value);
      if (resident && isDated(resident, now)) place(value, current, now);
    }
    cancelStep = timers.after(isRenewing ? 1 : STEP, step);
  }

  return {
    learn: ({ names }) => {
      const current = inForce();
      const now = timers.now();
      const known = new Set<Name>();
      for (const { name } of current.doors) {
        if ((names.get(name)?.length ?? 0) > 0) known.add(name);
      }
      const isOther = known.size !== doors.size || [...known].some((name) => !doors.has(name));
      doors = known;
      if (isOther) renew();
      // All names first: an address must not be taken for a blocked one's alone in between.
      const touched = new Set<Address>();
      for (const [name, addresses] of names) {
        for (const address of addresses) {
          residents.note(address, name, 'book', now + BOOK);
          touched.add(address);
        }
      }
      for (const address of touched) place(address, current, now + BOOK_ENOUGH);
    },
    open: async () => {
      inForce();
      if (readPairs) passes.adopt(await readPairs(PASS_SET), rules as Ruleset);
      await keeper.open(setsOf(listeners, readPairs !== undefined));
      step();
    },
    prepare,
    review: () => void inForce(),
    namesAt: (address) => residents.namesAt(address, timers.now()),
    close: () => {
      isClosed = true;
      cancelStep();
      keeper.close();
    },
  };
}

/** What the packet filter's rule sets call the sets of an audience. */
function setOf(kind: string, audience: string): string {
  return audience === 'everyone' ? kind : `${kind}_${audience}`;
}

function setsOf(listeners: readonly Listener[], withPairs: boolean): readonly string[] {
  // What lets the sanctioned way pass comes before what closes the rest, and so do exceptions.
  const own = ['support', 'shared', 'cdn', 'deny'].flatMap((kind) =>
    listeners.map(({ id }) => setOf(kind, id)),
  );
  return withPairs ? [PASS_SET, ...own] : own;
}
