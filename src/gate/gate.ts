import type { Socket } from 'node:net';
import type { Endpoint } from '../policy/endpoint.ts';
import type { Lane } from '../policy/firewall.ts';
import type { Name } from '../policy/name.ts';
import { type Address, isIpv4 } from '../policy/network.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import { type CrowdLimits, createCrowd } from './crowd.ts';
import { type Bound, type Decision, decide } from './decide.ts';
import type { Dial } from './dial.ts';
import type { Beginning, GateEvent } from './event.ts';
import { ALERT, alertRecord, sayFarewell } from './farewell.ts';
import type { Join, Joined } from './join.ts';
import { createOpeningReader, type Opening } from './opening.ts';

export type GateParts = {
  /** The ruleset in force. */
  readonly ruleset: () => Ruleset;
  /** Where a name leads, both families, as our own resolver finds it; none where nobody says. */
  readonly lookUp: (name: Name) => Promise<readonly Address[]>;
  /** Who is at the other end, and whether that is a client of ours. */
  readonly clientOf: (peer: string) => { readonly address: Address; readonly served: boolean };
  /**
   * Where a connection was going before it was sent to us: undefined where the system cannot tell,
   * `here` where nobody sent it.
   */
  readonly destinationOf: (socket: Socket) => Endpoint | 'here' | undefined;
  readonly dial: Dial;
  readonly join: Join;
  readonly limits: GateLimits;
  /** What a refused TLS client gets; all others are reset. */
  readonly refusal: 'reset' | 'alert';
  readonly onEvent: (event: GateEvent) => void;
};

export type GateLimits = CrowdLimits & {
  /** Milliseconds until the first octet, and until enough is known; less in a crowd. */
  readonly firstOctet: number;
  readonly opening: number;
};

/** 20,000 connections that say nothing keep nobody out, and are gone in half a second. */
export const GATE_LIMITS: GateLimits = {
  total: 16_384,
  perClient: 256,
  firstOctet: 5_000,
  opening: 10_000,
};

export type Gate = {
  /** Takes over a connection that came in by a lane. */
  readonly take: (socket: Socket, lane: Lane) => void;
  /** Asks the ruleset in force about all that has passed, and cuts what it refuses. */
  readonly review: () => void;
  readonly stats: () => GateStats;
  /** Takes charge of a connection that an earlier gate let pass; gives what is to be called at its end. */
  readonly inherit: (subject: Bound, joined: Joined) => () => void;
  /** Leaves all that passes. */
  readonly close: () => void;
};

/** `waiting` and `passing` are now, the rest since the start. */
export type GateStats = {
  readonly waiting: number;
  readonly passing: number;
  readonly passed: number;
  readonly refused: number;
  /** Nobody took the connection where it was going, or nobody knew where that is. */
  readonly failed: number;
  readonly cut: number;
};

type Session = { readonly subject: Bound; readonly joined: Joined };

/** Reads who a connection is for, and joins it to where the policy lets it go, or refuses it. */
export function createGate(parts: GateParts): Gate {
  const { ruleset, destinationOf, join, limits, onEvent } = parts;
  const crowd = createCrowd(limits);
  const sessions = new Set<Session>();
  const figures = { passed: 0, refused: 0, failed: 0, cut: 0 };

  function take(socket: Socket, lane: Lane): void {
    // Gone before it was taken: there is nobody to tell.
    if (socket.remoteAddress === undefined) return void socket.destroy();
    const { address: client, served } = parts.clientOf(socket.remoteAddress);
    const target = destinationOf(socket);
    // A gate is no proxy: whoever comes by himself is not let through anywhere.
    if (!served || target === 'here') return void socket.resetAndDestroy();
    const meant: Endpoint | undefined = target;
    const about = {
      client,
      lane,
      ...(meant ? { destination: meant.address, port: meant.port } : {}),
    };
    const reader = createOpeningReader();
    const waiting = crowd.enter(client, () => giveUp());
    const timers = {
      firstOctet: setTimeout(() => giveUp(), waiting.patience(limits.firstOctet)),
      opening: setTimeout(() => giveUp(), waiting.patience(limits.opening)),
    };

    function settle(): void {
      clearTimeout(timers.firstOctet);
      clearTimeout(timers.opening);
      waiting.leave();
      socket.off('data', onData).off('end', giveUp).off('close', settle);
    }
    function giveUp(): void {
      settle();
      socket.resetAndDestroy();
      tell({ kind: 'silent' }, undefined, 'reset');
    }
    function tell(
      opening: Beginning,
      decision: Decision | undefined,
      answer: GateEvent['answer'],
    ): void {
      figures[FIGURE[answer]] += 1;
      const decided = decision ? { decision } : {};
      onEvent({ ...about, opening, ...decided, answer, ruleset: ruleset() });
    }
    function onData(octets: Uint8Array): void {
      clearTimeout(timers.firstOctet);
      const opening = reader.push(octets);
      if (!opening) return;
      socket.pause();
      settle();
      const decision = decide(ruleset(), { client, lane, opening });
      if (decision.to === 'nowhere') refuse(opening, decision);
      else void pass(opening, decision);
    }
    function refuse(opening: Opening, decision: Decision): void {
      const isTold = parts.refusal === 'alert' && opening.kind === 'tls';
      if (isTold) sayFarewell(socket, alertRecord(ALERT.UNRECOGNIZED_NAME));
      else socket.resetAndDestroy();
      tell(opening, decision, isTold ? 'alert' : 'reset');
    }
    async function pass(opening: Opening, decision: Decision): Promise<void> {
      const gone = new AbortController();
      const onGone = () => gone.abort();
      socket.on('close', onGone);
      const targets = await targetsOf(decision, meant);
      const server = gone.signal.aborted ? undefined : await parts.dial(targets, gone.signal);
      socket.off('close', onGone);
      if (!server || gone.signal.aborted) {
        server?.destroy();
        socket.resetAndDestroy();
        tell(opening, decision, 'failed');
        return;
      }
      server.write(reader.received());
      const subject = { ...about, opening };
      const session: Session = {
        subject,
        joined: join(socket, server, subject, () => sessions.delete(session)),
      };
      sessions.add(session);
      tell(opening, decision, 'passed');
    }
    socket.on('error', () => {}); // `close` follows
    socket.on('data', onData).on('end', giveUp).on('close', settle);
  }

  /** Where a decision leads; the address that the client chose itself comes first where it is one of them. */
  async function targetsOf(
    { to, name }: Decision,
    meant: Endpoint | undefined,
  ): Promise<readonly Endpoint[]> {
    if (to === 'destination' && meant) return [meant];
    if (name === undefined) return [];
    const addresses = await parts.lookUp(name).catch(() => []);
    const port = meant?.port ?? TLS_PORT;
    const closeness = (address: Address) => {
      if (address === meant?.address) return 0;
      return meant && isIpv4(address) !== isIpv4(meant.address) ? 2 : 1;
    };
    return addresses
      .toSorted((one, other) => closeness(one) - closeness(other))
      .map((address) => ({ address, port }));
  }

  return {
    take,
    review: () => {
      const rules = ruleset();
      for (const session of sessions) {
        const { subject } = session;
        const decision = decide(rules, subject);
        if (decision.to !== 'nowhere') continue;
        figures.cut += 1;
        sessions.delete(session);
        session.joined.cut();
        onEvent({ ...subject, decision, answer: 'cut', ruleset: rules });
      }
    },
    stats: () => ({ waiting: crowd.size(), passing: sessions.size, ...figures }),
    inherit: (subject, joined) => {
      const session = { subject, joined };
      sessions.add(session);
      return () => sessions.delete(session);
    },
    close: () => {
      for (const { joined } of sessions) joined.leave();
      sessions.clear();
    },
  };
}

const TLS_PORT = 443;
const FIGURE = {
  passed: 'passed',
  failed: 'failed',
  cut: 'cut',
  reset: 'refused',
  alert: 'refused',
} as const satisfies Record<GateEvent['answer'], string>;
