import type { Lane } from '../../../policy/firewall.ts';
import { isIpv4 } from '../../../policy/network.ts';
import type { Audience, PacketEntry } from '../../backend.ts';
import { GATE_SET, laneOf, portOf } from '../../lanes.ts';
import { LOGGED } from '../../logged.ts';
import { sharedPorts } from '../../ports.ts';
import { REFUSER } from '../../refuser.ts';
import { dispatch } from './dispatch.ts';
import { isTransparent, needsGate } from './gate.ts';
import {
  audienceChain,
  BY_SOURCE,
  type Context,
  comment,
  HOOKS,
  inSet,
  log,
  lookMatches,
  type Match,
  matchesOf,
  notExempt,
  rule,
  type Table,
  tcpPorts,
} from './rules.ts';

const DIVERT = 'TW-DIVERT-SOCKET';
const QUESTIONS = { id: 'TW-DNS', note: 'questions to whichever resolver' };
/** What `ip rule` sends to the gate's socket. */
export const GATE_MARK = '0x1/0x1';

/** Questions go to the resolver, and TLS connections to the gate where it is reached by REDIRECT. */
export function natTable(context: Context): Table | undefined {
  const { packets, settings } = context;
  const looking = isTransparent(context) ? [] : lookingAudiences(context);
  if (!packets.capture && !packets.refuser && looking.length === 0) return undefined;
  const { hook, bySource } = dispatch(context, 'nat', looking);
  return {
    name: 'nat',
    chains: [HOOKS.nat, BY_SOURCE, ...looking.map(({ id }) => audienceChain(id))],
    rules: [
      ...hook,
      ...capture(context),
      ...refuser(context),
      ...(looking.length > 0 ? bySource : []),
      ...looking.flatMap((audience) =>
        interceptions(
          context,
          audience,
          (lane) => `-j REDIRECT --to-ports ${portOf(settings, lane)}`,
        ),
      ),
    ],
  };
}

/** TLS connections go to the gate as they are. */
export function mangleTable(context: Context): Table | undefined {
  const looking = isTransparent(context) ? lookingAudiences(context) : [];
  if (looking.length === 0) return undefined;
  const { hook, bySource } = dispatch(context, 'mangle', looking);
  const tproxy = (lane: Lane) =>
    `-j TPROXY --on-port ${portOf(context.settings, lane)} --tproxy-mark ${GATE_MARK}`;
  return {
    name: 'mangle',
    chains: [HOOKS.mangle, BY_SOURCE, ...looking.map(({ id }) => audienceChain(id)), DIVERT],
    rules: [
      ...hook,
      // Connections that the gate has already; then only new ones: a running one that it knows
      // nothing of is left to the filter table.
      rule(BY_SOURCE, '-p tcp -m socket --transparent -g', DIVERT),
      rule(BY_SOURCE, '-m conntrack ! --ctstate NEW -j RETURN'),
      ...refuserMatches(context).map(({ words }) => rule(BY_SOURCE, words, '-j RETURN')),
      ...bySource,
      ...looking.flatMap((audience) => interceptions(context, audience, tproxy)),
      rule(DIVERT, '-j MARK --set-xmark', GATE_MARK),
      rule(DIVERT, '-j ACCEPT'),
    ],
  };
}

function capture(context: Context): readonly string[] {
  const to = context.packets.capture?.to;
  if (!to) return [];
  const resolver = to.find((address) => isIpv4(address) === (context.family === 4));
  // Without an address of this family the filter table refuses.
  if (to.length > 0 && resolver === undefined) return [];
  const target =
    resolver === undefined ? '-j REDIRECT --to-ports 53' : `-j DNAT --to-destination ${resolver}`;
  return ['udp', 'tcp'].flatMap((transport) => {
    const asks = [`-p ${transport} -m ${transport} --dport 53`, notExempt(context)] as const;
    return [
      // Whoever asks another resolver goes round ours, or tries to.
      rule(
        BY_SOURCE,
        ...asks,
        '-m addrtype ! --dst-type LOCAL',
        log(context, QUESTIONS, LOGGED.question),
      ),
      rule(BY_SOURCE, ...asks, comment(QUESTIONS), target),
    ];
  });
}

/** Whoever asks: the exempt, too, come there by a name that was refused. */
function refuser(context: Context): readonly string[] {
  const about = comment({ id: REFUSER.id, note: 'connections come to the refuser' });
  return refuserMatches(context).map(({ words }) =>
    rule(
      BY_SOURCE,
      '-p tcp',
      words,
      about,
      `-j REDIRECT --to-ports ${context.packets.refuser?.port}`,
    ),
  );
}

function refuserMatches(context: Context): readonly Match[] {
  return context.packets.refuser ? matchesOf(context, REFUSER, []) : [];
}

function lookingAudiences({ packets, settings }: Context): readonly Audience[] {
  if (packets.sni !== 'gate' || settings.gate === undefined) return [];
  return packets.audiences.filter(({ entries }) => entries.some(isLook));
}

const isLook = ({ deed }: PacketEntry): boolean => deed.kind === 'look';

/**
 * The filter table never sees what is sent to the gate, so what an earlier entry says of the same
 * packets has to be heard here: one that decides leaves them to the filter table, one that records
 * is followed at once.
 */
function interceptions(
  context: Context,
  { id, entries }: Audience,
  targetOf: (lane: Lane) => string,
): readonly string[] {
  const chain = audienceChain(id);
  return entries.flatMap((look, index) => {
    const lane = laneOf(look.deed);
    if (!lane) return [];
    const alive = needsGate(context, lane) ? `-m set --match-set ${GATE_SET} dst` : '';
    const earlier = entries.slice(0, index).filter((entry) => !isLook(entry));
    return [
      ...earlier.flatMap((entry) => earlierRules(context, chain, entry, look, alive)),
      ...lookMatches(context, look).map(({ words }) =>
        rule(chain, words, alive, comment(look), targetOf(lane)),
      ),
    ];
  });
}

function earlierRules(
  context: Context,
  chain: string,
  entry: PacketEntry,
  look: PacketEntry,
  alive: string,
): readonly string[] {
  const both = sharedPorts(entry.ports, tcpPorts(look));
  if (both.length === 0) return [];
  const there = 'set' in look.to ? inSet(context, look.to.set, 'dst') : '';
  return matchesOf(context, entry, both).flatMap(({ words }) =>
    entry.deed.kind === 'record'
      ? [comment(entry), log(context, entry)].map((deed) => rule(chain, words, there, alive, deed))
      : [rule(chain, words, there, comment(entry), '-j RETURN')],
  );
}
