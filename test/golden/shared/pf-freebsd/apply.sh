#!/bin/sh
# tunnelwarden: pf of FreeBSD, loading for Example Corp
# policy 4b4c85900907a86e76ffa665caefc342123e1f49159251f2f398d2c61dbbb59d
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - fronts of many: blocked TLS names pass there (class cdn); this format cannot tell a gate that is down, which would take along all who live there
# - Rules are asked only where no state matches: what runs when an address is refused goes on until its state is ended, which apply.sh does for addresses that it knows.
# - Elements of tables have no timeouts: whoever adds an address has to take it out again, or `pfctl -T expire` does.
# - pf does not look into packets, so TLS names at shared addresses need the gate.
# - Tables hold no pairs: what `tunnelwarden allow` lets one client do holds for resolver and gate, and an address that is refused stays refused.
# - Traffic of the gateway itself is not looked at, only what comes in by the interfaces of `lan`.
# - Rules that only record or let pass are `match` rules, which FreeBSD has from 14 on.
# - The gate cannot tell which address was dialled, so it resolves the TLS name itself.
# - What is led to the gate is not recorded by watched networks that hold it; the gate logs it.
#
# Addresses that the sanctioned ingress shares:
# - 198.51.100.9: tunnels.example.com beside block/198.51.100.0/24
# - 2001:db8:77::10: tunnel.eu.tunnels.example.com beside connect.ngrok-agent.com
# - 203.0.113.10: tunnels.example.com beside connect.ngrok-agent.com
# - 203.0.113.7: tunnel.eu.tunnels.example.com beside block/203.0.113.7

set -eu
ours() { pfctl -q -a tunnelwarden "$@"; }
warn() { printf 'tunnelwarden: %s\n' "$*" >&2; status=1; }
cd -- "$(dirname -- "$0")"

# Each address that is refused on every port, behind its table.
refused() {
	for table in tw_shared tw_deny tw_net_d54f53da tw_net_9dea96d2 tw_net_9e6315b5; do
		ours -t "$table" -T show 2>/dev/null |
			awk -v table="$table" 'NF > 0 && $1 !~ /^!/ { print table, $1 }'
	done
}

ours -n -f tunnelwarden.conf
before=$(refused)

# Tables and what is known to be in them come first, so that no rule meets an empty one. What the
# resolver has put there since stays: the rules declare its tables without contents.
ours -T load -f tunnelwarden.conf
ours -t tw_support -T add -f support.table
ours -t tw_shared -T add -f shared.table
ours -t tw_deny -T add -f deny.table
ours -t tw_cdn -T add -f cdn.table
ours -f tunnelwarden.conf

# Tables of an earlier policy: what is in them would be in force again when they come back.
for table in $(ours -s Tables); do
	case $table in
	tw_dnsok | tw_refuser | tw_support | tw_shared | tw_deny | tw_cdn | tw_net_d54f53da | tw_net_fae7833f | tw_net_9dea96d2 | tw_net_6d25ad35 | tw_net_5e9c22f3 | tw_net_9e6315b5) ;;
	*) ours -t "$table" -T kill ;;
	esac
done

# pf asks its rules only where no state matches, so what runs already would go on for good. Only
# states to what was not refused before are ended: sanctioned agents keep theirs over a reload.
{
	cat <<BEFORE
$before
--
BEFORE
	refused
} | awk '
	$1 == "--" { now = 1; next }
	!now { was[$0] = 1; next }
	!($0 in was) && !told[$2]++ { print $2 }
' | while read -r address; do
	case $address in
	*:*) pfctl -q -k ::/0 -k "$address" </dev/null ;;
	*) pfctl -q -k 0.0.0.0/0 -k "$address" </dev/null ;;
	esac
done

status=0
pfctl -s info 2>/dev/null | grep -q '^Status: Enabled' ||
	warn 'pf is not enabled: pfctl -e'
pfctl -s nat 2>/dev/null | grep -q '^rdr-anchor "tunnelwarden"' ||
	warn 'the main rules do not say rdr-anchor "tunnelwarden": see pf.conf.fragment'
pfctl -s rules 2>/dev/null | grep -q '^anchor "tunnelwarden"' ||
	warn 'the main rules do not say anchor "tunnelwarden": see pf.conf.fragment'
exit "$status"
