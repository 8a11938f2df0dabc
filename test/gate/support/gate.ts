import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Link, type LinkParts, linkCarrier } from '../../../src/gate/carrier/link.ts';
import { dial } from '../../../src/gate/dial.ts';
import type { GateEvent } from '../../../src/gate/event.ts';
import { createGate, GATE_LIMITS, type Gate, type GateParts } from '../../../src/gate/gate.ts';
import { joinByPipes } from '../../../src/gate/join.ts';
import { listenLanes } from '../../../src/gate/lanes.ts';
import type { Lane } from '../../../src/policy/firewall.ts';
import { type Address, parseAddress } from '../../../src/policy/network.ts';
import type { Ruleset } from '../../../src/policy/ruleset.ts';
import type { Scope } from '../../support/e2e/process.ts';

export const LOOPBACK = parseAddress('127.0.0.1');

/** A server that says each connection's number and octets back, and counts. */
export type Echo = { readonly port: number; readonly connections: () => number };

export async function startEcho(scope: Scope): Promise<Echo> {
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
  return { port: await listening(server), connections: () => count };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, LOOPBACK);
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

export type Setting = {
  readonly gate: Gate;
  readonly events: readonly GateEvent[];
  /** A client of a lane, which has said something. */
  readonly visit: (lane: Lane, octets?: Uint8Array) => Socket;
};

/** A gate on loopback; a destination is a port there, and every name leads to loopback. */
export async function startGate(
  scope: Scope,
  ruleset: () => Ruleset,
  port: number,
  parts: Partial<GateParts> = {},
): Promise<Setting> {
  const events: GateEvent[] = [];
  const gate = createGate({
    ruleset,
    lookUp: async () => [LOOPBACK],
    clientOf: (peer) => ({ address: parseAddress(peer), served: true }),
    destinationOf: () => ({ address: LOOPBACK, port }),
    dial,
    join: joinByPipes,
    limits: GATE_LIMITS,
    refusal: 'reset',
    onEvent: (event) => events.push(event),
    ...parts,
  });
  const lanes = await listenLanes({
    endpoints: [{ address: LOOPBACK, port: 0 }],
    onConnection: gate.take,
  });
  scope.after(() => {
    lanes.close();
    gate.close();
  });
  const portOf = (lane: Lane) => lanes.listening.find((one) => one.lane === lane)?.port as number;
  return {
    gate,
    events,
    visit: (lane, octets) => {
      const socket = connect({ host: LOOPBACK, port: portOf(lane), allowHalfOpen: true });
      scope.after(() => socket.destroy());
      if (octets) socket.write(octets);
      return socket;
    },
  };
}

const PROGRAM = fileURLToPath(new URL('../../../src/gate/carrier/program.ts', import.meta.url));

/** A link to a carrier of our own, which ends when nobody is linked to it and it carries nothing. */
export async function startLink(
  scope: Scope,
  port: number,
  onCarrying: LinkParts['onCarrying'] = () => () => {},
): Promise<Link & { readonly problems: readonly string[]; readonly pids: readonly number[] }> {
  const problems: string[] = [];
  const pids: number[] = [];
  const link = await linkCarrier({
    port,
    start: () => {
      const child = spawn(process.execPath, [PROGRAM, String(port)], { stdio: 'inherit' });
      pids.push(child.pid as number);
      scope.after(() => child.kill('SIGKILL'));
      child.unref();
    },
    onCarrying,
    onProblem: (message) => problems.push(message),
  });
  scope.after(link.close);
  return { ...link, problems, pids };
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
