import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { readCatalogue, SHIPPED_RULES } from '../../src/policy/load.ts';
import type { Name } from '../../src/policy/name.ts';
import { type Address, parseAddress } from '../../src/policy/network.ts';
import type { Ruleset } from '../../src/policy/ruleset.ts';
import { type Notice, noticeOf, subjectOf } from '../../src/refuser/notice.ts';
import {
  createRefuser,
  REFUSER_LIMITS,
  type RefuserEvent,
  type RefuserParts,
} from '../../src/refuser/refuser.ts';
import { eventually } from '../support/e2e/patience.ts';
import { compiledPolicy } from '../support/policy.ts';

export const SESSION = 'connect.ngrok-agent.com' as Name;
export const ENDPOINT = 'shop.ngrok.app' as Name;
export const SANCTIONED = 'tunnels.example.com' as Name;
export const CONTACT = 'it-help@example.com';

export const POLICY = `
organisation: { name: Example Corp, contact: ${CONTACT}, help: 'https://it.example.com/tunnels' }
ingress: [{ domain: ${SANCTIONED} }]
services:
  ngrok: { session: block, endpoint: block }
  others: block
bypass: { resolvers: block }
block: [{ name: evil.example.net, reason: asked for by the works council }]
`;

export function rulesetOf(policy = POLICY): Ruleset {
  return compiledPolicy(policy).ruleset;
}

const { services } = readCatalogue(SHIPPED_RULES);
export const titleOf: RefuserParts['titleOf'] = (service) => services.get(service)?.title;

export function noticeFor(name: Name | undefined, policy = POLICY): Notice {
  const ruleset = rulesetOf(policy);
  return noticeOf(ruleset, subjectOf(ruleset, '127.0.0.1' as Address, name), titleOf);
}

export type Running = {
  readonly port: number;
  readonly events: readonly RefuserEvent[];
  /** What was told of the connections, in short: `tls connect.ngrok-agent.com alert`. */
  readonly told: () => readonly string[];
  /** Waits until so many connections have been told of. */
  readonly toldOf: (count: number) => Promise<readonly string[]>;
};

/** A refuser on loopback for one test. */
export async function startRefuser(
  t: TestContext,
  parts: Partial<Omit<RefuserParts, 'listen' | 'onEvent'>> = {},
): Promise<Running> {
  const events: RefuserEvent[] = [];
  const ruleset = rulesetOf();
  const refuser = createRefuser({
    listen: [{ address: '127.0.0.1' as Address, port: 0 }],
    ruleset: () => ruleset,
    clientOf: (peer) => ({ address: parseAddress(peer), served: true }),
    destinationOf: () => undefined,
    titleOf,
    limits: REFUSER_LIMITS,
    clock: systemClock,
    ...parts,
    onEvent: (event) => events.push(event),
  });
  t.after(refuser.close);
  const [endpoint] = await refuser.listening;
  const told = () =>
    events.map(({ opening, name, answer }) =>
      [opening.kind, name, answer].filter(Boolean).join(' '),
    );
  return {
    port: endpoint?.port as number,
    events,
    told,
    toldOf: (count) => eventually(`${count} events`, () => events.length >= count && told()),
  };
}

/** What a client got, and how it ended. */
export type Heard = { readonly text: string; readonly octets: Buffer; readonly end: string };

/** Says something on a connection of its own, and hears until it ends: `end`, or the error's code. */
export function say(port: number, octets: string | Uint8Array): Promise<Heard> {
  return hear(open(port), octets);
}

export function open(port: number): Socket {
  return connect({ host: '127.0.0.1', port, allowHalfOpen: true });
}

export function hear(socket: Socket, octets: string | Uint8Array = ''): Promise<Heard> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const done = (end: string) => {
      socket.destroy();
      const all = Buffer.concat(chunks);
      resolve({ text: all.toString('utf8'), octets: all, end });
    };
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.once('end', () => done('end'));
    socket.once('error', ({ code }: NodeJS.ErrnoException) => done(String(code)));
    if (octets.length > 0) socket.write(octets);
  });
}
