import { dirname, isAbsolute, join } from 'node:path';
import type { Note } from '../attempts/note.ts';
import { systemClock } from '../clock.ts';
import type { Forwarder } from '../dns/forward.ts';
import { type Aside, startAside } from '../identity/aside.ts';
import { createIdentifier, type Identifier, type Reader } from '../identity/identifier.ts';
import { createReverse, isNear, isPrivate } from '../identity/reverse.ts';
import { readInventory, type SourceSettings } from '../identity/sources.ts';
import type { Log } from '../log.ts';
import type { UpstreamAddress } from '../policy/endpoint.ts';
import { isAtOrBelow } from '../policy/name.ts';
import type { Policy } from '../policy/policy.ts';
import { createPointers } from './pointing.ts';

export type IdentifyingParts = {
  readonly policy: Policy;
  readonly upstreamsOf: (policy: Policy) => readonly UpstreamAddress[];
  readonly find: () => Forwarder['find'];
  readonly note: (note: Note) => void;
  readonly log: Log;
};

/** Learns who the clients are whose attempts are recorded, while a service runs. */
export type Identifying = Pick<Identifier, 'want' | 'known' | 'stop'> & {
  /** Gets ready for a new policy, and gives what takes it over. Rejects with InputError of the inventory. */
  readonly prepare: (policy: Policy) => Promise<() => void>;
};

/** Reverse DNS is asked for at most so many clients at once, and of each no more often than this. */
const [REVERSE_AT_ONCE, REVERSE_EVERY] = [32, 20 * 60_000];
/** Clients that are looked for at once in the sources of this machine: their facts are copied in a few milliseconds. */
const ASIDE_AT_ONCE = 500;

/** Starts to look clients up as the policy says. Rejects with InputError of the inventory. */
export async function startIdentifying(parts: IdentifyingParts): Promise<Identifying> {
  let aside = await asideOf(parts.policy);
  const tell = createTeller(parts.log);
  const identifier = createIdentifier({
    readers: readersOf(parts.policy, aside, parts, tell),
    timers: systemClock,
    onFacts: (facts) => parts.note({ kind: 'facts', facts }),
  });
  return {
    want: identifier.want,
    known: identifier.known,
    async prepare(policy) {
      const next = await asideOf(policy);
      return () => {
        aside?.close();
        aside = next;
        identifier.replace(readersOf(policy, next, parts, tell));
      };
    },
    stop() {
      identifier.stop();
      aside?.close();
    },
  };
}

/** Reads the inventory that a policy names, to find its faults. Throws InputError. */
export function checkInventory(policy: Policy): void {
  const { inventory } = sourcesOf(policy);
  if (inventory) readInventory(inventory);
}

function sourcesOf({ file, identity }: Policy): SourceSettings {
  const { neighbours, hosts, leases, inventory } = identity;
  // As people would type it, since faults are told by it.
  const near = (path: string) => (isAbsolute(path) ? path : join(dirname(file), path));
  return {
    ...{ neighbours, hosts },
    ...(leases ? { leases: leases.map(near) } : {}),
    ...(inventory ? { inventory: { file: near(inventory.file), from: inventory.from } } : {}),
  };
}

/** No thread where there is nothing for it to read. */
async function asideOf(policy: Policy): Promise<Aside | undefined> {
  const settings = sourcesOf(policy);
  const { neighbours, hosts, leases, inventory } = settings;
  const isIdle = !neighbours && !hosts && !inventory && leases?.length === 0;
  return isIdle ? undefined : startAside(settings);
}

function readersOf(
  policy: Policy,
  aside: Aside | undefined,
  { upstreamsOf, find }: IdentifyingParts,
  tell: (source: string, problems: readonly string[]) => void,
): readonly Reader[] {
  const { identity, resolver } = policy;
  const { every } = identity;
  const readers: Reader[] = [];
  const onFault = (error: unknown) => tell('sources', [String(error)]);
  if (aside) {
    const look: Reader['look'] = async (clients) => {
      const { facts, problems } = await aside.look(clients);
      tell('sources', problems);
      return facts;
    };
    readers.push({ every, most: ASIDE_AT_ONCE, look, onFault });
  }
  if (identity.reverse) {
    const isOurs = upstreamsOf(policy).every(
      ({ address }) => isPrivate(address) || isNear(address),
    );
    const look = createReverse({
      find: createPointers(find),
      // RFC 6303: who has which private address is nobody's business outside, and nobody there knows.
      isAskable: (name, where) =>
        where === 'public' ||
        isOurs ||
        resolver.forward.some(({ domain }) => isAtOrBelow(name, domain)),
      clients: resolver.clients,
      time: Date.now,
    });
    readers.push({ every: Math.max(every, REVERSE_EVERY), most: REVERSE_AT_ONCE, look, onFault });
  }
  return readers;
}

/** Tells what cannot be read, once as long as it stays the same. */
function createTeller(log: Log): (source: string, problems: readonly string[]) => void {
  const told = new Map<string, readonly string[]>();
  return (source, problems) => {
    const before = told.get(source) ?? [];
    for (const message of problems) {
      if (!before.includes(message)) log('warn', 'clients not looked up', { message });
    }
    told.set(source, problems);
  };
}
