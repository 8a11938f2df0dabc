import { oursIn } from '../apply/iptables-save.ts';
import { admits, type Chain, type Packet } from './filter.ts';
import type { Check, Finding, Machine, Needs } from './finding.ts';
import { iptablesChain } from './iptables-filter.ts';
import { listing, saveOf } from './machine.ts';
import { isFields, nftChains } from './nft-filter.ts';

/** An accept in one table is not the last word: another chain at the same hook may still drop. */
export const inputFilters: Check = (machine, needs) => {
  const packets = packetsFor(needs);
  return inputChains(machine).flatMap((chain) => {
    const refused = packets.filter(({ packet }) => !admits(chain, packet));
    // One finding for each thing that cannot be reached.
    const byWhat = new Map(refused.map((one) => [`${one.what} ${one.packet.link}`, one]));
    return [...byWhat.values()].map(({ what, packet, accept }): Finding => {
      return {
        id: 'input-drops',
        severity: 'breaks',
        text: `${chain.table}, chain ${chain.name}, drops what clients behind ${packet.link} send to ${what}`,
        remedy: `have it accept, before it drops: ${accept[chain.table.startsWith('table ') ? 'nft' : 'iptables']}`,
      };
    });
  });
};

type Wanted = {
  readonly what: string;
  readonly packet: Packet;
  readonly accept: { readonly nft: string; readonly iptables: string };
};

function packetsFor({ lan, resolver, gate, refuser, transparent }: Needs): readonly Wanted[] {
  return lan.flatMap((link): Wanted[] => {
    const packet = (protocol: 'udp' | 'tcp', port: number, mark = 0): Packet => {
      return { link, protocol, port, mark };
    };
    const dns = {
      what: 'the resolver (port 53)',
      accept: {
        nft: `iifname "${link}" meta l4proto { tcp, udp } th dport 53 accept`,
        iptables: `-i ${link} -p udp --dport 53 -j ACCEPT, and the same for tcp`,
      },
    };
    const at = (what: string, port: number): Wanted => ({
      what: `${what} (port ${port})`,
      packet: packet('tcp', port),
      accept: {
        nft: `iifname "${link}" tcp dport ${port} accept`,
        iptables: `-i ${link} -p tcp --dport ${port} -j ACCEPT`,
      },
    });
    const marked: Wanted = {
      what: 'the gate (mark 0x1)',
      packet: packet('tcp', 443, 1),
      accept: {
        nft: 'meta mark & 0x1 == 0x1 accept',
        iptables: '-m mark --mark 0x1/0x1 -j ACCEPT',
      },
    };
    return [
      ...(resolver
        ? [
            { ...dns, packet: packet('udp', 53) },
            { ...dns, packet: packet('tcp', 53) },
          ]
        : []),
      ...(transparent
        ? gate.slice(0, 1).map(() => marked)
        : gate.map((port) => at('the gate', port))),
      ...(refuser ? [at('the refuser', refuser.port)] : []),
    ];
  });
}

/** Each is asked separately: iptables over nf_tables would be seen twice, so its tables are left to it. */
function inputChains(machine: Machine): readonly Chain[] {
  const saved = ['iptables', 'ip6tables', 'iptables-legacy', 'ip6tables-legacy'].flatMap((name) => {
    const chain = iptablesChain(saveOf(machine, `${name}-save`), 'INPUT', name);
    return chain ? [chain] : [];
  });
  const own = nftChains(listing(machine), 'input').filter(
    ({ table, name }) => !(/^table ip6? filter$/.test(table) && name === 'INPUT'),
  );
  return [...own, ...saved];
}

/** Flows that are offloaded never come to the forward hook again, so an address that is blocked later still passes. */
export const flowtables: Check = (machine) =>
  listing(machine).flatMap(({ flowtable }): Finding[] => {
    if (!isFields(flowtable)) return [];
    const { family, table, name } = flowtable;
    return [
      {
        id: 'flowtable',
        severity: 'breaks',
        text: `flowtable ${name} in table ${family} ${table} takes running connections past the rules`,
        remedy: `take the rule with \`flow add @${name}\` out, or keep ports 443 and 853 from it`,
      },
    ];
  });

/** Others that manage rules, and how they and ours get along. */
export const neighbours: Check = (machine, { format }) => {
  const saved = saveOf(machine, 'iptables-save');
  const tables = listing(machine).flatMap(({ table }) =>
    isFields(table) ? [`${table.family} ${table.name}`] : [],
  );
  const present = [
    { name: 'docker', here: /^:DOCKER(-USER)? /m.test(saved), when: 'it starts' },
    { name: 'ufw', here: /^:ufw-/m.test(saved), when: 'it is enabled or reloaded' },
    {
      name: 'firewalld',
      here: tables.includes('inet firewalld') || /^:FORWARD_direct /m.test(saved),
      when: 'it reloads',
    },
  ].filter(({ here }) => here);
  return [
    ...present.map(({ name, when }): Finding => {
      return format === 'iptables'
        ? {
            id: name,
            severity: 'weakens',
            text: `${name} is here: it puts its rules in front of ours, or takes ours out, when ${when}`,
            remedy:
              'use the nftables format, whose table it leaves alone, or apply again after it (a drop-in with ExecStartPost=)',
          }
        : {
            id: name,
            severity: 'note',
            text: `${name} is here; our table comes before its rules, and it leaves our table alone`,
            remedy: 'nothing to do',
          };
    }),
    ...['', '6'].flatMap((family) => jumpOrder(saveOf(machine, `ip${family}tables-save`), family)),
  ];
};

function jumpOrder(saved: string, family: string): readonly Finding[] {
  return oursIn(saved)
    .filter(({ behind, name }) => behind > 0 && name === 'filter')
    .map(({ behind }): Finding => {
      return {
        id: 'jump-order',
        severity: 'breaks',
        text: `ip${family}tables: ${behind} rules of others stand in front of our jump in FORWARD; one that accepts lets packets by`,
        remedy: '`tunnelwarden apply iptables` puts it first again',
      };
    });
}

/** What starts with the machine and takes everything out. */
export const flushes: Check = ({ run, readFile }) => {
  const file = '/etc/nftables.conf';
  const text = (readFile(file) ?? '').replace(/#.*$/gm, '');
  if (!/\bflush\s+ruleset\b/.test(text)) return [];
  const enabled = run({ argv: ['systemctl', 'is-enabled', 'nftables.service'] });
  if (enabled.stdout.trim() !== 'enabled') return [];
  return [
    {
      id: 'flush-ruleset',
      severity: 'breaks',
      text: `${file} says \`flush ruleset\`, and nftables.service is enabled: its start and each reload take our rules out`,
      remedy:
        'flush your own tables only, or give nftables.service a drop-in with ExecStartPost= and ExecReload= that run `tunnelwarden apply --no-confirm`',
    },
  ];
};
