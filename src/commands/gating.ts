import { systemClock } from '../clock.ts';
import type { Forwarder } from '../dns/forward.ts';
import type { GateEvent } from '../gate/event.ts';
import { createGate, GATE_LIMITS, type Refusal } from '../gate/gate.ts';
import { type Listening, listenBySockets } from '../gate/sockets.ts';
import type { Log } from '../log.ts';
import { canPassDescriptors } from '../native/descriptors.ts';
import type { Client } from '../policy/clients.ts';
import { type Endpoint, formatEndpoint } from '../policy/endpoint.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Policy } from '../policy/policy.ts';
import type { Ruleset } from '../policy/ruleset.ts';
import { destinationOf } from './destination.ts';
import { CommandFailure } from './failure.ts';
import { startFront } from './fronting.ts';
import { createLookup } from './lookup.ts';

export type GatingParts = {
  readonly endpoints: readonly Endpoint[];
  readonly refusal: Refusal;
  readonly ruleset: () => Ruleset;
  /** The policy in force. */
  readonly policy: () => Policy;
  readonly clientOf: (peer: string) => Client;
  /** Looks names up as our own resolver does. */
  readonly find: () => Forwarder['find'];
  readonly onEvent: (event: GateEvent) => void;
  /** Hears whether connections are taken. */
  readonly onState: (state: 'up' | 'down') => void;
  readonly log: Log;
};

/** The gate, joined to the world. */
export type Gating = {
  /** Asks the ruleset in force about all that passes. */
  readonly review: () => void;
  readonly stop: () => Promise<void>;
};

/** Listens: by a process of its own where the system can, else by this one. Throws CommandFailure with advice. */
export async function startGating(parts: GatingParts): Promise<Gating> {
  const { listening, review, stop } = await listen(parts).catch((error: Error) => {
    const advice = adviceOn(error.cause);
    throw new CommandFailure(`the gate cannot listen: ${error.message}${advice}`, { cause: error });
  });
  for (const { lane, ...endpoint } of listening.endpoints) {
    parts.log('info', 'gate listening', { address: formatEndpoint(endpoint), lane });
  }
  return { review, stop };
}

async function listen(
  parts: GatingParts,
): Promise<Gating & { readonly listening: Pick<Listening, 'endpoints'> }> {
  const { endpoints, refusal, ruleset, policy, onEvent, onState, log } = parts;
  const { transparent } = policy().firewall;
  const lookUp = createBothFamilies(parts.find);
  if (canPassDescriptors()) {
    const front = await startFront({
      ...{ endpoints, transparent, lookUp, onEvent },
      rules: () => ({
        ...{ ruleset: ruleset(), transparent, refusal },
        clients: policy().resolver.clients,
      }),
      onState: (state, reason) => {
        if (state === 'down') log('error', 'gate down', { message: reason });
        onState(state);
      },
    });
    return { listening: front, review: front.renew, stop: front.close };
  }
  if (transparent) {
    throw new Error(
      'firewall.transparent is for Linux: remove it, and the packet filter redirects',
    );
  }
  const gate = createGate({
    ...{ ruleset, lookUp, onEvent, limits: GATE_LIMITS },
    refusal: () => refusal,
    after: systemClock.after,
  });
  const listening = await listenBySockets({
    endpoints,
    clientOf: parts.clientOf,
    destinationOf,
    take: gate.take,
  });
  onState('up');
  return {
    ...{ listening, review: gate.review },
    stop: async () => {
      listening.close();
      gate.close();
    },
  };
}

function createBothFamilies(
  find: () => Forwarder['find'],
): (name: Name) => Promise<readonly Address[]> {
  const lookup = createLookup((question, flags) => find()(question, flags));
  return async (name) => {
    const looked = await Promise.all([lookup(name, 4), lookup(name, 6)]);
    return looked.flatMap((found) => (found.kind === 'found' ? found.addresses : []));
  };
}

function adviceOn(cause: unknown): string {
  switch ((cause as NodeJS.ErrnoException | undefined)?.code) {
    case 'EPERM':
      return '; firewall.transparent needs CAP_NET_ADMIN: run as root, or set AmbientCapabilities=CAP_NET_ADMIN';
    case 'EADDRINUSE':
      return '; another program has the port (ss -lntp shows which): change --gate and firewall.gate together';
    default:
      return '';
  }
}
