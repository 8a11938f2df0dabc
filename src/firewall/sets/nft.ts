import type { Address } from '../../policy/network.ts';
import { type Conversation, createConversation } from './conversation.ts';
import { output } from './output.ts';
import { familyOf, type Member, pairOf } from './pair.ts';
import {
  byTable,
  type Changes,
  type Drop,
  type Fault,
  type Noted,
  type Put,
  type SetWriter,
} from './writer.ts';

/** The table of all our rules and sets. */
export const TABLE = 'inet tunnelwarden';

/** Fills sets of nftables by way of one `nft -i`, which makes a transaction of each line. */
export function createNftWriter(program = 'nft'): SetWriter {
  const nft = createNftConversation(program);
  const tell = async (line: string) => {
    return line === '' ? undefined : nftFault(await nft.say(line));
  };
  return {
    tableOf: (set, address) => `tw_${set}${familyOf(address)}`,
    tablesOf: (set) => [`tw_${set}4`, `tw_${set}6`],
    expires: true,
    write: (changes) => tell(nftLine(changes)),
    check: (elements) => tell(nftCheck(elements)),
    readPairs: async (set) => {
      const listed = await Promise.all(
        ([4, 6] as const).map((family) => output(program, listing(`tw_${set}${family}`))),
      );
      return listed.flatMap(pairsIn);
    },
    close: nft.close,
  };
}

/** An `nft -i`, which makes a transaction of each line. */
export function createNftConversation(program = 'nft'): Conversation {
  return createConversation({
    program,
    args: ['-i'],
    // No command: nft repeats the line below its complaint.
    mark: (word) => word,
  });
}

/** What a complaint comes to; undefined where there is none. */
export function nftFault(complaint: string): Fault {
  return complaint === '' ? undefined : complaint.split('\n')[0]?.replace(/^Error: /, '');
}

/** One transaction in nft's language. */
export function nftLine({ clear, puts, drops }: Changes): string {
  return [
    ...clear.map((table) => `flush set ${TABLE} ${table}`),
    ...byTable(puts).flatMap(([table, elements]) => [
      // Before Linux 6.12 adding what is there says "done" and keeps the old timeout, and what is not
      // there cannot be deleted: added, deleted and added again it is there with the new one.
      ...dropping(table, elements),
      putting(table, elements),
    ]),
    ...byTable(drops).flatMap(([table, elements]) => dropping(table, elements)),
  ].join('; ');
}

/**
 * Deletes elements and puts them back, which fails if one of them is not there. `get element` would
 * ask the same and change nothing, but nft reads all sets for it: 0.4 s with 100,000 elements.
 */
export function nftCheck(elements: readonly Put[]): string {
  return byTable(elements)
    .flatMap(([table, own]) => [
      `delete element ${TABLE} ${table} { ${listOf(own)} }`,
      putting(table, own),
    ])
    .join('; ');
}

function dropping(table: string, elements: readonly Drop[]): string[] {
  const list = listOf(elements);
  return [
    `add element ${TABLE} ${table} { ${list} }`,
    `delete element ${TABLE} ${table} { ${list} }`,
  ];
}

function putting(table: string, elements: readonly Put[]): string {
  const list = elements
    .map(({ address, seconds, note }) => {
      const comment = note === undefined ? '' : ` comment "${note.id}"`;
      return `${keyOf(address)} timeout ${seconds}s${comment}`;
    })
    .join(', ');
  return `add element ${TABLE} ${table} { ${list} }`;
}

function listOf(elements: readonly Drop[]): string {
  return elements.map(({ address }) => keyOf(address)).join(', ');
}

/** The parts of a concatenation stand with a dot between them. */
function keyOf(address: Member): string {
  return address.replace(',', ' . ');
}

function listing(set: string): readonly string[] {
  return ['-j', 'list', 'set', ...TABLE.split(' '), set];
}

/** The pairs in what `nft -j list set` prints; elements that bear no note are not ours. */
function pairsIn(text: string): readonly Noted[] {
  if (text === '') return [];
  const { nftables } = JSON.parse(text) as { readonly nftables: readonly ListedObject[] };
  return nftables.flatMap(({ set }) =>
    (set?.elem ?? []).flatMap(({ elem }) => {
      const [client, destination] = elem?.val?.concat ?? [];
      if (elem?.comment === undefined || client === undefined || destination === undefined)
        return [];
      return [{ pair: pairOf(client, destination), id: elem.comment }];
    }),
  );
}

type ListedObject = {
  readonly set?: {
    readonly elem?: readonly {
      readonly elem?: {
        readonly val?: { readonly concat?: readonly [Address, Address] };
        readonly comment?: string;
      };
    }[];
  };
};
