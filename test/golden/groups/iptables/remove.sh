#!/bin/sh
# tunnelwarden: iptables and ipset, removal for Example Corp
# policy ce4744d4e570e1e0dfccd16125655bdd1804595ac9a8ca4f0daac1cca3eba749
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - QUIC to fronts of many: passes: refusing it would slow others; the resolver gives no hints of it
# - fronts of many: blocked TLS names pass there while no gate says that it is there, as ours does as long as it runs
# - observed clients: what would be refused to them is recorded only
# - Traffic of the gateway itself is not looked at, only what comes in by the interfaces of `lan`.
# - What `tunnelwarden allow` lets one client do at refused addresses is TCP to ports 22, 80 and 443, UDP to 443, and the ports of its service.
# - Where the kernel looks for TLS names, one that is not whole in the first packet is refused.
# - Flow offload takes packets past the rules, and so do jumps that others put in front of ours.
#
# Addresses that the sanctioned ingress shares:
# - 203.0.113.10: tunnels.example.com beside connect.ngrok-agent.com
#
# Takes away all that apply.sh made: jumps, chains, sets. Can be run again at any time.
set -eu

# IPTABLES=iptables-legacy takes the older kernel interface; IP6TABLES follows it.
IPTABLES=${IPTABLES:-iptables}
base=${IPTABLES##*/}
IP6TABLES=${IP6TABLES:-${IPTABLES%"$base"}ip6${base#ip}}

say() { printf 'tunnelwarden: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

for program in ipset "$IPTABLES" "$IPTABLES-save" "$IPTABLES-restore" \
  "$IP6TABLES" "$IP6TABLES-save" "$IP6TABLES-restore"; do
  command -v "$program" >/dev/null || fail "$program is missing; nothing has been changed"
done

# Our chains in a table. Listing a table by its name would load it; saving does not.
chains() { # program, table
  "$1-save" | sed -n "/^\*$2\$/,/^COMMIT\$/s/^:\(TW-[A-Z0-9_-]*\) .*/\1/p"
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

for program in "$IP6TABLES" "$IPTABLES"; do
  sweep "$program" mangle PREROUTING ''
  sweep "$program" nat PREROUTING ''
  sweep "$program" filter FORWARD ''
done
for family in -4 -6; do
  while ip "$family" rule del fwmark 0x1/0x1 table 7353 2>/dev/null; do :; done
  ip "$family" route del local default dev lo table 7353 2>/dev/null || :
done
sweep_sets ''
