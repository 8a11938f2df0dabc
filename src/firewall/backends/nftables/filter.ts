import { isIpv4 } from '../../../policy/network.ts';
import type { PacketEntry, Plan } from '../../backend.ts';
import { PASS, PASS_SET } from '../../passing.ts';
import { REFUSER } from '../../refuser.ts';
import {
  comment,
  conditions,
  FAMILIES,
  ipOf,
  LAN,
  log,
  refusalChain,
  rule,
  SEEN,
  setName,
} from './words.ts';

/**
 * The chains of the forward hook. `accept` in them ends our table only: the admin's own chains are
 * still asked, so nothing is opened that they close.
 */
export function filterRules(plan: Plan): readonly string[] {
  const { packets, settings } = plan;
  return [
    rule('forward', `iifname != ${LAN(settings)} accept`),
    ...uncaptured(plan),
    ...(packets.refuser ? entryRules('forward', REFUSER, plan) : []),
    ...passing(plan),
    ...dispatch(plan, 'forward', 'clients'),
    ...packets.audiences.flatMap(({ id, entries }) =>
      entries.flatMap((entry) => entryRules(`clients_${id}`, entry, plan)),
    ),
    ...refusals(plan),
    ...(packets.sni === 'kernel' ? sniRules(plan) : []),
  ];
}

/** Whoever is excepted, before any audience is asked; the gate judges by itself what is led there. */
function passing({ packets }: Plan): readonly string[] {
  if (!packets.passes) return [];
  return FAMILIES.map((family) => {
    const ip = ipOf(family);
    const pair = `${ip} saddr . ${ip} daddr @${setName(PASS_SET, family)}`;
    return rule('forward', pair, 'counter accept', comment(PASS));
  });
}

const QUESTIONS: PacketEntry = {
  id: 'TW-DNS',
  to: { families: [4, 6] },
  ports: [
    { number: 53, transport: 'tcp' },
    { number: 53, transport: 'udp' },
  ],
  sparesExempt: true,
  deed: { kind: 'refuse' },
  note: 'the resolver has no address of this family',
};

/** Questions of a family that the resolver has no address of. */
function uncapturedEntry({ packets }: Plan): PacketEntry | undefined {
  const to = packets.capture?.to ?? [];
  const families = ([4, 6] as const).filter(
    (family) => !to.some((address) => isIpv4(address) === (family === 4)),
  );
  return to.length === 0 || families.length === 0 ? undefined : { ...QUESTIONS, to: { families } };
}

function uncaptured(plan: Plan): readonly string[] {
  const entry = uncapturedEntry(plan);
  return entry ? entryRules('forward', entry, plan) : [];
}

/** Sends each client to the chain of its audience, the narrowest network first. */
export function dispatch({ packets }: Plan, chain: string, prefix: string): readonly string[] {
  const { dispatch, audiences } = packets;
  const isThere = new Set(
    audiences.filter(({ entries }) => entries.length > 0).map(({ id }) => id),
  );
  const verdict = (id: string) => (isThere.has(id) ? `goto ${prefix}_${id}` : 'accept');
  return [
    ...dispatch.map(({ network, audience }) => {
      const family = network.octets.length === 4 ? 4 : 6;
      return rule(chain, `${ipOf(family)} saddr ${network.text} ${verdict(audience)}`);
    }),
    rule(chain, verdict('everyone')),
  ];
}

function entryRules(
  chain: string,
  entry: PacketEntry,
  { packets, settings }: Plan,
): readonly string[] {
  const { deed, id } = entry;
  const each = (...words: readonly string[]) =>
    conditions(entry).map((condition) => rule(chain, condition, ...words));
  switch (deed.kind) {
    case 'refuse':
      return each(`goto ${refusalChain(id)}`);
    case 'pass':
      return each('counter accept', comment(entry));
    case 'record':
      return conditions(entry).flatMap((condition) => [
        rule(chain, condition, log(id, settings.logGroup)),
        rule(chain, condition, 'counter', comment(entry)),
      ]);
    case 'look':
      // What the gate takes never comes here; what it did not take is for the next entry.
      return packets.sni === 'kernel' && deed.otherwise === 'refuse' ? each('goto sni') : [];
  }
}

/** One chain for each refusing entry, so that its log lines and counters bear its id. */
function refusals(plan: Plan): readonly string[] {
  const { packets, settings } = plan;
  const entries = [
    ...packets.audiences.flatMap(({ entries }) => entries),
    uncapturedEntry(plan),
    packets.refuser && REFUSER,
  ]
    .filter((entry) => entry !== undefined)
    .filter(({ deed }) => deed.kind === 'refuse' || (packets.sni === 'kernel' && isLook(deed)));
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  return [...byId.values()].flatMap((entry) => {
    const chain = refusalChain(entry.id);
    return [
      rule(chain, log(entry.id, settings.logGroup)),
      rule(chain, 'meta l4proto tcp counter reject with tcp reset', comment(entry)),
      rule(chain, 'counter reject with icmpx admin-prohibited', comment(entry)),
    ];
  });
}

function isLook(deed: PacketEntry['deed']): boolean {
  return deed.kind === 'look' && deed.otherwise === 'refuse';
}

/**
 * A connection is let through once its hello bore a sanctioned name, and reset at the first payload
 * that did not. `jump`, not `goto`: behind a `goto` an unknown name would meet the base chain's accept.
 * What has no payload (handshake, bare acknowledgements) passes; a load past the end matches nothing.
 */
function sniRules({ packets }: Plan): readonly string[] {
  const look = packets.audiences.flatMap(({ entries }) => entries).find(({ deed }) => isLook(deed));
  if (!look) return [];
  return [
    rule('sni', `ct mark and ${SEEN} == ${SEEN} accept`),
    rule('sni', '@ih,0,8 0x16 @ih,40,8 0x01 jump scan'),
    rule('sni', `@ih,0,8 0-255 goto ${refusalChain(look.id)}`),
    rule('sni', 'accept'),
  ];
}
