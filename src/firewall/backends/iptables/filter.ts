import { labelsOf, type Name } from '../../../policy/name.ts';
import { isIpv4 } from '../../../policy/network.ts';
import type { Audience, PacketEntry } from '../../backend.ts';
import { PASS, PASS_SET } from '../../passing.ts';
import { REFUSER } from '../../refuser.ts';
import { dispatch } from './dispatch.ts';
import {
  audienceChain,
  BY_SOURCE,
  type Context,
  comment,
  HOOKS,
  log,
  lookMatches,
  type Match,
  matchesOf,
  rule,
  type Table,
} from './rules.ts';
import { setName } from './sets.ts';

const ALLOWED_NAMES = 'TW-ALLOW-NAMES';
/** The bit of the connection mark that says: its TLS name is sanctioned. */
const ALLOWED = '0x10/0x10';
/**
 * A handshake's packets. u32 reads four octets at a time, and matches nothing past the end: of those
 * at 17 (37) behind the TCP header's length the last is the payload's first, if there is one. Places
 * are those of an IP header without options (extensions), which first is made sure of: a packet that
 * has some counts as one with a payload.
 */
const HAS_NO_PAYLOAD = {
  4: '-m u32 --u32 "0>>24&0xF=5" -m u32 ! --u32 "29>>2&0x3C@17=0:0xFFFFFFFF"',
  6: '-m u32 --u32 "3&0xFF=6" -m u32 ! --u32 "49>>2&0x3C@37=0:0xFFFFFFFF"',
} as const;
/** XT_STRING_MAX_PATTERN_SIZE, less the nine octets in front of a name. */
const MAX_NAME = 128 - 9;
const PLAIN_LABEL = /^[a-z0-9_-]+$/;

/**
 * Where packets are refused. Every chain is entered with `-g` but the first, so RETURN leaves all
 * of ours. There is no shortcut for established connections: an address that is new in a set ends
 * those that run already.
 */
export function filterTable(context: Context): Table {
  const { audiences, sni } = context.packets;
  const looks = audiences.flatMap((audience) => audience.entries.filter(isKernelLook));
  const usesKernel = sni === 'kernel' && looks.length > 0;
  const printed = audiences.map((audience) => audienceRules(context, audience));
  const { hook, bySource } = dispatch(context, 'filter', audiences);
  return {
    name: 'filter',
    chains: [
      HOOKS.filter,
      BY_SOURCE,
      ...audiences.map(({ id }) => audienceChain(id)),
      ...printed.flatMap(({ chains }) => chains),
      ...(usesKernel ? [ALLOWED_NAMES] : []),
    ],
    rules: [
      ...hook,
      ...uncaptured(context),
      ...(context.packets.refuser ? deedRules(context, BY_SOURCE, REFUSER) : []),
      ...passing(context),
      ...bySource,
      ...printed.flatMap(({ rules }) => rules),
      ...(usesKernel ? allowedNames(context.packets.sanctioned) : []),
    ],
  };
}

/** Whoever is excepted, before any audience is asked; the gate judges by itself what is led there. */
function passing({ packets, family }: Context): readonly string[] {
  if (!packets.passes) return [];
  const pair = `-m set --match-set ${setName(PASS_SET, family)} src,dst,dst`;
  return [rule(BY_SOURCE, pair, comment(PASS), '-j RETURN')];
}

type Printed = { readonly chains: readonly string[]; readonly rules: readonly string[] };

function audienceRules(context: Context, { id, entries }: Audience): Printed {
  const chain = audienceChain(id);
  const chains: string[] = [];
  const rules: string[] = [];
  const lookRules: string[] = [];
  for (const entry of entries) {
    if (entry.deed.kind !== 'look') rules.push(...deedRules(context, chain, entry));
    // What was not sent to the gate, such as a connection older than the rules, is for the next entry.
    else if (context.packets.sni === 'kernel' && isKernelLook(entry)) {
      const name = `TW-SNI-${id.toUpperCase()}${chains.length > 0 ? `-${chains.length + 1}` : ''}`;
      chains.push(name);
      for (const { words } of lookMatches(context, entry)) {
        rules.push(rule(chain, words, comment(entry), '-g', name));
      }
      lookRules.push(...kernelLook(context, name, entry));
    }
  }
  return { chains, rules: [...rules, ...lookRules] };
}

function deedRules(context: Context, chain: string, entry: PacketEntry): readonly string[] {
  const matches = matchesOf(context, entry, entry.ports);
  const logs = matches.map(({ words }) => rule(chain, words, log(context, entry)));
  const others = (target: string) =>
    matches.map(({ words }) => rule(chain, words, comment(entry), target));
  if (entry.deed.kind === 'pass') return others('-j RETURN');
  // A rule without a target only counts: the limit of a log rule hides most packets from its own.
  if (entry.deed.kind === 'record') return [...others(''), ...logs];
  return [...logs, ...matches.flatMap((match) => rejects(context, chain, entry, match))];
}

/**
 * A reset needs `-p tcp` in its own rule: `iptables-restore --test` takes it without, and then the
 * kernel does not.
 */
function rejects(
  { family }: Context,
  chain: string,
  entry: PacketEntry,
  { protocol, words }: Match,
): readonly string[] {
  const error = family === 4 ? 'icmp-admin-prohibited' : 'icmp6-adm-prohibited';
  const reject = (protocolWords: string, how: string) =>
    rule(chain, protocolWords, words, comment(entry), '-j REJECT --reject-with', how);
  if (protocol === 'tcp') return [reject('', 'tcp-reset')];
  if (protocol === 'udp') return [reject('', error)];
  return [reject('-p tcp', 'tcp-reset'), reject('', error)];
}

/** The kernel can tell what is allowed, not reliably what is refused: only an allow list is safe. */
function isKernelLook({ deed }: PacketEntry): boolean {
  return deed.kind === 'look' && deed.otherwise === 'refuse';
}

/**
 * The first packet with a payload has to bear an allowed name, or ends its connection: a count of
 * packets in place of that lets a handshake, or a question in plain text and its answer, slip by.
 * Invalid segments go, as they are how the server is shown another name than we are.
 */
function kernelLook(context: Context, chain: string, entry: PacketEntry): readonly string[] {
  const isAllowed = rule(chain, `-m connmark --mark ${ALLOWED}`, '-j RETURN');
  return [
    rule(chain, '-m conntrack --ctstate INVALID', comment(entry), '-j DROP'),
    isAllowed,
    rule(chain, '-p tcp', HAS_NO_PAYLOAD[context.family], '-j RETURN'),
    rule(chain, '-j', ALLOWED_NAMES),
    isAllowed,
    rule(chain, log(context, entry)),
    rule(chain, '-p tcp', comment(entry), '-j REJECT --reject-with tcp-reset'),
  ];
}

/** The whole server_name extension (RFC 6066 3), so no longer or shorter name fits. */
function allowedNames(names: readonly Name[]): readonly string[] {
  const hex = (number: number) => number.toString(16).padStart(4, '0');
  return names.map((name) => {
    const { length } = name;
    if (length > MAX_NAME || !labelsOf(name).every((label) => PLAIN_LABEL.test(label))) {
      return `# Left out, as the kernel cannot look for it: ${name}`;
    }
    const pattern = `"|0000${hex(length + 5)}${hex(length + 3)}00${hex(length)}|${name}"`;
    const find = `-m string --algo bm --icase --hex-string ${pattern}`;
    return rule(ALLOWED_NAMES, find, '-j CONNMARK --set-xmark', ALLOWED);
  });
}

/** Questions of a family that the resolver cannot be reached by must not go elsewhere. */
function uncaptured(context: Context): readonly string[] {
  const to = context.packets.capture?.to ?? [];
  if (to.length === 0 || to.some((address) => isIpv4(address) === (context.family === 4)))
    return [];
  return deedRules(context, BY_SOURCE, {
    id: 'TW-DNS',
    to: { families: [context.family] },
    ports: [
      { number: 53, transport: 'tcp' },
      { number: 53, transport: 'udp' },
    ],
    sparesExempt: true,
    deed: { kind: 'refuse' },
    note: `questions over IPv${context.family}, where the resolver has no address`,
  });
}
