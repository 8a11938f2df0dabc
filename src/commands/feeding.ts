import { systemClock } from '../clock.ts';
import type { Forwarder } from '../dns/forward.ts';
import type { Prepare } from '../dns/resolve.ts';
import { addressBookOf, NO_SIGHTINGS, namesToResolve } from '../firewall/addressbook.ts';
import { refreshSightings } from '../firewall/refresh.ts';
import { createFeeder } from '../firewall/sets/feeder.ts';
import { createIpsetWriter } from '../firewall/sets/ipset.ts';
import { createKeeper } from '../firewall/sets/keeper.ts';
import { createNftWriter } from '../firewall/sets/nft.ts';
import { createPfWriter } from '../firewall/sets/pf.ts';
import type { TableEvent } from '../firewall/sets/tables.ts';
import type { SetWriter } from '../firewall/sets/writer.ts';
import type { Log } from '../log.ts';
import { withoutOwnExceptions } from '../policy/excepting.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Policy } from '../policy/policy.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import { bookFileOf, readSightings, writeSightings } from './book.ts';
import { createLookup } from './lookup.ts';

/** Whose sets can be filled. */
export const FEEDS = ['nft', 'ipset', 'pf'] as const;
export type Feed = (typeof FEEDS)[number];

/** Milliseconds an answer waits for its addresses to be in the sets. */
export const PATIENCE = 250;
/** Milliseconds between two rounds of looking up the address book, and how far apart networks drift. */
const [ROUND, JITTER] = [300_000, 60_000];
/** Milliseconds that a start waits for the first round: the sets should not be open to begin with. */
const FIRST_ROUND = 2_000;

export type FeedingParts = {
  readonly feed: Feed;
  readonly patience: number;
  readonly ruleset: () => Ruleset;
  readonly policy: Policy;
  readonly log: Log;
};

/** What keeps a packet filter's live sets filled while `serve` runs. */
export type Feeding = {
  readonly prepare: Prepare;
  /** Fills the sets from the address book, and looks that up anew from time to time. */
  readonly start: (find: () => Forwarder['find']) => Promise<void>;
  /** The names known to live at an address. */
  readonly namesAt: (address: Address) => readonly Name[];
  /** Takes over a new policy: other names may be of interest. */
  readonly replace: (policy: Policy) => void;
  /** Takes over a ruleset that has come into force. */
  readonly review: () => void;
  readonly stop: () => void;
};

export function createFeeding({ feed, patience, ruleset, policy, log }: FeedingParts): Feeding {
  const writer = writerOf(feed);
  const timers = systemClock;
  const keeper = createKeeper({ writer, timers, patience, onEvent: createTeller(log) });
  const { readPairs } = writer;
  const feeder = createFeeder({ ruleset, keeper, timers, date: Date.now, readPairs });
  let file = bookFileOf(policy, undefined);
  let sightings = NO_SIGHTINGS;
  let find: (() => Forwarder['find']) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  let failedBefore = '';

  async function round(): Promise<void> {
    if (!find) return;
    const names = namesToResolve(withoutOwnExceptions(ruleset()));
    const lookup = createLookup((question, flags) =>
      (find as () => Forwarder['find'])()(question, flags),
    );
    const refreshed = await refreshSightings(sightings, names, { lookup, now: Date.now() });
    if (isStopped) return;
    sightings = refreshed.sightings;
    feeder.learn(addressBookOf(sightings));
    sayFailed(refreshed.failed);
    writeSightings(file, sightings);
  }

  function sayFailed(failed: readonly string[]): void {
    const now = failed.join(' ');
    if (now !== failedBefore && now !== '') log('warn', 'addresses not looked up', { names: now });
    failedBefore = now;
  }

  /** pf has no tables of pairs, so it cannot let one client through to an address that others may not reach. */
  let isSaid = false;
  function sayUnfiltered(): void {
    const isWanted = ruleset().rules.some(({ origin }) => origin === 'exception');
    if (isWanted && !isSaid && writer.readPairs === undefined) {
      const message = `${feed} lets no single client through: exceptions hold for resolver and gate`;
      log('warn', 'exceptions not in the firewall', { message });
    }
    isSaid = isWanted;
  }

  /** Rounds follow one another; none begins while another runs. */
  let running = Promise.resolve();
  function nextRound(): Promise<void> {
    clearTimeout(timer);
    running = running.then(round).catch((error: Error) => {
      log('error', 'address book', { message: error.message });
    });
    return running.finally(() => {
      clearTimeout(timer);
      if (!isStopped) timer = setTimeout(nextRound, ROUND + (Math.random() - 0.5) * JITTER).unref();
    });
  }

  return {
    prepare: feeder.prepare,
    namesAt: feeder.namesAt,
    start: async (finder) => {
      find = finder;
      try {
        sightings = readSightings(file);
      } catch (error) {
        log('warn', 'address book', { message: (error as Error).message });
      }
      feeder.learn(addressBookOf(sightings));
      await feeder.open();
      const { promise: late, resolve } = Promise.withResolvers<void>();
      // Held by this timer: nothing else may keep the process from ending yet.
      const patience = setTimeout(resolve, FIRST_ROUND);
      await Promise.race([nextRound(), late]);
      clearTimeout(patience);
      log('info', 'feeding', { feed, names: sightings.size });
      sayUnfiltered();
    },
    replace: (policy) => {
      file = bookFileOf(policy, undefined);
      void nextRound();
    },
    review: () => {
      sayUnfiltered();
      feeder.review();
    },
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
      feeder.close();
    },
  };
}

function writerOf(feed: Feed): SetWriter {
  if (feed === 'nft') return createNftWriter();
  return feed === 'ipset' ? createIpsetWriter() : createPfWriter();
}

const WORDS = {
  missing: { level: 'info', event: 'firewall sets not there' },
  lost: { level: 'error', event: 'firewall sets lost' },
  filled: { level: 'info', event: 'firewall sets filled' },
} as const;

/** Tells what happens to tables, those of one moment in one line: a firewall loses all at once. */
function createTeller(log: Log): (event: TableEvent) => void {
  let gathered: TableEvent[] = [];
  const tell = () => {
    for (const kind of ['lost', 'missing', 'filled'] as const) {
      const events = gathered.filter((event) => event.kind === kind);
      if (events.length === 0) continue;
      const { level, event } = WORDS[kind];
      const message = events.map((event) => ('message' in event ? event.message : ''))[0];
      const sets = events.map(({ table }) => table).join(' ');
      log(level, event, { sets, ...(message ? { message } : {}) });
    }
    gathered = [];
  };
  return (event) => {
    if (gathered.length === 0) setTimeout(tell, 20);
    gathered.push(event);
  };
}
