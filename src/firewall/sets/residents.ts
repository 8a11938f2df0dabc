import type { Name } from '../../policy/name.ts';
import type { Address } from '../../policy/network.ts';

/** Why a name is known to live at an address. */
export type Evidence =
  /** We looked it up ourselves. */
  | 'book'
  /** A client was answered so, and rules are about the name. */
  | 'answer'
  /** The same, but no rule is about the name: one of these is as good as many. */
  | 'stranger';

/** An address with the names that are known to live there, each until when. */
export type Resident = {
  readonly book: Map<Name, number>;
  readonly answers: Map<Name, number>;
  stranger: { readonly name: Name; readonly until: number } | undefined;
  /** The sets it is to be in, as found last; before `soonest` none of its names ends. */
  sets: readonly string[];
  soonest: number;
  /** When the last of its names ends. */
  latest: number;
  /** Counts the rulesets: what was found under another one is found anew. */
  generation: number;
};

/** Names that clients were told live at one address; a wildcard in DNS makes as many as one likes. */
const NAMES = 64;
/** Addresses that are kept in memory for what clients were told. */
const ADDRESSES = 100_000;

/** Which names live where. A flood of names from clients can never push out what we looked up. */
export type Residents = {
  readonly get: (address: Address) => Resident | undefined;
  /** Gives the resident, and true where the name is new there; nothing where there is no room. */
  readonly note: (
    address: Address,
    name: Name,
    evidence: Evidence,
    until: number,
  ) => { readonly resident: Resident; readonly isNew: boolean } | undefined;
  /** Forgets names past their time and gives the rest; an address without names is forgotten. */
  readonly namesAt: (address: Address, now: number) => readonly Name[];
  readonly addresses: () => IterableIterator<Address>;
  readonly size: () => number;
};

export function createResidents(): Residents {
  const known = new Map<Address, Resident>();

  function make(address: Address, evidence: Evidence): Resident | undefined {
    if (evidence !== 'book' && known.size >= ADDRESSES) return undefined;
    const resident: Resident = {
      book: new Map(),
      answers: new Map(),
      stranger: undefined,
      sets: [],
      soonest: 0,
      latest: 0,
      generation: -1,
    };
    known.set(address, resident);
    return resident;
  }

  return {
    get: (address) => known.get(address),
    note: (address, name, evidence, until) => {
      const resident = known.get(address) ?? make(address, evidence);
      if (!resident) return undefined;
      resident.latest = Math.max(resident.latest, until);
      if (evidence === 'stranger') {
        const isNew = resident.stranger === undefined;
        if (isNew || until > (resident.stranger?.until ?? 0)) resident.stranger = { name, until };
        return { resident, isNew };
      }
      const names = evidence === 'book' ? resident.book : resident.answers;
      const before = names.get(name);
      // What was told last stands last, and the first has to go where there is no room.
      names.delete(name);
      names.set(name, Math.max(until, before ?? 0));
      if (evidence === 'answer' && names.size > NAMES) names.delete(firstOf(names));
      return { resident, isNew: before === undefined };
    },
    namesAt: (address, now) => {
      const resident = known.get(address);
      if (!resident) return [];
      if (resident.stranger && resident.stranger.until <= now) resident.stranger = undefined;
      for (const names of [resident.book, resident.answers]) {
        for (const [name, until] of names) if (until <= now) names.delete(name);
      }
      const { book, answers, stranger } = resident;
      const untils = [...book.values(), ...answers.values(), ...(stranger ? [stranger.until] : [])];
      if (untils.length === 0) known.delete(address);
      resident.soonest = Math.min(...untils);
      resident.latest = Math.max(0, ...untils);
      const names = new Set([...book.keys(), ...answers.keys()]);
      if (stranger) names.add(stranger.name);
      return [...names];
    },
    addresses: () => known.keys(),
    size: () => known.size,
  };
}

function firstOf(names: ReadonlyMap<Name, number>): Name {
  return names.keys().next().value as Name;
}
