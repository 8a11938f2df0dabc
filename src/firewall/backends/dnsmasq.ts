import type { Backend, NameEntry, Plan } from '../backend.ts';
import { commentHeader } from '../header.ts';
import {
  effectOf,
  isBlocked,
  plainBelowRoot,
  type Said,
  withReasons,
  type ZoneNode,
  zoneOf,
} from '../zone.ts';

const TITLE = 'dnsmasq configuration';

export const dnsmasqBackend: Backend = {
  id: 'dnsmasq',
  title: TITLE,
  enforces: ['dns-name', 'exact', 'exception'],
  sni: [],
  use: '`conf-file=…/tunnelwarden.conf` in dnsmasq.conf, then `dnsmasq --test` and a restart: SIGHUP does not read it again.',
  cannot: [
    'A name always covers those below it; telling the two apart takes dnsmasq 2.86 or later, and older ones read a * as a letter.',
    'The only answers are NXDOMAIN and the sinkhole: names that the policy answers with NODATA or REFUSED get NXDOMAIN.',
    'Names left open inside a refused one go to the default servers, whatever wider server= lines say of them.',
    'Only what is asked is judged, neither what an alias leads to nor the addresses of an answer.',
    'Names in /etc/hosts and of DHCP leases are answered before.',
  ],
  print: (plan) => [{ path: 'tunnelwarden.conf', text: print(plan) }],
};

function print(plan: Plan): string {
  const { nodes, omitted } = zoneOf(plan.names, plainBelowRoot);
  const said: Said[] = [];
  for (const node of nodes) {
    if (!node.said) continue; // the longest match decides, so nothing hides anything
    const entry = node.own ?? node.below;
    for (const line of linesFor(node, plan.refusal)) said.push({ line, entry });
  }
  return `${[
    ...commentHeader(plan, TITLE, '#'),
    '',
    ...withReasons(said, omitted, '#'),
    ...setLines(nodes),
  ].join('\n')}\n`;
}

function linesFor(
  { name, own, below, inherited }: ZoneNode,
  refusal: Plan['refusal'],
): readonly string[] {
  const lines: string[] = [];
  // An exception where nothing is refused would take the name from a server that the admin has for it.
  if (isBlocked(own) || isBlocked(inherited)) lines.push(...rule(name, own, refusal));
  const covering = lines.length > 0 ? own : inherited;
  if (answerOf(below) !== answerOf(covering)) lines.push(...rule(`*.${name}`, below, refusal));
  return lines;
}

function answerOf(entry: NameEntry | undefined): 'open' | 'nxdomain' | 'sinkhole' {
  if (!isBlocked(entry)) return 'open';
  return effectOf(entry) === 'sinkhole' ? 'sinkhole' : 'nxdomain';
}

function rule(
  pattern: string,
  entry: NameEntry | undefined,
  { addresses }: Plan['refusal'],
): readonly string[] {
  switch (answerOf(entry)) {
    case 'open':
      return [`server=/${pattern}/#`];
    case 'nxdomain':
      return [`local=/${pattern}/`];
    case 'sinkhole':
      // An address alone is for its own family: all other types would still be asked for upstream.
      return [
        ...addresses.map((address) => `address=/${pattern}/${address}`),
        `local=/${pattern}/`,
      ];
  }
}

/** Lines that fill the packet filter's sets; comments, as a refused name has no addresses to fill in. */
function setLines(nodes: readonly ZoneNode[]): readonly string[] {
  const sessions = nodes.filter(
    ({ said, own }) => said && isBlocked(own) && own?.role === 'session',
  );
  if (sessions.length === 0) return [];
  return [
    '',
    '# To fill the sets of the nftables rules from here instead, answer a name: put its line in the',
    '# place of those above. Only where nothing sanctioned lives at the same addresses: dnsmasq cannot',
    '# tell, the resolver of tunnelwarden can.',
    ...sessions.map(
      ({ name }) => `#nftset=/${name}/4#inet#tunnelwarden#tw_deny4,6#inet#tunnelwarden#tw_deny6`,
    ),
  ];
}
