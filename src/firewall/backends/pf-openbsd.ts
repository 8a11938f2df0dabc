import type { Backend, PacketEntry } from '../backend.ts';
import {
  CAPTURE,
  type Context,
  captureRefusals,
  captures,
  FAMILIES,
  filterRules,
  gateOf,
  label,
  loopback,
  matches,
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
  if (lines.length === 0) return captureRefusals(context);
  return ['', '# Questions come to our resolver.', ...lines, ...captureRefusals(context)];
}

/** The packet is not rewritten: the gate's socket has the address that was dialled. */
function look(
  context: Context,
  audience: string,
  entry: PacketEntry,
  unless: string,
): readonly string[] {
  const gate = gateOf(context.settings);
  return FAMILIES.flatMap((family) =>
    matches(context, audience, entry, { family }).map(
      (match) =>
        `pass in quick ${match}${unless} divert-to ${loopback(family)} port ${gate} ${label(entry.id)}`,
    ),
  );
}
