import type { Backend, Plan } from '../backend.ts';
import { commentHeader } from '../header.ts';
import { RPZ_ORIGIN, rpzBackend, rpzZone } from './rpz.ts';

const TITLE = 'BIND response policy';
const ZONE_FILE = `db.${RPZ_ORIGIN}`;

export const bindBackend: Backend = {
  id: 'bind',
  title: TITLE,
  enforces: rpzBackend.enforces,
  sni: [],
  use: "Include `tunnelwarden.options.conf` within `options`, `tunnelwarden.zone.conf` beside it, lay the zone's file where it says; later `rndc reload tunnelwarden.rpz` is enough.",
  cannot: rpzBackend.cannot.filter((sentence) => !sentence.startsWith('Unbound')),
  print: (plan) => [
    { path: 'tunnelwarden.zone.conf', text: zoneStatement(plan) },
    { path: 'tunnelwarden.options.conf', text: policyStatement(plan) },
    { path: ZONE_FILE, text: rpzZone(plan, TITLE) },
  ],
};

function zoneStatement(plan: Plan): string {
  return `${[
    ...commentHeader(plan, `${TITLE}: the zone`, '//'),
    '//',
    '// Include it in named.conf at the top level, or in the view that clients are in. A file without a',
    "// path is looked for in the options' directory. Watched names stand in the log's category rpz.",
    '',
    `zone "${RPZ_ORIGIN}" {`,
    '    type primary;',
    `    file "${ZONE_FILE}";`,
    '    // Else one refused name with an underscore and an address keeps the whole zone from loading.',
    '    check-names ignore;',
    '    // Nobody has to read what is refused here.',
    '    allow-query { none; };',
    '    allow-transfer { none; };',
    '    notify no;',
    '};',
  ].join('\n')}\n`;
}

function policyStatement(plan: Plan): string {
  return `${[
    ...commentHeader(plan, `${TITLE}: the option`, '//'),
    '//',
    '// Include it within options { }, or within that view. BIND takes one response-policy only: where',
    '// there is one already, put the zone first in it, as what is allowed here is not to be refused by',
    '// a zone before it.',
    '',
    'response-policy {',
    '    // A change counts within seconds of a reload; BIND would wait a minute after the last.',
    `    zone "${RPZ_ORIGIN}" log yes min-update-interval 5;`,
    '}',
    '    // A refused name is refused without asking anyone for it.',
    '    qname-wait-recurse no',
    '    // Else clients that set DO would get signed answers unrefused.',
    '    break-dnssec yes;',
  ].join('\n')}\n`;
}
