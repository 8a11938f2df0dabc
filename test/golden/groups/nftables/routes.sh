#!/bin/sh
# Routes for connections that the gate takes transparently.
set -eu
ip rule del pref 7353 2>/dev/null || true
ip rule add pref 7353 fwmark 0x1/0x1 lookup 7353
ip route replace local default dev lo table 7353
ip -6 rule del pref 7353 2>/dev/null || true
ip -6 rule add pref 7353 fwmark 0x1/0x1 lookup 7353
ip -6 route replace local default dev lo table 7353
