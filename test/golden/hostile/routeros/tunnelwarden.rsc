# tunnelwarden: RouterOS 7 script for Evil' "Corp" $(id) `id` */ ; # % \ <U+000A>-A INPUT -j ACCEPT<U+000D><U+2028>Gr<U+00FC><U+00DF>e<U+202E> {
# policy 527c07487a1a850b1625cbe1df2519fde3f6493eca41d8ad1e7877d623826431
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - connect.*.ngrok-agent.com, ngrok.*.tunnel.com, tunnel.*.ngrok.com: a * within a name cannot be said here: only the names known today are; the resolver knows all
# - 51 names with an answer of their own: this format has one answer for all
# - shared addresses: nobody looks at TLS names, so where a sanctioned name lives blocked ones pass too; use a backend that can
# - TLS names are read in one packet: a ClientHello of two, as with post-quantum keys, may pass.
# - Connections that a fasttrack rule takes are not looked at; leave TCP port 443 out of it.
# - Static DNS entries refuse with NXDOMAIN and know no exceptions: around one only TLS names are refused.
# - Addresses of names are not followed: only static networks and ports are refused.
# - Where groups of clients differ, ports and foreign resolvers are left out.
# - QUIC hides the server name; only DNS and addresses stop it.
#
# Addresses that the sanctioned ingress shares:
# - 198.51.100.10: www\;x.tunnels.example.com beside block/198.51.100.0/24
# - 198.51.100.9: tunnels.example.com beside block/198.51.100.0/24
#
# Copy it to the router, then: /import file-name=tunnelwarden.rsc
#
# Left out:
# - block/a#b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a%b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a,b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a/b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\"b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\$b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\(b\).example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\.b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\000\255.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\010b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\032b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\;b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\@b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a\\b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a||b.example.net: not in DNS: the name has characters that this format cannot hold
# - block/odd.example.net: not in DNS: names below it, because of allow/ok\;but.odd.example.net
# - block/in.a\;b.odd.example.net: not in DNS: the name has characters that this format cannot hold
# - block/a#b.example.net: not in TLS: its name cannot be said here
# - block/a%b.example.net: not in TLS: its name cannot be said here
# - block/a,b.example.net: not in TLS: its name cannot be said here
# - block/a/b.example.net: not in TLS: its name cannot be said here
# - block/a\"b.example.net: not in TLS: its name cannot be said here
# - allow/in.a\"b.example.net: not in TLS: its name cannot be said here
# - block/a\$b.example.net: not in TLS: its name cannot be said here
# - block/a\(b\).example.net: not in TLS: its name cannot be said here
# - block/a\.b.example.net: not in TLS: its name cannot be said here
# - block/a\000\255.example.net: not in TLS: its name cannot be said here
# - block/a\010b.example.net: not in TLS: its name cannot be said here
# - block/a\032b.example.net: not in TLS: its name cannot be said here
# - block/a\;b.example.net: not in TLS: its name cannot be said here
# - block/a\@b.example.net: not in TLS: its name cannot be said here
# - block/a\\b.example.net: not in TLS: its name cannot be said here
# - block/a||b.example.net: not in TLS: its name cannot be said here
# - block/odd.example.net: not in TLS: allow/ok\;but.odd.example.net cannot be said here
# - block/in.a\;b.odd.example.net: not in TLS: its name cannot be said here
# - allow/ok\;but.odd.example.net: not in TLS: its name cannot be said here
# - addresses: TW-DENY, only blocked names live there: no resolver of ours fills lists here
# - addresses: TW-SSH, ssh to fronts of blocked names: no resolver of ours fills lists here

# What an earlier file made goes first.
/ip dns static remove [find where comment~"^TW "]
/ip firewall filter remove [find where comment~"^TW "]
/ip firewall nat remove [find where comment~"^TW "]
/ip firewall address-list remove [find where comment~"^TW "]
/ipv6 firewall filter remove [find where comment~"^TW "]
/ipv6 firewall nat remove [find where comment~"^TW "]
/ipv6 firewall address-list remove [find where comment~"^TW "]
:if ([:len [/interface list find where name="tw_lan"]] = 0) do={ /interface list add name=tw_lan }
/interface list member remove [find where list="tw_lan"]
/interface list member
add list=tw_lan interface="lan0"

/ip dns static
add name="resolver.arpa" match-subdomain=yes type=NXDOMAIN comment="TW bypass/ddr/resolver.arpa"
add name="mask.icloud.com" match-subdomain=yes type=NXDOMAIN comment="TW bypass/private-relay/mask.icloud.com"
add name="mask-api.icloud.com" match-subdomain=yes type=NXDOMAIN comment="TW bypass/private-relay/mask-api.icloud.com"
add name="mask-canary.icloud.com" match-subdomain=yes type=NXDOMAIN comment="TW bypass/private-relay/mask-canary.icloud.com"
add name="mask-h2.icloud.com" match-subdomain=yes type=NXDOMAIN comment="TW bypass/private-relay/mask-h2.icloud.com"
add name="lennut.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/lennut.com"
add name="tunnel.ap.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.*.ngrok.com"
add name="tunnel.au.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.*.ngrok.com"
add name="tunnel.eu.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.*.ngrok.com"
add name="tunnel.in.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.*.ngrok.com"
add name="tunnel.jp.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.*.ngrok.com"
add name="ngrokd.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/ngrokd.ngrok.com"
add name="tunnel.sa.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.*.ngrok.com"
add name="tunnel.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.ngrok.com"
add name="tunnel.us.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.*.ngrok.com"
add name="tunnel.us-cal-1.ngrok.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/tunnel.*.ngrok.com"
add name="connect.ap.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.au.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.ngrok-agent.com"
add name="connect.eu.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.eu-lon-1.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.in.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.jp.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.sa.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.us.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.us-cal-1.ngrok-agent.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.*.ngrok-agent.com"
add name="connect.ngrok-endpoints.com" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/connect.ngrok-endpoints.com"
add name="kubernetes-binding-ingress.ngrok.io" match-subdomain=yes type=NXDOMAIN comment="TW ngrok/session/kubernetes-binding-ingress.ngrok.io"
add name="mask.apple-dns.net" match-subdomain=yes type=NXDOMAIN comment="TW bypass/private-relay/mask.apple-dns.net"
add name="canary.mask.apple-dns.net" match-subdomain=yes type=NXDOMAIN comment="TW bypass/private-relay/canary.mask.apple-dns.net"
add name="-a.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/-a.example.net"
add name="_dmarc.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/_dmarc.example.net"
add name="comment.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/comment.example.net"
add name="control.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/control.example.net"
add name="foreign.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/foreign.example.net"
add name="lines.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/lines.example.net"
add name="odd.example.net" type=NXDOMAIN comment="TW block/odd.example.net"
add name="quote.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/quote.example.net"
add name="shell.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/shell.example.net"
add name="template.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/template.example.net"
add name="xn--bcher-kva.example.net" match-subdomain=yes type=NXDOMAIN comment="TW block/xn--bcher-kva.example.net"
add name="use-application-dns.net" type=NXDOMAIN comment="TW bypass/canaries/=use-application-dns.net"

/ip firewall address-list
add list=tw_shared address=198.51.100.9 comment="TW sanctioned and blocked names live there"
add list=tw_shared address=198.51.100.10 comment="TW sanctioned and blocked names live there"
/ip firewall address-list
add list=tw_net_9e6315b5 address=198.51.100.0/24 comment="TW block in the policy"
/ip firewall address-list
add list=tw_net_94c6699e address=203.0.113.0/24 comment="TW block in the policy: 25/tcp"

/ip firewall filter
add chain=tw-tls protocol=tcp tls-host="tunnels.example.com" action=return comment="TW ingress/tunnels.example.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnels.example.com" action=return comment="TW ingress/tunnels.example.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.ap.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.ap.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.au.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.au.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.eu.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.eu.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.in.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.in.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.jp.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.jp.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.sa.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.sa.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.us.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.us.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.us-cal-1.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.us-cal-1.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="connect.ap.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.ap.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.au.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.au.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.eu.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.eu.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.eu-lon-1.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.eu-lon-1.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.in.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.in.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.jp.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.jp.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.sa.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.sa.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.us.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.us.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.us-cal-1.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.us-cal-1.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="canary.mask.apple-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/canary.mask.apple-dns.net"
add chain=tw-tls protocol=tcp tls-host="*.canary.mask.apple-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/canary.mask.apple-dns.net"
add chain=tw-tls protocol=tcp tls-host="crl.ngrok.com" action=return comment="TW ngrok/support/=crl.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="crl.ngrok-agent.com" action=return comment="TW ngrok/support/=crl.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="mask.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask.icloud.com"
add chain=tw-tls protocol=tcp tls-host="*.mask.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask.icloud.com"
add chain=tw-tls protocol=tcp tls-host="mask-api.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-api.icloud.com"
add chain=tw-tls protocol=tcp tls-host="*.mask-api.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-api.icloud.com"
add chain=tw-tls protocol=tcp tls-host="mask-canary.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-canary.icloud.com"
add chain=tw-tls protocol=tcp tls-host="*.mask-canary.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-canary.icloud.com"
add chain=tw-tls protocol=tcp tls-host="mask-h2.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-h2.icloud.com"
add chain=tw-tls protocol=tcp tls-host="*.mask-h2.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-h2.icloud.com"
add chain=tw-tls protocol=tcp tls-host="ngrokd.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/ngrokd.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.ngrokd.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/ngrokd.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="connect.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.ngrok-endpoints.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.ngrok-endpoints.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.ngrok-endpoints.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.ngrok-endpoints.com"
add chain=tw-tls protocol=tcp tls-host="kubernetes-binding-ingress.ngrok.io" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/kubernetes-binding-ingress.ngrok.io"
add chain=tw-tls protocol=tcp tls-host="*.kubernetes-binding-ingress.ngrok.io" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/kubernetes-binding-ingress.ngrok.io"
add chain=tw-tls protocol=tcp tls-host="mask.apple-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask.apple-dns.net"
add chain=tw-tls protocol=tcp tls-host="*.mask.apple-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask.apple-dns.net"
add chain=tw-tls protocol=tcp tls-host="-a.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/-a.example.net"
add chain=tw-tls protocol=tcp tls-host="*.-a.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/-a.example.net"
add chain=tw-tls protocol=tcp tls-host="_dmarc.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/_dmarc.example.net"
add chain=tw-tls protocol=tcp tls-host="*._dmarc.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/_dmarc.example.net"
add chain=tw-tls protocol=tcp tls-host="comment.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/comment.example.net"
add chain=tw-tls protocol=tcp tls-host="*.comment.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/comment.example.net"
add chain=tw-tls protocol=tcp tls-host="control.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/control.example.net"
add chain=tw-tls protocol=tcp tls-host="*.control.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/control.example.net"
add chain=tw-tls protocol=tcp tls-host="foreign.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/foreign.example.net"
add chain=tw-tls protocol=tcp tls-host="*.foreign.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/foreign.example.net"
add chain=tw-tls protocol=tcp tls-host="lines.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/lines.example.net"
add chain=tw-tls protocol=tcp tls-host="*.lines.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/lines.example.net"
add chain=tw-tls protocol=tcp tls-host="quote.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/quote.example.net"
add chain=tw-tls protocol=tcp tls-host="*.quote.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/quote.example.net"
add chain=tw-tls protocol=tcp tls-host="shell.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/shell.example.net"
add chain=tw-tls protocol=tcp tls-host="*.shell.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/shell.example.net"
add chain=tw-tls protocol=tcp tls-host="template.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/template.example.net"
add chain=tw-tls protocol=tcp tls-host="*.template.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/template.example.net"
add chain=tw-tls protocol=tcp tls-host="xn--bcher-kva.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/xn--bcher-kva.example.net"
add chain=tw-tls protocol=tcp tls-host="*.xn--bcher-kva.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/xn--bcher-kva.example.net"
add chain=tw-tls protocol=tcp tls-host="use-application-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/canaries/=use-application-dns.net"
add chain=tw-tls protocol=tcp tls-host="resolver.arpa" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/ddr/resolver.arpa"
add chain=tw-tls protocol=tcp tls-host="*.resolver.arpa" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/ddr/resolver.arpa"
add chain=tw-tls protocol=tcp tls-host="lennut.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/lennut.com"
add chain=tw-tls protocol=tcp tls-host="*.lennut.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/lennut.com"
add chain=tw-forward protocol=tcp dst-port=443 action=jump jump-target=tw-tls comment="TW TLS names"
add chain=tw-forward dst-address-list=tw_shared action=return comment="TW TW-SHARED a sanctioned name lives there as well, and nobody looks"
add chain=tw-forward protocol=tcp dst-address-list=tw_net_9e6315b5 log=yes log-prefix=TW-BLOCK action=reject reject-with=tcp-reset comment="TW TW-BLOCK block in the policy"
add chain=tw-forward dst-address-list=tw_net_9e6315b5 log=yes log-prefix=TW-BLOCK action=reject reject-with=icmp-admin-prohibited comment="TW TW-BLOCK block in the policy"
add chain=tw-forward protocol=tcp dst-port=25 dst-address-list=tw_net_94c6699e log=yes log-prefix=TW-BLOCK-104e3a64 action=reject reject-with=tcp-reset comment="TW TW-BLOCK-104e3a64 block in the policy: 25/tcp"
:if ([:len [/ip firewall filter find where chain=forward and dynamic=no]] > 0) do={ /ip firewall filter add chain=forward in-interface-list=tw_lan action=jump jump-target=tw-forward comment="TW everything" place-before=[:pick [/ip firewall filter find where chain=forward and dynamic=no] 0] } else={ /ip firewall filter add chain=forward in-interface-list=tw_lan action=jump jump-target=tw-forward comment="TW everything" }
/ip firewall nat
add chain=dstnat in-interface-list=tw_lan protocol=udp dst-port=53 action=redirect comment="TW TW-DNS capture"
add chain=dstnat in-interface-list=tw_lan protocol=tcp dst-port=53 action=redirect comment="TW TW-DNS capture"

/ipv6 firewall filter
add chain=tw-tls protocol=tcp tls-host="tunnels.example.com" action=return comment="TW ingress/tunnels.example.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnels.example.com" action=return comment="TW ingress/tunnels.example.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.ap.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.ap.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.au.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.au.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.eu.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.eu.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.in.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.in.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.jp.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.jp.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.sa.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.sa.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.us.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.us.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.us-cal-1.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.us-cal-1.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.*.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="connect.ap.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.ap.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.au.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.au.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.eu.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.eu.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.eu-lon-1.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.eu-lon-1.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.in.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.in.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.jp.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.jp.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.sa.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.sa.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.us.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.us.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.us-cal-1.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.us-cal-1.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.*.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="canary.mask.apple-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/canary.mask.apple-dns.net"
add chain=tw-tls protocol=tcp tls-host="*.canary.mask.apple-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/canary.mask.apple-dns.net"
add chain=tw-tls protocol=tcp tls-host="crl.ngrok.com" action=return comment="TW ngrok/support/=crl.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="crl.ngrok-agent.com" action=return comment="TW ngrok/support/=crl.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="mask.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask.icloud.com"
add chain=tw-tls protocol=tcp tls-host="*.mask.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask.icloud.com"
add chain=tw-tls protocol=tcp tls-host="mask-api.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-api.icloud.com"
add chain=tw-tls protocol=tcp tls-host="*.mask-api.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-api.icloud.com"
add chain=tw-tls protocol=tcp tls-host="mask-canary.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-canary.icloud.com"
add chain=tw-tls protocol=tcp tls-host="*.mask-canary.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-canary.icloud.com"
add chain=tw-tls protocol=tcp tls-host="mask-h2.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-h2.icloud.com"
add chain=tw-tls protocol=tcp tls-host="*.mask-h2.icloud.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask-h2.icloud.com"
add chain=tw-tls protocol=tcp tls-host="ngrokd.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/ngrokd.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.ngrokd.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/ngrokd.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="tunnel.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnel.ngrok.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/tunnel.ngrok.com"
add chain=tw-tls protocol=tcp tls-host="connect.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.ngrok-agent.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.ngrok-agent.com"
add chain=tw-tls protocol=tcp tls-host="connect.ngrok-endpoints.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.ngrok-endpoints.com"
add chain=tw-tls protocol=tcp tls-host="*.connect.ngrok-endpoints.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/connect.ngrok-endpoints.com"
add chain=tw-tls protocol=tcp tls-host="kubernetes-binding-ingress.ngrok.io" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/kubernetes-binding-ingress.ngrok.io"
add chain=tw-tls protocol=tcp tls-host="*.kubernetes-binding-ingress.ngrok.io" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/kubernetes-binding-ingress.ngrok.io"
add chain=tw-tls protocol=tcp tls-host="mask.apple-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask.apple-dns.net"
add chain=tw-tls protocol=tcp tls-host="*.mask.apple-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/private-relay/mask.apple-dns.net"
add chain=tw-tls protocol=tcp tls-host="-a.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/-a.example.net"
add chain=tw-tls protocol=tcp tls-host="*.-a.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/-a.example.net"
add chain=tw-tls protocol=tcp tls-host="_dmarc.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/_dmarc.example.net"
add chain=tw-tls protocol=tcp tls-host="*._dmarc.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/_dmarc.example.net"
add chain=tw-tls protocol=tcp tls-host="comment.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/comment.example.net"
add chain=tw-tls protocol=tcp tls-host="*.comment.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/comment.example.net"
add chain=tw-tls protocol=tcp tls-host="control.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/control.example.net"
add chain=tw-tls protocol=tcp tls-host="*.control.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/control.example.net"
add chain=tw-tls protocol=tcp tls-host="foreign.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/foreign.example.net"
add chain=tw-tls protocol=tcp tls-host="*.foreign.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/foreign.example.net"
add chain=tw-tls protocol=tcp tls-host="lines.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/lines.example.net"
add chain=tw-tls protocol=tcp tls-host="*.lines.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/lines.example.net"
add chain=tw-tls protocol=tcp tls-host="quote.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/quote.example.net"
add chain=tw-tls protocol=tcp tls-host="*.quote.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/quote.example.net"
add chain=tw-tls protocol=tcp tls-host="shell.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/shell.example.net"
add chain=tw-tls protocol=tcp tls-host="*.shell.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/shell.example.net"
add chain=tw-tls protocol=tcp tls-host="template.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/template.example.net"
add chain=tw-tls protocol=tcp tls-host="*.template.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/template.example.net"
add chain=tw-tls protocol=tcp tls-host="xn--bcher-kva.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/xn--bcher-kva.example.net"
add chain=tw-tls protocol=tcp tls-host="*.xn--bcher-kva.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/xn--bcher-kva.example.net"
add chain=tw-tls protocol=tcp tls-host="use-application-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/canaries/=use-application-dns.net"
add chain=tw-tls protocol=tcp tls-host="resolver.arpa" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/ddr/resolver.arpa"
add chain=tw-tls protocol=tcp tls-host="*.resolver.arpa" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/ddr/resolver.arpa"
add chain=tw-tls protocol=tcp tls-host="lennut.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/lennut.com"
add chain=tw-tls protocol=tcp tls-host="*.lennut.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/lennut.com"
add chain=tw-forward protocol=tcp dst-port=443 action=jump jump-target=tw-tls comment="TW TLS names"
:if ([:len [/ipv6 firewall filter find where chain=forward and dynamic=no]] > 0) do={ /ipv6 firewall filter add chain=forward in-interface-list=tw_lan action=jump jump-target=tw-forward comment="TW everything" place-before=[:pick [/ipv6 firewall filter find where chain=forward and dynamic=no] 0] } else={ /ipv6 firewall filter add chain=forward in-interface-list=tw_lan action=jump jump-target=tw-forward comment="TW everything" }
/ipv6 firewall nat
add chain=dstnat in-interface-list=tw_lan protocol=udp dst-port=53 action=redirect comment="TW TW-DNS capture"
add chain=dstnat in-interface-list=tw_lan protocol=tcp dst-port=53 action=redirect comment="TW TW-DNS capture"
