import { type Name, parseName } from '../policy/name.ts';
import { type Address, addressFromOctets, type Network, parseAddress } from '../policy/network.ts';
import type { Bypass, Transport, TunnelService } from '../policy/service.ts';
import { namesBy, networksBy, samplesOf, stepOf, tls, writtenOut } from './said.ts';
import type { Probe, Step, Way } from './step.ts';

/** A resolver that everyone knows, for services of which nothing more is known. */
const RESOLVER = { addresses: ['8.8.8.8', '8.8.4.4'], names: ['dns.google', 'dns.google.com'] };

const question = (name: Name): Probe => ({ kind: 'question', name });

/** The ways to learn where a session is, of which `dialled` are the names. */
export function questionSteps(
  { names, fallback }: TunnelService,
  dialled: readonly Name[],
  bypasses: readonly Bypass[],
): readonly Step[] {
  const anyRegion = names.filter(({ role, known }) => role === 'session' && known.length === 0);
  const asked = new Set([
    ...dialled,
    ...anyRegion.flatMap(({ pattern }) =>
      pattern.name.includes('*') ? writtenOut(pattern, ['x']) : [],
    ),
    ...namesBy(fallback, ['system-dns']),
  ]);
  const [first] = asked;
  const resolvers = addressesOr(networksBy(fallback, ['dns']));
  const overTls = addressesOr(networksBy(fallback, ['dot']));
  const overHttps = namesOr(namesBy(fallback, ['doh']));
  const servers = addressesOf(overHttps, bypasses);
  const files = namesBy(fallback, ['file']);
  const plain = first === undefined ? {} : { asks: first };
  const flow = (address: Address, transport: Transport, port: number): Probe => ({
    kind: 'flow',
    to: { address },
    transport,
    port,
  });
  return [
    ...stepOf(
      'system-dns',
      [...asked].map((name) => [question(name)]),
    ),
    ...stepOf(
      'foreign-dns',
      resolvers.flatMap((address) =>
        BOTH.map((transport) => [{ ...flow(address, transport, 53), ...plain }]),
      ),
    ),
    ...stepOf(
      'dot',
      overTls.flatMap((address) => BOTH.map((transport) => [flow(address, transport, 853)])),
    ),
    ...stepOf(
      'doh-name',
      overHttps.map((name) => fetch(name, addressesOf([name], bypasses)[0])),
    ),
    ...stepOf(
      'doh-address',
      servers.flatMap(({ address, name }) => [
        [{ ...flow(address, 'tcp', 443), opening: tls(name) }],
        [flow(address, 'udp', 443)],
      ]),
    ),
    ...stepOf(
      'file',
      files.map((name) => fetch(name)),
    ),
  ];
}

const BOTH = ['udp', 'tcp'] as const;

function addressesOr(networks: readonly Network[]): readonly Address[] {
  return networks.length === 0
    ? RESOLVER.addresses.map(parseAddress)
    : networks.map(({ octets }) => addressFromOctets(octets));
}

function namesOr(names: readonly Name[]): readonly Name[] {
  return names.length === 0 ? RESOLVER.names.map(parseName) : names;
}

/** Finds a web server by name and talks to it. */
function fetch(name: Name, known?: { readonly address: Address }): Way {
  const to = known ? { address: known.address } : { name };
  return [question(name), { kind: 'flow', to, transport: 'tcp', port: 443, opening: tls(name) }];
}

/** Addresses of the resolvers that bear one of the names. */
function addressesOf(names: readonly Name[], bypasses: readonly Bypass[]) {
  return bypasses.flatMap(({ names: own, networks }) => {
    const name = names.find((asked) => own.some(({ pattern }) => pattern.name === asked));
    return name === undefined ? [] : samplesOf(networks).map((address) => ({ address, name }));
  });
}
