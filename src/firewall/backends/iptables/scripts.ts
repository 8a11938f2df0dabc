import type { Plan } from '../../backend.ts';
import { commentHeader } from '../../header.ts';
import { GATE_MARK } from './intercept.ts';
import { HOOKS, type Table } from './rules.ts';

const BUILT_IN = { filter: 'FORWARD', nat: 'PREROUTING', mangle: 'PREROUTING' } as const;
const TABLES = ['filter', 'nat', 'mangle'] as const;
/** The routing table that hands marked packets to a local socket: a number that is nobody's. */
const GATE_ROUTES = 7353;

// Nothing from outside is put into a script: names of chains and sets are ours, the rest is constant.
const FUNCTIONS = `set -eu

# IPTABLES=iptables-legacy takes the older kernel interface; IP6TABLES follows it.
IPTABLES=\${IPTABLES:-iptables}
base=\${IPTABLES##*/}
IP6TABLES=\${IP6TABLES:-\${IPTABLES%"$base"}ip6\${base#ip}}

say() { printf 'tunnelwarden: %s\\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

for program in ipset "$IPTABLES" "$IPTABLES-save" "$IPTABLES-restore" \\
  "$IP6TABLES" "$IP6TABLES-save" "$IP6TABLES-restore"; do
  command -v "$program" >/dev/null || fail "$program is missing; nothing has been changed"
done

# Our chains in a table. Listing a table by its name would load it; saving does not.
chains() { # program, table
  "$1-save" | sed -n "/^\\*$2\\$/,/^COMMIT\\$/s/^:\\(TW-[A-Z0-9_-]*\\) .*/\\1/p"
}

# Takes away our chains, with the jumps to them, but for some.
sweep() { # program, table, built-in chain, chains to keep
  for chain in $(chains "$1" "$2"); do
    case " $4 " in *" $chain "*) continue ;; esac
    while "$1" -w -t "$2" -D "$3" -j "$chain" 2>/dev/null; do :; done
    "$1" -w -t "$2" -F "$chain"
  done
  for chain in $(chains "$1" "$2"); do
    case " $4 " in *" $chain "*) continue ;; esac
    "$1" -w -t "$2" -X "$chain"
  done
}

# Takes away our sets but for some. The kernel lets go of a rule a moment after it is gone.
sweep_sets() { # sets to keep
  for set in $(ipset list -n | sed -n '/^tw_[a-z0-9_]*$/p'); do
    case " $1 " in *" $set "*) continue ;; esac
    for second in 1 2 3 4 5; do
      ! ipset destroy "$set" 2>/dev/null || continue 2
      sleep 1
    done
    ipset destroy "$set" || fail "the set $set is still in use, perhaps by the other iptables"
  done
}
`;

const LOADING = `
# Makes our jump the first rule: packets of established connections must come by it as well. Where
# others have put theirs in front, it moves in one commit, so that nothing slips by.
jump() { # program, table, built-in chain, our chain
  [ "$("$1" -w -t "$2" -S "$3" 1 2>/dev/null)" != "-A $3 -j $4" ] || return 0
  if "$1" -w -t "$2" -C "$3" -j "$4" 2>/dev/null; then
    printf '%s\\n' "*$2" "-D $3 -j $4" "-I $3 1 -j $4" COMMIT | "$1-restore" -w --noflush
  else
    "$1" -w -t "$2" -I "$3" 1 -j "$4"
  fi
}

load() { # program, file, more options
  "$1-restore" -w --noflush \${3:+"$3"} <"$here/$2"
}

# shellcheck disable=SC1007 # CDPATH is to be empty
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
`;

/** Loads sets and rules of both families and puts the jumps in force. */
export function printApply(
  plan: Plan,
  title: string,
  tables: readonly Table[],
  sets: readonly string[],
  transparent: boolean,
): string {
  const used = TABLES.filter((name) => tables.some((table) => table.name === name));
  const kept = (name: string) => tables.find((table) => table.name === name)?.chains ?? [];
  return script(plan, title, [
    '# Loads the sets and rules beside this file; can be run again at any time.',
    '#',
    '# Docker and others put their jumps in front of ours when they start: run this again then, or',
    `# have DOCKER-USER jump to ${HOOKS.filter} as well.`,
    FUNCTIONS + LOADING,
    'ipset restore <"$here/sets" || fail "not all sets are loaded; the rules are as they were"',
    'load "$IPTABLES" rules.v4 --test || fail "rules.v4 is refused; no rules have been changed"',
    'load "$IP6TABLES" rules.v6 --test || fail "rules.v6 is refused; no rules have been changed"',
    ...(transparent ? ['', ...routes()] : []),
    '',
    '# Both families are loaded before the first jump, so that neither is guarded alone.',
    'load "$IPTABLES" rules.v4 || fail "rules.v4 does not load; no rules have been changed"',
    'load "$IP6TABLES" rules.v6 ||',
    '  fail "rules.v6 does not load: IPv4 has the new rules, IPv6 is as it was before"',
    'for program in "$IPTABLES" "$IP6TABLES"; do',
    ...used.flatMap((name) => [
      `  jump "$program" ${name} ${BUILT_IN[name]} ${HOOKS[name]} ||`,
      `    fail "$program: no jump from ${BUILT_IN[name]} in ${name}; that family is not guarded"`,
    ]),
    'done',
    '',
    '# What an earlier policy had and this one has not.',
    'for program in "$IPTABLES" "$IP6TABLES"; do',
    ...TABLES.map(
      (name) => `  sweep "$program" ${name} ${BUILT_IN[name]} '${kept(name).join(' ')}'`,
    ),
    'done',
    `sweep_sets '${sets.join(' ')}'`,
  ]);
}

/** Takes away everything that `apply.sh` made. */
export function printRemove(plan: Plan, title: string, transparent: boolean): string {
  return script(plan, title, [
    '# Takes away all that apply.sh made: jumps, chains, sets. Can be run again at any time.',
    FUNCTIONS,
    'for program in "$IP6TABLES" "$IPTABLES"; do',
    ...TABLES.toReversed().map((name) => `  sweep "$program" ${name} ${BUILT_IN[name]} ''`),
    'done',
    ...(transparent ? unroutes() : []),
    "sweep_sets ''",
  ]);
}

function routes(): readonly string[] {
  return [
    '# TPROXY only marks: what carries the mark is delivered here instead of being sent on.',
    'route() { # -4 or -6',
    `  [ -n "$(ip "$1" rule show fwmark ${GATE_MARK} table ${GATE_ROUTES})" ] ||`,
    `    ip "$1" rule add fwmark ${GATE_MARK} table ${GATE_ROUTES} || return`,
    `  ip "$1" route replace local default dev lo table ${GATE_ROUTES}`,
    '}',
    'for family in -4 -6; do',
    '  route "$family" || fail "no route to the gate ($family); no rules have been changed"',
    'done',
  ];
}

function unroutes(): readonly string[] {
  return [
    'for family in -4 -6; do',
    `  while ip "$family" rule del fwmark ${GATE_MARK} table ${GATE_ROUTES} 2>/dev/null; do :; done`,
    `  ip "$family" route del local default dev lo table ${GATE_ROUTES} 2>/dev/null || :`,
    'done',
  ];
}

function script(plan: Plan, title: string, lines: readonly string[]): string {
  return `${['#!/bin/sh', ...commentHeader(plan, title, '#'), '#', ...lines].join('\n')}\n`;
}
