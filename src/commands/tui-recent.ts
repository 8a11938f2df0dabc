import type { Group } from '../attempts/query.ts';
import type { Database } from '../attempts/store.ts';
import { addressFromOctets } from '../policy/network.ts';
import { turn } from './tui-slices.ts';

/** The attempts of the last day, by client and by service, those with the most first. */
export type Recent = { readonly clients: readonly Group[]; readonly services: readonly Group[] };

export type RecentAttempts = {
  /** What is known so far. */
  readonly known: () => Recent;
  /** Looks at what has come; resolves once all of the day has been counted. One at a time. */
  readonly look: () => Promise<void>;
};

const HOUR = 3_600_000;
const HOURS = 24;

/** Rows counted in one go: some milliseconds. */
const AT_ONCE = 5000;

/** Groups told. */
const MOST = 10;

type Sum = { attempts: number; first: number; last: number };

/** What happened in one hour, by the hexadecimal octets of clients and by services. */
type Hour = {
  readonly clients: Map<string, Sum>;
  readonly services: Map<string | null, Sum>;
};

type Row = readonly [
  id: number,
  first: number,
  last: number,
  count: number,
  client: Uint8Array,
  kind: number,
];

/**
 * Counts the attempts of the last 24 hours in slices, hour by hour from the newest. Rows grow for an hour
 * at most, so an hour that was over long enough when it was counted is never counted again.
 */
export function createRecentAttempts(db: Database, now: () => number): RecentAttempts {
  const hours = new Map<number, Hour>();
  const settled = new Set<number>();
  let looking: Promise<void> | undefined;
  let told: Recent | undefined;

  const read = db
    .prepare<unknown[], Row>(
      `SELECT id, first, last, count, client, kind FROM attempts INDEXED BY attempts_by_time
       WHERE (first, id) > (?, ?) AND first < ? ORDER BY first, id LIMIT ${AT_ONCE}`,
    )
    .raw();
  const readKinds = db.prepare<[], { id: number; service: string | null; verdict: string }>(
    'SELECT id, service, verdict FROM kinds',
  );

  const count = async (begin: number): Promise<void> => {
    const hour: Hour = { clients: new Map(), services: new Map() };
    let kinds = new Map<number, { service: string | null; verdict: string }>();
    let [first, id] = [begin, -1];
    for (;;) {
      const rows = read.all(first, id, begin + HOUR);
      for (const row of rows) {
        const [, began, last, attempts, client, kind] = row;
        if (!kinds.has(kind)) kinds = new Map(readKinds.all().map((each) => [each.id, each]));
        const known = kinds.get(kind);
        if (known === undefined || known.verdict === 'sanctioned') continue;
        add(hour.clients, Buffer.from(client).toString('hex'), attempts, began, last);
        add(hour.services, known.service, attempts, began, last);
      }
      const end = rows.at(-1);
      if (rows.length < AT_ONCE || !end) break;
      [id, first] = end;
      await turn();
    }
    hours.set(begin, hour);
    told = undefined;
  };

  const lookAtAll = async (): Promise<void> => {
    const time = now();
    const current = time - (time % HOUR);
    const wanted = Array.from({ length: HOURS + 1 }, (_, i) => current - i * HOUR);
    for (const begin of [...hours.keys()]) {
      if (wanted.includes(begin)) continue;
      hours.delete(begin);
      settled.delete(begin);
    }
    for (const begin of wanted) {
      if (settled.has(begin)) continue;
      await turn();
      await count(begin);
      // What is written last comes some seconds after it happened.
      if (begin + 2 * HOUR + 60_000 < time) settled.add(begin);
    }
  };

  return {
    known: () => {
      told ??= recentOf([...hours.values()], now() - HOURS * HOUR);
      return told;
    },
    look() {
      looking ??= lookAtAll().finally(() => {
        looking = undefined;
      });
      return looking;
    },
  };
}

function add<Key>(sums: Map<Key, Sum>, key: Key, attempts: number, first: number, last: number) {
  const sum = sums.get(key);
  if (!sum) sums.set(key, { attempts, first, last });
  else {
    sum.attempts += attempts;
    sum.first = Math.min(sum.first, first);
    sum.last = Math.max(sum.last, last);
  }
}

function recentOf(hours: readonly Hour[], since: number): Recent {
  const clients = mostOf(
    hours.map((hour) => hour.clients),
    since,
  );
  const services = mostOf(
    hours.map((hour) => hour.services),
    since,
  );
  return {
    clients: clients.map(([octets, sum]) => ({
      key: addressFromOctets(Buffer.from(octets, 'hex')),
      ...sum,
    })),
    services: services.map(([service, sum]) => ({ key: service ?? undefined, ...sum })),
  };
}

/** The oldest hour counts as a whole, but for who was not seen since. */
function mostOf<Key>(hours: readonly ReadonlyMap<Key, Sum>[], since: number) {
  const sums = new Map<Key, Sum>();
  for (const hour of hours) {
    for (const [key, { attempts, first, last }] of hour) add(sums, key, attempts, first, last);
  }
  return [...sums]
    .filter(([, { last }]) => last >= since)
    .sort(([, a], [, b]) => b.attempts - a.attempts || b.last - a.last)
    .slice(0, MOST);
}
