import assert from 'node:assert/strict';
import test from 'node:test';
import type { Attempt } from '../../src/attempts/attempt.ts';
import { attemptOfConnection } from '../../src/attempts/connection.ts';
import { decide } from '../../src/gate/decide.ts';
import type { Beginning } from '../../src/gate/event.ts';
import type { Lane } from '../../src/policy/firewall.ts';
import { parseName } from '../../src/policy/name.ts';
import { parseAddress } from '../../src/policy/network.ts';
import { compiledPolicy } from '../support/policy.ts';
import { NOON } from './support.ts';

const POLICY = `
organisation: { name: Example }
ingress:
  - domain: tunnels.example.com
    service: ngrok
services:
  ngrok: { session: block, endpoint: watch }
block: [evil.example.net]
allow: [partner.example.net]
clients:
  lab: { networks: [10.9.0.0/16], mode: observe }
`;

const { ruleset } = compiledPolicy(POLICY);
const { ruleset: ofTwo } = compiledPolicy(
  `${POLICY.replace('services:', '  - domain: other.example.com\n    service: zrok\nservices:')}`,
);

const JA4 = 't13d101000_61a7ad8aa9b6_f9531d972513';
const hello = (name?: string): Beginning => ({
  kind: 'tls',
  hello: {
    ...(name === undefined ? {} : { serverName: parseName(name) }),
    alpn: [],
    ech: false,
    ja4: JA4,
  },
});
const http = (host?: string): Beginning => ({
  kind: 'http',
  method: 'GET',
  target: '/',
  ...(host === undefined ? {} : { host }),
});
const ssh: Beginning = { kind: 'ssh', software: 'OpenSSH_9.2' };
const other: Beginning = { kind: 'other', first: Uint8Array.of(1, 2, 3) };
const malformed: Beginning = { kind: 'malformed', reason: 'too long' };
const silent: Beginning = { kind: 'silent' };

const CLIENT = parseAddress('10.1.2.3');
const OBSERVED = parseAddress('10.9.2.3');
const destination = parseAddress('203.0.113.9');

/** What a gate that decides as ours does would tell of a connection. */
function atGate(
  lane: Lane,
  opening: Beginning,
  { client = CLIENT, rules = ruleset } = {},
): Attempt | undefined {
  const decision = opening.kind === 'silent' ? undefined : decide(rules, { client, lane, opening });
  const passed = decision !== undefined && decision.to !== 'nowhere';
  return attemptOfConnection(
    {
      point: 'gate',
      client,
      lane,
      destination,
      port: 443,
      opening,
      ...(decision ? { decision } : {}),
      answer: passed ? 'passed' : 'reset',
      ruleset: rules,
    },
    NOON,
  );
}

type Told = Partial<Attempt> | undefined;
const session = {
  name: 'connect.ngrok-agent.com',
  rule: 'ngrok/session/connect.ngrok-agent.com',
  service: 'ngrok',
  role: 'session',
};
const shared = { rule: 'TW-SNI', service: 'ngrok', verdict: 'blocked', answer: 'reset' } as const;

const gateCases: readonly {
  readonly when: string;
  readonly lane: Lane;
  readonly opening: Beginning;
  readonly with?: Parameters<typeof atGate>[2];
  readonly told: Told | Record<string, unknown>;
}[] = [
  ...(['shared', 'fronts'] as const).flatMap((lane) => [
    {
      when: 'a session name',
      lane,
      opening: hello('connect.ngrok-agent.com'),
      told: { ...session, type: 'TLS', ja4: JA4, verdict: 'blocked', answer: 'reset' },
    },
    {
      when: 'a session name of an observed client',
      lane,
      opening: hello('connect.ngrok-agent.com'),
      with: { client: OBSERVED },
      told: { ...session, type: 'TLS', ja4: JA4, verdict: 'observed', answer: 'passed' },
    },
    {
      when: 'a watched name',
      lane,
      opening: hello('abc.ngrok.app'),
      told: {
        ...{ name: 'abc.ngrok.app', type: 'TLS', ja4: JA4, rule: 'ngrok/endpoint/ngrok.app' },
        ...{ service: 'ngrok', role: 'endpoint', verdict: 'watched', answer: 'passed' },
      },
    },
    {
      when: 'the sanctioned ingress',
      lane,
      opening: hello('eu.tunnels.example.com'),
      told: {
        ...{ name: 'eu.tunnels.example.com', type: 'TLS', ja4: JA4, service: 'ngrok' },
        ...{ rule: 'ingress/tunnels.example.com', verdict: 'sanctioned', answer: 'passed' },
      },
    },
    {
      when: 'a name that is allowed, as many are',
      lane,
      opening: hello('partner.example.net'),
      told: undefined,
    },
  ]),
  {
    when: 'a name that no rule is about',
    lane: 'shared',
    opening: hello('www.example.org'),
    told: { ...shared, name: 'www.example.org', type: 'TLS', ja4: JA4 },
  },
  {
    when: 'no name',
    lane: 'shared',
    opening: hello(),
    told: { ...shared, type: 'TLS', ja4: JA4 },
  },
  { when: 'ssh', lane: 'shared', opening: ssh, told: { ...shared, type: 'SSH' } },
  {
    when: 'a request in clear, whose host is said',
    lane: 'shared',
    opening: http('www.Example.org:8080'),
    told: { ...shared, type: 'HTTP', name: 'www.example.org' },
  },
  {
    when: 'a request in clear to an address',
    lane: 'shared',
    opening: http('203.0.113.9:80'),
    told: { ...shared, type: 'HTTP' },
  },
  {
    when: 'a request in clear with a host that is nonsense',
    lane: 'shared',
    opening: http('[::1] ..'),
    told: { ...shared, type: 'HTTP' },
  },
  {
    when: 'TLS that is not sound',
    lane: 'shared',
    opening: malformed,
    told: { ...shared, type: 'TLS' },
  },
  { when: 'anything else', lane: 'shared', opening: other, told: { ...shared, type: 'OTHER' } },
  { when: 'nothing', lane: 'shared', opening: silent, told: { ...shared, type: 'OTHER' } },
  {
    when: 'ssh, where ways of two services are sanctioned',
    lane: 'shared',
    opening: ssh,
    with: { rules: ofTwo },
    told: { rule: 'TW-SNI', verdict: 'blocked', answer: 'reset', type: 'SSH' },
  },
  {
    when: 'ssh of an observed client',
    lane: 'shared',
    opening: ssh,
    with: { client: OBSERVED },
    told: { ...shared, type: 'SSH', verdict: 'observed', answer: 'passed' },
  },
  {
    when: 'ssh, which is nobody’s in particular',
    lane: 'fronts',
    opening: ssh,
    told: { rule: 'TW-SSH', type: 'SSH', verdict: 'blocked', answer: 'reset' },
  },
  {
    when: 'ssh of an observed client',
    lane: 'fronts',
    opening: ssh,
    with: { client: OBSERVED },
    told: { rule: 'TW-SSH', type: 'SSH', verdict: 'observed', answer: 'passed' },
  },
  ...[hello('www.example.org'), hello(), http('x.example'), malformed, other, silent].map(
    (opening) => ({
      when: `what passes there (${opening.kind})`,
      lane: 'fronts' as const,
      opening,
      told: undefined,
    }),
  ),
];

for (const { when, lane, opening, with: options, told } of gateCases) {
  test(`attemptOfConnection: at the gate for ${lane}, ${when}`, () => {
    const client = options?.client ?? CLIENT;
    const common = {
      ...{ time: NOON, client, point: 'gate', transport: 'tcp', destination, port: 443 },
    };
    assert.deepEqual(atGate(lane, opening, options), told && { ...common, ...told });
  });
}

const refusals: readonly {
  readonly when: string;
  readonly opening: Beginning;
  readonly client?: typeof CLIENT;
  readonly told: Record<string, unknown>;
}[] = [
  {
    when: 'a session name',
    opening: hello('connect.ngrok-agent.com'),
    told: { ...session, type: 'TLS', ja4: JA4 },
  },
  {
    when: 'the host of a request in clear',
    opening: http('a.evil.example.net'),
    told: { name: 'a.evil.example.net', type: 'HTTP', rule: 'block/evil.example.net' },
  },
  {
    when: 'a client that is only observed, and refused all the same',
    opening: hello('connect.ngrok-agent.com'),
    client: OBSERVED,
    told: { ...session, type: 'TLS', ja4: JA4 },
  },
  {
    when: 'a name that is not blocked (any more)',
    opening: hello('partner.example.net'),
    told: { name: 'partner.example.net', type: 'TLS', ja4: JA4, rule: 'TW-REFUSER' },
  },
  {
    when: 'a name that no rule is about',
    opening: hello('www.example.org'),
    told: { name: 'www.example.org', type: 'TLS', ja4: JA4, rule: 'TW-REFUSER' },
  },
  { when: 'ssh', opening: ssh, told: { type: 'SSH', rule: 'TW-REFUSER' } },
  { when: 'nothing', opening: silent, told: { type: 'OTHER', rule: 'TW-REFUSER' } },
];

for (const { when, opening, client = CLIENT, told } of refusals) {
  test(`attemptOfConnection: at the refuser, ${when}`, () => {
    const event = { point: 'refuser', client, opening, answer: 'alert', ruleset } as const;
    const common = { time: NOON, client, point: 'refuser', transport: 'tcp' };
    assert.deepEqual(attemptOfConnection(event, NOON), {
      ...common,
      ...told,
      verdict: 'blocked',
      answer: 'alert',
    });
  });
}
