import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ADDRESSES, createLab, type Lab } from './lab.ts';
import { type Scope, start } from './process.ts';
import { ENVIRONMENT } from './requirements.ts';
import { type Certificates, makeCertificates } from './tls.ts';
import { folder } from './tunnelwarden.ts';
import { a, aaaa, startUpstream, type Upstream, type Zone } from './upstream.ts';

/** Who lives where, all of it in one namespace: whatever is asked there answers with the site's name. */
export const SITES = {
  /** ngrok's edge, where the organisation's own ingress lives as well. */
  shared: ADDRESSES.ngrok,
  /** A second one, of a region. */
  regional: ['203.0.113.30'],
  /** ngrok's edge and nobody else's. */
  denied: ADDRESSES.sanctioned,
  google: ['8.8.8.8', '8.8.4.4'],
  cloudflareDns: ['1.1.1.1'],
  s3: ['203.0.113.33'],
  /** One address of many customers. */
  cdn: ['104.16.0.10', '2606:4700::10'],
  cloudflared: ['198.41.192.7'],
  pinggy: ['203.0.113.44'],
  proxy: ['203.0.113.40'],
  shop: ['203.0.113.50'],
} as const;
export type Site = keyof typeof SITES;

export const SANCTIONED = 'tunnels.example.com';
export const REGIONAL = 'tunnel.us.tunnels.example.com';
export const DEFAULT_DOOR = 'connect.ngrok-agent.com';
/** What agents before 3.3 dial; those before 3 a region's. */
export const OLD_DOOR = 'tunnel.ngrok.com';
export const OLDEST_DOOR = 'tunnel.us.ngrok.com';
/** Customers of the front: one that a policy blocks, and one that it says nothing of. */
export const BLOCKED_CUSTOMER = 'loca.lt';
export const CUSTOMER = 'www.example.net';
export const SHOP = 'www.example.org';
export const PROXY_PORT = 3128;

const at = (...sites: readonly Site[]) =>
  sites.flatMap((site) =>
    SITES[site].map((address) => (address.includes(':') ? aaaa(address) : a(address))),
  );

/** The truth about names, as every resolver out there tells it. */
export const ZONE: Zone = {
  [DEFAULT_DOOR]: at('shared'),
  'connect.us.ngrok-agent.com': at('regional'),
  [OLD_DOOR]: at('denied'),
  [OLDEST_DOOR]: at('shared'),
  [SANCTIONED]: at('shared'),
  [REGIONAL]: at('regional'),
  'dns.google': at('google'),
  'dns.google.com': at('google'),
  'cloudflare-dns.com': at('cloudflareDns'),
  's3.amazonaws.com': at('s3'),
  [BLOCKED_CUSTOMER]: at('cdn'),
  [CUSTOMER]: at('cdn'),
  'region1.v2.argotunnel.com': at('cloudflared'),
  'pinggy.io': at('pinggy'),
  [SHOP]: at('shop'),
};

/** What the internet saw of one TLS session. */
export type SessionSeen = {
  readonly from: string;
  readonly to: string;
  readonly site: string;
  readonly sni: string | undefined;
  /** The first octets sent inside, in hex. */
  readonly first: string;
};

export type InternetSettings = {
  readonly certificate: string;
  readonly key: string;
  readonly sites: Readonly<Record<string, string>>;
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  /** Whom the proxy and the web of resolvers ask. */
  readonly resolver: string;
  /** The file of addresses by name. */
  readonly list: Readonly<Record<string, readonly string[]>>;
};

export type Internet = {
  readonly lab: Lab;
  readonly certificates: Certificates;
  /** The gateway's own upstream, and everybody else's resolver. */
  readonly upstream: Upstream;
  readonly foreign: Upstream;
  /** Sessions since the last time. */
  readonly seen: () => Promise<readonly SessionSeen[]>;
};

/** The lab with an internet that has ngrok, its neighbours, public resolvers and a front of many. */
export async function createInternet(scope: Scope): Promise<Internet> {
  const lab = createLab(scope);
  route(lab);
  const inside = { within: lab.internet.within };
  const certificates = makeCertificates(folder(scope), ...Object.keys(ZONE));
  const dns = (addresses: readonly string[]) =>
    startUpstream(
      scope,
      { zone: ZONE, listen: addresses.map((address) => ({ address, port: 53 })) },
      inside,
    );
  const [upstream, foreign] = await Promise.all([
    dns([ADDRESSES.resolver[0]]),
    dns([...SITES.google, ...SITES.cloudflareDns]),
  ]);
  const settings: InternetSettings = {
    certificate: certificates.certificate,
    key: certificates.key,
    sites: Object.fromEntries(
      Object.entries(SITES).flatMap(([site, addresses]) =>
        addresses.map((address) => [address, site]),
      ),
    ),
    tcp: [22, 80, 443, 853, 7844, PROXY_PORT],
    udp: [443, 853, 7844],
    resolver: SITES.google[0],
    list: Object.fromEntries(
      [DEFAULT_DOOR, OLD_DOOR, OLDEST_DOOR].map((name) => [
        name,
        (ZONE[name] ?? []).map(({ data }) => String(data)),
      ]),
    ),
  };
  const program = fileURLToPath(new URL('programs/internet.ts', import.meta.url));
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  const child = start(scope, process.execPath, [program], inside, [...stdio]);
  child.send(settings);
  await once(child, 'message');
  return {
    ...{ lab, certificates, upstream, foreign },
    seen: async () => {
      child.send('seen');
      return (await once(child, 'message'))[0];
    },
  };
}

/** Everything that is not the gateway's neighbour is reached through it, and lives on the internet's loopback. */
function route({ gateway, internet }: Lab): void {
  const inside = (name: string, lines: readonly string[]) =>
    execFileSync('ip', ['-n', name, '-batch', '-'], {
      input: `${lines.join('\n')}\n`,
      stdio: ['pipe', 'ignore', 'pipe'],
      env: ENVIRONMENT,
    });
  const near: readonly string[] = [...ADDRESSES.ngrok, ...ADDRESSES.sanctioned];
  const far = Object.values(SITES)
    .flat()
    .filter((address) => !near.includes(address));
  inside(
    internet.name,
    far.map((address) =>
      address.includes(':')
        ? `addr add ${address}/128 dev lo nodad`
        : `addr add ${address}/32 dev lo`,
    ),
  );
  inside(
    gateway.name,
    ADDRESSES.resolver.map((address) => `route add default via ${address}`),
  );
  // Errors are rate limited for each peer (RFC 1812 4.3.2.8), and here one client tries everything at once.
  const unlimited = ['ipv4/icmp_ratelimit', 'ipv6/icmp/ratelimit'].map(
    (path) => `echo 0 > /proc/sys/net/${path}`,
  );
  execFileSync('ip', ['netns', 'exec', gateway.name, 'sh', '-c', unlimited.join('; ')], {
    env: ENVIRONMENT,
  });
}
