#!/bin/sh
# tunnelwarden: pf of FreeBSD, removal for Example Corp
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

# Rules go before the tables that they ask. The lines of pf.conf.fragment go by hand. States stay:
# connections that our rules led elsewhere last until they end.
ours -F nat
ours -F rules
ours -F Tables
