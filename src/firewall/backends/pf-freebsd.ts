import type { Port } from '../../policy/service.ts';
import { printable } from '../../text.ts';
import type { Audience, Backend, PacketEntry } from '../backend.ts';
import { laneOf, portOf } from '../lanes.ts';
import { sharedPorts } from '../ports.ts';
import {
  type Context,
  captureRefusals,
  captures,
  FAMILIES,
  filterRules,
  loopback,
  matches,
  refuserRefusals,
  refusings,
  titleOf,
} from './pf/rules.ts';
import { ANCHOR, INSTALLED } from './pf/scripts.ts';
import { type Dialect, PF_CANNOT, printPf } from './pf.ts';

/** FreeBSD's pf, where all translation comes before all filtering. */
export const pfFreebsdBackend: Backend = {
  id: 'pf-freebsd',
  title: 'pf of FreeBSD, OPNsense and pfSense',
  enforces: ['packets', 'watch'],
  sni: ['gate'],
  use: 'Put the lines of `pf.conf.fragment` into pf.conf once; then `tunnelwarden apply pf-freebsd`, or `apply.sh`, loads the anchor.',
  cannot: [
    ...PF_CANNOT,
    'Rules that only record or let pass are `match` rules, which FreeBSD has from 14 on.',
    'The gate cannot tell which address was dialled, so it resolves the TLS name itself.',
    'What is led to the gate is not recorded by watched networks that hold it; the gate logs it.',
  ],
  print: (plan) => printPf(plan, DIALECT),
};

const DIALECT: Dialect = {
  title: 'pf of FreeBSD',
  // The order of the sections is enforced: translation, then filtering.
  rules: (context) => [
    ...questions(context),
    ...refused(context),
    ...context.packets.audiences.flatMap((audience) => looks(context, audience)),
    ...captureRefusals(context),
    ...refuserRefusals(context),
    // What is led to the gate never comes to the filter rules.
    ...filterRules(context, () => []),
  ],
  hooks: (on) => [
    '#',
    '# OPNsense and pfSense write the main file themselves: lines added to it by hand are lost.',
    '',
    '# Among the translation rules, before your own:',
    `rdr-anchor "${ANCHOR}"`,
    '',
    '# Among the filter rules:',
    `anchor "${ANCHOR}" in${on}`,
    `load anchor "${ANCHOR}" from "${INSTALLED}"`,
  ],
  listed: [
    { text: `rdr-anchor "${ANCHOR}"`, modifier: 'nat' },
    { text: `anchor "${ANCHOR}"`, modifier: 'rules' },
  ],
  flush: ['nat', 'rules', 'Tables'],
};

/** `rdr pass` goes by all filter rules, the admin's too, so it is for this machine alone. */
function questions(context: Context): readonly string[] {
  const lines = captures(context).flatMap(({ match, to, isLocal }) =>
    to === undefined ? [] : [`rdr ${isLocal ? 'pass ' : ''}${match} -> ${to} port 53`],
  );
  return lines.length > 0 ? ['', '# Questions come to our resolver.', ...lines] : [];
}

function refused(context: Context): readonly string[] {
  const lines = refusings(context).map(
    ({ match, to, port }) => `rdr pass ${match} -> ${to} port ${port}`,
  );
  return lines.length > 0 ? ['', '# Connections come to the refuser.', ...lines] : [];
}

/**
 * What an earlier entry decides must not be led to the gate, though filtering comes only later:
 * `no rdr` leaves it to the filter rules.
 */
function looks(context: Context, { id, networks, entries }: Audience): readonly string[] {
  const rules = entries.flatMap((entry, index) => {
    const lane = laneOf(entry.deed);
    if (lane) {
      const gate = portOf(context.settings, lane);
      const lines = FAMILIES.flatMap((family) =>
        matches(context, id, entry, { family }).map(
          (match) => `rdr pass ${match} -> ${loopback(family)} port ${gate}`,
        ),
      );
      return [`# ${entry.id}: ${printable(entry.note)}`, ...lines];
    }
    const ports = entry.deed.kind === 'record' ? [] : portsLookedAt(entries.slice(index + 1));
    const both = sharedPorts(entry.ports, ports);
    if (both.length === 0) return [];
    const lines = matches(context, id, entry, { ports: both }).map((match) => `no rdr ${match}`);
    return [`# ${entry.id} decides`, ...lines];
  });
  return rules.length > 0 ? ['', `# --- to the gate: ${titleOf(id, networks)}`, ...rules] : [];
}

function isLook({ deed }: PacketEntry): boolean {
  return deed.kind === 'look';
}

function portsLookedAt(entries: readonly PacketEntry[]): readonly Port[] {
  const ports = entries.filter(isLook).flatMap(({ ports }) => ports);
  const byText = new Map(ports.map((port) => [JSON.stringify(port), port]));
  return [...byText.values()].filter(({ transport }) => transport === 'tcp');
}
