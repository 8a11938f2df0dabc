import type { Attempt } from '../attempts/attempt.ts';
import { parseName } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';

/** Something that a client does: equal attempts, so many, over so many milliseconds from `at` on. */
export type Act = {
  readonly attempt: Attempt;
  readonly count: number;
  readonly lasts: number;
};

/** What happens when somebody starts something: acts from a time on, in milliseconds since the epoch. */
export type Scene = (client: Address, time: number) => readonly Act[];

type Common = { readonly client: Address; readonly time: number };
type Tries = { readonly count?: number; readonly lasts?: number };

function act(attempt: Attempt, { count = 1, lasts = 0 }: Tries): Act {
  return { attempt, count, lasts };
}

/** The policy's rule about a service's name stands for all below it. */
function asked(
  { client, time }: Common,
  service: string,
  name: string,
  tries: Tries & Partial<Attempt> & { readonly rule: string },
): Act {
  const { count, lasts, ...different } = tries;
  const attempt: Attempt = {
    ...{ time, client, service, point: 'resolver', transport: 'udp', type: 'A', role: 'session' },
    name: parseName(name),
    verdict: 'blocked',
    answer: 'nxdomain',
    ...different,
  };
  return act(attempt, { ...(count ? { count } : {}), ...(lasts ? { lasts } : {}) });
}

/** A packet that the packet filter refused. */
function packet(
  { client, time }: Common,
  rule: string,
  port: number,
  different: Tries & Partial<Attempt>,
): Act {
  const { count, lasts, ...rest } = different;
  const attempt: Attempt = {
    ...{ time, client, rule, port, point: 'firewall', transport: 'tcp', type: 'PACKET' },
    destination: parseAddress('198.51.100.20'),
    verdict: 'blocked',
    answer: 'reset',
    ...rest,
  };
  return act(attempt, { ...(count ? { count } : {}), ...(lasts ? { lasts } : {}) });
}

const NGROK = { rule: 'ngrok/session/connect.ngrok-agent.com' };
const NGROK_NAME = 'connect.ngrok-agent.com';
const at = (client: Address, time: number): Common => ({ client, time });

/** An agent that asks by name, is refused, and is given up after some minutes. */
const ngrokAsks: Scene = (client, time) => [
  asked(at(client, time), 'ngrok', NGROK_NAME, { ...NGROK, count: 6, lasts: 50_000 }),
  asked(at(client, time + 100), 'ngrok', NGROK_NAME, {
    ...NGROK,
    type: 'AAAA',
    count: 6,
    lasts: 50_000,
  }),
];

/** One that goes all the ways round there are. */
const ngrokPersists: Scene = (client, time) => [
  ...ngrokAsks(client, time),
  packet(at(client, time + 900), 'TW-DNS', 53, {
    ...{ transport: 'udp', service: 'ngrok', role: 'session', name: parseName(NGROK_NAME) },
    ...{ destination: parseAddress('203.0.113.53'), count: 4, lasts: 9000 },
  }),
  asked(at(client, time + 1800), 'ngrok', 'dns.google', {
    ...{ rule: 'ngrok/doh/dns.google', role: 'bypass', count: 3, lasts: 8000 },
  }),
  asked(at(client, time + 2500), 'ngrok', 's3.amazonaws.com', {
    ...{ rule: 'ngrok/bypass/=s3.amazonaws.com', role: 'bypass', count: 2, lasts: 4000 },
  }),
  packet(at(client, time + 4200), 'TW-DENY', 443, { service: 'ngrok', count: 31, lasts: 55_000 }),
  {
    attempt: {
      ...{ client, time: time + 5200, point: 'gate', transport: 'tcp', type: 'TLS', port: 443 },
      name: parseName('www.example.com'),
      destination: parseAddress('198.51.100.20'),
      ...{ rule: 'TW-SNI', service: 'ngrok', verdict: 'blocked', answer: 'reset' },
      ja4: 't13d1516h2_8daaf6152771_e5627efa2ab1',
    },
    count: 9,
    lasts: 40_000,
  },
];

/** In a lab that is only observed, one gets through. */
const ngrokObserved: Scene = (client, time) => [
  asked(at(client, time), 'ngrok', NGROK_NAME, {
    ...{ ...NGROK, verdict: 'observed', answer: 'answered', count: 2, lasts: 1500 },
  }),
];

const cloudflare: Scene = (client, time) => [
  asked(at(client, time), 'cloudflare-tunnel', 'region1.v2.argotunnel.com', {
    ...{ rule: 'cloudflare-tunnel/session/argotunnel.com', count: 5, lasts: 30_000 },
  }),
  packet(at(client, time + 1200), 'TW-DOT', 853, {
    ...{
      service: 'cloudflare-tunnel',
      destination: parseAddress('203.0.113.53'),
      count: 3,
      lasts: 9000,
    },
  }),
  packet(at(client, time + 3600), 'TW-DENY', 7844, {
    ...{ transport: 'udp', service: 'cloudflare-tunnel', answer: 'unreachable', count: 14 },
    ...{ destination: parseAddress('198.51.100.77'), lasts: 52_000 },
  }),
];

/** A machine on which it is installed, and starts again and again. */
const tailscale: Scene = (client, time) =>
  [0, 1, 2, 3, 4].map((round) =>
    asked(at(client, time + round * 1_200_000), 'tailscale', 'controlplane.tailscale.com', {
      ...{ rule: 'tailscale/session/tailscale.com', count: 17, lasts: 58_000 },
    }),
  );

const ssh: Scene = (client, time) => [
  asked(at(client, time), 'localhost-run', 'localhost.run', {
    ...{ rule: 'localhost-run/session/localhost.run', count: 2, lasts: 2000 },
  }),
  packet(at(client, time + 1500), 'TW-DENY', 22, {
    ...{
      service: 'localhost-run',
      destination: parseAddress('198.51.100.52'),
      count: 3,
      lasts: 20_000,
    },
  }),
];

const game: Scene = (client, time) => [
  asked(at(client, time), 'playit', 'api.playit.gg', {
    ...{ rule: 'playit/session/playit.gg', count: 8, lasts: 45_000 },
  }),
];

/** Somebody follows a link to what others publish. */
const visit: Scene = (client, time) => [
  asked(at(client, time), 'ngrok', 'quiet-otter.ngrok-free.app', {
    ...{
      rule: 'ngrok/endpoint/ngrok-free.app',
      role: 'endpoint',
      verdict: 'watched',
      answer: 'answered',
    },
  }),
];

const download: Scene = (client, time) => [
  asked(at(client, time), 'pinggy', 'download.pinggy.example', {
    ...{ rule: 'pinggy/download/pinggy.example', role: 'download', verdict: 'watched' },
    answer: 'answered',
  }),
];

const resolver: Scene = (client, time) => [
  act(
    {
      ...{ client, time, point: 'resolver', transport: 'udp', type: 'HTTPS', role: 'bypass' },
      name: parseName('dns.example.net'),
      ...{ rule: 'bypass/example/dns.example.net', verdict: 'blocked', answer: 'nxdomain' },
    },
    { count: 3, lasts: 10_000 },
  ),
];

/** The way the organisation wants. */
const sanctioned: Scene = (client, time) => [
  act(
    {
      ...{ client, time, point: 'resolver', transport: 'udp', type: 'A', service: 'ngrok' },
      name: parseName('connect.tunnels.example.com'),
      ...{ rule: 'ingress/tunnels.example.com', verdict: 'sanctioned', answer: 'answered' },
    },
    { count: 2, lasts: 30_000 },
  ),
];

/** As often as they are listed. */
export const DEMO_SCENES: readonly Scene[] = [
  ...[ngrokAsks, ngrokAsks, ngrokAsks, ngrokPersists, ngrokPersists, ngrokObserved],
  ...[cloudflare, cloudflare, tailscale, ssh, game, visit, visit, download, resolver, sanctioned],
];
