import { MAX_NAME, type Name, nameToWire, ROOT } from '../../policy/name.ts';
import { type Address, isIpv4, type Network } from '../../policy/network.ts';
import type { Backend, NameEntry, Plan } from '../backend.ts';
import { blocksOf } from '../blocks.ts';
import { commentHeader } from '../header.ts';
import { effectOf, type Said, withReasons, type ZoneNode, zoneOf } from '../zone.ts';

/** The zone's name, where the server's configuration is ours to write. */
export const RPZ_ORIGIN = 'tunnelwarden.rpz';

/** What owners in the zone end with: the origin's labels, without the root's octet. */
const ORIGIN_OCTETS = nameToWire(RPZ_ORIGIN as Name).length - 1;

/** Owners with these labels at their end are triggers of other kinds, not names. */
const TRIGGER = /(?:^|\.)rpz-[^.]*$/;

const TITLE = 'RPZ zone';

export const rpzBackend: Backend = {
  id: 'rpz',
  title: TITLE,
  enforces: ['dns-name', 'exact', 'exception', 'answer', 'watch', 'networks'],
  sni: [],
  use: 'Any server that takes response policy zones (Unbound, Knot Resolver, PowerDNS Recursor, Infoblox) loads `db.tunnelwarden.rpz` as such a zone.',
  cannot: [
    'RPZ has no REFUSED: names that the policy answers so get NXDOMAIN.',
    'Watched and allowed names are both rpz-passthru: the server logs them alike, and records nothing more.',
    'Unbound 1.17 looks at the addresses of allowed names all the same; BIND does not.',
    'The question for the root itself cannot be named.',
  ],
  print: (plan) => [{ path: `db.${RPZ_ORIGIN}`, text: rpzZone(plan, TITLE) }],
};

/** The zone as a master file, relative to whatever name it is loaded under. */
export function rpzZone(plan: Plan, title: string): string {
  const { ttl } = plan.refusal;
  const { nodes, omitted } = zoneOf(plan.names, unsayable);
  const networks = blocksOf(plan.networks, (network) => {
    const owner = triggerOf(network);
    return recordsFor(plan.refusal.answer, plan.refusal.addresses).map(
      (record) => `${owner} ${record}`,
    );
  });
  return `${[
    ...commentHeader(plan, title, ';'),
    ';',
    ...USE.map((line) => `; ${line}`),
    '',
    `$TTL ${ttl}`,
    `@ IN SOA localhost. nobody.invalid. ${serialOf(plan.digest)} 3600 600 604800 ${ttl}`,
    '@ IN NS localhost.',
    '',
    ...withReasons(saidOf(nodes, plan), omitted, ';'),
    ...(networks.length > 0 ? ['', '; answers that hold an address of blocked networks'] : []),
    ...networks,
  ].join('\n')}\n`;
}

/** Names and the wildcards below them, one after another, as a zone of many is long. */
function* saidOf(nodes: readonly ZoneNode[], { refusal }: Plan): Iterable<Said> {
  for (const { name, own, below, said } of nodes) {
    if (name !== ROOT) yield* recordsAt(name, own, said, refusal);
    // A wildcard does not cover the name that it stands below: both lines are needed.
    const wildcard = name === ROOT ? '*' : `*.${name}`;
    if (name === ROOT || wireLength(name) + 2 + ORIGIN_OCTETS <= MAX_NAME) {
      yield* recordsAt(wildcard, below, said, refusal);
    }
  }
}

function recordsAt(
  owner: string,
  entry: NameEntry | undefined,
  isSaid: boolean,
  { addresses }: Plan['refusal'],
): readonly Said[] {
  if (entry === undefined) return [];
  return recordsFor(effectOf(entry), addresses).map((record) => ({
    line: `${owner} ${record}`,
    entry: isSaid ? entry : undefined,
  }));
}

const USE: readonly string[] = [
  `Owners are relative: load it as ${RPZ_ORIGIN}, or by any name that is no longer.`,
  'BIND:    response-policy { zone "tunnelwarden.rpz"; } qname-wait-recurse no break-dnssec yes;',
  '         and in the zone statement: check-names ignore; (a refused name may have an underscore)',
  'Unbound: module-config: "respip validator iterator", and rpz: with name: and zonefile:.',
  'The serial is the beginning of the policy digest, so an unchanged policy is an unchanged file and',
  'the SOA tells which policy is loaded. It may run backwards: a primary that reads the file takes it',
  'nevertheless, a secondary only with a fresh transfer (rndc retransfer), RFC 1982.',
];

/** Never 0, which secondaries of old take for "no serial yet". */
function serialOf(digest: string): number {
  return Number.parseInt(digest.slice(0, 8), 16) || 1;
}

function unsayable(name: Name): string | undefined {
  if (TRIGGER.test(name)) return 'a name that ends so is a trigger of another kind in RPZ';
  return wireLength(name) + ORIGIN_OCTETS > MAX_NAME
    ? `with the zone's name behind it, it is over ${MAX_NAME} octets`
    : undefined;
}

/** Text is never shorter than the wire, but for the first length octet and the root's. */
function wireLength(name: Name): number {
  const most = name.length + 2;
  return most + ORIGIN_OCTETS + 2 <= MAX_NAME ? most : nameToWire(name).length;
}

/** Record data for an effect; allowed and watched names go past the zone, and past zones behind it. */
function recordsFor(
  effect: ReturnType<typeof effectOf>,
  addresses: readonly Address[],
): readonly string[] {
  switch (effect) {
    case 'open':
    case 'watch':
      return PASSTHRU;
    case 'nodata':
      return NODATA;
    case 'nxdomain':
    case 'refused':
      return NXDOMAIN;
    case 'sinkhole':
      // Other types, and a family without an address, get no data.
      return addresses.length === 0
        ? NODATA
        : addresses.map((address) => `${isIpv4(address) ? 'A' : 'AAAA'} ${address}`);
  }
}

const PASSTHRU = ['CNAME rpz-passthru.'];
const NXDOMAIN = ['CNAME .'];
const NODATA = ['CNAME *.'];

/** `28.0.113.0.203.rpz-ip`: the length, then the address from its end; `zz` stands for `::`. */
export function triggerOf({ octets, length, text }: Network): string {
  if (octets.length === 4) return `${length}.${octets.toReversed().join('.')}.rpz-ip`;
  const groups = (text.split('/')[0] as string)
    .replace('::', ':zz:')
    .split(':')
    .filter((group) => group !== '');
  return `${length}.${groups.reverse().join('.')}.rpz-ip`;
}
