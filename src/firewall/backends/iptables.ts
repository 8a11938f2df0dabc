import type { Artifact, Backend, Plan } from '../backend.ts';
import { commentHeader } from '../header.ts';
import { gatePorts } from '../lanes.ts';
import { filterTable } from './iptables/filter.ts';
import { isTransparent } from './iptables/gate.ts';
import { mangleTable, natTable } from './iptables/intercept.ts';
import type { Table } from './iptables/rules.ts';
import { printApply, printRemove } from './iptables/scripts.ts';
import { FAMILIES, type Family, printSets, setNames } from './iptables/sets.ts';

const TITLE = 'iptables and ipset';

/**
 * Rules of both families for `iptables-restore --noflush`, in chains of our own, and the sets they
 * search. Works with iptables over nf_tables and with the older kernel interface alike.
 */
export const iptablesBackend: Backend = {
  id: 'iptables',
  title: TITLE,
  enforces: ['packets', 'liveness', 'watch'],
  sni: ['gate', 'kernel'],
  use: '`tunnelwarden apply iptables` loads it, or `apply.sh` in the folder; `remove.sh` takes it out.',
  cannot: [
    'Traffic of the gateway itself is not looked at, only what comes in by the interfaces of `lan`.',
    'What `tunnelwarden allow` lets one client do at refused addresses is TCP to ports 22, 80 and 443, UDP to 443, and the ports of its service.',
    'Where the kernel looks for TLS names, one that is not whole in the first packet is refused.',
    'Flow offload takes packets past the rules, and so do jumps that others put in front of ours.',
  ],
  print,
};

function print(plan: Plan): readonly Artifact[] {
  const tables = tablesOf(plan, 4);
  const transparent = isTransparent(plan) && tables.some(({ name }) => name === 'mangle');
  return [
    ...FAMILIES.map((family) => ({ path: `rules.v${family}`, text: printRules(plan, family) })),
    { path: 'sets', text: printSets(plan, `${TITLE}, the sets`) },
    {
      path: 'apply.sh',
      text: printApply(plan, `${TITLE}, loading`, tables, setNames(plan), transparent),
      executable: true,
    },
    {
      path: 'remove.sh',
      text: printRemove(plan, `${TITLE}, removal`, transparent),
      executable: true,
    },
  ];
}

function tablesOf({ settings, packets }: Plan, family: Family): readonly Table[] {
  const context = { family, settings, packets };
  const tables = [filterTable(context), natTable(context), mangleTable(context)];
  return tables.filter((table) => table !== undefined);
}

function printRules(plan: Plan, family: Family): string {
  const lines = [
    ...commentHeader(plan, `${TITLE}, the rules for IPv${family}`, '#'),
    '#',
    ...hints(plan),
  ];
  for (const { name, chains, rules } of tablesOf(plan, family)) {
    lines.push('', `*${name}`, ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, 'COMMIT');
  }
  return `${lines.join('\n')}\n`;
}

/** What the admin's own rules have to do for ours to work. */
function hints({ settings, packets }: Plan): readonly string[] {
  const { capture, sni, refuser } = packets;
  const gate = sni === 'gate' && settings.gate !== undefined;
  const lan = settings.lan.join(', ');
  return [
    '# Load with apply.sh: `iptables-restore` without --noflush would take away the rules of others.',
    ...(capture?.to.length === 0
      ? [`# An INPUT chain that drops has to accept udp and tcp port 53 from ${lan}.`]
      : []),
    ...(capture !== undefined && capture.to.length > 0
      ? [
          '# A resolver in the network of its clients would answer them past us, from an address they',
          '# did not ask: then have nat POSTROUTING say `-d RESOLVER -p udp --dport 53 -j MASQUERADE`,',
          '# and the same for tcp.',
        ]
      : []),
    ...(gate && !settings.transparent
      ? [
          `# An INPUT chain that drops has to accept tcp port ${gatePorts({ packets, settings }).join(' and ')} from ${lan}.`,
        ]
      : []),
    ...(refuser
      ? [`# An INPUT chain that drops has to accept tcp port ${refuser.port} from ${lan}.`]
      : []),
    ...(gate && settings.transparent
      ? [`# An INPUT chain that drops has to accept mark 0x1/0x1 from ${lan}.`]
      : []),
  ];
}
