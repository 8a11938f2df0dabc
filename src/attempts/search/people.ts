import type { Fact, FactKind } from '../../identity/fact.ts';
import { type Address, addressFromOctets } from '../../policy/network.ts';
import { clientsKnownAs } from '../facts.ts';
import type { Database } from '../store.ts';

/** Who the clients are that a search names by something other than their address. */
export type People = {
  /** The clients that something they are known by contains, upper and lower case alike. */
  readonly knownAs: (text: string) => readonly Address[];
  /** The clients of a person (by a part of the name) or of a team (by all of it). */
  readonly of: (kind: 'person' | 'team', text: string) => readonly Address[];
};

/** Nobody: enough to tell whether a search can be made at all. */
export const NOBODY: People = { knownAs: () => [], of: () => [] };

export function peopleOf(db: Database): People {
  return {
    knownAs: (text) => clientsKnownAs(db, text),
    of: (kind, text) => clientsOf(db, kind, text.toLowerCase()),
  };
}

/** Milliseconds for which it is remembered who is meant, and how many of them are. */
const REMEMBERED = 5000;
const MOST_REMEMBERED = 20;

/** The same people, asked less often: a search is read again for each page of what it finds. */
export function rememberedPeople(people: People, now: () => number): People {
  const known = new Map<string, { readonly clients: readonly Address[]; readonly until: number }>();
  const remembered = (key: string, ask: () => readonly Address[]): readonly Address[] => {
    const found = known.get(key);
    if (found && now() < found.until) return found.clients;
    const clients = ask();
    if (known.size >= MOST_REMEMBERED) known.clear();
    known.set(key, { clients, until: now() + REMEMBERED });
    return clients;
  };
  return {
    knownAs: (text) => remembered(`known as ${text}`, () => people.knownAs(text)),
    of: (kind, text) => remembered(`${kind} ${text}`, () => people.of(kind, text)),
  };
}

function clientsOf(db: Database, kind: FactKind, wanted: string): readonly Address[] {
  const clients = new Set<Address>();
  const facts = db
    .prepare<[string], Pick<Fact, 'value'> & { client: Uint8Array }>(
      'SELECT client, value FROM client_facts WHERE kind = ?',
    )
    .iterate(kind);
  for (const { client, value } of facts) {
    // SQLite knows the case of ASCII only.
    const known = value.toLowerCase();
    if (kind === 'team' ? known === wanted : known.includes(wanted)) {
      clients.add(addressFromOctets(client));
    }
  }
  return [...clients];
}
