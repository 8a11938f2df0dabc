import type { Lead, Outcome } from '../dns/message.ts';
import type { Name } from '../policy/name.ts';
import { type Address, isIpv4 } from '../policy/network.ts';

/** What is remembered of an address that a client went to. */
export type Lookup =
  /** This client was answered with it, asking for this name last. */
  | { readonly kind: 'answered'; readonly name: Name }
  /**
   * A client of the other address family was. That may be the same machine, asking over IPv4 for where it goes
   * over IPv6, or another.
   */
  | { readonly kind: 'perhaps'; readonly name: Name }
  | { readonly kind: 'unanswered' };

/** Remembers for a while which client was answered with which addresses. */
export type Answers = {
  /** Takes note of an answer that has left; `now` in milliseconds since the epoch. Costs next to nothing. */
  readonly note: (outcome: Outcome, now: number) => void;
  /** Looks through all there is, in a fraction of a millisecond. */
  readonly find: (client: Address, address: Address, now: number) => Lookup;
};

/** Milliseconds an answer counts at least, and past its TTL: connections outlive short TTLs. */
const [LEAST, GRACE] = [3_600_000, 60_000];
/** Leads of one answer that are looked at: who makes more of them hides nobody else's. */
const MOST_LEADS = 32;
/** Leads kept in all, for each answer that fits: an answer of many pushes out those of others sooner. */
const LEADS_EACH = 6;

const UNANSWERED: Lookup = { kind: 'unanswered' };

/**
 * Keeps the last answers, `capacity` at most, in memory that is taken once: a question is answered some
 * ten thousand times a second, and a packet is looked up ten times. What answers lead to is shared with the cache.
 */
export function createAnswers(capacity = 65_536): Answers {
  const clients: (Address | undefined)[] = new Array(capacity).fill(undefined);
  const names: (Name | undefined)[] = new Array(capacity).fill(undefined);
  const leads: (readonly Lead[] | undefined)[] = new Array(capacity).fill(undefined);
  const untils = new Float64Array(capacity);
  // Worked out when first looked at; 0 until then. A bit for each address that an answer leads to.
  const marks = new Uint32Array(capacity);
  const clientMarks = new Uint32Array(capacity);
  let next = 0;
  let oldest = 0;
  let size = 0;
  let kept = 0;

  function forgetOldest(): void {
    kept -= (leads[oldest] as readonly Lead[]).length;
    clients[oldest] = undefined;
    names[oldest] = undefined;
    leads[oldest] = undefined;
    oldest = (oldest + 1) % capacity;
    size -= 1;
  }
  function look(at: number): void {
    let mark = 0;
    for (const { to } of leads[at] as readonly Lead[]) {
      if ('address' in to) mark |= 1 << (hashOf(to.address) & 31);
    }
    const client = clients[at] as Address;
    marks[at] = mark;
    clientMarks[at] = clientMarkOf(client);
  }

  return {
    note({ query, answer, reply }, now) {
      if (!answer || answer.leads.length === 0) return;
      const all = answer.leads;
      const own = all.length > MOST_LEADS ? all.slice(0, MOST_LEADS) : all;
      while (size === capacity || (size > 0 && kept + own.length > capacity * LEADS_EACH)) {
        forgetOldest();
      }
      clients[next] = query.client;
      names[next] = query.question.name;
      leads[next] = own;
      const seconds = reply.ttl ?? answer.ttl - reply.age;
      untils[next] = now + Math.max(LEAST, seconds * 1000 + GRACE);
      clientMarks[next] = 0;
      next = (next + 1) % capacity;
      size += 1;
      kept += own.length;
    },
    find(client, address, now) {
      const bit = 1 << (hashOf(address) & 31);
      const clientMark = clientMarkOf(client);
      let perhaps: Name | undefined;
      let at = next;
      for (let left = size; left > 0; left -= 1) {
        at = at === 0 ? capacity - 1 : at - 1;
        if (clientMarks[at] === 0) look(at);
        if (((marks[at] as number) & bit) === 0) continue;
        const mark = clientMarks[at] as number;
        const isOther = (mark & FAMILY) !== (clientMark & FAMILY);
        if (!isOther && mark !== clientMark) continue;
        if ((isOther && perhaps !== undefined) || (untils[at] as number) < now) continue;
        if (!leadsTo(leads[at] as readonly Lead[], address)) continue;
        const name = names[at] as Name;
        if (isOther) perhaps = name;
        else if (clients[at] === client) return { kind: 'answered', name };
      }
      return perhaps === undefined ? UNANSWERED : { kind: 'perhaps', name: perhaps };
    },
  };
}

function leadsTo(leads: readonly Lead[], address: Address): boolean {
  return leads.some(({ to }) => 'address' in to && to.address === address);
}

/** The bit of a client's mark that tells its address family; the one below is always set. */
const FAMILY = 2;

function clientMarkOf(client: Address): number {
  return ((hashOf(client) << 2) | (isIpv4(client) ? FAMILY : 0) | 1) >>> 0;
}

/**
 * FNV-1a over the end of an address, where those of one network differ, with its bits mixed once more, as only
 * the lowest are used. Whoever makes two alike only costs time.
 */
function hashOf(address: Address): number {
  let hash = 0x811c9dc5;
  for (let i = Math.max(0, address.length - 12); i < address.length; i += 1) {
    hash = Math.imul(hash ^ address.charCodeAt(i), 0x01000193);
  }
  return (hash ^ (hash >>> 15) ^ (hash >>> 7)) >>> 0;
}
