#!/bin/sh
# tunnelwarden: pf of FreeBSD, loading for Example Corp
# policy ce4744d4e570e1e0dfccd16125655bdd1804595ac9a8ca4f0daac1cca3eba749
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - fronts of many: blocked TLS names pass there (class cdn); this format cannot tell a gate that is down, which would take along all who live there
# - observed clients: what would be refused to them is recorded only
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
# - 203.0.113.10: tunnels.example.com beside connect.ngrok-agent.com

set -eu
ours() { pfctl -q -a tunnelwarden "$@"; }
warn() { printf 'tunnelwarden: %s\n' "$*" >&2; status=1; }
cd -- "$(dirname -- "$0")"

# Each address that is refused on every port, behind its table.
refused() {
	for table in tw_shared_c0c17105f tw_deny_c0c17105f tw_net_9e6315b5 tw_shared_c72e803e5 tw_deny_c72e803e5 tw_shared_c2efbec79 tw_deny_c2efbec79 tw_shared tw_deny; do
		ours -t "$table" -T show 2>/dev/null |
			awk -v table="$table" 'NF > 0 && $1 !~ /^!/ { print table, $1 }'
	done
}

ours -n -f tunnelwarden.conf
before=$(refused)

# Tables and what is known to be in them come first, so that no rule meets an empty one. What the
# resolver has put there since stays: the rules declare its tables without contents.
ours -T load -f tunnelwarden.conf
ours -t tw_support_c0c17105f -T add -f support_c0c17105f.table
ours -t tw_shared_c0c17105f -T add -f shared_c0c17105f.table
ours -t tw_deny_c0c17105f -T add -f deny_c0c17105f.table
ours -t tw_support_c72e803e5 -T add -f support_c72e803e5.table
ours -t tw_deny_c72e803e5 -T add -f deny_c72e803e5.table
ours -t tw_deny_ccfd12378 -T add -f deny_ccfd12378.table
ours -t tw_support_c2efbec79 -T add -f support_c2efbec79.table
ours -t tw_shared_c2efbec79 -T add -f shared_c2efbec79.table
ours -t tw_deny_c2efbec79 -T add -f deny_c2efbec79.table
ours -t tw_support -T add -f support.table
ours -t tw_shared -T add -f shared.table
ours -t tw_deny -T add -f deny.table
ours -f tunnelwarden.conf

# Tables of an earlier policy: what is in them would be in force again when they come back.
for table in $(ours -s Tables); do
	case $table in
	tw_dnsok | tw_support_c0c17105f | tw_shared_c0c17105f | tw_deny_c0c17105f | tw_cdn_c0c17105f | tw_net_46cbd6da | tw_net_6caaa59a | tw_net_9e6315b5 | tw_support_c72e803e5 | tw_shared_c72e803e5 | tw_deny_c72e803e5 | tw_cdn_c72e803e5 | tw_deny_ccfd12378 | tw_support_c2efbec79 | tw_shared_c2efbec79 | tw_deny_c2efbec79 | tw_cdn_c2efbec79 | tw_support | tw_shared | tw_deny | tw_cdn | tw_doh | tw_c_c0c17105f | tw_c_c72e803e5 | tw_c_ccfd12378 | tw_c_c2efbec79 | tw_c_any | tw_x_c_any) ;;
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
