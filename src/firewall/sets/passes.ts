import type { Name } from '../../policy/name.ts';
import { type Address, contains, isIpv4, octetsOfAddress } from '../../policy/network.ts';
import type { Rule, Ruleset } from '../../policy/ruleset.ts';
import { PASS_SET } from '../passing.ts';
import type { Keeper } from './keeper.ts';
import { familyOf, type Pair, pairOf, partsOf } from './pair.ts';
import type { Timers } from './tables.ts';
import type { Noted } from './writer.ts';

/** Who was given an answer, and the exception that let him have it. */
export type Excepted = { readonly client: Address; readonly rule: Rule };

/** An address that nobody is let through to any more by one exception, with the names it was known by. */
export type Ended = { readonly address: Address; readonly names: readonly Name[] };

export type PassesParts = {
  readonly keeper: Keeper;
  readonly timers: Timers;
  /** The wall clock, milliseconds since the epoch: exceptions end by it. */
  readonly date: () => number;
};

/** Keeps pairs of client and address in the packet filter, for as long as an exception lets them through. */
export type Passes = {
  /** Lets the client through to an address that it is about to be told; gives what to wait for. */
  readonly note: (excepted: Excepted, address: Address, names: readonly Name[]) => readonly Pair[];
  /** Takes over pairs that an earlier process has left, as far as their exceptions still hold. */
  readonly adopt: (found: readonly Noted[], rules: Ruleset) => void;
  /** Ends what no exception of these rules holds any more. */
  readonly review: (rules: Ruleset) => readonly Ended[];
};

/** Milliseconds by which two clocks may differ without news. */
const SLACK = 500;
/** Pairs at most: a client that is excepted for names of its own makes as many as it likes. */
const MOST = 65_536;

/** The rules that let it through, one of each exception, by its number. */
type Held = { readonly rules: Map<string, Timed>; readonly names: Set<Name> };
type Timed = Rule & { readonly until: number };

export function createPasses({ keeper, timers, date }: PassesParts): Passes {
  const held = new Map<Pair, Held>();

  function hold(pair: Pair, rule: Timed, names: readonly Name[]): Pair | undefined {
    const known = held.get(pair) ?? { rules: new Map<string, Timed>(), names: new Set<Name>() };
    if (known.rules.size === 0 && held.size >= MOST) return undefined;
    held.set(pair, known);
    known.rules.set(exceptionOf(rule), rule);
    for (const name of names) known.names.add(name);
    want(pair, known);
    return pair;
  }

  /** The exception that ends last is the one that is written down beside it. */
  function want(pair: Pair, { rules }: Held): void {
    const last = [...rules.values()].reduce((a, b) => (b.until > a.until ? b : a));
    const end = timers.now() + last.until - date();
    const ports = [...rules.values()].flatMap((rule) => rule.ports ?? []);
    keeper.want(pair, [PASS_SET], end, end - SLACK, { id: exceptionOf(last), ports });
  }

  return {
    note: ({ client, rule }, address, names) => {
      if (!isTimed(rule)) return [];
      return clientsTo(client, rule, address).flatMap(
        (from) => hold(pairOf(from, address), rule, names) ?? [],
      );
    },
    adopt: (found, rules) => {
      const current = exceptionsIn(rules);
      for (const { pair, id } of found) {
        const rule = current.get(id);
        const [client] = partsOf(pair);
        if (rule && isTimed(rule) && isFor(rule, client)) hold(pair, rule, []);
      }
    },
    review: (rules) => {
      if (held.size === 0) return [];
      const current = exceptionsIn(rules);
      const ended: Ended[] = [];
      for (const [pair, known] of held) {
        const gone = [...known.rules.keys()].filter((id) => !current.has(id));
        if (gone.length === 0) continue;
        for (const id of gone) known.rules.delete(id);
        // What stays may end earlier: it is put there anew.
        keeper.want(pair, [], 0);
        if (known.rules.size > 0) {
          want(pair, known);
          continue;
        }
        held.delete(pair);
        ended.push({ address: partsOf(pair)[1], names: [...known.names] });
      }
      return ended;
    },
  };
}

/**
 * Who goes to the address: the client that asked, where it is of the address's family. Else those that
 * the exception names one by one, as they are the same machine by its other address.
 */
function clientsTo(client: Address, { clients }: Rule, address: Address): readonly Address[] {
  if (isIpv4(client) === isIpv4(address)) return [client];
  if (clients === 'everyone') return [];
  return clients
    .filter(({ octets, length }) => length === octets.length * 8)
    .map(({ text }) => text as Address)
    .filter((text) => familyOf(text) === familyOf(address));
}

function isTimed(rule: Rule): rule is Timed {
  return rule.until !== undefined;
}

/** The number in the id of an exception's rule. */
function exceptionOf({ id }: Rule): string {
  return id.split('/')[1] as string;
}

/** One rule of each exception, by its number: what is asked of them is the same for all. */
function exceptionsIn({ rules }: Ruleset): ReadonlyMap<string, Rule> {
  return new Map(
    rules.flatMap((rule) =>
      rule.origin === 'exception' ? [[exceptionOf(rule), rule] as const] : [],
    ),
  );
}

function isFor({ clients }: Rule, client: Address): boolean {
  if (clients === 'everyone') return true;
  const octets = octetsOfAddress(client);
  return clients.some((network) => contains(network, octets));
}
