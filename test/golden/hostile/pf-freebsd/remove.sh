#!/bin/sh
# tunnelwarden: pf of FreeBSD, removal for Evil' "Corp" $(id) `id` */ ; # % \ <U+000A>-A INPUT -j ACCEPT<U+000D><U+2028>Gr<U+00FC><U+00DF>e<U+202E> {
# policy 527c07487a1a850b1625cbe1df2519fde3f6493eca41d8ad1e7877d623826431
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
# - 198.51.100.10: www\;x.tunnels.example.com beside block/198.51.100.0/24
# - 198.51.100.9: tunnels.example.com beside block/198.51.100.0/24

set -eu
ours() { pfctl -q -a tunnelwarden "$@"; }

# Rules go before the tables that they ask. The lines of pf.conf.fragment go by hand. States stay:
# connections that our rules led elsewhere last until they end.
ours -F nat
ours -F rules
ours -F Tables
