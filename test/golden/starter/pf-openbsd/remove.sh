#!/bin/sh
# tunnelwarden: pf of OpenBSD, removal for Example Corp
# policy 2a44a086c7f6fd5d0715c2ce374306a00019426c1066b7a98584da51f7a2a32a
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - tunnels.example.com: its addresses are not known, so no address of its service is denied; run `tunnelwarden addresses refresh`
# - shared addresses: nobody looks at TLS names, so where a sanctioned name lives blocked ones pass too; run a gate and name its port as firewall.gate
# - fronts of many: blocked TLS names pass there (class cdn); this format cannot tell a gate that is down, which would take along all who live there
# - Rules are asked only where no state matches: what runs when an address is refused goes on until its state is ended, which apply.sh does for addresses that it knows.
# - Elements of tables have no timeouts: whoever adds an address has to take it out again, or `pfctl -T expire` does.
# - pf does not look into packets, so TLS names at shared addresses need the gate.
# - Tables hold no pairs: what `tunnelwarden allow` lets one client do holds for resolver and gate, and an address that is refused stays refused.
# - Traffic of the gateway itself is not looked at, only what comes in by the interfaces of `lan`.

set -eu
ours() { pfctl -q -a tunnelwarden "$@"; }

# Rules go before the tables that they ask. The lines of pf.conf.fragment go by hand. States stay:
# connections that our rules led elsewhere last until they end.
ours -F rules
ours -F Tables
