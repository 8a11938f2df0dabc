import type { Name } from '../../policy/name.ts';
import { type Address, contains, type Network, octetsOfAddress } from '../../policy/network.ts';
import type { Door, Doors } from './door.ts';
import { type Match, matchSessions, TOLERANCE } from './match.ts';
import type { Span } from './rows.ts';
import type { AccountSession } from './session.ts';
import type { Visit } from './visit.ts';

/** What a session, or a try without one, is; docs/ingress.md defines each. */
export const CLASSES = [
  'sanctioned',
  'misconfigured',
  'vendor',
  'unknown',
  'personal',
  'evaded',
] as const;
export type Class = (typeof CLASSES)[number];

/** One session of our account with the client it was, or a client's tries that became none. */
export type Finding = {
  readonly class: Class;
  readonly first: number;
  readonly last: number;
  /** The client as we saw it; none where nothing here saw it. */
  readonly client?: Address;
  /** How many clients the session may have been, or how many sessions near may have been this client's. */
  readonly candidates: number;
  /** Of a session: whether the vendor saw it come from the organisation; none where nobody said what is its. */
  readonly from?: 'inside' | 'outside';
  readonly names: readonly Name[];
  readonly session?: AccountSession;
  readonly visit?: Visit;
  readonly why: string;
};

export type Evidence = {
  readonly sessions: readonly AccountSession[];
  readonly visits: readonly Visit[];
  readonly doors: Doors;
  /** The addresses that the organisation has outside. */
  readonly networks: readonly Network[];
  /** The time that the events speak of: what was tried at another is not known to have become nothing. */
  readonly span: Span | undefined;
};

export type Findings = {
  readonly findings: readonly Finding[];
  /** Visits at a time that the events do not speak of. */
  readonly untold: number;
};

/** Says of each session, and of each visit that became none, what it is; in no order. */
export function findingsOf({ sessions, visits, doors, networks, span }: Evidence): Findings {
  const { ofSession, explained, near } = matchSessions(sessions, visits, doors, networks);
  const legs = createLegs(sessions, doors);
  const ofSessions = sessions.map((session) =>
    sessionFinding(session, ofSession.get(session) as Match, {
      door: doors.doorOf(session.name),
      isLeg: legs(session),
      from: fromWhere(session, networks),
    }),
  );
  // Whoever only asked for our ingress has done nothing yet, and whoever is excepted may do what he did.
  const left = visits.filter(
    (visit) => !explained.has(visit) && !visit.excepted && (visit.to === 'vendor' || visit.passed),
  );
  const told = left.filter(({ first, last }) => span && isWithin(first, last, span));
  return {
    findings: [...ofSessions, ...told.map((visit) => visitFinding(visit, near.get(visit) ?? 0))],
    untold: left.length - told.length,
  };
}

function isWithin(first: number, last: number, span: Span): boolean {
  return first - TOLERANCE >= span.first && last + TOLERANCE <= span.last;
}

function fromWhere({ agent }: AccountSession, networks: readonly Network[]): Finding['from'] {
  if (networks.length === 0) return undefined;
  const octets = octetsOfAddress(agent);
  return networks.some((network) => contains(network, octets)) ? 'inside' : 'outside';
}

type Circumstances = {
  readonly door: Door;
  readonly isLeg: boolean;
  readonly from: Finding['from'];
};

function sessionFinding(
  session: AccountSession,
  { visit, candidates }: Match,
  { door, isLeg, from }: Circumstances,
): Finding {
  const { started, stopped, name, failure } = session;
  const [kind, why] = judgeSession(session, door, isLeg);
  const unseen = from === 'inside' && kind === 'misconfigured' && visit === undefined;
  const remarks = [
    ...(failure === undefined ? [] : ['it did not start']),
    ...(unseen ? ['nothing here saw it: it went past resolver and gate'] : []),
    ...(from === 'outside' ? ['it ran outside of the network'] : []),
  ];
  return {
    class: kind,
    first: started,
    last: Math.max(started, stopped ?? started),
    ...(visit ? { client: visit.client, visit } : {}),
    candidates,
    ...(from === undefined ? {} : { from }),
    names: name === undefined ? [] : [name],
    session,
    why: [why, ...remarks].join('; '),
  };
}

const OPERATOR = /(?:^|[\s(])ngrok-operator(?:\/|$)/;

function judgeSession(
  { userAgent = '' }: AccountSession,
  door: Door,
  isLeg: boolean,
): readonly [Class, string] {
  switch (door) {
    case 'ours':
      return ['sanctioned', 'came by your ingress'];
    case 'default':
      return ['misconfigured', 'came by the default door; set connect_url of this agent'];
    case 'regional':
      if (isLeg) return ['vendor', 'another leg of a session that came by your ingress'];
      if (OPERATOR.test(userAgent)) {
        return ['vendor', 'says to be the Kubernetes operator, at a region of the default door'];
      }
      return [
        'misconfigured',
        'came by a region of the default door; set connect_url of this agent',
      ];
    case 'vendor':
      return ['vendor', 'came by a name of the vendor that agents do not dial'];
    case 'strange':
      return [
        'unknown',
        'came by a name that neither policy nor catalogue know; is it an ingress?',
      ];
    case 'unnamed':
      return ['unknown', 'the event names no door'];
  }
}

/**
 * An agent may be told by the server to open further sessions elsewhere. Such a leg is of the credential,
 * address and program of a session that came by our ingress and is open when it begins.
 */
function createLegs(
  sessions: readonly AccountSession[],
  { doorOf }: Doors,
): (session: AccountSession) => boolean {
  const keyOf = ({ account, credential, agent, userAgent }: AccountSession) =>
    JSON.stringify([account, credential, agent, userAgent]);
  const own = Map.groupBy(
    sessions.filter(({ name, failure }) => failure === undefined && doorOf(name) === 'ours'),
    keyOf,
  );
  return (session) =>
    session.credential !== undefined &&
    doorOf(session.name) === 'regional' &&
    own
      .get(keyOf(session))
      ?.some(
        ({ started, stopped }) =>
          started <= session.started && session.started <= (stopped ?? Number.POSITIVE_INFINITY),
      ) === true;
}

function visitFinding(visit: Visit, near: number): Finding {
  const { client, first, last, names, passed, to } = visit;
  return {
    class: passed ? 'evaded' : 'personal',
    ...{ first, last, client, candidates: near, names, visit },
    why: [
      passed ? 'a connection passed' : 'no connection passed',
      near === 0
        ? 'no session of your account began'
        : 'each session near is likelier another client’s',
      ...(to === 'ours' ? ['it showed your ingress, which takes your accounts only'] : []),
    ].join('; '),
  };
}
