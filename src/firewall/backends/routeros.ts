import type { Artifact, Backend, NameEntry, Plan } from '../backend.ts';
import { type Blocked, blockOnly } from '../block-only.ts';
import { blocksOf, longArtifact } from '../blocks.ts';
import { firstMatch } from '../first-match.ts';
import { commentHeader } from '../header.ts';
import { isPlain, leftOutLines } from '../plain-name.ts';
import { packetLines } from '../routeros-packets.ts';
import { MENUS, type Menu, mark, quoted } from '../routeros-script.ts';
import { sayable } from '../sayable.ts';

const TITLE = 'RouterOS 7 script';

export const routerosBackend: Backend = {
  id: 'routeros',
  title: TITLE,
  enforces: ['dns-name', 'tls-name', 'exact', 'exception', 'networks', 'packets'],
  sni: [],
  use: 'Copy `tunnelwarden.rsc` to the router and `/import` it; what an earlier import made is replaced.',
  cannot: [
    'TLS names are read in one packet: a ClientHello of two, as with post-quantum keys, may pass.',
    'Connections that a fasttrack rule takes are not looked at; leave TCP port 443 out of it.',
    'Static DNS entries refuse with NXDOMAIN and know no exceptions: around one only TLS names are refused.',
    'Addresses of names are not followed: only static networks and ports are refused.',
    'Where groups of clients differ, ports and foreign resolvers are left out.',
    'QUIC hides the server name; only DNS and addresses stop it.',
  ],
  print,
};

function print(plan: Plan): readonly Artifact[] {
  const dns = blockOnly(plan.names);
  const tls = sayable(plan.names, (entry) => hostsOf(entry).length > 0);
  const packets = packetLines(plan);
  const hosts = blocksOf(firstMatch(tls.said), tlsLines);
  const lan = plan.settings.lan.length > 0 ? ' in-interface-list=tw_lan' : '';
  const text = [
    ...commentHeader(plan, TITLE, '#'),
    '#',
    '# Copy it to the router, then: /import file-name=tunnelwarden.rsc',
    ...leftOutLines(
      [
        ...dns.leftOut.map(({ id, why }) => ({ id, why: `not in DNS: ${why}` })),
        ...tls.leftOut.map(({ id, why }) => ({ id, why: `not in TLS: ${why}` })),
        ...packets.leftOut.map((why) => ({ id: 'addresses', why })),
      ],
      '#',
    ),
    '',
    '# What an earlier file made goes first.',
    '/ip dns static remove [find where comment~"^TW "]',
    ...MENUS.flatMap(({ menu }) =>
      ['filter', 'nat', 'address-list'].map(
        (part) => `${menu} ${part} remove [find where comment~"^TW "]`,
      ),
    ),
    ...lanLines(plan),
    '',
    '/ip dns static',
    ...blocksOf(dns.blocked, (one) => [dnsLine(one)]),
    '',
    ...packets.lists,
    ...MENUS.flatMap((menu) => [
      '',
      `${menu.menu} filter`,
      ...hosts,
      `add chain=tw-forward protocol=tcp dst-port=443 action=jump jump-target=tw-tls ${mark('TLS names')}`,
      ...packets.rules(menu),
      ...jumpLines(menu, lan),
      ...natLines(menu, packets.nat(menu)),
    ]),
    '',
  ];
  return [longArtifact('tunnelwarden.rsc', text)];
}

/** The interfaces of the policy, as a list of their own. */
function lanLines({ settings }: Plan): readonly string[] {
  if (settings.lan.length === 0) return [];
  return [
    ':if ([:len [/interface list find where name="tw_lan"]] = 0) do={ /interface list add name=tw_lan }',
    '/interface list member remove [find where list="tw_lan"]',
    '/interface list member',
    ...settings.lan.map((name) => `add list=tw_lan interface=${quoted(name)}`),
  ];
}

function dnsLine({ entry, name, self, below }: Blocked): string {
  const comment = mark(entry.id);
  if (!self) {
    const ending = `\\.${name.replaceAll('.', '\\.')}$`;
    return `add regexp=${quoted(ending)} type=NXDOMAIN ${comment}`;
  }
  return `add name=${quoted(name)}${below ? ' match-subdomain=yes' : ''} type=NXDOMAIN ${comment}`;
}

/** What `tls-host` compares with; its `*` stands for dots too, so only one at the left is right. */
function hostsOf({ pattern: { name, scope } }: NameEntry): readonly string[] {
  if (!isPlain(name) || name.indexOf('*', 1) > 0) return [];
  if (name.startsWith('*')) return scope === 'subtree' ? [name] : [];
  return scope === 'subtree' ? [name, `*.${name}`] : [name];
}

/** The chain is asked from its top, and `return` leaves it: an exception stands before what it is of. */
function tlsLines(entry: NameEntry): readonly string[] {
  const comment = mark(entry.id);
  return hostsOf(entry).flatMap((host) => {
    const rule = (action: string) =>
      `add chain=tw-tls protocol=tcp tls-host=${quoted(host)} action=${action} ${comment}`;
    if (entry.action === 'allow') return [rule('return')];
    if (entry.action === 'watch') return [rule('log log-prefix=TW-WATCH'), rule('return')];
    return [rule('reject reject-with=tcp-reset log=yes log-prefix=TW-SNI')];
  });
}

/**
 * The jump goes before the admin's first own rule: a ClientHello belongs to an established
 * connection, and the usual first rule accepts those. `place-before` wants a rule to be there.
 */
function jumpLines({ menu }: Menu, lan: string): readonly string[] {
  const jump = `${menu} filter add chain=forward${lan} action=jump jump-target=tw-forward ${mark('everything')}`;
  const first = `[${menu} filter find where chain=forward and dynamic=no]`;
  return [
    `:if ([:len ${first}] > 0) do={ ${jump} place-before=[:pick ${first} 0] } else={ ${jump} }`,
  ];
}

function natLines({ menu }: Menu, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${menu} nat`, ...lines];
}
