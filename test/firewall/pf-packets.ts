import type { PacketEntry, PacketPlan } from '../../src/firewall/backend.ts';
import {
  contains,
  type Network,
  octetsOfAddress,
  parseAddress,
  parseNetwork,
} from '../../src/policy/network.ts';

/** The first packet of a connection that comes in by the LAN. */
export type Packet = {
  readonly from: string;
  readonly to: string;
  readonly proto: 'tcp' | 'udp' | 'icmp';
  readonly port: number;
};

/** Where it goes, and which labels were logged on its way. */
export type Fate = {
  readonly to: 'refused' | 'gate' | 'fronts' | 'refuser' | 'resolver' | 'admin';
  readonly logged: readonly string[];
};

/** What a plan means for a packet, word for word as its types say. */
export function fateByPlan(plan: PacketPlan, packet: Packet): Fate {
  const exempt = plan.sets.find(({ id }) => id === 'dnsok')?.networks ?? [];
  const spared = holds(exempt, packet.from) || holds(exempt, packet.to);
  if (plan.capture && !spared && packet.port === 53 && packet.proto !== 'icmp') {
    return { to: 'resolver', logged: [] };
  }
  if (plan.refuser?.to.some((address) => address === packet.to)) {
    if (packet.proto === 'tcp') return { to: 'refuser', logged: [] };
    return { to: 'refused', logged: ['TW-REFUSER'] };
  }
  const home = plan.dispatch.find(({ network }) => holds([network], packet.from));
  const audience = plan.audiences.find(({ id }) => id === (home?.audience ?? 'everyone'));
  const logged: string[] = [];
  for (const entry of audience?.entries ?? []) {
    if ((entry.sparesExempt && spared) || !isAbout(plan, entry, packet)) continue;
    if (entry.deed.kind === 'pass') return { to: 'admin', logged };
    if (entry.deed.kind === 'look')
      return { to: entry.deed.otherwise === 'refuse' ? 'gate' : 'fronts', logged };
    logged.push(entry.id);
    if (entry.deed.kind === 'refuse') return { to: 'refused', logged };
  }
  return { to: 'admin', logged };
}

function isAbout({ sets }: PacketPlan, { to, ports }: PacketEntry, packet: Packet): boolean {
  const there =
    'set' in to
      ? holds(sets.find(({ id }) => id === to.set)?.networks ?? [], packet.to)
      : to.families.includes(packet.to.includes(':') ? 6 : 4);
  return there && (ports.length === 0 || ports.some((port) => isPort(port, packet)));
}

function isPort(
  { number, last, transport }: PacketEntry['ports'][number],
  { proto, port }: Packet,
): boolean {
  return transport === proto && port >= number && port <= (last ?? number);
}

function holds(networks: readonly Network[], address: string): boolean {
  const octets = octetsOf(address);
  return networks.some((network) => contains(network, octets));
}

const parsed = new Map<string, Uint8Array>();

function octetsOf(address: string): Uint8Array {
  const found = parsed.get(address) ?? octetsOfAddress(parseAddress(address));
  parsed.set(address, found);
  return found;
}

const ABOUT =
  '(?:on \\S+|on \\{ [^}]* \\})(?: (?<family>inet6?))?(?: proto (?<proto>\\{ tcp, udp \\}|tcp|udp))?' +
  ' from (?<source>(?:! )?(?:any|<\\w+>)) to (?<target>(?:! )?(?:any|<\\w+>))(?: port (?<port>\\d[\\d:]*|\\{ [^}]* \\}))?';
const FILTER = new RegExp(
  `^(?<action>pass|block return|match) in(?<log> log \\(to pflog\\d+\\))?(?<quick> quick)? ${ABOUT}` +
    '(?<unless> ! tagged (?<not>\\w+))?(?: tag (?<tag>\\w+))?(?: (?:rdr-to|divert-to) \\S+ port (?<led>\\d+))?' +
    '(?: label "(?<label>[^"]*)")?$',
);
const TRANSLATION = new RegExp(
  `^(?<no>no )?rdr(?: pass)? ${ABOUT}(?: -> \\S+ port (?<led>\\d+))?$`,
);

/** Who listens at a port of the gateway in the sample plan. */
function placeOf(port: string | undefined): Fate['to'] {
  switch (port) {
    case '53':
      return 'resolver';
    case '9080':
      return 'refuser';
    case '9443':
      return 'gate';
    case '9444':
      return 'fronts';
    default:
      throw new Error(`nobody listens at ${port}`);
  }
}

type Groups = Readonly<Record<string, string | undefined>>;
type Rule = { readonly kind: 'translation' | 'filter'; readonly words: Groups };

/**
 * What pf does with a packet by the text of an anchor: in tables the longest prefix decides, all
 * translation comes first, the first quick rule ends it, a tag counts from where it is given.
 */
export function createPf(rules: string, files: ReadonlyMap<string, string>) {
  const tables = tablesOf(rules, files);
  const all = rules.split('\n').flatMap((line): Rule[] => {
    if (!/^(?:pass|block|match|no|rdr)\b/.test(line)) return [];
    const filter = FILTER.exec(line)?.groups;
    if (filter) return [{ kind: 'filter', words: filter }];
    const translation = TRANSLATION.exec(line)?.groups;
    if (!translation) throw new Error(`not a rule of ours: ${line}`);
    return [{ kind: 'translation', words: translation }];
  });
  const first = all.filter(({ kind }) => kind === 'translation');
  const then = all.filter(({ kind }) => kind === 'filter');

  return (packet: Packet): Fate => {
    const led = first.find(({ words }) => isMatch(words, packet, tables))?.words;
    if (led && !led.no) return { to: placeOf(led.led), logged: [] };
    const logged: string[] = [];
    let tag: string | undefined;
    for (const { words } of then) {
      if (words.unless && words.not === tag) continue;
      if (!isMatch(words, packet, tables)) continue;
      if (words.log) logged.push(words.label ?? '');
      if (words.tag) tag = words.tag;
      if (!words.quick) continue;
      if (words.action === 'block return') return { to: 'refused', logged };
      return { to: placeOf(words.led), logged };
    }
    return { to: 'admin', logged };
  };
}

type Item = { readonly network: Network; readonly not: boolean };

function tablesOf(
  rules: string,
  files: ReadonlyMap<string, string>,
): ReadonlyMap<string, readonly Item[]> {
  const found = new Map<string, readonly Item[]>();
  const itemsOf = (text: string) =>
    text
      .replaceAll(/#.*/g, '')
      .split(/[\s,]+/)
      .filter((word) => word !== '')
      .map((word) => ({ network: parseNetwork(word.replace('!', '')), not: word.startsWith('!') }));
  for (const [, name = '', body] of rules.matchAll(
    /^table <tw_(\w+)> persist(?: counters)?(?: \{([^}]*)\})?$/gm,
  )) {
    found.set(`tw_${name}`, itemsOf(body ?? files.get(`${name}.table`) ?? ''));
  }
  return found;
}

function isMatch(
  { family, proto, source, target, port }: Groups,
  packet: Packet,
  tables: ReadonlyMap<string, readonly Item[]>,
): boolean {
  if (family && (family === 'inet6') !== packet.to.includes(':')) return false;
  if (proto && !proto.split(/\W+/).includes(packet.proto)) return false;
  const isPortHere = (text: string) => {
    const [low = 0, high = low] = text.split(':').map(Number);
    return packet.port >= low && packet.port <= high;
  };
  if (port && !port.split(/[{},\s]+/).some((text) => text !== '' && isPortHere(text))) return false;
  return isHost(source, packet.from, tables) && isHost(target, packet.to, tables);
}

function isHost(
  words: string | undefined,
  address: string,
  tables: ReadonlyMap<string, readonly Item[]>,
): boolean {
  if (words === 'any' || words === undefined) return true;
  const name = /<(\w+)>/.exec(words)?.[1] ?? '';
  const octets = octetsOf(address);
  const best = (tables.get(name) ?? [])
    .filter(({ network }) => contains(network, octets))
    .reduce<Item | undefined>(
      (best, item) => (best && best.network.length > item.network.length ? best : item),
      undefined,
    );
  return (best !== undefined && !best.not) !== words.startsWith('!');
}
