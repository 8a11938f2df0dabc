import type { Backend, PacketEntry } from '../backend.ts';
import { laneOf, portOf } from '../lanes.ts';
import { REFUSER } from '../refuser.ts';
import {
  CAPTURE,
  type Context,
  captureRefusals,
  captures,
  FAMILIES,
  filterRules,
  label,
  loopback,
  matches,
  refuserRefusals,
  refusings,
} from './pf/rules.ts';
import { ANCHOR, INSTALLED } from './pf/scripts.ts';
import { type Dialect, PF_CANNOT, printPf } from './pf.ts';

/** OpenBSD's pf, where translation is an option of a rule and the gate sees the address dialled. */
export const pfOpenbsdBackend: Backend = {
  id: 'pf-openbsd',
  title: 'pf of OpenBSD',
  enforces: ['packets', 'watch'],
  sni: ['gate'],
  use: 'Put the lines of `pf.conf.fragment` into pf.conf once; then `tunnelwarden apply pf-openbsd`, or `apply.sh`, loads the anchor.',
  cannot: PF_CANNOT,
  print: (plan) => printPf(plan, DIALECT),
};

const DIALECT: Dialect = {
  title: 'pf of OpenBSD',
  rules: (context) => [
    ...questions(context),
    ...refused(context),
    ...captureRefusals(context),
    ...refuserRefusals(context),
    ...filterRules(context, (audience, entry, unless) => look(context, audience, entry, unless)),
  ],
  hooks: (on) => ['', `anchor "${ANCHOR}" in${on}`, `load anchor "${ANCHOR}" from "${INSTALLED}"`],
  listed: [{ text: `anchor "${ANCHOR}"`, modifier: 'rules' }],
  flush: ['rules', 'Tables'],
};

/**
 * A `match` rule could translate and leave the rest to the admin, but only a rule that makes a state
 * has its translation done, and the admin's may not.
 */
function questions(context: Context): readonly string[] {
  const lines = captures(context).flatMap(({ match, to }) =>
    to === undefined ? [] : [`pass in quick ${match} rdr-to ${to} port 53 ${label(CAPTURE)}`],
  );
  return lines.length > 0 ? ['', '# Questions come to our resolver.', ...lines] : [];
}

function refused(context: Context): readonly string[] {
  const lines = refusings(context).map(
    ({ match, to, port }) =>
      `pass in quick ${match} rdr-to ${to} port ${port} ${label(REFUSER.id)}`,
  );
  return lines.length > 0 ? ['', '# Connections come to the refuser.', ...lines] : [];
}

/** The packet is not rewritten: the gate's socket has the address that was dialled. */
function look(
  context: Context,
  audience: string,
  entry: PacketEntry,
  unless: string,
): readonly string[] {
  const gate = portOf(context.settings, laneOf(entry.deed) ?? 'shared');
  return FAMILIES.flatMap((family) =>
    matches(context, audience, entry, { family }).map(
      (match) =>
        `pass in quick ${match}${unless} divert-to ${loopback(family)} port ${gate} ${label(entry.id)}`,
    ),
  );
}
