import { ROOT } from '../../policy/name.ts';
import { type Address, isIpv4 } from '../../policy/network.ts';
import type { RefusalAnswer } from '../../policy/ruleset.ts';
import type { Backend, Plan } from '../backend.ts';
import { commentHeader } from '../header.ts';
import {
  type Effect,
  effectOf,
  openedWith,
  type Said,
  withReasons,
  type ZoneNode,
  zoneOf,
} from '../zone.ts';

const TITLE = 'Unbound local zones';

export const unboundBackend: Backend = {
  id: 'unbound',
  title: TITLE,
  enforces: ['dns-name', 'exact', 'exception', 'answer', 'watch'],
  sni: [],
  use: '`include: "…/tunnelwarden.conf"` in unbound.conf, then `unbound-checkconf` and `unbound-control reload`.',
  cannot: [
    'A local zone covers the names below it: one name refused without them gets NODATA where the policy says NXDOMAIN or REFUSED.',
    'All below a name cannot be refused without the name: it is refused as well, unless a rule allows or watches it; then all below stays open.',
    'Only what is asked is judged, not what an alias leads to: the RPZ zone does that, in Unbound too.',
    'Addresses in answers are not looked at; the RPZ zone does that.',
  ],
  print: (plan) => [{ path: 'tunnelwarden.conf', text: print(plan) }],
};

function print(plan: Plan): string {
  const { nodes, omitted } = zoneOf(plan.names, () => undefined);
  const said: Said[] = [];
  const rest = [...omitted];
  for (const node of nodes) {
    if (!node.said) continue; // the longest match decides, so nothing hides anything
    rest.push(...openedWith(node));
    const entry = node.own ?? node.below;
    for (const line of linesFor(node, plan.refusal)) said.push({ line: `  ${line}`, entry });
  }
  return `${[
    ...commentHeader(plan, TITLE, '#'),
    '#',
    '# Include it at the top level of unbound.conf, beside other server: clauses.',
    ...(said.some(({ line }) => line.includes(PLACEHOLDER))
      ? [
          '# A record of a private type makes a name exist, so that it has no data of any type that is',
          '# asked for, while the names below it are left alone.',
        ]
      : []),
    '',
    'server:',
    ...withReasons(said, rest, '  #'),
  ].join('\n')}\n`;
}

/** The zone's type and the records of the name itself. */
type LocalZone = { readonly type: string; readonly records: readonly string[] };

function linesFor(
  { name, own, below, inherited }: ZoneNode,
  refusal: Plan['refusal'],
): readonly string[] {
  const [at, under, above] = [effectOf(own), effectOf(below), effectOf(inherited)];
  // An exception where nothing is refused would only hide the admin's own local data.
  if (at === 'open' && under === 'open' && above === 'open') return [];
  const { type, records } =
    at === under || name === ROOT
      ? whole(under, refusal)
      : parted(at, under, own !== undefined, refusal);
  const owner = name === ROOT ? '.' : `${name}.`;
  return [
    `local-zone: "${owner}" ${type}`,
    ...records.map((record) => `local-data: "${owner} ${refusal.ttl} IN ${record}"`),
  ];
}

/** A name and all below it alike. */
function whole(effect: Effect, { addresses }: Plan['refusal']): LocalZone {
  switch (effect) {
    case 'open':
      return { type: 'always_transparent', records: [] };
    case 'watch':
      return { type: 'inform', records: [] };
    case 'nxdomain':
      return { type: 'always_nxdomain', records: [] };
    case 'nodata':
      return { type: 'always_nodata', records: [] };
    case 'refused':
      return { type: 'always_refuse', records: [] };
    case 'sinkhole':
      // Only `redirect` gives its records to the names below as well.
      return { type: 'redirect', records: addressRecords(addresses) };
  }
}

/** A name of another effect than the names below it. */
function parted(at: Effect, under: Effect, isRuled: boolean, refusal: Plan['refusal']): LocalZone {
  if (!isRefusal(at))
    return whole(isRefusal(under) && !isRuled ? under : widest(at, under), refusal);
  const records = at === 'sinkhole' ? addressRecords(refusal.addresses) : [PLACEHOLDER];
  if (under === 'open') return { type: 'transparent', records };
  if (under === 'watch') return { type: 'inform', records };
  // `static` refuses with NXDOMAIN what has no records; other pairs would need two zones.
  if (under === 'nxdomain' && at !== 'refused') return { type: 'static', records };
  return whole(under, refusal);
}

/** Of two effects that answer: what is watched at all is logged. */
function widest(at: Effect, under: Effect): Effect {
  return at === 'watch' || under === 'watch' ? 'watch' : 'open';
}

function isRefusal(effect: Effect): effect is RefusalAnswer {
  return effect !== 'open' && effect !== 'watch';
}

/**
 * A record of a type for private use (RFC 6895 3.1) that nobody asks for: the name exists then, so
 * every other type has no data, while the names below it are left alone.
 */
const PLACEHOLDER = 'TYPE65280 \\# 0';

function addressRecords(addresses: readonly Address[]): readonly string[] {
  if (addresses.length === 0) return [PLACEHOLDER];
  return addresses.map((address) => `${isIpv4(address) ? 'A' : 'AAAA'} ${address}`);
}
