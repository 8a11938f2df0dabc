import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Lookup } from '../../src/attempts/answers.ts';
import type { Attempt } from '../../src/attempts/attempt.ts';
import { attemptOfPacket, type PacketParts } from '../../src/attempts/packet.ts';
import type { LoggedPacket } from '../../src/firewall/log/packet.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { buildPacket } from '../support/packet.ts';
import { compiledPolicy } from '../support/policy.ts';
import { NOON } from './support.ts';

const POLICY = `
organisation: { name: Example Corp }
ingress: [{ domain: tunnels.example.com }]
services: { ngrok: block, bore: block, cloudflare-tunnel: block }
bypass: { resolvers: block }
refusal: { addresses: [192.0.2.80] }
clients: { guests: { networks: [192.0.2.128/25], mode: observe } }
`;
const { ruleset } = compiledPolicy(POLICY);
const CLIENT = parseAddress('192.0.2.10');
const GUEST = parseAddress('192.0.2.130');

const logged = (different: Partial<LoggedPacket> = {}): LoggedPacket => ({
  ...{ time: NOON, entry: 'TW-DENY', from: CLIENT, to: parseAddress('203.0.113.9') },
  ...{ transport: 'tcp', port: 443, refused: true },
  ...different,
});
const asks = (name: string) => buildPacket({ questions: [{ name, type: 1, class: 1 }] });
const question = (name?: string): Partial<LoggedPacket> => ({
  ...{ entry: 'TW-DNS', to: parseAddress('8.8.8.8'), transport: 'udp', port: 53, refused: false },
  ...(name === undefined ? {} : { question: asks(name) }),
});

type World = {
  readonly looked?: Lookup;
  readonly living?: readonly string[];
  readonly onTrail?: boolean;
};
function partsOf({ looked, living = [], onTrail = false }: World): PacketParts {
  return {
    ruleset,
    answers: { find: () => looked ?? { kind: 'unanswered' } },
    namesAt: () => living.map(parseName),
    isOnTrail: () => onTrail,
  };
}
const COMMON = { time: NOON, client: CLIENT, point: 'firewall', type: 'PACKET' };
const ngrok = { service: 'ngrok', role: 'session' };

const cases: readonly {
  when: string;
  packet?: Partial<LoggedPacket>;
  world?: World;
  is: Partial<Record<keyof Attempt, unknown>> | undefined;
}[] = [
  {
    when: 'an address that nobody was given, where a blocked name is known to live',
    world: { living: ['www.example.net', 'crl.ngrok-agent.com', 'tunnel.ngrok.com'] },
    is: {
      ...{ name: 'tunnel.ngrok.com', transport: 'tcp', destination: '203.0.113.9', port: 443 },
      ...{ rule: 'TW-DENY', ...ngrok, verdict: 'blocked', answer: 'reset', lead: 'unanswered' },
    },
  },
  {
    when: 'one that this client was given for a name of no interest',
    world: {
      looked: { kind: 'answered', name: parseName('www.example.net') },
      living: ['tunnel.ngrok.com'],
    },
    packet: { transport: 'udp' },
    is: {
      ...{ name: 'www.example.net', transport: 'udp', destination: '203.0.113.9', port: 443 },
      ...{ rule: 'TW-DENY', verdict: 'blocked', answer: 'unreachable', lead: 'answered' },
    },
  },
  {
    when: 'one that is shared, by the sanctioned name',
    world: { looked: { kind: 'answered', name: parseName('tunnels.example.com') } },
    packet: { entry: 'TW-SHARED', port: 22 },
    is: {
      ...{ name: 'tunnels.example.com', transport: 'tcp', destination: '203.0.113.9', port: 22 },
      ...{ rule: 'TW-SHARED', verdict: 'blocked', answer: 'reset', lead: 'answered' },
    },
  },
  {
    when: 'one that this machine may have asked for over the other family',
    world: { looked: { kind: 'perhaps', name: parseName('www.example.net') } },
    is: {
      ...{ name: 'www.example.net', transport: 'tcp', destination: '203.0.113.9', port: 443 },
      ...{ rule: 'TW-DENY', verdict: 'blocked', answer: 'reset' },
    },
  },
  {
    when: 'the same, where a blocked name is known to live',
    world: {
      looked: { kind: 'perhaps', name: parseName('www.example.net') },
      living: ['tunnel.ngrok.com'],
    },
    is: {
      ...{ name: 'tunnel.ngrok.com', transport: 'tcp', destination: '203.0.113.9', port: 443 },
      ...{ rule: 'TW-DENY', ...ngrok, verdict: 'blocked', answer: 'reset' },
    },
  },
  {
    when: 'a port that only one service uses',
    packet: { entry: 'TW-PORT-cloudflare-tunnel', port: 7844, transport: 'udp' },
    is: {
      ...{ transport: 'udp', destination: '203.0.113.9', port: 7844, lead: 'unanswered' },
      ...{ rule: 'TW-PORT-cloudflare-tunnel', service: 'cloudflare-tunnel' },
      ...{ verdict: 'blocked', answer: 'unreachable' },
    },
  },
  {
    when: 'what is only recorded of an observed audience',
    packet: { entry: 'TW-ADDR-bore-record-1.2.c0123abcd', from: GUEST, refused: false },
    is: {
      ...{ client: GUEST, transport: 'tcp', destination: '203.0.113.9', port: 443 },
      ...{ rule: 'TW-ADDR-bore-record-1.2.c0123abcd', service: 'bore', lead: 'unanswered' },
      ...{ verdict: 'observed', answer: 'recorded' },
    },
  },
  {
    when: "a live set's entry for an observed client, which is called as one that refuses",
    packet: { entry: 'TW-DENY.c0123abcd', from: GUEST },
    is: {
      ...{ client: GUEST, transport: 'tcp', destination: '203.0.113.9', port: 443 },
      ...{ rule: 'TW-DENY.c0123abcd', lead: 'unanswered' },
      ...{ verdict: 'observed', answer: 'recorded' },
    },
  },
  {
    when: 'what is watched',
    packet: { entry: 'TW-WATCH-1', refused: false },
    is: {
      ...{ transport: 'tcp', destination: '203.0.113.9', port: 443, lead: 'unanswered' },
      ...{ rule: 'TW-WATCH-1', verdict: 'watched', answer: 'recorded' },
    },
  },
  {
    when: 'where refused names lead, of which the lookups know nothing',
    packet: { entry: 'TW-REFUSER', to: parseAddress('192.0.2.80'), transport: 'udp', from: GUEST },
    is: {
      ...{ client: GUEST, transport: 'udp', destination: '192.0.2.80', port: 443 },
      ...{ rule: 'TW-REFUSER', verdict: 'blocked', answer: 'unreachable' },
    },
  },
  {
    when: 'what has no ports',
    packet: { transport: 'other', port: undefined as never },
    is: {
      ...{ transport: 'other', destination: '203.0.113.9', lead: 'unanswered' },
      ...{ rule: 'TW-DENY', verdict: 'blocked', answer: 'unreachable' },
    },
  },
  {
    when: 'a question of somebody of no interest',
    packet: question('www.example.net'),
    is: undefined,
  },
  { when: 'a question of which nothing can be read', packet: question(), is: undefined },
  {
    when: 'a question for a session name',
    packet: question('connect.ngrok-agent.com'),
    is: {
      ...{ name: 'connect.ngrok-agent.com', transport: 'udp', destination: '8.8.8.8', port: 53 },
      ...{ rule: 'TW-DNS', ...ngrok, verdict: 'blocked', answer: 'captured', lead: 'unanswered' },
    },
  },
  {
    when: 'a question of a client on a trail, whose name is nobody’s business',
    packet: question('www.example.net'),
    world: { onTrail: true, living: ['dns.google'] },
    is: {
      ...{ transport: 'udp', destination: '8.8.8.8', port: 53, lead: 'unanswered' },
      ...{ rule: 'TW-DNS', verdict: 'blocked', answer: 'captured' },
    },
  },
  {
    when: 'a question that is refused, as the resolver has no address of its family',
    packet: { ...question(), refused: true },
    world: { onTrail: true },
    is: {
      ...{ transport: 'udp', destination: '8.8.8.8', port: 53, lead: 'unanswered' },
      ...{ rule: 'TW-DNS', verdict: 'blocked', answer: 'unreachable' },
    },
  },
];
for (const { when, packet, world = {}, is } of cases) {
  test(`packet: ${when}`, () => {
    const attempt = attemptOfPacket(logged(packet), partsOf(world));
    assert.deepEqual(attempt, is && { ...COMMON, ...is });
  });
}
