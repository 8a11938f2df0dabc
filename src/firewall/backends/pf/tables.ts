import type { Network } from '../../../policy/network.ts';
import type { PacketEntry, PacketPlan } from '../../backend.ts';
import { compareNetworks } from '../../statics.ts';

/** The longest prefix that holds an address decides whether a table does; `not` says it does not. */
type Member = { readonly network: Network; readonly not: boolean };

export type Table = {
  readonly name: string;
  readonly note: string;
  /** Undefined where the resolver fills it. */
  readonly members?: readonly Member[];
};

/** What rules say after `from` and `to`, and the tables that this takes. */
export type Tables = {
  readonly all: readonly Table[];
  readonly from: (audience: string, sparesExempt: boolean) => string;
  readonly to: (entry: Pick<PacketEntry, 'to' | 'sparesExempt'>) => string;
};

export function tableName(set: string): string {
  return `tw_${set}`;
}

/**
 * A rule has one condition on each side and pf nothing to join two by, so whatever is to be both in
 * one table and out of another gets a table of its own, `tw_x_…`. Nothing is in an anchor below ours,
 * which would be the other way: rules find tables in their own anchor and the main one only.
 */
export function createTables({ dispatch, audiences, sets }: PacketPlan): Tables {
  const exempt = sets.find(({ id }) => id === 'dnsok')?.networks ?? [];
  const all = new Map<string, Table>();
  const declare = (table: Table) => all.set(table.name, table);
  for (const { id, live, networks, note } of sets) {
    const members = live ? {} : { members: networks.map(member) };
    declare({ name: tableName(id), note, ...members });
  }

  for (const { id } of audiences.filter(({ id }) => id !== 'everyone')) {
    const own = clientsOf(dispatch, (audience) => audience === id);
    declare({ name: `tw_c_${id}`, note: `clients of ${id}`, members: own });
  }
  const known = clientsOf(dispatch, (audience) => audience !== 'everyone');
  if (known.length > 0) {
    declare({ name: 'tw_c_any', note: 'clients that are not of everyone', members: known });
  }

  for (const { id, entries } of exempt.length > 0 ? audiences : []) {
    const sparing = entries.filter(({ sparesExempt }) => sparesExempt);
    const own = all.get(`tw_c_${id}`)?.members;
    if (sparing.length > 0 && own) declareLess(`c_${id}`, `clients of ${id}`, own);
    if (sparing.length > 0 && !own && known.length > 0) {
      const members = plus(known, exempt);
      declare({ name: 'tw_x_c_any', note: 'clients not of everyone, and the exempt', members });
    }
    for (const { to } of sparing) {
      const set = 'set' in to ? all.get(tableName(to.set)) : undefined;
      if (set?.members && 'set' in to) declareLess(to.set, set.note, set.members);
    }
  }

  function declareLess(id: string, note: string, members: readonly Member[]): void {
    const rest = less(members, exempt);
    if (rest) declare({ name: `tw_x_${id}`, note: `${note}, less the exempt`, members: rest });
  }

  const named = (id: string, sparesExempt: boolean) =>
    `<${sparesExempt && all.has(`tw_x_${id}`) ? `tw_x_${id}` : `tw_${id}`}>`;
  return {
    all: [...all.values()],
    from: (audience, sparesExempt) => {
      if (audience !== 'everyone') return named(`c_${audience}`, sparesExempt);
      if (known.length > 0) return `! ${named('c_any', sparesExempt)}`;
      return sparesExempt && exempt.length > 0 ? '! <tw_dnsok>' : 'any';
    },
    to: ({ to, sparesExempt }) => {
      if ('set' in to) return named(to.set, sparesExempt);
      return sparesExempt && exempt.length > 0 ? '! <tw_dnsok>' : 'any';
    },
  };
}

/** An item of a table to a line, so that a long one can be read, and a change to it. */
export function memberLines(members: readonly Member[]): readonly string[] {
  return members.flatMap(({ network, not }) =>
    textsOf(network).map((text) => `${not ? '!' : ''}${text}`),
  );
}

/** A prefix of no length is said in halves: pf's lookup takes what ends at the root for a miss. */
function textsOf({ length, octets, text }: Network): readonly string[] {
  if (length > 0) return [text];
  return octets.length === 4 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1'];
}

function member(network: Network): Member {
  return { network, not: false };
}

/** The networks of some audiences, with those of others that lie inside taken out. */
function clientsOf(
  dispatch: PacketPlan['dispatch'],
  isOne: (audience: string) => boolean,
): readonly Member[] {
  const own = dispatch.filter(({ audience }) => isOne(audience)).map(({ network }) => network);
  const isInside = coverOf(own);
  const others = dispatch.filter(({ audience, network }) => !isOne(audience) && isInside(network));
  return sorted([
    ...own.map(member),
    ...others.map(({ network }): Member => ({ network, not: true })),
  ]);
}

/** Undefined where nothing changes. */
function less(
  members: readonly Member[],
  exempt: readonly Network[],
): readonly Member[] | undefined {
  const isExempt = coverOf(exempt);
  const isHeld = coverOf(members.flatMap(({ network, not }) => (not ? [] : [network])));
  const kept = members.filter(({ network }) => !isExempt(network));
  const cut = exempt.filter(isHeld);
  if (cut.length === 0 && kept.length === members.length) return undefined;
  return sorted([...kept, ...cut.map((network): Member => ({ network, not: true }))]);
}

function plus(members: readonly Member[], more: readonly Network[]): readonly Member[] {
  const isCovered = coverOf(more);
  return sorted([...members.filter(({ network }) => !isCovered(network)), ...more.map(member)]);
}

function sorted(members: readonly Member[]): readonly Member[] {
  return members.toSorted((a, b) => compareNetworks(a.network, b.network));
}

/** Says whether a network lies in one of these, or is one, with no look at each of them. */
function coverOf(networks: readonly Network[]): (network: Network) => boolean {
  const keys = new Set(networks.map(({ octets, length }) => keyOf(octets, length)));
  const lengths = [...new Set(networks.map(({ length }) => length))];
  return ({ octets, length }) =>
    lengths.some((wider) => wider <= length && keys.has(keyOf(octets, wider)));
}

/** A number for IPv4, since there may be very many. */
function keyOf(octets: Uint8Array, length: number): number | string {
  if (octets.length === 4) {
    const bits = new DataView(octets.buffer, octets.byteOffset).getUint32(0);
    return (length === 0 ? 0 : (bits & (-1 << (32 - length))) >>> 0) * 64 + length;
  }
  const kept = octets.map(
    (octet, i) => octet & (0xff << (8 - Math.min(8, Math.max(0, length - i * 8)))),
  );
  return `${length} ${Buffer.from(kept).toString('latin1')}`;
}
