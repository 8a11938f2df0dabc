#!/bin/sh
# tunnelwarden: pf of FreeBSD, loading for Example Corp
# policy 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - connect.*.ngrok-agent.com: only known regions
# - anything by its nature
#
# Addresses that the sanctioned ingress shares:
# - 198.51.100.20: tunnels.example.com beside connect.ngrok-agent.com

set -eu
ours() { pfctl -q -a tunnelwarden "$@"; }
warn() { printf 'tunnelwarden: %s\n' "$*" >&2; status=1; }
cd -- "$(dirname -- "$0")"

# Each address that is refused on every port, behind its table.
refused() {
	for table in tw_shared_guests tw_deny_guests tw_net_1f2e3d4c tw_shared tw_deny; do
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
ours -t tw_support_guests -T add -f support_guests.table
ours -t tw_shared_guests -T add -f shared_guests.table
ours -t tw_deny_guests -T add -f deny_guests.table
ours -t tw_cdn_guests -T add -f cdn_guests.table
ours -f tunnelwarden.conf

# Tables of an earlier policy: what is in them would be in force again when they come back.
for table in $(ours -s Tables); do
	case $table in
	tw_dnsok | tw_support | tw_shared | tw_deny | tw_cdn | tw_support_guests | tw_shared_guests | tw_deny_guests | tw_cdn_guests | tw_net_1f2e3d4c | tw_net_0a0b0c0d | tw_doh | tw_c_guests | tw_c_any | tw_x_c_any) ;;
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
