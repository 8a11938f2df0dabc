#!/bin/sh
# Routes for connections that the gate takes transparently.
set -eu
ip route replace local default dev lo table 7353
[ -n "$(ip rule show fwmark 0x1/0x1 table 7353)" ] ||
  ip rule add pref 7353 fwmark 0x1/0x1 lookup 7353
ip -6 route replace local default dev lo table 7353
[ -n "$(ip -6 rule show fwmark 0x1/0x1 table 7353)" ] ||
  ip -6 rule add pref 7353 fwmark 0x1/0x1 lookup 7353
