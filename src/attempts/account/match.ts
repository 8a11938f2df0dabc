import type { Name } from '../../policy/name.ts';
import {
  type Address,
  contains,
  isIpv4,
  type Network,
  octetsOfAddress,
} from '../../policy/network.ts';
import type { Doors } from './door.ts';
import type { AccountSession } from './session.ts';
import type { Visit } from './visit.ts';

/** Milliseconds between an attempt and the session it became: clocks differ, agents wait and try again. */
export const TOLERANCE = 60_000;

/** Which client a session was. */
export type Match = {
  readonly visit?: Visit;
  /** How many clients it may have been; with more than one it is the likeliest. */
  readonly candidates: number;
};

export type Matches = {
  readonly ofSession: ReadonlyMap<AccountSession, Match>;
  /** Visits that became a session. */
  readonly explained: ReadonlySet<Visit>;
  /** Of the others, how many sessions began that it may have been, though each was likelier another client's. */
  readonly near: ReadonlyMap<Visit, number>;
};

/**
 * Finds the client behind each session. The account knows only the address that the organisation has
 * outside, so it goes by time, by that address and by the name. A session comes of one client, so it
 * explains that client's visits and no other's: a personal account does not hide behind somebody else's session.
 */
export function matchSessions(
  sessions: readonly AccountSession[],
  visits: readonly Visit[],
  { doorOf }: Doors,
  networks: readonly Network[],
): Matches {
  const outside = createOutside(networks);
  const inOrder = sessions.toSorted(byStart);
  const ofSession = new Map<AccountSession, Match>();
  const explained = new Set<Visit>();
  const rivals = new Map<Visit, number>();
  let active: Visit[] = [];
  let next = 0;
  const waiting = visits.toSorted((a, b) => a.first - b.first);

  for (const session of inOrder) {
    const { started } = session;
    for (; (waiting[next]?.first ?? Number.POSITIVE_INFINITY) - TOLERANCE <= started; next++) {
      active.push(waiting[next] as Visit);
    }
    active = active.filter(({ last }) => last + TOLERANCE >= started);
    const to = doorOf(session.name) === 'ours' ? 'ours' : 'vendor';
    const fitting = active.filter(
      (visit) =>
        visit.to === to && namesAgree(visit, session.name) && outside.agree(visit, session),
    );
    for (const visit of fitting) rivals.set(visit, (rivals.get(visit) ?? 0) + 1);
    const [best] = fitting.toSorted((a, b) => compare(a, b, session, explained));
    const candidates = new Set(fitting.map(({ client }) => client)).size;
    // The same going at a door may look like two, when its tries were far apart.
    for (const visit of fitting) if (visit.client === best?.client) explained.add(visit);
    ofSession.set(session, { ...(best ? { visit: best } : {}), candidates });
  }
  const near = new Map([...rivals].filter(([visit]) => !explained.has(visit)));
  return { ofSession, explained, near };
}

/** A visit without a name may have been to any door; a session without one may have come of any. */
function namesAgree({ names }: Visit, name: Name | undefined): boolean {
  return names.length === 0 || name === undefined || names.includes(name);
}

type Outside = {
  readonly agree: (visit: Visit, session: AccountSession) => boolean;
};

/** Whether a client can be the one that the vendor saw at an address. */
function createOutside(networks: readonly Network[]): Outside {
  const isOutside = remembered((address) => {
    const octets = octetsOfAddress(address);
    return networks.some((network) => contains(network, octets));
  });
  return {
    agree(visit, { agent, name }) {
      if (agent === visit.client) return true;
      // Nobody has said which addresses are the organisation's: the name has to speak for it.
      if (networks.length === 0) return name !== undefined && visit.names.includes(name);
      if (!isOutside(agent)) return false;
      // A client with such an address itself is seen by it, unless it has one of the other family too.
      return !isOutside(visit.client) || isIpv4(agent) !== isIpv4(visit.client);
    },
  };
}

function remembered(find: (address: Address) => boolean): (address: Address) => boolean {
  const known = new Map<Address, boolean>();
  return (address) => {
    const found = known.get(address) ?? find(address);
    if (known.size < 100_000) known.set(address, found);
    return found;
  };
}

/** The likelier visit first: what is seen before what is reckoned, and one that needs explaining before one that does not. */
function compare(
  a: Visit,
  b: Visit,
  { agent, server, started }: AccountSession,
  explained: ReadonlySet<Visit>,
): number {
  const isSame = ({ client }: Visit) => Number(client === agent);
  const isThere = ({ destinations }: Visit) =>
    Number(server !== undefined && destinations.includes(server));
  const distance = ({ first, last }: Visit) => Math.max(first - started, started - last, 0);
  return (
    isSame(b) - isSame(a) ||
    isThere(b) - isThere(a) ||
    Number(b.passed) - Number(a.passed) ||
    Number(explained.has(a)) - Number(explained.has(b)) ||
    distance(a) - distance(b) ||
    (a.client < b.client ? -1 : Number(a.client > b.client))
  );
}

function byStart(a: AccountSession, b: AccountSession): number {
  return a.started - b.started || (a.session < b.session ? -1 : Number(a.session > b.session));
}
