import { isIpv4 } from '../policy/network.ts';
import type { AddressSet, PacketEntry, PacketPlan, Plan } from './backend.ts';
import { blocksOf } from './blocks.ts';
import { REFUSER } from './refuser.ts';
import {
  isOfFamily,
  MENUS,
  type Menu,
  mark,
  portConditions,
  rejections,
} from './routeros-script.ts';

/** The exempt machines' list. */
const EXEMPT = 'dnsok';

/** What the packet plan says of addresses and ports, as far as it is the same for every client. */
export function packetLines(plan: Plan): {
  readonly lists: readonly string[];
  readonly rules: (menu: Menu) => readonly string[];
  readonly nat: (menu: Menu) => readonly string[];
  readonly leftOut: readonly string[];
} {
  const { packets, networks } = plan;
  const everyone = packets.audiences.at(-1)?.entries ?? [];
  if (packets.dispatch.length > 0 || everyone.length === 0) {
    const set: AddressSet = { id: 'blocked', live: false, networks, note: 'blocked addresses' };
    const entry: PacketEntry = {
      ...{ id: 'TW-NET', to: { set: set.id }, ports: [], sparesExempt: false },
      ...{ deed: { kind: 'refuse' }, note: set.note },
    };
    const exempt = packets.sets.filter(({ id }) => id === EXEMPT);
    const sets = new Map([...exempt, set].map((one) => [one.id, one]));
    return {
      lists: [...exempt, ...(networks.length > 0 ? [set] : [])].flatMap(listLines),
      rules: (menu) => ruleLines(entry, menu, sets),
      nat: (menu) => captureLines(packets, menu, sets, plan.settings.lan.length > 0),
      leftOut: [
        ...(packets.dispatch.length > 0
          ? ['rules for ports and resolvers, as groups differ in them']
          : []),
        ...refuserLeftOut(packets),
      ],
    };
  }
  // Nobody fills live sets here. What passes is said as far as it is known all the same: a refused
  // network may hold an address that a sanctioned name lives at.
  const passed = new Set(
    everyone.flatMap(({ to, deed }) => ('set' in to && deed.kind === 'pass' ? [to.set] : [])),
  );
  const sets = new Map(
    packets.sets.filter(({ id, live }) => !live || passed.has(id)).map((set) => [set.id, set]),
  );
  const isSaid = ({ to, deed }: PacketEntry) =>
    deed.kind !== 'look' && (!('set' in to) || sets.has(to.set));
  const said = everyone.filter(isSaid);
  const used = new Set([EXEMPT, ...said.flatMap(({ to }) => ('set' in to ? [to.set] : []))]);
  return {
    lists: [...sets.values()].filter(({ id }) => used.has(id)).flatMap(listLines),
    rules: (menu) => said.flatMap((entry) => ruleLines(entry, menu, sets)),
    nat: (menu) => captureLines(packets, menu, sets, plan.settings.lan.length > 0),
    leftOut: [
      ...everyone
        .filter((entry) => !isSaid(entry))
        .map(({ id, note }) => `${id}, ${note}: no resolver of ours fills lists here`),
      ...refuserLeftOut(packets),
    ],
  };
}

/** The refuser runs on the gateway that rules are for, and no program of ours runs on a router. */
function refuserLeftOut({ refuser }: PacketPlan): readonly string[] {
  if (!refuser) return [];
  return [
    `${REFUSER.id}: no refuser of ours runs here; give one the address ${refuser.to.join(', ')}`,
  ];
}

function listLines({ id, networks, note }: AddressSet): readonly string[] {
  return MENUS.flatMap(({ family, menu }) => {
    const own = networks.filter((network) => isOfFamily(network, family));
    if (own.length === 0) return [];
    const comment = mark(note);
    return [
      `${menu} address-list`,
      ...blocksOf(own, ({ text }) => [`add list=tw_${id} address=${text} ${comment}`]),
    ];
  });
}

const membersIn = (set: AddressSet | undefined, family: 4 | 6) =>
  set?.networks.some((network) => isOfFamily(network, family)) === true;

function ruleLines(
  { id, to, ports, sparesExempt, deed, note }: PacketEntry,
  { family }: Menu,
  sets: ReadonlyMap<string, AddressSet>,
): readonly string[] {
  if ('set' in to ? !membersIn(sets.get(to.set), family) : !to.families.includes(family)) return [];
  const spare = sparesExempt && membersIn(sets.get(EXEMPT), family);
  const target = 'set' in to ? ` dst-address-list=tw_${to.set}` : '';
  // A rule takes one list of destinations, so the exempt get a rule of their own.
  const exempt = (conditions: string) =>
    spare && target !== ''
      ? [
          `add chain=tw-forward${conditions} dst-address-list=tw_${EXEMPT} action=return ${mark(id)}`,
        ]
      : [];
  const sender = spare ? ` src-address-list=!tw_${EXEMPT}` : '';
  const receiver = spare && target === '' ? ` dst-address-list=!tw_${EXEMPT}` : target;
  const comment = mark(`${id} ${note}`);
  return portConditions(ports).flatMap(({ protocol, text }) => {
    const conditions = `${text}${sender}${receiver}`;
    if (deed.kind === 'refuse') {
      return [
        ...exempt(text),
        ...rejections('tw-forward', `${conditions} log=yes log-prefix=${id}`, protocol, comment),
      ];
    }
    const action = deed.kind === 'record' ? `log log-prefix=${id}` : 'return';
    return [`add chain=tw-forward${conditions} action=${action} ${comment}`];
  });
}

function captureLines(
  { capture }: PacketPlan,
  { family }: Menu,
  sets: ReadonlyMap<string, AddressSet>,
  hasLan: boolean,
): readonly string[] {
  if (!capture) return [];
  const to = capture.to.find((address) => isIpv4(address) === (family === 4));
  // Sending one family's questions to the other's address is not possible.
  if (capture.to.length > 0 && to === undefined) return [];
  const lan = hasLan ? ' in-interface-list=tw_lan' : '';
  const exempt = membersIn(sets.get(EXEMPT), family) ? ` src-address-list=!tw_${EXEMPT}` : '';
  const spared = exempt === '' ? '' : ` dst-address-list=!tw_${EXEMPT}`;
  const deed = to === undefined ? 'action=redirect' : `action=dst-nat to-addresses=${to}`;
  return ['udp', 'tcp'].map(
    (protocol) =>
      `add chain=dstnat${lan} protocol=${protocol} dst-port=53${exempt}${spared} ${deed} ${mark('TW-DNS capture')}`,
  );
}
