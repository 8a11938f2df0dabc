import { isIpv4, type Network } from '../../policy/network.ts';
import type { AddressSet, Artifact, Backend, PacketPlan, Plan } from '../backend.ts';
import { commentHeader } from '../header.ts';
import { GATE_SET, GATE_SET_NOTE, gatePorts, hasLane } from '../lanes.ts';
import { PASS_SET, PASS_SET_NOTE } from '../passing.ts';
import { filterRules } from './nftables/filter.ts';
import { natRules } from './nftables/nat.ts';
import { scanChain } from './nftables/scan.ts';
import { chainOf, FAMILIES, inFamily, LAN, quoted, setName, TABLE } from './nftables/words.ts';

/** Linux: nft 1.0.1 and kernel 5.16 or newer where the kernel looks at TLS names, else older ones too. */
export const nftablesBackend: Backend = {
  id: 'nftables',
  title: 'nftables rule set',
  enforces: ['packets', 'liveness', 'watch'],
  sni: ['gate', 'kernel'],
  use: '`tunnelwarden apply` loads it, or `nft -f tunnelwarden.nft`; `remove.nft` takes it out, and where there is a `routes.sh`, TPROXY needs it run first.',
  cannot: [
    'It sees no names in DNS: the resolver refuses them.',
    'Packets that skip the forward hook are not looked at: those of flowtables and of hardware offload.',
  ],
  print: (plan) => [rulesOf(plan), removal(), ...routesOf(plan)],
};

/**
 * One transaction that leaves live sets and their elements as they are: the table is flushed of its
 * rules, never deleted, so no packet meets half a rule set and no address that the resolver fed is lost.
 */
function rulesOf(plan: Plan): Artifact {
  const { packets, settings } = plan;
  const nat = natRules(plan);
  const filter = filterRules(plan);
  const scan = packets.sni === 'kernel' ? scanChain(packets.sanctioned) : [];
  const chains = [...new Set([...nat, ...filter].flatMap((line) => chainOf(line) ?? []))];
  const lines = [
    '#!/usr/sbin/nft -f',
    ...commentHeader(plan, nftablesBackend.title, '#'),
    ...inputHints(plan).map((hint) => `# ${hint}`.trimEnd()),
    '',
    `add table ${TABLE}`,
    ...packets.sets.flatMap(declaration),
    ...passSets(packets),
    ...gateSet(packets),
    ...baseChains(packets, settings.transparent),
    ...chains.filter((chain) => !BASE.has(chain)).map((chain) => `add chain ${TABLE} ${chain}`),
    ...(scan.length > 0 ? [`add chain ${TABLE} scan`] : []),
    '',
    `flush table ${TABLE}`,
    ...packets.sets.flatMap(filling),
    '',
    ...nat,
    ...filter,
    ...scan,
  ];
  return { path: 'tunnelwarden.nft', text: `${lines.join('\n')}\n` };
}

const BASE = new Set(['dstnat', 'pre', 'forward']);

/**
 * Before firewalld, ufw and docker at their usual priorities: an accept of theirs would not end our
 * chain, but a flow they let through as established is still seen by ours.
 */
function baseChains({ sni }: PacketPlan, transparent: boolean): readonly string[] {
  const chain = (name: string, what: string) =>
    `add chain ${TABLE} ${name} { type ${what}; policy accept; }`;
  return [
    chain('dstnat', 'nat hook prerouting priority dstnat - 5'),
    ...(sni === 'gate' && transparent
      ? [chain('pre', 'filter hook prerouting priority mangle')]
      : []),
    chain('forward', 'filter hook forward priority filter - 10'),
  ];
}

function declaration({ id, live, note }: AddressSet): readonly string[] {
  return FAMILIES.map((family) => {
    // Intervals and timeouts do not go together: an element inside another's interval is swallowed.
    const kind = live ? 'flags timeout; timeout 1d; size 262144;' : 'flags interval; auto-merge;';
    const comment = live ? ` comment ${quoted(note)};` : '';
    return `add set ${TABLE} ${setName(id, family)} { type ipv${family}_addr; ${kind}${comment} }`;
  });
}

/** Filled while the resolver runs, by exceptions. */
function passSets({ passes }: PacketPlan): readonly string[] {
  if (!passes) return [];
  return FAMILIES.map((family) => {
    const type = `type ipv${family}_addr . ipv${family}_addr; flags timeout; timeout 1d; size 65536;`;
    const comment = `comment ${quoted(PASS_SET_NOTE)};`;
    return `add set ${TABLE} ${setName(PASS_SET, family)} { ${type} ${comment} }`;
  });
}

/** Filled while the gate runs. */
function gateSet(packets: PacketPlan): readonly string[] {
  if (!hasLane(packets, 'fronts')) return [];
  const type = 'type inet_service; flags timeout;';
  return [`add set ${TABLE} ${GATE_SET} { ${type} comment ${quoted(GATE_SET_NOTE)}; }`];
}

/** Elements on a line: a line of a hundred thousand would do, but nobody could read it. */
const PER_LINE = 8;
/** Elements of one command. */
const PER_COMMAND = 4096;

function filling({ id, live, networks }: AddressSet): readonly string[] {
  return FAMILIES.flatMap((family) => {
    const name = setName(id, family);
    const own = networks.filter((network) => inFamily(network, family));
    const flush = live ? [] : [`flush set ${TABLE} ${name}`];
    const commands = chunks(own, PER_COMMAND).flatMap((chunk) => {
      const words = (verb: string) => `${verb} element ${TABLE} ${name} { ${elements(chunk)} }`;
      // Adding again renews a timeout only from Linux 6.12 on; this does so everywhere.
      return live ? [words('add'), words('delete'), words('add')] : [words('add')];
    });
    return [...flush, ...commands];
  });
}

function elements(networks: readonly Network[]): string {
  const texts = networks.map(({ text }) => text);
  if (texts.length <= PER_LINE) return texts.join(', ');
  return `\n${chunks(texts, PER_LINE)
    .map((line) => `  ${line.join(', ')}`)
    .join(',\n')}\n`;
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** What our table cannot open: an input chain of the admin's has the last word. */
function inputHints({ packets, settings }: Plan): readonly string[] {
  const here = packets.capture && packets.capture.to.length === 0;
  const elsewhere = packets.capture?.to.find(isIpv4);
  const gate = packets.sni === 'gate';
  const { refuser } = packets;
  const lan = LAN(settings);
  const led = [
    ...(gate && !settings.transparent ? gatePorts({ packets, settings }) : []),
    ...(refuser ? [refuser.port] : []),
  ];
  const hints = [
    ...(here || gate || refuser
      ? ['Where your input chain drops by default, it has to accept:']
      : []),
    ...(here ? [`  iifname ${lan} meta l4proto { tcp, udp } th dport 53 accept`] : []),
    ...(led.length > 0
      ? [`  iifname ${lan} tcp dport { ${led.join(', ')} } ct status dnat accept`]
      : []),
    ...(gate && settings.transparent ? ['  meta mark & 0x1 == 0x1 accept'] : []),
    ...(elsewhere
      ? [
          `Where ${elsewhere} is in the clients' own network, its answers bypass this gateway:`,
          '  masquerade what is sent to it, or list the clients elsewhere.',
        ]
      : []),
  ];
  return hints.length > 0 ? ['', ...hints] : [];
}

function removal(): Artifact {
  const text = ['#!/usr/sbin/nft -f', `add table ${TABLE}`, `delete table ${TABLE}`, ''].join('\n');
  return { path: 'remove.nft', text };
}

/** What TPROXY needs beside the rules: packets with its mark are this machine's own. */
function routesOf({ packets, settings }: Plan): readonly Artifact[] {
  if (packets.sni !== 'gate' || !settings.transparent) return [];
  const lines = ['', '-6 '].flatMap((family) => [
    // The route first, and no rule that is there is taken away: what the gate holds goes on meanwhile.
    `ip ${family}route replace local default dev lo table 7353`,
    `[ -n "$(ip ${family}rule show fwmark 0x1/0x1 table 7353)" ] ||`,
    `  ip ${family}rule add pref 7353 fwmark 0x1/0x1 lookup 7353`,
  ]);
  const head = [
    '#!/bin/sh',
    '# Routes for connections that the gate takes transparently.',
    'set -eu',
  ];
  return [{ path: 'routes.sh', executable: true, text: `${[...head, ...lines].join('\n')}\n` }];
}
