import { isIpv4 } from '../../policy/network.ts';
import { type Conversation, createConversation } from './conversation.ts';
import type { Changes, Fault, Put, SetWriter } from './writer.ts';

/** What a set takes at most, as it is made. */
const LONGEST = 86_400;

/** Fills sets of ipset by way of one `ipset -`, which does each line as it comes. */
export function createIpsetWriter(program = 'ipset'): SetWriter {
  const ipset = createIpsetConversation(program);
  return {
    tableOf: (set, address) => `tw_${set}${isIpv4(address) ? 4 : 6}`,
    tablesOf: (set) => [`tw_${set}4`, `tw_${set}6`],
    expires: true,
    write: async (changes) => ipsetFault(await ipset.say(ipsetLines(changes))),
    check: async (elements) => {
      const said = await ipset.say(ipsetTests(elements));
      const there = said.split('\n').filter((line) => line.includes(' is in set ')).length;
      return there === elements.length ? undefined : said;
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
export function ipsetLines({ clear, puts, drops }: Changes): string {
  return [
    ...clear.map((table) => `flush ${table}`),
    ...puts.map(
      ({ table, address, seconds }) =>
        `add ${table} ${address} timeout ${Math.min(seconds, LONGEST)} -exist`,
    ),
    ...drops.map(({ table, address }) => `del ${table} ${address} -exist`),
  ].join('\n');
}

function ipsetTests(elements: readonly Put[]): string {
  return elements.map(({ table, address }) => `test ${table} ${address}`).join('\n');
}

/** What a complaint comes to; undefined where there is none. */
export function ipsetFault(complaint: string): Fault {
  return complaint === '' ? undefined : complaint.split('\n')[0]?.replace(/^ipset v[\d.]+: /, '');
}
