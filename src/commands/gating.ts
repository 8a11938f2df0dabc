import type { Forwarder } from '../dns/forward.ts';
import { dial } from '../gate/dial.ts';
import type { GateEvent } from '../gate/event.ts';
import { createGate, GATE_LIMITS, type Gate, type GateParts } from '../gate/gate.ts';
import { type Lanes, listenLanes } from '../gate/lanes.ts';
import type { Log } from '../log.ts';
import { transparentSocket } from '../native/transparent.ts';
import { type Endpoint, formatEndpoint } from '../policy/endpoint.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import { startCarrier } from './carrying.ts';
import { destinationOf } from './destination.ts';
import { CommandFailure } from './failure.ts';
import { createLookup } from './lookup.ts';

export type GatingParts = {
  readonly endpoints: readonly Endpoint[];
  /** The packet filter hands connections over as they are (TPROXY), rather than redirecting them. */
  readonly transparent: boolean;
  readonly refusal: GateParts['refusal'];
  readonly ruleset: () => Ruleset;
  readonly clientOf: GateParts['clientOf'];
  /** Looks names up as our own resolver does. */
  readonly find: () => Forwarder['find'];
  readonly onEvent: (event: GateEvent) => void;
  readonly log: Log;
};

/** The gate, joined to the world. */
export type Gating = Pick<Gate, 'review' | 'stats'> & { readonly stop: () => void };

/** Listens. Throws CommandFailure with advice. */
export async function startGating(parts: GatingParts): Promise<Gating> {
  const { endpoints, transparent, ruleset, clientOf, find, log } = parts;
  // The first of them stands for the gate: one carrier serves all its endpoints.
  const [{ port }] = endpoints as [Endpoint];
  const carrier = await startCarrier({
    port,
    onCarrying: (subject, joined) => gate.inherit(subject, joined),
    log,
  });
  const gate = createGate({
    ruleset,
    clientOf,
    lookUp: async (name) => {
      const lookup = createLookup((question, flags) => find()(question, flags));
      const looked = await Promise.all([lookup(name, 4), lookup(name, 6)]);
      return looked.flatMap((found) => (found.kind === 'found' ? found.addresses : []));
    },
    destinationOf: (socket) => destinationOf(socket, transparent),
    dial,
    join: carrier.join,
    limits: GATE_LIMITS,
    refusal: parts.refusal,
    onEvent: parts.onEvent,
  });
  const lanes = await listen({
    endpoints,
    ...(transparent ? { transparentSocket } : {}),
    onConnection: gate.take,
  });
  for (const { lane, ...endpoint } of lanes.listening) {
    log('info', 'gate listening', { address: formatEndpoint(endpoint), lane });
  }
  return {
    review: gate.review,
    stats: gate.stats,
    stop: () => {
      lanes.close();
      gate.close();
      carrier.close();
    },
  };
}

async function listen(parts: Parameters<typeof listenLanes>[0]): Promise<Lanes> {
  try {
    return await listenLanes(parts);
  } catch (error) {
    const { message, cause } = error as Error;
    throw new CommandFailure(`the gate cannot listen: ${message}${adviceOn(cause)}`, {
      cause: error,
    });
  }
}

function adviceOn(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'EPERM':
      return '; firewall.transparent needs CAP_NET_ADMIN: run as root, or set AmbientCapabilities=CAP_NET_ADMIN';
    case 'ENOSYS':
      return '; firewall.transparent is for Linux: remove it, and the packet filter redirects instead';
    case 'EADDRINUSE':
      return '; another program has the port (ss -lntp shows which): change --gate and firewall.gate together';
    default:
      return '';
  }
}
