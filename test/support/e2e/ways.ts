import type { Act, TlsDial, Wire } from './acts.ts';
import {
  BLOCKED_CUSTOMER,
  DEFAULT_DOOR,
  OLD_DOOR,
  OLDEST_DOOR,
  PROXY_PORT,
  SANCTIONED,
  SHOP,
  SITES,
} from './internet.ts';

/** What a client of a service does for each step of `tunnelwarden closure`, told apart from how that finds them. */
export type Ways = Readonly<Record<string, readonly Act[]>>;

type Door = {
  /** Addresses that agents have, however they came by them. */
  readonly addresses: readonly string[];
  readonly port?: number;
  readonly sni: string;
  readonly reversed: string;
  /** The sanctioned ingress of the same service. */
  readonly ingress?: string;
};

const [GOOGLE] = SITES.google;

/** Ways to learn an address, by a public resolver at these addresses, of this name. */
function questions(
  names: readonly string[],
  { plain, tls, web }: Readonly<Record<'plain' | 'tls' | 'web', readonly string[]>>,
): Ways {
  const [name = ''] = names;
  const hosts = ['dns.google.com', 'dns.google'];
  return {
    'system-dns': names.map((name): Act => ({ does: 'lookup', name })),
    'foreign-dns': plain.flatMap((server) =>
      (['udp', 'tcp'] as const).map((over): Act => ({ does: 'ask', server, over, name })),
    ),
    dot: tls.flatMap((server): readonly Act[] => [
      { does: 'ask', server, over: 'tls', name },
      { does: 'udp', host: server, port: 853 },
    ]),
    'doh-name': hosts.map((host): Act => ({ does: 'doh', host, name })),
    'doh-address': web.flatMap((at): readonly Act[] => [
      { does: 'doh', host: 'dns.google', at, name },
      { does: 'udp', host: at, port: 443 },
    ]),
  };
}

/** The session at some addresses, in all disguises. */
function sessions({ addresses, port = 443, sni, reversed, ingress }: Door): Ways {
  const dials = (sni: string | undefined, wire: Wire = 'whole') =>
    addresses.map((host): Act => ({ does: 'tls', host, port, sni, wire }));
  return {
    'session-name': dials(sni),
    'session-fragmented': [...dials(sni, 'segments'), ...dials(sni, 'records')],
    'session-decoy': dials(sni, { decoy: SANCTIONED }),
    'session-address': dials(undefined),
    'session-foreign-sni': dials(SHOP),
    'session-reversed-sni': dials(reversed),
    ...(ingress === undefined ? {} : { 'session-sanctioned-sni': dials(ingress) }),
  };
}

const plainly = (does: 'udp' | 'ssh', addresses: readonly string[], port: number) =>
  addresses.map((host): Act => ({ does, host, port }));

/** Somebody's proxy out there, who knows nothing of this network's policy. */
const proxied = (to: TlsDial): Ways => ({
  proxy: [{ does: 'proxy', proxy: SITES.proxy[0], port: PROXY_PORT, to }],
});

const google = { plain: SITES.google, tls: SITES.google, web: [GOOGLE] };

const edges = [...SITES.shared, ...SITES.regional, ...SITES.denied];

export const NGROK: Ways = {
  ...questions([DEFAULT_DOOR, OLD_DOOR, OLDEST_DOOR], google),
  file: [{ does: 'file', host: 's3.amazonaws.com' }],
  ...sessions({
    addresses: edges,
    sni: DEFAULT_DOOR,
    reversed: 'korgn.su.lennut.com',
    ingress: SANCTIONED,
  }),
  quic: plainly('udp', edges, 443),
  'ssh-22': plainly('ssh', edges, 22),
  'ssh-443': plainly('ssh', edges, 443),
  ...proxied({ host: DEFAULT_DOOR, port: 443, sni: DEFAULT_DOOR }),
};

/** Its agents have addresses built in, and a port of their own. */
export const CLOUDFLARED: Ways = {
  ...questions(['region1.v2.argotunnel.com', '_v2-origintunneld._tcp.argotunnel.com'], {
    ...google,
    tls: SITES.cloudflareDns,
  }),
  ...sessions({
    addresses: SITES.cloudflared,
    port: 7844,
    sni: 'region1.v2.argotunnel.com',
    reversed: 'h2.cftunnel.com',
  }),
  quic: plainly('udp', SITES.cloudflared, 7844),
  'ssh-22': plainly('ssh', SITES.cloudflared, 22),
  'ssh-443': plainly('ssh', SITES.cloudflared, 443),
  ...proxied({ host: SITES.cloudflared[0], port: 7844, sni: 'h2.cftunnel.com' }),
};

/** One customer of many at its address. */
export const LOCALTUNNEL: Ways = {
  ...questions([BLOCKED_CUSTOMER], google),
  ...sessions({ addresses: SITES.cdn, sni: BLOCKED_CUSTOMER, reversed: 'acol.tl' }),
  quic: plainly('udp', SITES.cdn, 443),
  'ssh-22': plainly('ssh', SITES.cdn, 22),
  'ssh-443': plainly('ssh', SITES.cdn, 443),
  ...proxied({ host: BLOCKED_CUSTOMER, port: 443, sni: BLOCKED_CUSTOMER }),
};

/** Plain ssh, on every port where something else is expected. */
export const PINGGY: Ways = {
  ...questions(['pinggy.io'], google),
  ...sessions({ addresses: SITES.pinggy, sni: 'pinggy.io', reversed: 'yggnip.oi' }),
  quic: plainly('udp', SITES.pinggy, 443),
  'ssh-22': plainly('ssh', SITES.pinggy, 22),
  'ssh-80': plainly('ssh', SITES.pinggy, 80),
  'ssh-443': plainly('ssh', SITES.pinggy, 443),
  ...proxied({ host: 'pinggy.io', port: 443, sni: 'pinggy.io' }),
};
