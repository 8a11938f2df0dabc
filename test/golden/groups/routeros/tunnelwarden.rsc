# tunnelwarden: RouterOS 7 script for Example Corp
# policy ce4744d4e570e1e0dfccd16125655bdd1804595ac9a8ca4f0daac1cca3eba749
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - 36 rules for some clients only: this format knows no clients; the resolver decides for 192.0.2.128/25, 2001:db8:9::/64, 192.0.2.17
# - connect.*.ngrok-agent.com, ngrok.*.tunnel.com, tunnel.*.ngrok.com: a * within a name cannot be said here: only the names known today are; the resolver knows all
# - 1 watched name: nothing is recorded by this format; the resolver does
# - 1 names with an answer of their own: this format has one answer for all
# - shared addresses: nobody looks at TLS names, so where a sanctioned name lives blocked ones pass too; use a backend that can
# - fronts of many: blocked TLS names pass there (class cdn); a gate that passes on the rest refuses them: firewall.gate, and `fronts` in firewall.parts
# - observed clients: what would be refused to them is recorded only
# - TLS names are read in one packet: a ClientHello of two, as with post-quantum keys, may pass.
# - Connections that a fasttrack rule takes are not looked at; leave TCP port 443 out of it.
# - Static DNS entries refuse with NXDOMAIN and know no exceptions: around one only TLS names are refused.
# - Addresses of names are not followed: only static networks and ports are refused.
# - Where groups of clients differ, ports and foreign resolvers are left out.
# - QUIC hides the server name; only DNS and addresses stop it.
#
# Addresses that the sanctioned ingress shares:
# - 203.0.113.10: tunnels.example.com beside connect.ngrok-agent.com
#
# Copy it to the router, then: /import file-name=tunnelwarden.rsc
#
# Left out:
# - block/paste.example.net: not in DNS: names below it, because of allow/=status.paste.example.net
# - addresses: rules for ports and resolvers, as groups differ in them

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
add name="paste.example.net" type=NXDOMAIN comment="TW block/paste.example.net"
add name="dns.quad9.net" match-subdomain=yes type=NXDOMAIN comment="TW bypass/quad9/dns.quad9.net"
add name="dns10.quad9.net" match-subdomain=yes type=NXDOMAIN comment="TW bypass/quad9/dns10.quad9.net"
add name="dns11.quad9.net" match-subdomain=yes type=NXDOMAIN comment="TW bypass/quad9/dns11.quad9.net"
add name="dns12.quad9.net" match-subdomain=yes type=NXDOMAIN comment="TW bypass/quad9/dns12.quad9.net"
add name="dns9.quad9.net" match-subdomain=yes type=NXDOMAIN comment="TW bypass/quad9/dns9.quad9.net"
add name="use-application-dns.net" type=NXDOMAIN comment="TW bypass/canaries/=use-application-dns.net"
add name="bore.pub" match-subdomain=yes type=NXDOMAIN comment="TW bore/session/bore.pub"

/ip firewall address-list
add list=tw_dnsok address=192.0.2.53 comment="TW machines that may ask foreign resolvers and be asked"
/ip firewall address-list
add list=tw_blocked address=198.51.100.0/24 comment="TW blocked addresses"

/ip firewall filter
add chain=tw-tls protocol=tcp tls-host="tunnels.example.com" action=return comment="TW ingress/tunnels.example.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnels.example.com" action=return comment="TW ingress/tunnels.example.com"
add chain=tw-tls protocol=tcp tls-host="status.paste.example.net" action=return comment="TW allow/=status.paste.example.net"
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
add chain=tw-tls protocol=tcp tls-host="remote.example.org" action=return comment="TW watch/remote.example.org"
add chain=tw-tls protocol=tcp tls-host="*.remote.example.org" action=return comment="TW watch/remote.example.org"
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
add chain=tw-tls protocol=tcp tls-host="paste.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/paste.example.net"
add chain=tw-tls protocol=tcp tls-host="*.paste.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/paste.example.net"
add chain=tw-tls protocol=tcp tls-host="dns.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns.quad9.net"
add chain=tw-tls protocol=tcp tls-host="dns10.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns10.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns10.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns10.quad9.net"
add chain=tw-tls protocol=tcp tls-host="dns11.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns11.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns11.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns11.quad9.net"
add chain=tw-tls protocol=tcp tls-host="dns12.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns12.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns12.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns12.quad9.net"
add chain=tw-tls protocol=tcp tls-host="dns9.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns9.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns9.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns9.quad9.net"
add chain=tw-tls protocol=tcp tls-host="use-application-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/canaries/=use-application-dns.net"
add chain=tw-tls protocol=tcp tls-host="resolver.arpa" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/ddr/resolver.arpa"
add chain=tw-tls protocol=tcp tls-host="*.resolver.arpa" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/ddr/resolver.arpa"
add chain=tw-tls protocol=tcp tls-host="lennut.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/lennut.com"
add chain=tw-tls protocol=tcp tls-host="*.lennut.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/lennut.com"
add chain=tw-tls protocol=tcp tls-host="bore.pub" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bore/session/bore.pub"
add chain=tw-tls protocol=tcp tls-host="*.bore.pub" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bore/session/bore.pub"
add chain=tw-forward protocol=tcp dst-port=443 action=jump jump-target=tw-tls comment="TW TLS names"
add chain=tw-forward protocol=tcp dst-address-list=tw_blocked log=yes log-prefix=TW-NET action=reject reject-with=tcp-reset comment="TW TW-NET blocked addresses"
add chain=tw-forward dst-address-list=tw_blocked log=yes log-prefix=TW-NET action=reject reject-with=icmp-admin-prohibited comment="TW TW-NET blocked addresses"
:if ([:len [/ip firewall filter find where chain=forward and dynamic=no]] > 0) do={ /ip firewall filter add chain=forward in-interface-list=tw_lan action=jump jump-target=tw-forward comment="TW everything" place-before=[:pick [/ip firewall filter find where chain=forward and dynamic=no] 0] } else={ /ip firewall filter add chain=forward in-interface-list=tw_lan action=jump jump-target=tw-forward comment="TW everything" }
/ip firewall nat
add chain=dstnat in-interface-list=tw_lan protocol=udp dst-port=53 src-address-list=!tw_dnsok dst-address-list=!tw_dnsok action=dst-nat to-addresses=192.0.2.53 comment="TW TW-DNS capture"
add chain=dstnat in-interface-list=tw_lan protocol=tcp dst-port=53 src-address-list=!tw_dnsok dst-address-list=!tw_dnsok action=dst-nat to-addresses=192.0.2.53 comment="TW TW-DNS capture"

/ipv6 firewall filter
add chain=tw-tls protocol=tcp tls-host="tunnels.example.com" action=return comment="TW ingress/tunnels.example.com"
add chain=tw-tls protocol=tcp tls-host="*.tunnels.example.com" action=return comment="TW ingress/tunnels.example.com"
add chain=tw-tls protocol=tcp tls-host="status.paste.example.net" action=return comment="TW allow/=status.paste.example.net"
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
add chain=tw-tls protocol=tcp tls-host="remote.example.org" action=return comment="TW watch/remote.example.org"
add chain=tw-tls protocol=tcp tls-host="*.remote.example.org" action=return comment="TW watch/remote.example.org"
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
add chain=tw-tls protocol=tcp tls-host="paste.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/paste.example.net"
add chain=tw-tls protocol=tcp tls-host="*.paste.example.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW block/paste.example.net"
add chain=tw-tls protocol=tcp tls-host="dns.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns.quad9.net"
add chain=tw-tls protocol=tcp tls-host="dns10.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns10.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns10.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns10.quad9.net"
add chain=tw-tls protocol=tcp tls-host="dns11.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns11.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns11.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns11.quad9.net"
add chain=tw-tls protocol=tcp tls-host="dns12.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns12.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns12.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns12.quad9.net"
add chain=tw-tls protocol=tcp tls-host="dns9.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns9.quad9.net"
add chain=tw-tls protocol=tcp tls-host="*.dns9.quad9.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/quad9/dns9.quad9.net"
add chain=tw-tls protocol=tcp tls-host="use-application-dns.net" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/canaries/=use-application-dns.net"
add chain=tw-tls protocol=tcp tls-host="resolver.arpa" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/ddr/resolver.arpa"
add chain=tw-tls protocol=tcp tls-host="*.resolver.arpa" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bypass/ddr/resolver.arpa"
add chain=tw-tls protocol=tcp tls-host="lennut.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/lennut.com"
add chain=tw-tls protocol=tcp tls-host="*.lennut.com" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW ngrok/session/lennut.com"
add chain=tw-tls protocol=tcp tls-host="bore.pub" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bore/session/bore.pub"
add chain=tw-tls protocol=tcp tls-host="*.bore.pub" action=reject reject-with=tcp-reset log=yes log-prefix=TW-SNI comment="TW bore/session/bore.pub"
add chain=tw-forward protocol=tcp dst-port=443 action=jump jump-target=tw-tls comment="TW TLS names"
:if ([:len [/ipv6 firewall filter find where chain=forward and dynamic=no]] > 0) do={ /ipv6 firewall filter add chain=forward in-interface-list=tw_lan action=jump jump-target=tw-forward comment="TW everything" place-before=[:pick [/ipv6 firewall filter find where chain=forward and dynamic=no] 0] } else={ /ipv6 firewall filter add chain=forward in-interface-list=tw_lan action=jump jump-target=tw-forward comment="TW everything" }
