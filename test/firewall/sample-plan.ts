import type { NameEntry, PacketEntry, Plan } from '../../src/firewall/backend.ts';
import type { Name } from '../../src/policy/name.ts';
import { parseAddress, parseNetwork } from '../../src/policy/network.ts';
import { parsePattern } from '../../src/policy/pattern.ts';

const name = (text: string) => text as Name;
const entry = (
  text: string,
  action: NameEntry['action'],
  more: Partial<NameEntry> = {},
): NameEntry => ({
  id: `ngrok/session/${text}`,
  pattern: parsePattern(text),
  action,
  answer: 'nxdomain',
  reason: 'ngrok opens tunnels through this name',
  service: 'ngrok',
  role: 'session',
  ...more,
});
const tcp443 = { number: 443, transport: 'tcp' } as const;
const udp443 = { number: 443, transport: 'udp' } as const;
const refuse = { kind: 'refuse' } as const;

/** A shared address asked by everyone, and a group (`guests`) with a set of its own. */
const entriesFor = (suffix: string): PacketEntry[] => {
  const id = (text: string) => (suffix === '' ? text : `${text}.${suffix}`);
  const set = (text: string) => ({ set: suffix === '' ? text : `${text}_${suffix}` });
  return [
    {
      id: id('TW-CRL'),
      to: set('support'),
      ports: [{ number: 80, transport: 'tcp' }],
      sparesExempt: false,
      deed: { kind: 'pass' },
      note: 'revocation lists of sanctioned agents',
    },
    {
      id: id('TW-SNI'),
      to: set('shared'),
      ports: [tcp443],
      sparesExempt: false,
      deed: { kind: 'look', otherwise: 'refuse' },
      note: 'only sanctioned TLS names pass',
    },
    {
      id: id('TW-SHARED'),
      to: set('shared'),
      ports: [],
      sparesExempt: false,
      deed: refuse,
      note: 'everything else at shared addresses',
    },
    {
      id: id('TW-DENY'),
      to: set('deny'),
      ports: [],
      sparesExempt: false,
      deed: refuse,
      note: 'addresses of blocked names',
    },
    {
      id: id('TW-CDN'),
      to: set('cdn'),
      ports: [tcp443],
      sparesExempt: false,
      deed: { kind: 'look', otherwise: 'pass' },
      note: 'blocked TLS names at fronts of many',
    },
    {
      id: id('TW-NET-1f2e3d4c'),
      to: { set: 'net_1f2e3d4c' },
      ports: [],
      sparesExempt: false,
      deed: refuse,
      note: 'addresses of cloudflare-tunnel',
    },
    {
      id: id('TW-WATCH-0a0b0c0d'),
      to: { set: 'net_0a0b0c0d' },
      ports: [{ number: 5000, last: 5100, transport: 'udp' }],
      sparesExempt: false,
      deed: { kind: 'record' },
      note: 'watched networks',
    },
    {
      id: id('TW-DOH'),
      to: { set: 'doh' },
      ports: [tcp443, udp443],
      sparesExempt: true,
      deed: refuse,
      note: 'public resolvers',
    },
    {
      id: id('TW-DOT'),
      to: { families: [4, 6] },
      ports: [
        { number: 853, transport: 'tcp' },
        { number: 853, transport: 'udp' },
      ],
      sparesExempt: true,
      deed: refuse,
      note: 'DNS over TLS and QUIC',
    },
    {
      id: id('TW-PORT-cloudflare-tunnel'),
      to: { families: [4, 6] },
      ports: [
        { number: 7844, transport: 'tcp' },
        { number: 7844, transport: 'udp' },
      ],
      sparesExempt: false,
      deed: refuse,
      note: 'ports only cloudflare-tunnel uses',
    },
  ];
};
const live = (id: string, texts: readonly string[], note: string) => ({
  id,
  live: true,
  networks: texts.map(parseNetwork),
  note,
});
const fixed = (id: string, texts: readonly string[], note: string) => ({
  id,
  live: false,
  networks: texts.map(parseNetwork),
  note,
});

/** A plan made by hand that holds one of everything a printer may meet. */
export const samplePlan: Plan = {
  organisation: { name: 'Example Corp', contact: 'it-help@example.com' },
  digest: '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  ingress: [name('tunnels.example.com')],
  refusal: {
    answer: 'nxdomain',
    addresses: [parseAddress('192.0.2.1'), parseAddress('2001:db8::1')],
    ttl: 30,
  },
  settings: {
    lan: ['lan0'],
    resolver: [],
    exempt: [parseNetwork('192.0.2.53'), parseNetwork('2001:db8:2::53')],
    gate: 9443,
    transparent: false,
    logGroup: 5,
    parts: ['capture', 'resolvers', 'addresses', 'sni', 'ports'],
    book: 'book.json',
  },
  names: [
    entry('tunnels.example.com', 'allow', {
      id: 'ingress/tunnels.example.com',
      reason: 'own ingress',
    }),
    entry('evil.example.net', 'block', {
      id: 'block/evil.example.net',
      reason: 'quote " backslash \\ newline\nsemi; $var',
      answer: 'sinkhole',
    }),
    entry('=exact.example.net', 'block', { id: 'block/=exact.example.net', answer: 'nodata' }),
    entry('ok.evil.example.net', 'allow', { id: 'allow/ok.evil.example.net' }),
    entry('watch.example.net', 'watch', { id: 'watch/watch.example.net' }),
    entry('connect.ngrok-agent.com', 'block'),
    entry('connect.*.ngrok-agent.com', 'block'),
    entry('=crl.ngrok-agent.com', 'allow', { role: 'support' }),
  ],
  packets: {
    dispatch: [
      { network: parseNetwork('192.0.2.128/25'), audience: 'guests' },
      { network: parseNetwork('2001:db8:9::/64'), audience: 'guests' },
    ],
    audiences: [
      {
        id: 'guests',
        networks: [parseNetwork('192.0.2.128/25'), parseNetwork('2001:db8:9::/64')],
        entries: entriesFor('guests'),
      },
      { id: 'everyone', networks: [], entries: entriesFor('') },
    ],
    sets: [
      fixed('dnsok', ['192.0.2.53', '2001:db8:2::53'], 'machines that may ask foreign resolvers'),
      ...['', '_guests'].flatMap((suffix) => [
        live(`support${suffix}`, ['198.51.100.80'], 'revocation lists'),
        live(
          `shared${suffix}`,
          ['198.51.100.20', '2001:db8:2::20'],
          'addresses that a sanctioned name shares',
        ),
        live(`deny${suffix}`, ['198.51.100.10', '2001:db8:2::10'], 'only blocked names live there'),
        live(`cdn${suffix}`, ['198.51.100.30'], 'fronts of many'),
      ]),
      fixed('net_1f2e3d4c', ['203.0.113.0/28', '2001:db8:77::/48'], 'cloudflare-tunnel'),
      fixed('net_0a0b0c0d', ['203.0.113.64/26'], 'watched'),
      fixed('doh', ['203.0.113.53', '2001:db8:53::53'], 'public resolvers'),
    ],
    capture: { to: [] },
    sni: 'gate',
    sanctioned: [name('tunnel.us.tunnels.example.com'), name('tunnels.example.com')],
  },
  networks: [parseNetwork('203.0.113.0/28'), parseNetwork('2001:db8:77::/48')],
  cannot: ['anything by its nature'],
  gaps: [{ about: 'connect.*.ngrok-agent.com', text: 'only known regions' }],
  collisions: [
    {
      address: parseAddress('198.51.100.20'),
      sanctioned: [name('tunnels.example.com')],
      blocked: ['connect.ngrok-agent.com'],
    },
  ],
};
