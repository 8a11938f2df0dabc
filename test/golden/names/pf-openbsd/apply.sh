#!/bin/sh
# tunnelwarden: pf of OpenBSD, loading for Example Corp
# policy fd61d57fa7b1c3d6ed6a69117be9b7ea883de62ce4d2489daf4039aaa9f813d0
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - tunnels.example.com: its addresses are not known, so no address of its service is denied; run `tunnelwarden addresses refresh`
# - fronts of many: blocked TLS names pass there (class cdn); this format cannot tell a gate that is down, which would take along all who live there
# - Rules are asked only where no state matches: what runs when an address is refused goes on until its state is ended, which apply.sh does for addresses that it knows.
# - Elements of tables have no timeouts: whoever adds an address has to take it out again, or `pfctl -T expire` does.
# - pf does not look into packets, so TLS names at shared addresses need the gate.
# - Tables hold no pairs: what `tunnelwarden allow` lets one client do holds for resolver and gate, and an address that is refused stays refused.
# - Traffic of the gateway itself is not looked at, only what comes in by the interfaces of `lan`.

set -eu
ours() { pfctl -q -a tunnelwarden "$@"; }
warn() { printf 'tunnelwarden: %s\n' "$*" >&2; status=1; }
cd -- "$(dirname -- "$0")"

# Each address that is refused on every port, behind its table.
refused() {
	for table in tw_shared tw_deny; do
		ours -t "$table" -T show 2>/dev/null |
			awk -v table="$table" 'NF > 0 && $1 !~ /^!/ { print table, $1 }'
	done
}

ours -n -f tunnelwarden.conf
before=$(refused)

# Tables and what is known to be in them come first, so that no rule meets an empty one. What the
# resolver has put there since stays: the rules declare its tables without contents.
ours -T load -f tunnelwarden.conf
ours -f tunnelwarden.conf

# Tables of an earlier policy: what is in them would be in force again when they come back.
for table in $(ours -s Tables); do
	case $table in
	tw_dnsok | tw_support | tw_shared | tw_deny | tw_cdn) ;;
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
pfctl -s rules 2>/dev/null | grep -q '^anchor "tunnelwarden"' ||
	warn 'the main rules do not say anchor "tunnelwarden": see pf.conf.fragment'
exit "$status"
