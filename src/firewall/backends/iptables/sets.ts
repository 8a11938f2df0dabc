import { LANES } from '../../../policy/firewall.ts';
import type { Network } from '../../../policy/network.ts';
import { printable } from '../../../text.ts';
import type { AddressSet, Plan } from '../../backend.ts';
import { commentHeader } from '../../header.ts';
import { GATE_SET, GATE_SET_NOTE } from '../../lanes.ts';
import { PASS_SET, PASS_SET_NOTE } from '../../passing.ts';
import { needsGate } from './gate.ts';

export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

/** The kernel's limit is 31 characters: ids have at most 20, and `_new` comes behind some. */
export const setName = (id: string, family: Family): string => `tw_${id}${family}`;

export const isIn = ({ octets }: Network, family: Family): boolean =>
  octets.length === (family === 4 ? 4 : 16);

/** Seconds that an address stays which the resolver does not see again. */
const LIVE_TIMEOUT = 86_400;

/**
 * `create -exist` takes an existing set only where it has the same limit, so the limit does not
 * follow what is in the set. It costs no memory; the size of the table does, and may differ.
 */
const MAX_ELEMENTS = 1_048_576;
const MIN_BUCKETS = 1024;

/** The sets in the words of `ipset restore`, which is not a transaction: each line has to be right. */
export function printSets(plan: Plan, title: string): string {
  const lines = [
    ...commentHeader(plan, title, '#'),
    '#',
    '# Load with `ipset restore`. Live sets keep what the resolver has put there; what a file holds',
    '# is filled in beside and swapped, so no packet meets a set that is half full.',
  ];
  for (const { set, family, members } of setsOf(plan)) {
    lines.push('', ...setLines(set, family, members));
  }
  if (plan.packets.passes) lines.push('', ...PASS_LINES);
  if (LANES.some((lane) => needsGate(plan, lane))) lines.push('', ...GATE_LINES);
  return `${lines.join('\n')}\n`;
}

/** Every set's name, as the kernel knows it. */
export function setNames(plan: Plan): readonly string[] {
  return [
    ...setsOf(plan).map(({ set, family }) => setName(set.id, family)),
    ...(plan.packets.passes ? FAMILIES.map((family) => setName(PASS_SET, family)) : []),
    ...(LANES.some((lane) => needsGate(plan, lane)) ? [GATE_SET] : []),
  ];
}

/** Pairs of addresses alone are not in every kernel, so a port is between them. Comments say by which exception. */
const PASS_LINES = [
  `# ${PASS_SET_NOTE}`,
  ...FAMILIES.map((family) => {
    const options = `family ${family === 4 ? 'inet' : 'inet6'} hashsize 1024 maxelem 1048576`;
    return `create ${setName(PASS_SET, family)} hash:ip,port,ip ${options} timeout 86400 comment -exist`;
  }),
];

/** Filled while the gate runs; what is added by hand stays. */
const GATE_LINES = [
  `# ${GATE_SET_NOTE}`,
  `create ${GATE_SET} bitmap:port range 0-65535 timeout 0 -exist`,
];

type FamilySet = {
  readonly set: AddressSet;
  readonly family: Family;
  readonly members: readonly Network[];
};

/** A set that nothing can get into is left out, and with it the rules about it. */
function setsOf({ packets }: Plan): readonly FamilySet[] {
  return packets.sets
    .flatMap((set) =>
      FAMILIES.map((family) => ({
        set,
        family,
        members: set.networks.filter((network) => isIn(network, family)),
      })),
    )
    .filter(({ set, members }) => set.live || members.length > 0);
}

function setLines(
  { id, live, note }: AddressSet,
  family: Family,
  members: readonly Network[],
): readonly string[] {
  const name = setName(id, family);
  const filled = live ? name : `${name}_new`;
  const adds = members.map(({ text }) => `add ${filled} ${text} -exist`);
  const options = `family ${family === 4 ? 'inet' : 'inet6'} ${sizes(members.length)}`;
  const head = `# ${printable(note)}`;
  if (live) {
    return [head, `create ${name} hash:ip ${options} timeout ${LIVE_TIMEOUT} -exist`, ...adds];
  }
  return [
    head,
    `create ${name} hash:net ${options} -exist`,
    `create ${filled} hash:net ${options} -exist`,
    `flush ${filled}`, // an earlier run may have been cut short
    ...adds,
    `swap ${filled} ${name}`,
    `destroy ${filled}`,
  ];
}

function sizes(count: number): string {
  const power = 2 ** Math.ceil(Math.log2(Math.max(count, 1)));
  return `hashsize ${Math.max(power, MIN_BUCKETS)} maxelem ${Math.max(power, MAX_ELEMENTS)}`;
}
