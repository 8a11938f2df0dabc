import { printable } from '../../text.ts';
import type { AddressSet, Artifact, PacketPlan, Plan } from '../backend.ts';
import { commentHeader } from '../header.ts';
import { type Context, onLan, pflogOf } from './pf/rules.ts';
import { INSTALLED, printApply, printRemove, RULES, type ScriptParts } from './pf/scripts.ts';
import { createTables, memberLines, type Table, tableName } from './pf/tables.ts';

/** What all pf cannot do; each dialect has its own beside. */
export const PF_CANNOT: readonly string[] = [
  'Rules are asked only where no state matches: what runs when an address is refused goes on until its state is ended, which apply.sh does for addresses that it knows.',
  'Elements of tables have no timeouts: whoever adds an address has to take it out again, or `pfctl -T expire` does.',
  'pf does not look into packets, so TLS names at shared addresses need the gate.',
  'Tables hold no pairs: what `tunnelwarden allow` lets one client do holds for resolver and gate, and an address that is refused stays refused.',
  'Traffic of the gateway itself is not looked at, only what comes in by the interfaces of `lan`.',
];

/** pf's own limit is 200000. */
const TABLE_ENTRIES = 400_000;
/** Longer tables stand with an item to a line. */
const SHORT = 4;

export type Dialect = {
  readonly title: string;
  /** The rules, after the tables. */
  readonly rules: (context: Context) => readonly string[];
  /** The lines of the main rules that lead to our anchor, in their order. */
  readonly hooks: (on: string) => readonly string[];
  /** How the main rules list those lines. */
  readonly listed: ScriptParts['hooks'];
  readonly flush: readonly string[];
};

/** The files of either dialect. */
export function printPf(plan: Plan, dialect: Dialect): readonly Artifact[] {
  const { packets, settings } = plan;
  const tables = createTables(packets);
  const context = { packets, settings, tables };
  const known = packets.sets.filter(({ live, networks }) => live && networks.length > 0);
  const parts: ScriptParts = {
    title: dialect.title,
    tables: tables.all,
    known: known.map(({ id }) => id),
    refused: refusedTables(context),
    hooks: dialect.listed,
    flush: dialect.flush,
  };
  return [
    { path: RULES, text: printRules(plan, context, dialect) },
    { path: 'pf.conf.fragment', text: printFragment(plan, dialect) },
    ...known.map((set) => ({ path: `${set.id}.table`, text: printTable(plan, set, dialect) })),
    { path: 'apply.sh', text: printApply(plan, parts), executable: true },
    { path: 'remove.sh', text: printRemove(plan, parts), executable: true },
  ];
}

function printRules(plan: Plan, context: Context, dialect: Dialect): string {
  const { lan } = plan.settings;
  return file(plan, `${dialect.title}, the anchor`, [
    '#',
    '# Load with apply.sh. Tables without contents are filled by the resolver and by apply.sh; a list of',
    '# contents here would take the place of what they hold.',
    '',
    ...context.tables.all.flatMap(tableLines),
    // Without an interface a rule is about all of them, those to the outside too.
    ...(lan.length > 0
      ? dialect.rules(context)
      : ['', '# There are no rules: `lan` names no interface.']),
  ]);
}

function tableLines({ name, note, members }: Table): readonly string[] {
  const comment = `# ${printable(note)}`;
  if (!members) return [comment, `table <${name}> persist counters`];
  const lines = memberLines(members);
  // Commas are for one line only: before a newline they are a syntax error.
  return lines.length > SHORT
    ? [comment, `table <${name}> persist {`, ...lines.map((line) => `\t${line}`), '}']
    : [comment, `table <${name}> persist { ${lines.join(', ')} }`.replace('{  }', '{ }')];
}

function printFragment(plan: Plan, dialect: Dialect): string {
  const { packets, settings } = plan;
  const on = settings.lan.length > 0 ? ` ${onLan(settings)}` : '';
  const resolver = packets.capture?.to ?? [];
  return file(plan, `${dialect.title}, lines for the main pf.conf`, [
    '#',
    `# Copy ${RULES} to ${INSTALLED}, put these lines into the main file, and run`,
    '# apply.sh, at each start too: tables that the resolver fills are empty until then.',
    '# They belong before any `quick` rule that lets clients out: what passes there is not asked here.',
    '#',
    '# Tables hold 200000 addresses in all unless the main file says otherwise:',
    `# set limit table-entries ${Math.max(TABLE_ENTRIES, 2 * countAddresses(packets))}`,
    '#',
    `# Refusals are logged to ${pflogOf(settings)}, which has to be there: ifconfig ${pflogOf(settings)} create`,
    ...(pflogOf(settings) === `pflog${settings.logGroup}`
      ? []
      : [`# (pf has pflog0 to pflog15; \`log-group: ${settings.logGroup}\` is not one of them.)`]),
    ...(resolver.length > 0
      ? [
          '#',
          '# Questions go on to another machine. One in the network of its clients would answer them past',
          '# us, from an address that they did not ask: then translate their source as well.',
        ]
      : []),
    ...dialect.hooks(on),
  ]);
}

function printTable(plan: Plan, { id, note, networks }: AddressSet, dialect: Dialect): string {
  const about = ['#', `# ${printable(note)}: known when this was made`];
  const addresses = networks.map(({ text }) => text);
  return file(plan, `${dialect.title}, table ${tableName(id)}`, [...about, ...addresses]);
}

function file(plan: Plan, title: string, lines: readonly string[]): string {
  return `${[...commentHeader(plan, title, '#'), ...lines].join('\n')}\n`;
}

function countAddresses({ sets }: PacketPlan): number {
  return sets.reduce((sum, { networks }) => sum + networks.length, 0);
}

function refusedTables({ packets, tables }: Context): readonly string[] {
  const refusals = packets.audiences
    .flatMap(({ entries }) => entries)
    .filter(({ to, ports, deed }) => 'set' in to && ports.length === 0 && deed.kind === 'refuse');
  return [...new Set(refusals.map((entry) => tables.to(entry).slice(1, -1)))];
}
