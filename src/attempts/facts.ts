import { FACT_KINDS, FACT_SOURCES, type Fact, type FactKind } from '../identity/fact.ts';
import { type Address, addressFromOctets, octetsOfAddress } from '../policy/network.ts';
import type { Database } from './store.ts';

/** What a client is called, in few words; values come from strangers. */
export type Label = { readonly label?: string; readonly team?: string };

type Row = Omit<Fact, 'client'> & { readonly client: Uint8Array };

const COLUMNS = 'client, kind, source, value, time';

/**
 * Milliseconds after which what one source says no longer is counted upon, while others still speak:
 * addresses change hands, and whose device it was must not be blamed for what the next one does. Longer
 * than twice the longest time between two looks.
 */
export const OUTDATED_AFTER = 3_600_000;

/** What makes a client's label: the better first. */
const LABELS: readonly FactKind[] = ['person', 'device', 'host'];

/** All that is known of a client: people first, and of one kind the best source first. */
export function factsOf(db: Database, client: Address): readonly Fact[] {
  return db
    .prepare<[Uint8Array], Row>(`SELECT ${COLUMNS} FROM client_facts WHERE client = ?`)
    .all(octetsOfAddress(client))
    .map(factOf)
    .toSorted(byWorth);
}

/** What to call each of the clients of which anything is known; the others are not in the map. */
export function labelsOf(db: Database, clients: Iterable<Address>): ReadonlyMap<Address, Label> {
  const read = db.prepare<[Uint8Array], Row>(
    `SELECT ${COLUMNS} FROM client_facts WHERE client = ?`,
  );
  const labels = new Map<Address, Label>();
  for (const client of clients) {
    if (labels.has(client)) continue;
    const label = labelOf(read.all(octetsOfAddress(client)).map(factOf));
    if (label.label !== undefined || label.team !== undefined) labels.set(client, label);
  }
  return labels;
}

/** The label that facts of one client make. */
export function labelOf(facts: readonly Fact[]): Label {
  const label = bestOf(facts, LABELS)?.value;
  const team = bestOf(facts, ['team'])?.value;
  return { ...(label === undefined ? {} : { label }), ...(team === undefined ? {} : { team }) };
}

/** What to believe of one client among facts of some kinds: the outdated last. */
export function bestOf(facts: readonly Fact[], kinds: readonly FactKind[]): Fact | undefined {
  const newest = facts.reduce((latest, { time }) => Math.max(latest, time), 0);
  const isOutdated = ({ time }: Fact) => newest - time > OUTDATED_AFTER;
  return facts
    .filter(({ kind }) => kinds.includes(kind))
    .toSorted((a, b) => Number(isOutdated(a)) - Number(isOutdated(b)) || byWorth(a, b))[0];
}

/** All that is known of every client, in the order of addresses. */
export function allFacts(db: Database): ReadonlyMap<Address, readonly Fact[]> {
  const rows = db
    .prepare<[], Row>(`SELECT ${COLUMNS} FROM client_facts ORDER BY length(client), client`)
    .all();
  const facts = new Map<Address, Fact[]>();
  for (const fact of rows.map(factOf)) {
    const before = facts.get(fact.client);
    if (before) before.push(fact);
    else facts.set(fact.client, [fact]);
  }
  for (const known of facts.values()) known.sort(byWorth);
  return facts;
}

/** The clients of which some fact holds the text, upper and lower case alike, in the order of addresses. */
export function clientsKnownAs(db: Database, text: string): readonly Address[] {
  const wanted = text.toLowerCase();
  // SQLite knows the case of ASCII only; where that is enough, it is ten times as fast.
  const isPlain = /^[\0-\x7f]*$/.test(wanted);
  const rows = db
    .prepare<unknown[], Pick<Row, 'client' | 'value'>>(
      `SELECT client, value FROM client_facts ${isPlain ? 'WHERE instr(lower(value), ?) > 0' : ''}
       ORDER BY length(client), client`,
    )
    .iterate(...(isPlain ? [wanted] : []));
  const clients = new Set<Address>();
  for (const { client, value } of rows) {
    if (isPlain || value.toLowerCase().includes(wanted)) clients.add(addressFromOctets(client));
  }
  return [...clients];
}

/** The teams that any client belongs to, in order. */
export function teamsOf(db: Database): readonly string[] {
  return db
    .prepare<[], string>(
      "SELECT DISTINCT value FROM client_facts WHERE kind = 'team' ORDER BY value",
    )
    .pluck()
    .all();
}

const factOf = ({ client, ...rest }: Row): Fact => ({ client: addressFromOctets(client), ...rest });

const byWorth = (a: Fact, b: Fact) =>
  FACT_KINDS.indexOf(a.kind) - FACT_KINDS.indexOf(b.kind) ||
  FACT_SOURCES.indexOf(a.source) - FACT_SOURCES.indexOf(b.source);
