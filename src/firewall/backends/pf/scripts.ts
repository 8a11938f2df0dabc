import type { Plan } from '../../backend.ts';
import { commentHeader } from '../../header.ts';
import { type Table, tableName } from './tables.ts';

/** The name of the anchor; tables inside it are its own. */
export const ANCHOR = 'tunnelwarden';
/** The rules of the anchor. */
export const RULES = 'tunnelwarden.conf';
/** Where the fragment for the main rules says that they are. */
export const INSTALLED = `/etc/pf.anchors/${RULES}`;

/** What a script is told; names of tables and files are made of ids of ours, so none needs a quote. */
export type ScriptParts = {
  readonly title: string;
  readonly tables: readonly Table[];
  /** Live sets that have a file. */
  readonly known: readonly string[];
  /** Tables whose addresses are refused on every port. */
  readonly refused: readonly string[];
  /** What the main rules have to say of our anchor, and the word that lists it. */
  readonly hooks: readonly { readonly text: string; readonly modifier: string }[];
  /** What `pfctl -F` takes out of the anchor. */
  readonly flush: readonly string[];
};

export function printApply(plan: Plan, parts: ScriptParts): string {
  const { title, tables, known, refused, hooks } = parts;
  return script(plan, `${title}, loading`, [
    ...OURS,
    'warn() { printf \'tunnelwarden: %s\\n\' "$*" >&2; status=1; }',
    'cd -- "$(dirname -- "$0")"',
    '',
    '# Each address that is refused on every port, behind its table.',
    'refused() {',
    ...(refused.length > 0 ? refusedLoop(refused) : ['\t:']),
    '}',
    '',
    `ours -n -f ${RULES}`,
    'before=$(refused)',
    '',
    '# Tables and what is known to be in them come first, so that no rule meets an empty one. What the',
    '# resolver has put there since stays: the rules declare its tables without contents.',
    `ours -T load -f ${RULES}`,
    ...known.map((id) => `ours -t ${tableName(id)} -T add -f ${id}.table`),
    `ours -f ${RULES}`,
    '',
    '# Tables of an earlier policy: what is in them would be in force again when they come back.',
    'for table in $(ours -s Tables); do',
    '\tcase $table in',
    ...(tables.length > 0 ? [`\t${tables.map(({ name }) => name).join(' | ')}) ;;`] : []),
    '\t*) ours -t "$table" -T kill ;;',
    '\tesac',
    'done',
    '',
    ...KILL,
    '',
    'status=0',
    "pfctl -s info 2>/dev/null | grep -q '^Status: Enabled' ||",
    "\twarn 'pf is not enabled: pfctl -e'",
    ...hooks.flatMap(({ text, modifier }) => [
      `pfctl -s ${modifier} 2>/dev/null | grep -q '^${text}' ||`,
      `\twarn 'the main rules do not say ${text}: see pf.conf.fragment'`,
    ]),
    'exit "$status"',
  ]);
}

export function printRemove(plan: Plan, { title, flush }: ScriptParts): string {
  return script(plan, `${title}, removal`, [
    ...OURS,
    '',
    '# Rules go before the tables that they ask. The lines of pf.conf.fragment go by hand. States stay:',
    '# connections that our rules led elsewhere last until they end.',
    ...flush.map((what) => `ours -F ${what}`),
  ]);
}

function script(plan: Plan, title: string, lines: readonly string[]): string {
  return `${['#!/bin/sh', ...commentHeader(plan, title, '#'), '', ...lines].join('\n')}\n`;
}

const OURS = ['set -eu', `ours() { pfctl -q -a ${ANCHOR} "$@"; }`] as const;

function refusedLoop(refused: readonly string[]): readonly string[] {
  return [
    `\tfor table in ${refused.join(' ')}; do`,
    // An address with `!` in front is one that the table does not hold.
    '\t\tours -t "$table" -T show 2>/dev/null |',
    '\t\t\tawk -v table="$table" \'NF > 0 && $1 !~ /^!/ { print table, $1 }\'',
    '\tdone',
  ];
}

/** Sanctioned agents on shared addresses keep their connections over a reload: only what is new is cut. */
const KILL = [
  '# pf asks its rules only where no state matches, so what runs already would go on for good. Only',
  '# states to what was not refused before are ended: sanctioned agents keep theirs over a reload.',
  '{',
  '\tcat <<BEFORE',
  '$before',
  '--',
  'BEFORE',
  '\trefused',
  "} | awk '",
  '\t$1 == "--" { now = 1; next }',
  '\t!now { was[$0] = 1; next }',
  '\t!($0 in was) && !told[$2]++ { print $2 }',
  "' | while read -r address; do",
  '\tcase $address in',
  '\t*:*) pfctl -q -k ::/0 -k "$address" </dev/null ;;',
  '\t*) pfctl -q -k 0.0.0.0/0 -k "$address" </dev/null ;;',
  '\tesac',
  'done',
] as const;
