import type { Endpoint } from '../policy/endpoint.ts';
import type { Name } from '../policy/name.ts';
import { type Address, isIpv4 } from '../policy/network.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import { type CrowdLimits, createCrowd } from './crowd.ts';
import { type Bound, type Decision, decide } from './decide.ts';
import type { GateEvent } from './event.ts';
import { ALERT, alertRecord } from './farewell.ts';
import { createOpeningReader } from './opening.ts';
import type { Joined, Listener, Visitor } from './visitor.ts';

export type GateParts = {
  /** The ruleset in force. */
  readonly ruleset: () => Ruleset;
  /** Where a name leads, both families, as our own resolver finds it; none where nobody says. */
  readonly lookUp: (name: Name) => Promise<readonly Address[]>;
  /** Calls after so many milliseconds, unless what it gives is called first. */
  readonly after: (milliseconds: number, call: () => void) => () => void;
  readonly limits: GateLimits;
  /** What a refused TLS client gets; all others are reset. */
  readonly refusal: () => Refusal;
  readonly onEvent: (event: GateEvent) => void;
};

export type GateLimits = CrowdLimits & {
  /** Milliseconds until the first octet, and until enough is known; less in a crowd. */
  readonly firstOctet: number;
  readonly opening: number;
};

export const REFUSALS = ['reset', 'alert'] as const;
export type Refusal = (typeof REFUSALS)[number];

/** 20,000 connections that say nothing keep nobody out, and are gone in half a second. */
export const GATE_LIMITS: GateLimits = {
  total: 16_384,
  perClient: 256,
  firstOctet: 5_000,
  opening: 10_000,
};

export type Gate = {
  /** Takes charge of a visitor; gives who hears what it says. */
  readonly take: (visitor: Visitor) => Listener;
  /** Asks the ruleset in force about all that has passed, and cuts what it refuses. */
  readonly review: () => void;
  /** How many have not said enough yet, and how many have passed and go on. */
  readonly stats: () => { readonly waiting: number; readonly passing: number };
  /** Cuts all that has passed. */
  readonly close: () => void;
};

type Session = { readonly about: Bound; readonly joined: Joined };

const TLS_PORT = 443;

/** Reads who a connection is for, and joins it to where the policy lets it go, or refuses it. */
export function createGate(parts: GateParts): Gate {
  const { ruleset, lookUp, after, limits, onEvent } = parts;
  const crowd = createCrowd(limits);
  const sessions = new Set<Session>();

  function take(visitor: Visitor): Listener {
    const { client, lane, meant } = visitor;
    const about = {
      client,
      lane,
      ...(meant ? { destination: meant.address, port: meant.port } : {}),
    };
    const reader = createOpeningReader();
    let isSettled = false;
    const waiting = crowd.enter(client, () => giveUp());
    let forgetFirst = after(waiting.patience(limits.firstOctet), giveUp);
    const forgetOpening = after(waiting.patience(limits.opening), giveUp);

    function settle(): void {
      isSettled = true;
      forgetFirst();
      forgetOpening();
      waiting.leave();
    }
    function giveUp(): void {
      if (isSettled) return;
      settle();
      visitor.refuse();
      onEvent({ ...about, opening: { kind: 'silent' }, answer: 'reset' });
    }
    function heard(octets: Uint8Array): boolean {
      if (isSettled) return false;
      forgetFirst();
      forgetFirst = () => {};
      const opening = reader.push(octets);
      if (!opening) return true;
      settle();
      const bound = { ...about, opening };
      const decision = decide(ruleset(), bound);
      if (decision.to === 'nowhere') refuse(visitor, bound);
      else void pass(visitor, bound, decision, reader.received());
      return false;
    }
    return {
      heard,
      silenced: (how) => {
        if (how === 'ended') giveUp();
        else if (!isSettled) settle();
      },
    };
  }

  function refuse(visitor: Visitor, about: Bound): void {
    const isTold = parts.refusal() === 'alert' && about.opening.kind === 'tls';
    visitor.refuse(isTold ? alertRecord(ALERT.UNRECOGNIZED_NAME) : undefined);
    onEvent({ ...about, answer: isTold ? 'alert' : 'reset' });
  }

  async function pass(
    visitor: Visitor,
    about: Bound,
    decision: Decision,
    said: Uint8Array,
  ): Promise<void> {
    const targets = await targetsOf(decision, visitor.meant);
    let session: Session | undefined;
    let isOver = false;
    const joined = await visitor.pass(targets, said, () => {
      isOver = true;
      if (session) sessions.delete(session);
    });
    if (joined && !isOver) {
      session = { about, joined };
      sessions.add(session);
    }
    onEvent({ ...about, answer: joined ? 'passed' : 'failed' });
  }

  /** Where a decision leads; the address that the client chose itself comes first where it is one of them. */
  async function targetsOf(
    { to, name }: Decision,
    meant: Endpoint | undefined,
  ): Promise<readonly Endpoint[]> {
    if (to === 'destination' && meant) return [meant];
    if (name === undefined) return [];
    const addresses = await lookUp(name).catch(() => []);
    const port = meant?.port ?? TLS_PORT;
    const farness = (address: Address) => {
      if (address === meant?.address) return 0;
      return meant && isIpv4(address) !== isIpv4(meant.address) ? 2 : 1;
    };
    return addresses
      .toSorted((one, other) => farness(one) - farness(other))
      .map((address) => ({ address, port }));
  }

  return {
    take,
    review: () => {
      for (const session of sessions) {
        if (decide(ruleset(), session.about).to !== 'nowhere') continue;
        sessions.delete(session);
        session.joined.cut();
        onEvent({ ...session.about, answer: 'cut' });
      }
    },
    stats: () => ({ waiting: crowd.size(), passing: sessions.size }),
    close: () => {
      for (const { joined } of sessions) joined.cut();
      sessions.clear();
    },
  };
}
