#!/bin/sh
# tunnelwarden: iptables and ipset, loading for Example Corp
# policy 4b4c85900907a86e76ffa665caefc342123e1f49159251f2f398d2c61dbbb59d
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - QUIC to fronts of many: passes: refusing it would slow others; the resolver gives no hints of it
# - fronts of many: blocked TLS names pass there while no gate says that it is there, as ours does as long as it runs
# - Traffic of the gateway itself is not looked at, only what comes in by the interfaces of `lan`.
# - What `tunnelwarden allow` lets one client do at refused addresses is TCP to ports 22, 80 and 443, UDP to 443, and the ports of its service.
# - Where the kernel looks for TLS names, one that is not whole in the first packet is refused.
# - Flow offload takes packets past the rules, and so do jumps that others put in front of ours.
#
# Addresses that the sanctioned ingress shares:
# - 198.51.100.9: tunnels.example.com beside block/198.51.100.0/24
# - 2001:db8:77::10: tunnel.eu.tunnels.example.com beside connect.ngrok-agent.com
# - 203.0.113.10: tunnels.example.com beside connect.ngrok-agent.com
# - 203.0.113.7: tunnel.eu.tunnels.example.com beside block/203.0.113.7
#
# Loads the sets and rules beside this file; can be run again at any time.
#
# Docker and others put their jumps in front of ours when they start: run this again then, or
# have DOCKER-USER jump to TW-HOOK-FORWARD as well.
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

# Makes our jump the first rule: packets of established connections must come by it as well. Where
# others have put theirs in front, it moves in one commit, so that nothing slips by.
jump() { # program, table, built-in chain, our chain
  [ "$("$1" -w -t "$2" -S "$3" 1 2>/dev/null)" != "-A $3 -j $4" ] || return 0
  if "$1" -w -t "$2" -C "$3" -j "$4" 2>/dev/null; then
    printf '%s\n' "*$2" "-D $3 -j $4" "-I $3 1 -j $4" COMMIT | "$1-restore" -w --noflush
  else
    "$1" -w -t "$2" -I "$3" 1 -j "$4"
  fi
}

load() { # program, file, more options
  "$1-restore" -w --noflush ${3:+"$3"} <"$here/$2"
}

# shellcheck disable=SC1007 # CDPATH is to be empty
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)

ipset restore <"$here/sets" || fail "not all sets are loaded; the rules are as they were"
load "$IPTABLES" rules.v4 --test || fail "rules.v4 is refused; no rules have been changed"
load "$IP6TABLES" rules.v6 --test || fail "rules.v6 is refused; no rules have been changed"

# Both families are loaded before the first jump, so that neither is guarded alone.
load "$IPTABLES" rules.v4 || fail "rules.v4 does not load; no rules have been changed"
load "$IP6TABLES" rules.v6 ||
  fail "rules.v6 does not load: IPv4 has the new rules, IPv6 is as it was before"
for program in "$IPTABLES" "$IP6TABLES"; do
  jump "$program" filter FORWARD TW-HOOK-FORWARD ||
    fail "$program: no jump from FORWARD in filter; that family is not guarded"
  jump "$program" nat PREROUTING TW-HOOK-NAT ||
    fail "$program: no jump from PREROUTING in nat; that family is not guarded"
done

# What an earlier policy had and this one has not.
for program in "$IPTABLES" "$IP6TABLES"; do
  sweep "$program" filter FORWARD 'TW-HOOK-FORWARD TW-BY-SOURCE TW-EVERYONE'
  sweep "$program" nat PREROUTING 'TW-HOOK-NAT TW-BY-SOURCE TW-EVERYONE'
  sweep "$program" mangle PREROUTING ''
done
sweep_sets 'tw_dnsok4 tw_dnsok6 tw_refuser4 tw_refuser6 tw_support4 tw_support6 tw_shared4 tw_shared6 tw_deny4 tw_deny6 tw_cdn4 tw_cdn6 tw_net_d54f53da4 tw_net_d54f53da6 tw_net_fae7833f4 tw_net_9dea96d26 tw_net_6d25ad354 tw_net_5e9c22f34 tw_net_9e6315b54 tw_pass4 tw_pass6 tw_gate'
