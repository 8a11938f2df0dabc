import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { systemClock } from '../../../src/clock.ts';
import { startFront } from '../../../src/commands/fronting.ts';
import type { GateEvent } from '../../../src/gate/event.ts';
import { createGate, GATE_LIMITS, type Gate, type GateParts } from '../../../src/gate/gate.ts';
import { type Listening, listenBySockets, type SocketsParts } from '../../../src/gate/sockets.ts';
import type { Lane } from '../../../src/policy/firewall.ts';
import { type Address, parseAddress, parseNetwork } from '../../../src/policy/network.ts';
import type { Ruleset } from '../../../src/policy/ruleset.ts';
import type { Scope } from '../../support/e2e/process.ts';

export const LOOPBACK = parseAddress('127.0.0.1');

/** A server that says each connection's number and octets back, and counts. */
export type Echo = { readonly port: number; readonly connections: () => number };

export async function startEcho(scope: Scope, address = LOOPBACK, at = 0): Promise<Echo> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    count += 1;
    sockets.add(socket);
    socket.on('error', () => {}).pipe(socket);
  });
  scope.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: await listening(server, address, at), connections: () => count };
}

async function listening(server: Server, address: string, port: number): Promise<number> {
  server.listen(port, address);
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

export type Setting = {
  readonly gate: Gate;
  readonly events: readonly GateEvent[];
  /** A client of a lane, which has said something. */
  readonly visit: (lane: Lane, octets?: Uint8Array) => Socket;
};

type Parts = Partial<GateParts & SocketsParts>;

/** A gate on sockets of Node on loopback; a destination is a port there, and every name leads to loopback. */
export async function startGate(
  scope: Scope,
  ruleset: () => Ruleset,
  port: number,
  parts: Parts = {},
): Promise<Setting> {
  const events: GateEvent[] = [];
  const gate = createGate({
    ruleset,
    lookUp: async () => [LOOPBACK],
    after: systemClock.after,
    limits: GATE_LIMITS,
    refusal: () => 'reset',
    onEvent: (event) => events.push(event),
    ...parts,
  });
  const listening = await listenBySockets({
    endpoints: [{ address: LOOPBACK, port: 0 }],
    clientOf: (peer) => ({ address: parseAddress(peer), served: true }),
    destinationOf: () => ({ address: LOOPBACK, port }),
    take: gate.take,
    ...parts,
  });
  scope.after(() => {
    listening.close();
    gate.close();
  });
  return { gate, events, visit: visitsTo(scope, listening) };
}

function visitsTo(scope: Scope, { endpoints }: Listening): Setting['visit'] {
  return (lane, octets) => {
    const { port } = endpoints.find((one) => one.lane === lane) as { port: number };
    const socket = connect({ host: LOOPBACK, port, allowHalfOpen: true });
    scope.after(() => socket.destroy());
    if (octets) socket.write(octets);
    return socket;
  };
}

/** A gate in a process of its own. Every name leads to port 443 of an address. */
export type Front = Omit<Setting, 'gate'> & {
  readonly port: number;
  /** What was heard of it: `up`, or `down` and why. */
  readonly states: readonly string[];
  readonly renew: () => void;
  readonly close: () => Promise<void>;
};

export async function startFrontAt(
  scope: Scope,
  ruleset: () => Ruleset,
  { address, port = 0 }: { readonly address: Address; readonly port?: number },
): Promise<Front> {
  const events: GateEvent[] = [];
  const states: string[] = [];
  const front = await startFront({
    endpoints: [{ address: LOOPBACK, port }],
    transparent: false,
    rules: () => ({
      ruleset: ruleset(),
      clients: [parseNetwork('127.0.0.0/8')],
      transparent: false,
      refusal: 'reset',
    }),
    lookUp: async () => [address],
    onEvent: (event) => events.push(event),
    onState: (state, reason) => states.push([state, reason].filter(Boolean).join(': ')),
  });
  scope.after(front.close);
  return {
    events,
    states,
    visit: visitsTo(scope, front),
    port: front.endpoints[0]?.port as number,
    renew: front.renew,
    close: front.close,
  };
}

/** How a client's connection ended: with all that came, or a reset. */
export function ending(socket: Socket): Promise<{ readonly heard: Buffer; readonly how: string }> {
  const pieces: Buffer[] = [];
  return new Promise((resolve) => {
    const end = (how: string) => resolve({ heard: Buffer.concat(pieces), how });
    socket.on('data', (octets) => pieces.push(octets));
    socket.on('end', () => end('end'));
    socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? 'error'));
  });
}

export function addressesOf(...texts: readonly string[]): readonly Address[] {
  return texts.map((text) => parseAddress(text));
}
