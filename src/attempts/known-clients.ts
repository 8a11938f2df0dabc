import { FACT_KINDS, type Fact, type FactKind } from '../identity/fact.ts';
import { type Address, addressFromOctets, octetsOfAddress } from '../policy/network.ts';
import { allFacts, bestOf, type Label, labelOf } from './facts.ts';
import { formatMoment } from './moment.ts';
import type { Database } from './store.ts';
import type { Column } from './table.ts';
import type { View } from './view.ts';

/** A client with all that is known of it. */
export type KnownClient = Label & {
  readonly client: Address;
  readonly facts: readonly Fact[];
  /** How many incidents it has, of tunnel services. */
  readonly incidents: number;
  /** When it tried something last, in milliseconds since the epoch; undefined where no incident says so. */
  readonly last?: number;
};

type Count = { readonly client: Uint8Array; readonly incidents: number; readonly last: number };

/**
 * Clients of incidents and those of which anything is known, the one with most incidents first. With a
 * text, those whose address or some fact holds it, upper and lower case alike.
 */
export function listClients(db: Database, text = ''): readonly KnownClient[] {
  const counts = db
    .prepare<[], Count>(
      `SELECT client, count(*) AS incidents, max(last) AS last FROM incidents
       WHERE service <> '' GROUP BY client`,
    )
    .all();
  const facts = allFacts(db);
  const clients = new Map<Address, KnownClient>();
  const add = (client: Address, count: Partial<Omit<Count, 'client'>>) => {
    const known = facts.get(client) ?? [];
    clients.set(client, { incidents: 0, ...count, client, facts: known, ...labelOf(known) });
  };
  for (const client of facts.keys()) add(client, {});
  for (const { client, ...count } of counts) add(addressFromOctets(client), count);
  const wanted = text.toLowerCase();
  return [...clients.values()]
    .filter(
      ({ client, facts }) =>
        client.includes(wanted) || facts.some(({ value }) => value.toLowerCase().includes(wanted)),
    )
    .sort((a, b) => b.incidents - a.incidents || compareAddresses(a.client, b.client));
}

function compareAddresses(a: Address, b: Address): number {
  const [left, right] = [octetsOfAddress(a), octetsOfAddress(b)];
  return left.length - right.length || Buffer.compare(left, right);
}

/** From this width on there is room for MAC addresses and sources. */
const WIDE = 120;

const isoTime = (time: number) => new Date(time).toISOString();

const beliefOf = ({ facts }: KnownClient, kind: FactKind) => bestOf(facts, [kind])?.value;

export const knownClientView: View<KnownClient> = {
  fields: [
    { name: 'client', value: ({ client }) => client },
    { name: 'label', value: ({ label }) => label },
    { name: 'incidents', value: ({ incidents }) => incidents },
    { name: 'last', value: ({ last }) => (last === undefined ? undefined : isoTime(last)) },
    ...FACT_KINDS.flatMap((kind) => [
      { name: kind, value: (client: KnownClient) => beliefOf(client, kind) },
      {
        name: `${kind}_source`,
        value: ({ facts }: KnownClient) => bestOf(facts, [kind])?.source,
      },
      {
        name: `${kind}_time`,
        value: ({ facts }: KnownClient) => {
          const fact = bestOf(facts, [kind]);
          return fact && isoTime(fact.time);
        },
      },
    ]),
  ],
  columns(width) {
    const narrow: readonly Column<KnownClient>[] = [
      { title: 'CLIENT', text: ({ client }) => client, least: 15 },
      { title: 'NAME', text: ({ label }) => label ?? '-', least: 12 },
      { title: 'TEAM', text: ({ team }) => team ?? '-', least: 8 },
      { title: 'INCIDENTS', text: ({ incidents }) => String(incidents), align: 'right' },
      { title: 'KNOWN BY', text: sourcesOf, least: 9 },
    ];
    if (width < WIDE) return narrow;
    return [
      ...narrow,
      { title: 'HOST', text: (client) => beliefOf(client, 'host') ?? '-', least: 12 },
      { title: 'MAC', text: (client) => beliefOf(client, 'mac') ?? '-' },
      { title: 'LAST SEEN', text: ({ last }) => (last === undefined ? '-' : formatMoment(last)) },
    ];
  },
};

function sourcesOf({ facts }: KnownClient): string {
  return [...new Set(facts.map(({ source }) => source))].join(' ') || '-';
}

/** A client for programs: every fact with its source and time. */
export function knownClientJson({ facts, last, ...rest }: KnownClient): object {
  return {
    ...rest,
    ...(last === undefined ? {} : { last: isoTime(last) }),
    facts: facts.map(({ kind, value, source, time }) => ({
      ...{ kind, value, source },
      time: isoTime(time),
    })),
  };
}
