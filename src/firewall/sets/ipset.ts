import type { Address } from '../../policy/network.ts';
import type { Port } from '../../policy/service.ts';
import { type Conversation, createConversation } from './conversation.ts';
import { output } from './output.ts';
import { familyOf, isPair, type Pair, pairOf, partsOf } from './pair.ts';
import type { Changes, Fault, Noted, Put, SetWriter } from './writer.ts';

/** Seconds that an address stays at most. */
const LONGEST = 86_400;
/** The same for a pair, which stays for as long as its exception: what ipset takes at most. */
const LONGEST_PAIR = 2_147_483;

/**
 * What a client that is excepted may go to, beside the ports of the service: there is a type of set for
 * pairs of addresses, but not in every kernel, and none but with a port in all of them.
 */
const PORTS: readonly Port[] = [
  ...[22, 80, 443].map((number) => ({ number, transport: 'tcp' }) as const),
  { number: 443, transport: 'udp' },
];
/** Ports of a range at most. */
const WIDEST = 16;

/** Fills sets of ipset by way of one `ipset -`, which does each line as it comes. */
export function createIpsetWriter(program = 'ipset'): SetWriter {
  const ipset = createIpsetConversation(program);
  /** The elements that a pair has become, by table and pair. */
  const elements = new Map<string, readonly string[]>();
  const elementsOf = ({ table, address, note }: Omit<Put, 'seconds'>): readonly string[] => {
    if (!isPair(address)) return [address];
    const key = `${table} ${address}`;
    if (note === undefined) return elements.get(key) ?? [];
    const found = elementsOfPair(address, note.ports);
    elements.set(key, found);
    return found;
  };
  return {
    tableOf: (set, address) => `tw_${set}${familyOf(address)}`,
    tablesOf: (set) => [`tw_${set}4`, `tw_${set}6`],
    expires: true,
    write: async (changes) => {
      const fault = ipsetFault(await ipset.say(ipsetLines(changes, elementsOf)));
      for (const { table, address } of changes.drops) elements.delete(`${table} ${address}`);
      return fault;
    },
    check: async (puts) => {
      const said = await ipset.say(ipsetTests(puts, elementsOf));
      const there = said.split('\n').filter((line) => line.includes(' is in set ')).length;
      return there === puts.length ? undefined : said;
    },
    readPairs: async (set) => {
      const listed = await Promise.all(
        ([4, 6] as const).map((family) => output(program, ['save', `tw_${set}${family}`])),
      );
      return listed.flatMap(pairsIn);
    },
    close: ipset.close,
  };
}

/** An `ipset -`, which does each line as it comes. */
export function createIpsetConversation(program = 'ipset'): Conversation {
  return createConversation({
    program,
    args: ['-'],
    // Refused for its number, before anything is looked up; an address that is none would be asked of
    // the name service, which may be us.
    mark: (word) => `create tw_mark hash:ip timeout ${word}`,
  });
}

/**
 * The changes as lines. ipset knows no transactions, so the order is what counts: an address is in
 * the set it moves to before it leaves the other.
 */
export function ipsetLines(
  { clear, puts, drops }: Changes,
  elementsOf: ElementsOf = asItIs,
): string {
  return [
    ...clear.map((table) => `flush ${table}`),
    ...puts.flatMap((put) => {
      const { table, address, seconds, note } = put;
      const timeout = Math.min(seconds, isPair(address) ? LONGEST_PAIR : LONGEST);
      const comment = note === undefined ? '' : ` comment "${note.id}"`;
      return elementsOf(put).map(
        (one) => `add ${table} ${one} timeout ${timeout}${comment} -exist`,
      );
    }),
    ...drops.flatMap((drop) =>
      elementsOf(drop).map((element) => `del ${drop.table} ${element} -exist`),
    ),
  ].join('\n');
}

function ipsetTests(puts: readonly Put[], elementsOf: ElementsOf): string {
  return puts.map((put) => `test ${put.table} ${elementsOf(put)[0]}`).join('\n');
}

type ElementsOf = (what: Omit<Put, 'seconds'>) => readonly string[];

const asItIs: ElementsOf = ({ address }) => [address];

/** `192.0.2.7,tcp:443,198.51.100.10` and so on. */
function elementsOfPair(pair: Pair, ports: readonly Port[]): readonly string[] {
  const [client, destination] = partsOf(pair);
  const words = [...PORTS, ...ports].flatMap(({ number, last = number, transport }) =>
    Array.from(
      { length: Math.min(WIDEST, last - number + 1) },
      (_, i) => `${transport}:${number + i}`,
    ),
  );
  return [...new Set(words)].map((port) => `${client},${port},${destination}`);
}

/** The pairs in what `ipset save` prints; elements that bear no note are not ours. */
function pairsIn(text: string): readonly Noted[] {
  const found = [...text.matchAll(/^add \S+ ([^,\s]+),tcp:443,(\S+) .*comment "(\d+)"/gm)];
  return found.map(([, client, destination, id]) => ({
    pair: pairOf(client as Address, destination as Address),
    id: id as string,
  }));
}

/** What a complaint comes to; undefined where there is none. */
export function ipsetFault(complaint: string): Fault {
  return complaint === '' ? undefined : complaint.split('\n')[0]?.replace(/^ipset v[\d.]+: /, '');
}
