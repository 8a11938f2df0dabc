#!/bin/sh
# tunnelwarden: pf of OpenBSD, removal for Example Corp
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
#
# Addresses that the sanctioned ingress shares:
# - 198.51.100.9: tunnels.example.com beside block/198.51.100.0/24
# - 2001:db8:77::10: tunnel.eu.tunnels.example.com beside connect.ngrok-agent.com
# - 203.0.113.10: tunnels.example.com beside connect.ngrok-agent.com
# - 203.0.113.7: tunnel.eu.tunnels.example.com beside block/203.0.113.7

set -eu
ours() { pfctl -q -a tunnelwarden "$@"; }

# Rules go before the tables that they ask. The lines of pf.conf.fragment go by hand. States stay:
# connections that our rules led elsewhere last until they end.
ours -F rules
ours -F Tables
