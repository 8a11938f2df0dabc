import type { AttemptVerdict } from '../attempts/attempt.ts';
import { formatMoment } from '../attempts/moment.ts';
import type { ScannedAttempt } from '../attempts/scan.ts';
import type { Address } from '../policy/network.ts';
import type { ServiceId } from '../policy/service.ts';

/** What became of attempts; `passed` was observed or watched. */
const FATES = ['refused', 'passed', 'excepted', 'sanctioned'] as const;
export type Fate = (typeof FATES)[number];

export type Fates = Readonly<Record<Fate, number>>;

/** What one client did in the period. Times in milliseconds since the epoch. */
type ClientTally = {
  readonly fates: Fates;
  readonly services: ReadonlySet<ServiceId>;
  /** When it was refused first, and when it used the sanctioned way last; none where it never did. */
  readonly firstRefused?: number;
  readonly lastRefused?: number;
  readonly lastSanctioned?: number;
};

/** Attempts, summed up in all the ways that a report tells of. */
export type Tallies = {
  readonly total: Fates;
  /** By the day here, `2026-11-21`. */
  readonly days: ReadonlyMap<string, Fates>;
  readonly services: ReadonlyMap<ServiceId, { readonly fates: Fates; readonly clients: number }>;
  readonly clients: ReadonlyMap<Address, ClientTally>;
};

const FATE: Readonly<Record<AttemptVerdict, Fate>> = {
  blocked: 'refused',
  observed: 'passed',
  watched: 'passed',
  excepted: 'excepted',
  sanctioned: 'sanctioned',
};

type Counting = { -readonly [F in Fate]: number };

const nothing = (): Counting => ({ refused: 0, passed: 0, excepted: 0, sanctioned: 0 });

/** Sums attempts up, in one pass over them. A row that spans midnight counts for the day it began. */
export function tallyOf(attempts: Iterable<ScannedAttempt>): Tallies {
  const total = nothing();
  const days = new Map<string, Counting>();
  const services = new Map<ServiceId, { fates: Counting; clients: Set<Address> }>();
  const clients = new Map<Address, Draft>();
  const dayOf = createDays();
  for (const attempt of attempts) {
    const { client, service, verdict, count, first } = attempt;
    const fate = FATE[verdict];
    total[fate] += count;
    entry(days, dayOf(first), nothing)[fate] += count;
    if (service !== undefined && fate !== 'sanctioned') {
      const known = entry(services, service, () => ({ fates: nothing(), clients: new Set() }));
      known.fates[fate] += count;
      known.clients.add(client);
    }
    noteClient(entry(clients, client, draft), fate, attempt);
  }
  return {
    ...{ total, days, clients },
    services: new Map(
      [...services].map(([id, { fates, clients }]) => [id, { fates, clients: clients.size }]),
    ),
  };
}

type Draft = {
  readonly fates: Counting;
  readonly services: Set<ServiceId>;
  firstRefused?: number;
  lastRefused?: number;
  lastSanctioned?: number;
};

const draft = (): Draft => ({ fates: nothing(), services: new Set() });

function noteClient(
  client: Draft,
  fate: Fate,
  { service, count, first, last }: ScannedAttempt,
): void {
  client.fates[fate] += count;
  if (service !== undefined && fate !== 'sanctioned') client.services.add(service);
  if (fate === 'refused') {
    client.firstRefused = Math.min(client.firstRefused ?? first, first);
    client.lastRefused = Math.max(client.lastRefused ?? last, last);
  }
  if (fate === 'sanctioned') client.lastSanctioned = Math.max(client.lastSanctioned ?? last, last);
}

function entry<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key) ?? make();
  map.set(key, known);
  return known;
}

/** The day of a time. What comes in the order of time has that of the last one, nearly always. */
function createDays(): (time: number) => string {
  let hour = Number.NaN;
  let day = '';
  return (time) => {
    const its = Math.floor(time / 900_000);
    if (its !== hour) [hour, day] = [its, formatMoment(time).slice(0, 10)];
    return day;
  };
}
