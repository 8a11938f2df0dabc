# tunnelwarden: Windows name resolution policies for Example Corp
# policy 2a44a086c7f6fd5d0715c2ce374306a00019426c1066b7a98584da51f7a2a32a
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - connect.*.ngrok-agent.com, ngrok.*.tunnel.com, tunnel.*.ngrok.com: a * within a name cannot be said here: only the names known today are; the resolver knows all
# - 1 names with an answer of their own: this format has one answer for all
# - 138.68.147.8, 142.93.90.113, 162.159.234.1 and 120 more: addresses need a packet filter (nftables, iptables, pf)
# - ports 1280/tcp, 21115/tcp, 21116/tcp and 22 more: public resolvers and the services' own ports need a packet filter
# - other resolvers: agents that are refused by name ask elsewhere; a packet filter or a gate closes that
# - A Windows DNS server answers REFUSED, whatever the policy says; clients then ask their next server.
# - Clients are only sent to the resolver for refused names: it must be there, and decides.
# - Programs with a resolver of their own, as browsers with DNS over HTTPS, do not ask Windows.
# - Each name is a policy of its own, asked one after another: not for lists of thousands.
# - The script has not been run on Windows by us.

# Run it as an administrator; again after each change. What an earlier run made is removed first,
# by its beginning TW-.
#   tunnelwarden.ps1 -Role Client [-NameServers ADDRESS,...]   the table of a client (NRPT)
#   tunnelwarden.ps1 -Role Server                              the policies of a DNS server
#   tunnelwarden.ps1 -Role Client|Server -Remove               takes all of it away
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [ValidateSet('Client', 'Server')] [string] $Role,
    [string[]] $NameServers = @(),
    [switch] $Remove
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# What a DNS server refuses: a name for each policy, and the names it is about.
$Policies = [ordered]@{
    # gradio: Gradio share links opens tunnels through this name
    'TW-api.gradio.app' = 'EQ,api.gradio.app'
    # Discovery of Designated Resolvers goes round this resolver
    'TW-resolver.arpa' = 'EQ,resolver.arpa,*.resolver.arpa'
    # pyjamas: tunnel.pyjam.as opens tunnels through this name
    'TW-tunnel.pyjam.as' = 'EQ,tunnel.pyjam.as,*.tunnel.pyjam.as'
    # CIRA Canadian Shield goes round this resolver
    'TW-family.canadianshield.cira.ca' = 'EQ,family.canadianshield.cira.ca,*.family.canadianshield.cira.ca'
    'TW-private.canadianshield.cira.ca' = 'EQ,private.canadianshield.cira.ca,*.private.canadianshield.cira.ca'
    'TW-protected.canadianshield.cira.ca' = 'EQ,protected.canadianshield.cira.ca,*.protected.canadianshield.cira.ca'
    # Digitale Gesellschaft DNS goes round this resolver
    'TW-dns.digitale-gesellschaft.ch' = 'EQ,dns.digitale-gesellschaft.ch,*.dns.digitale-gesellschaft.ch'
    # SWITCH Public DNS goes round this resolver
    'TW-dns.switch.ch' = 'EQ,dns.switch.ch,*.dns.switch.ch'
    # loophole: Loophole opens tunnels through this name
    'TW-loophole.cloud' = 'EQ,loophole.cloud,*.loophole.cloud'
    # telebit: Telebit opens tunnels through this name
    'TW-telebit.cloud' = 'EQ,telebit.cloud,*.telebit.cloud'
    # Apple encrypted DNS goes round this resolver
    'TW-doh.dns.apple.com.v.aaplimg.com' = 'EQ,doh.dns.apple.com.v.aaplimg.com'
    # AdGuard DNS goes round this resolver
    'TW-dns.adguard.com' = 'EQ,dns.adguard.com,*.dns.adguard.com'
    'TW-dns-family.adguard.com' = 'EQ,dns-family.adguard.com,*.dns-family.adguard.com'
    'TW-dns-unfiltered.adguard.com' = 'EQ,dns-unfiltered.adguard.com,*.dns-unfiltered.adguard.com'
    'TW-d.adguard-dns.com' = 'EQ,d.adguard-dns.com,*.d.adguard-dns.com'
    'TW-dns.adguard-dns.com' = 'EQ,dns.adguard-dns.com,*.dns.adguard-dns.com'
    'TW-family.adguard-dns.com' = 'EQ,family.adguard-dns.com,*.family.adguard-dns.com'
    'TW-unfiltered.adguard-dns.com' = 'EQ,unfiltered.adguard-dns.com,*.unfiltered.adguard-dns.com'
    # AliDNS goes round this resolver
    'TW-dns.alidns.com' = 'EQ,dns.alidns.com,*.dns.alidns.com'
    # Apple encrypted DNS goes round this resolver
    'TW-doh.dns.apple.com' = 'EQ,doh.dns.apple.com,*.doh.dns.apple.com'
    # cloudflare-tunnel: Cloudflare Tunnel opens tunnels through this name
    'TW-argotunnel.com' = 'EQ,argotunnel.com,*.argotunnel.com,NE,management.fed.argotunnel.com,*.management.fed.argotunnel.com,management.argotunnel.com,*.management.argotunnel.com,update.argotunnel.com,*.update.argotunnel.com'
    # beeceptor: Beeceptor opens tunnels through this name
    'TW-beeceptor.com' = 'EQ,beeceptor.com,*.beeceptor.com'
    # cloudflare-tunnel: Cloudflare Tunnel opens tunnels through this name
    'TW-cftunnel.com' = 'EQ,cftunnel.com,*.cftunnel.com'
    # Cloudflare 1.1.1.1 goes round this resolver
    'TW-dns.cloudflare.com' = 'EQ,dns.cloudflare.com'
    'TW-cloudflare-dns.com' = 'EQ,cloudflare-dns.com,*.cloudflare-dns.com'
    'TW-cloudflare-gateway.com' = 'EQ,cloudflare-gateway.com,*.cloudflare-gateway.com'
    # cloudflare-tunnel: Cloudflare Tunnel opens tunnels through this name
    'TW-pqtunnels.cloudflareresearch.com' = 'EQ,*.pqtunnels.cloudflareresearch.com,NE,pqtunnels.cloudflareresearch.com'
    # Control D goes round this resolver
    'TW-dns.controld.com' = 'EQ,dns.controld.com,*.dns.controld.com'
    'TW-freedns.controld.com' = 'EQ,freedns.controld.com,*.freedns.controld.com'
    # cotunnel: Cotunnel opens tunnels through this name
    'TW-cotunnel.com' = 'EQ,cotunnel.com,*.cotunnel.com'
    # dataplicity: Dataplicity opens tunnels through this name
    'TW-dataplicity.com' = 'EQ,dataplicity.com,*.dataplicity.com,NE,wormhole.dataplicity.com,*.wormhole.dataplicity.com'
    # Google Public DNS goes round this resolver
    'TW-dns.google.com' = 'EQ,dns.google.com,*.dns.google.com'
    # hookdeck: Hookdeck opens tunnels through this name
    'TW-api.hookdeck.com' = 'EQ,api.hookdeck.com,*.api.hookdeck.com'
    'TW-ws.hookdeck.com' = 'EQ,ws.hookdeck.com,*.ws.hookdeck.com'
    # Apple Private Relay goes round this resolver
    'TW-mask.icloud.com' = 'EQ,mask.icloud.com,*.mask.icloud.com'
    'TW-mask-api.icloud.com' = 'EQ,mask-api.icloud.com,*.mask-api.icloud.com'
    'TW-mask-canary.icloud.com' = 'EQ,mask-canary.icloud.com,*.mask-canary.icloud.com'
    'TW-mask-h2.icloud.com' = 'EQ,mask-h2.icloud.com,*.mask-h2.icloud.com'
    # ngrok: ngrok opens tunnels through this name
    'TW-lennut.com' = 'EQ,lennut.com,*.lennut.com'
    # localcan: LocalCan opens tunnels through this name
    'TW-localcan.com' = 'EQ,localcan.com,*.localcan.com'
    # localtonet: LocaltoNet opens tunnels through this name
    'TW-localtonet.com' = 'EQ,localtonet.com,*.localtonet.com'
    # ngrok: ngrok opens tunnels through this name
    'TW-tunnel.ap.ngrok.com' = 'EQ,tunnel.ap.ngrok.com,*.tunnel.ap.ngrok.com'
    'TW-tunnel.au.ngrok.com' = 'EQ,tunnel.au.ngrok.com,*.tunnel.au.ngrok.com'
    'TW-tunnel.eu.ngrok.com' = 'EQ,tunnel.eu.ngrok.com,*.tunnel.eu.ngrok.com'
    'TW-tunnel.in.ngrok.com' = 'EQ,tunnel.in.ngrok.com,*.tunnel.in.ngrok.com'
    'TW-tunnel.jp.ngrok.com' = 'EQ,tunnel.jp.ngrok.com,*.tunnel.jp.ngrok.com'
    'TW-ngrokd.ngrok.com' = 'EQ,ngrokd.ngrok.com,*.ngrokd.ngrok.com'
    'TW-tunnel.sa.ngrok.com' = 'EQ,tunnel.sa.ngrok.com,*.tunnel.sa.ngrok.com'
    'TW-tunnel.ngrok.com' = 'EQ,tunnel.ngrok.com,*.tunnel.ngrok.com'
    'TW-tunnel.us.ngrok.com' = 'EQ,tunnel.us.ngrok.com,*.tunnel.us.ngrok.com'
    'TW-tunnel.us-cal-1.ngrok.com' = 'EQ,tunnel.us-cal-1.ngrok.com,*.tunnel.us-cal-1.ngrok.com'
    'TW-connect.ap.ngrok-agent.com' = 'EQ,connect.ap.ngrok-agent.com,*.connect.ap.ngrok-agent.com'
    'TW-connect.au.ngrok-agent.com' = 'EQ,connect.au.ngrok-agent.com,*.connect.au.ngrok-agent.com'
    'TW-connect.ngrok-agent.com' = 'EQ,connect.ngrok-agent.com,*.connect.ngrok-agent.com'
    'TW-connect.eu.ngrok-agent.com' = 'EQ,connect.eu.ngrok-agent.com,*.connect.eu.ngrok-agent.com'
    'TW-connect.eu-lon-1.ngrok-agent.com' = 'EQ,connect.eu-lon-1.ngrok-agent.com,*.connect.eu-lon-1.ngrok-agent.com'
    'TW-connect.in.ngrok-agent.com' = 'EQ,connect.in.ngrok-agent.com,*.connect.in.ngrok-agent.com'
    'TW-connect.jp.ngrok-agent.com' = 'EQ,connect.jp.ngrok-agent.com,*.connect.jp.ngrok-agent.com'
    'TW-connect.sa.ngrok-agent.com' = 'EQ,connect.sa.ngrok-agent.com,*.connect.sa.ngrok-agent.com'
    'TW-connect.us.ngrok-agent.com' = 'EQ,connect.us.ngrok-agent.com,*.connect.us.ngrok-agent.com'
    'TW-connect.us-cal-1.ngrok-agent.com' = 'EQ,connect.us-cal-1.ngrok-agent.com,*.connect.us-cal-1.ngrok-agent.com'
    'TW-connect.ngrok-endpoints.com' = 'EQ,connect.ngrok-endpoints.com,*.connect.ngrok-endpoints.com'
    # OpenDNS and Cisco Umbrella goes round this resolver
    'TW-dns.opendns.com' = 'EQ,dns.opendns.com'
    'TW-doh.opendns.com' = 'EQ,doh.opendns.com,*.doh.opendns.com'
    'TW-familyshield.opendns.com' = 'EQ,familyshield.opendns.com'
    'TW-doh.familyshield.opendns.com' = 'EQ,doh.familyshield.opendns.com,*.doh.familyshield.opendns.com'
    'TW-sandbox.opendns.com' = 'EQ,sandbox.opendns.com'
    'TW-doh.sandbox.opendns.com' = 'EQ,doh.sandbox.opendns.com,*.doh.sandbox.opendns.com'
    # optimistixtunnel: Optimistix Tunnel opens tunnels through this name
    'TW-optimistixtunnel.com' = 'EQ,optimistixtunnel.com,*.optimistixtunnel.com'
    # packetriot: Packetriot opens tunnels through this name
    'TW-packetriot.com' = 'EQ,packetriot.com,*.packetriot.com'
    # pitunnel: PiTunnel opens tunnels through this name
    'TW-pitunnel.com' = 'EQ,pitunnel.com,*.pitunnel.com'
    # RethinkDNS goes round this resolver
    'TW-basic.rethinkdns.com' = 'EQ,basic.rethinkdns.com,*.basic.rethinkdns.com'
    'TW-max.rethinkdns.com' = 'EQ,max.rethinkdns.com,*.max.rethinkdns.com'
    # rustdesk: RustDesk opens tunnels through this name
    'TW-rustdesk.com' = 'EQ,rustdesk.com,*.rustdesk.com'
    # expose: Expose (Beyond Code) opens tunnels through this name
    'TW-sharedwithexpose.com' = 'EQ,sharedwithexpose.com,*.sharedwithexpose.com'
    # ssh-j: SSH-J.com opens tunnels through this name
    'TW-ssh-j.com' = 'EQ,ssh-j.com,*.ssh-j.com'
    # staqlab: StaqLab Tunnel opens tunnels through this name
    'TW-tunnel.staqlab.com' = 'EQ,tunnel.staqlab.com,*.tunnel.staqlab.com'
    # svix: Svix Play and svix listen opens tunnels through this name
    'TW-api.relay.svix.com' = 'EQ,api.relay.svix.com,*.api.relay.svix.com'
    # tailscale: Tailscale opens tunnels through this name
    'TW-tailscale.com' = 'EQ,*.tailscale.com,NE,tailscale.com,pkgs.tailscale.com,*.pkgs.tailscale.com,www.tailscale.com'
    # teleconsole: Teleconsole opens tunnels through this name
    'TW-teleconsole.com' = 'EQ,teleconsole.com,*.teleconsole.com'
    # trybore: bore (trybore.com) opens tunnels through this name
    'TW-app.trybore.com' = 'EQ,app.trybore.com,*.app.trybore.com'
    # cloudflare-tunnel: Cloudflare Tunnel opens tunnels through this name
    'TW-api.trycloudflare.com' = 'EQ,api.trycloudflare.com,*.api.trycloudflare.com'
    # tunnelmole: Tunnelmole opens tunnels through this name
    'TW-service.tunnelmole.com' = 'EQ,service.tunnelmole.com,*.service.tunnelmole.com'
    # twingate: Twingate opens tunnels through this name
    'TW-twingate.com' = 'EQ,twingate.com,*.twingate.com,NE,www.twingate.com'
    # OpenDNS and Cisco Umbrella goes round this resolver
    'TW-dns.umbrella.com' = 'EQ,dns.umbrella.com,*.dns.umbrella.com'
    'TW-doh.umbrella.com' = 'EQ,doh.umbrella.com,*.doh.umbrella.com'
    # dev-tunnels: Microsoft Dev Tunnels and VS Code tunnels opens tunnels through this name
    'TW-tunnels.api.visualstudio.com' = 'EQ,tunnels.api.visualstudio.com,*.tunnels.api.visualstudio.com'
    # webhook-relay: Webhook Relay opens tunnels through this name
    'TW-my.webhookrelay.com' = 'EQ,my.webhookrelay.com,*.my.webhookrelay.com'
    # netbird: NetBird opens tunnels through this name
    'TW-api.wiretrustee.com' = 'EQ,api.wiretrustee.com,*.api.wiretrustee.com'
    # zerotier: ZeroTier opens tunnels through this name
    'TW-zerotier.com' = 'EQ,zerotier.com,*.zerotier.com,NE,my.zerotier.com,*.my.zerotier.com,www.zerotier.com'
    # CZ.NIC ODVR goes round this resolver
    'TW-odvr.nic.cz' = 'EQ,odvr.nic.cz,*.odvr.nic.cz'
    # DNSforge goes round this resolver
    'TW-dnsforge.de' = 'EQ,dnsforge.de,*.dnsforge.de'
    # boltexpo: Expo ws-tunnel opens tunnels through this name
    'TW-boltexpo.dev' = 'EQ,boltexpo.dev,*.boltexpo.dev'
    # expose: Expose (Beyond Code) opens tunnels through this name
    'TW-expose.dev' = 'EQ,expose.dev,*.expose.dev'
    # outray: OutRay opens tunnels through this name
    'TW-api.outray.dev' = 'EQ,api.outray.dev,*.api.outray.dev'
    # pipenet: pipenet opens tunnels through this name
    'TW-pipenet.dev' = 'EQ,pipenet.dev,*.pipenet.dev'
    # tunnelto: tunnelto opens tunnels through this name
    'TW-wormhole.tunnelto.dev' = 'EQ,wormhole.tunnelto.dev,*.wormhole.tunnelto.dev'
    # bore-digital: bore.digital opens tunnels through this name
    'TW-bore.digital' = 'EQ,bore.digital,*.bore.digital'
    # UncensoredDNS goes round this resolver
    'TW-anycast.censurfridns.dk' = 'EQ,anycast.censurfridns.dk,*.anycast.censurfridns.dk'
    'TW-unicast.censurfridns.dk' = 'EQ,unicast.censurfridns.dk,*.unicast.censurfridns.dk'
    # DNS4all goes round this resolver
    'TW-doh.dns4all.eu' = 'EQ,doh.dns4all.eu,*.doh.dns4all.eu'
    'TW-doq.dns4all.eu' = 'EQ,doq.dns4all.eu,*.doq.dns4all.eu'
    'TW-dot.dns4all.eu' = 'EQ,dot.dns4all.eu,*.dot.dns4all.eu'
    # DNS4EU goes round this resolver
    'TW-child.joindns4.eu' = 'EQ,child.joindns4.eu,*.child.joindns4.eu'
    'TW-child-noads.joindns4.eu' = 'EQ,child-noads.joindns4.eu,*.child-noads.joindns4.eu'
    'TW-noads.joindns4.eu' = 'EQ,noads.joindns4.eu,*.noads.joindns4.eu'
    'TW-protective.joindns4.eu' = 'EQ,protective.joindns4.eu,*.protective.joindns4.eu'
    'TW-unfiltered.joindns4.eu' = 'EQ,unfiltered.joindns4.eu,*.unfiltered.joindns4.eu'
    # interactsh: Interactsh opens tunnels through this name
    'TW-oast.fun' = 'EQ,oast.fun,*.oast.fun'
    # lpm: LPM tunnel opens tunnels through this name
    'TW-relay.lpm.fyi' = 'EQ,relay.lpm.fyi,*.relay.lpm.fyi'
    # playit: playit.gg opens tunnels through this name
    'TW-playit.gg' = 'EQ,playit.gg,*.playit.gg'
    # tunnl: tunnl.gg opens tunnels through this name
    'TW-proxy.tunnl.gg' = 'EQ,proxy.tunnl.gg,*.proxy.tunnl.gg'
    # Google Public DNS goes round this resolver
    'TW-dns.google' = 'EQ,dns.google,*.dns.google'
    # LibreDNS goes round this resolver
    'TW-doh.libredns.gr' = 'EQ,doh.libredns.gr,*.doh.libredns.gr'
    'TW-dot.libredns.gr' = 'EQ,dot.libredns.gr,*.dot.libredns.gr'
    # loophole: Loophole opens tunnels through this name
    'TW-gateway.loophole.host' = 'EQ,gateway.loophole.host,*.gateway.loophole.host'
    # btunnel: BTunnel opens tunnels through this name
    'TW-btunnel.in' = 'EQ,btunnel.in,*.btunnel.in'
    # tunnelapi: TunnelAPI opens tunnels through this name
    'TW-tunnelapi.in' = 'EQ,tunnelapi.in,*.tunnelapi.in'
    # burrow: Burrow opens tunnels through this name
    'TW-burrow.io' = 'EQ,burrow.io,*.burrow.io'
    # gsocket: Global Socket opens tunnels through this name
    'TW-gsocket.io' = 'EQ,gsocket.io,*.gsocket.io'
    # homeway: Homeway opens tunnels through this name
    'TW-homeway.io' = 'EQ,homeway.io,*.homeway.io'
    # jprq: jprq opens tunnels through this name
    'TW-jprq.io' = 'EQ,jprq.io,*.jprq.io'
    # localxpose: LocalXpose opens tunnels through this name
    'TW-localxpose.io' = 'EQ,localxpose.io,*.localxpose.io'
    # lrok: lrok opens tunnels through this name
    'TW-lrok.io' = 'EQ,lrok.io,*.lrok.io'
    # netbird: NetBird opens tunnels through this name
    'TW-netbird.io' = 'EQ,netbird.io,*.netbird.io,NE,app.netbird.io,*.app.netbird.io,login.netbird.io,*.login.netbird.io,pkgs.netbird.io,*.pkgs.netbird.io'
    # NextDNS goes round this resolver
    'TW-dns.nextdns.io' = 'EQ,dns.nextdns.io,*.dns.nextdns.io'
    # ngrok: ngrok opens tunnels through this name
    'TW-kubernetes-binding-ingress.ngrok.io' = 'EQ,kubernetes-binding-ingress.ngrok.io,*.kubernetes-binding-ingress.ngrok.io'
    # openport: Openport opens tunnels through this name
    'TW-openport.io' = 'EQ,openport.io,*.openport.io'
    # pinggy: Pinggy opens tunnels through this name
    'TW-pinggy.io' = 'EQ,pinggy.io,*.pinggy.io'
    # portmap: portmap.io opens tunnels through this name
    'TW-portmap.io' = 'EQ,portmap.io,*.portmap.io'
    # qsocket: QSocket opens tunnels through this name
    'TW-qsocket.io' = 'EQ,qsocket.io,*.qsocket.io'
    # shellhub: ShellHub opens tunnels through this name
    'TW-shellhub.io' = 'EQ,shellhub.io,*.shellhub.io'
    # smee: Smee.io opens tunnels through this name
    'TW-smee.io' = 'EQ,smee.io,*.smee.io'
    # tailscale: Tailscale opens tunnels through this name
    'TW-log.tailscale.io' = 'EQ,log.tailscale.io,*.log.tailscale.io'
    # tmate: tmate opens tunnels through this name
    'TW-tmate.io' = 'EQ,tmate.io,*.tmate.io'
    # webhook-relay: Webhook Relay opens tunnels through this name
    'TW-tnl.webrelay.io' = 'EQ,tnl.webrelay.io,*.tnl.webrelay.io'
    # zrok: zrok opens tunnels through this name
    'TW-api.zrok.io' = 'EQ,api.zrok.io,*.api.zrok.io'
    'TW-api-v1.zrok.io' = 'EQ,api-v1.zrok.io,*.api-v1.zrok.io'
    'TW-api-v2.zrok.io' = 'EQ,api-v2.zrok.io,*.api-v2.zrok.io'
    'TW-ziti.zrok.io' = 'EQ,ziti.zrok.io,*.ziti.zrok.io'
    # remoteit: Remote.It opens tunnels through this name
    'TW-remote.it' = 'EQ,remote.it,*.remote.it'
    # IIJ Public DNS goes round this resolver
    'TW-public.dns.iij.jp' = 'EQ,public.dns.iij.jp,*.public.dns.iij.jp'
    # jprq: jprq opens tunnels through this name
    'TW-open.jprq.live' = 'EQ,open.jprq.live,*.open.jprq.live'
    # interactsh: Interactsh opens tunnels through this name
    'TW-oast.live' = 'EQ,oast.live,*.oast.live'
    # localtunnel: localtunnel opens tunnels through this name
    'TW-loca.lt' = 'EQ,loca.lt,*.loca.lt'
    'TW-localtunnel.me' = 'EQ,localtunnel.me,*.localtunnel.me'
    # interactsh: Interactsh opens tunnels through this name
    'TW-oast.me' = 'EQ,oast.me,*.oast.me'
    # sshreach: SSHReach.me opens tunnels through this name
    'TW-sshreach.me' = 'EQ,sshreach.me,*.sshreach.me'
    # instatunnel: InstaTunnel opens tunnels through this name
    'TW-instatunnel.my' = 'EQ,instatunnel.my,*.instatunnel.my'
    # Apple Private Relay goes round this resolver
    'TW-mask.apple-dns.net' = 'EQ,mask.apple-dns.net,*.mask.apple-dns.net'
    # Freifunk M<U+00FC>nchen DNS goes round this resolver
    'TW-doh.ffmuc.net' = 'EQ,doh.ffmuc.net,*.doh.ffmuc.net'
    'TW-doq.ffmuc.net' = 'EQ,doq.ffmuc.net,*.doq.ffmuc.net'
    'TW-dot.ffmuc.net' = 'EQ,dot.ffmuc.net,*.dot.ffmuc.net'
    # Hurricane Electric goes round this resolver
    'TW-ordns.he.net' = 'EQ,ordns.he.net,*.ordns.he.net'
    # Mullvad DNS goes round this resolver
    'TW-dns.mullvad.net' = 'EQ,dns.mullvad.net,*.dns.mullvad.net'
    'TW-doh.mullvad.net' = 'EQ,doh.mullvad.net,*.doh.mullvad.net'
    # pagekite: PageKite opens tunnels through this name
    'TW-pagekite.net' = 'EQ,pagekite.net,*.pagekite.net'
    # Quad9 goes round this resolver
    'TW-dns.quad9.net' = 'EQ,dns.quad9.net,*.dns.quad9.net'
    'TW-dns10.quad9.net' = 'EQ,dns10.quad9.net,*.dns10.quad9.net'
    'TW-dns11.quad9.net' = 'EQ,dns11.quad9.net,*.dns11.quad9.net'
    'TW-dns12.quad9.net' = 'EQ,dns12.quad9.net,*.dns12.quad9.net'
    'TW-dns9.quad9.net' = 'EQ,dns9.quad9.net,*.dns9.quad9.net'
    # serveo: Serveo opens tunnels through this name
    'TW-serveo.net' = 'EQ,serveo.net,*.serveo.net'
    # Canary name of Firefox goes round this resolver
    'TW-use-application-dns.net' = 'EQ,use-application-dns.net'
    # Yandex DNS goes round this resolver
    'TW-dot.dns.yandex.net' = 'EQ,dot.dns.yandex.net,*.dot.dns.yandex.net'
    # bore-digital: bore.digital opens tunnels through this name
    'TW-bore.network' = 'EQ,bore.network,*.bore.network'
    # hoppy: Hoppy opens tunnels through this name
    'TW-hoppy.network' = 'EQ,hoppy.network,*.hoppy.network'
    # Cloudflare 1.1.1.1 goes round this resolver
    'TW-one.one.one.one' = 'EQ,one.one.one.one,*.one.one.one.one'
    # interactsh: Interactsh opens tunnels through this name
    'TW-oast.online' = 'EQ,oast.online,*.oast.online'
    # CleanBrowsing goes round this resolver
    'TW-adult-filter-dns.cleanbrowsing.org' = 'EQ,adult-filter-dns.cleanbrowsing.org,*.adult-filter-dns.cleanbrowsing.org'
    'TW-doh.cleanbrowsing.org' = 'EQ,doh.cleanbrowsing.org,*.doh.cleanbrowsing.org'
    'TW-family-filter-dns.cleanbrowsing.org' = 'EQ,family-filter-dns.cleanbrowsing.org,*.family-filter-dns.cleanbrowsing.org'
    'TW-security-filter-dns.cleanbrowsing.org' = 'EQ,security-filter-dns.cleanbrowsing.org,*.security-filter-dns.cleanbrowsing.org'
    # hyperdht: HyperDHT (Holesail, hypertele) opens tunnels through this name
    'TW-hyperdht.org' = 'EQ,hyperdht.org,*.hyperdht.org'
    # gsocket: Global Socket opens tunnels through this name
    'TW-gs.thc.org' = 'EQ,gs.thc.org,*.gs.thc.org'
    # UncensoredDNS goes round this resolver
    'TW-anycast.uncensoreddns.org' = 'EQ,anycast.uncensoreddns.org,*.anycast.uncensoreddns.org'
    'TW-unicast.uncensoreddns.org' = 'EQ,unicast.uncensoreddns.org,*.unicast.uncensoreddns.org'
    # Wikimedia DNS goes round this resolver
    'TW-wikimedia-dns.org' = 'EQ,wikimedia-dns.org,*.wikimedia-dns.org'
    # interactsh: Interactsh opens tunnels through this name
    'TW-oast.pro' = 'EQ,oast.pro,*.oast.pro'
    # bore: bore.pub opens tunnels through this name
    'TW-bore.pub' = 'EQ,bore.pub,*.bore.pub'
    # DNSPod Public DNS goes round this resolver
    'TW-dns.pub' = 'EQ,dns.pub,*.dns.pub'
    'TW-doh.pub' = 'EQ,doh.pub,*.doh.pub'
    'TW-dot.pub' = 'EQ,dot.pub,*.dot.pub'
    # gw-run: gw.run opens tunnels through this name
    'TW-gw.run' = 'EQ,gw.run,*.gw.run'
    # horizon-tunnel: Horizon Tunnel opens tunnels through this name
    'TW-hrzn.run' = 'EQ,hrzn.run,*.hrzn.run'
    # preevy: Preevy (Livecycle) opens tunnels through this name
    'TW-livecycle.run' = 'EQ,livecycle.run,*.livecycle.run'
    # localhost-run: localhost.run opens tunnels through this name
    'TW-localhost.run' = 'EQ,localhost.run,*.localhost.run'
    # DNS.SB goes round this resolver
    'TW-doh.dns.sb' = 'EQ,doh.dns.sb,*.doh.dns.sb'
    'TW-doh.sb' = 'EQ,doh.sb,*.doh.sb'
    'TW-dot.sb' = 'EQ,dot.sb,*.dot.sb'
    # expose-sh: expose.sh opens tunnels through this name
    'TW-expose.sh' = 'EQ,expose.sh,*.expose.sh'
    # tuns: tuns.sh and ssi.sh opens tunnels through this name
    'TW-ssi.sh' = 'EQ,ssi.sh,*.ssi.sh'
    # teleport: Teleport Cloud opens tunnels through this name
    'TW-teleport.sh' = 'EQ,teleport.sh,*.teleport.sh'
    # tuns: tuns.sh and ssi.sh opens tunnels through this name
    'TW-tuns.sh' = 'EQ,tuns.sh,*.tuns.sh'
    # interactsh: Interactsh opens tunnels through this name
    'TW-oast.site' = 'EQ,oast.site,*.oast.site'
    # lokal: Lokal.so opens tunnels through this name
    'TW-lokal.so' = 'EQ,lokal.so,*.lokal.so'
    # Quad101 (TWNIC) goes round this resolver
    'TW-dns.twnic.tw' = 'EQ,dns.twnic.tw,*.dns.twnic.tw'
    # pagekite: PageKite opens tunnels through this name
    'TW-b5p.us' = 'EQ,b5p.us,*.b5p.us'
    # srv-us: srv.us opens tunnels through this name
    'TW-srv.us' = 'EQ,srv.us,*.srv.us,NE,gh.srv.us,*.gh.srv.us,gl.srv.us,*.gl.srv.us'
    # opentunnel: OpenTunnel opens tunnels through this name
    'TW-opentunnel.xyz' = 'EQ,opentunnel.xyz,*.opentunnel.xyz'
}

# What clients ask the resolver of the policy, which knows the exceptions.
$Namespaces = @(
    'api.gradio.app'
    'resolver.arpa'
    '.resolver.arpa'
    'tunnel.pyjam.as'
    '.tunnel.pyjam.as'
    'family.canadianshield.cira.ca'
    '.family.canadianshield.cira.ca'
    'private.canadianshield.cira.ca'
    '.private.canadianshield.cira.ca'
    'protected.canadianshield.cira.ca'
    '.protected.canadianshield.cira.ca'
    'dns.digitale-gesellschaft.ch'
    '.dns.digitale-gesellschaft.ch'
    'dns.switch.ch'
    '.dns.switch.ch'
    'loophole.cloud'
    '.loophole.cloud'
    'telebit.cloud'
    '.telebit.cloud'
    'doh.dns.apple.com.v.aaplimg.com'
    'dns.adguard.com'
    '.dns.adguard.com'
    'dns-family.adguard.com'
    '.dns-family.adguard.com'
    'dns-unfiltered.adguard.com'
    '.dns-unfiltered.adguard.com'
    'd.adguard-dns.com'
    '.d.adguard-dns.com'
    'dns.adguard-dns.com'
    '.dns.adguard-dns.com'
    'family.adguard-dns.com'
    '.family.adguard-dns.com'
    'unfiltered.adguard-dns.com'
    '.unfiltered.adguard-dns.com'
    'dns.alidns.com'
    '.dns.alidns.com'
    'doh.dns.apple.com'
    '.doh.dns.apple.com'
    'argotunnel.com'
    '.argotunnel.com'
    'beeceptor.com'
    '.beeceptor.com'
    'cftunnel.com'
    '.cftunnel.com'
    'dns.cloudflare.com'
    'cloudflare-dns.com'
    '.cloudflare-dns.com'
    'cloudflare-gateway.com'
    '.cloudflare-gateway.com'
    '.pqtunnels.cloudflareresearch.com'
    'dns.controld.com'
    '.dns.controld.com'
    'freedns.controld.com'
    '.freedns.controld.com'
    'cotunnel.com'
    '.cotunnel.com'
    'dataplicity.com'
    '.dataplicity.com'
    'dns.google.com'
    '.dns.google.com'
    'api.hookdeck.com'
    '.api.hookdeck.com'
    'ws.hookdeck.com'
    '.ws.hookdeck.com'
    'mask.icloud.com'
    '.mask.icloud.com'
    'mask-api.icloud.com'
    '.mask-api.icloud.com'
    'mask-canary.icloud.com'
    '.mask-canary.icloud.com'
    'mask-h2.icloud.com'
    '.mask-h2.icloud.com'
    'lennut.com'
    '.lennut.com'
    'localcan.com'
    '.localcan.com'
    'localtonet.com'
    '.localtonet.com'
    'tunnel.ap.ngrok.com'
    '.tunnel.ap.ngrok.com'
    'tunnel.au.ngrok.com'
    '.tunnel.au.ngrok.com'
    'tunnel.eu.ngrok.com'
    '.tunnel.eu.ngrok.com'
    'tunnel.in.ngrok.com'
    '.tunnel.in.ngrok.com'
    'tunnel.jp.ngrok.com'
    '.tunnel.jp.ngrok.com'
    'ngrokd.ngrok.com'
    '.ngrokd.ngrok.com'
    'tunnel.sa.ngrok.com'
    '.tunnel.sa.ngrok.com'
    'tunnel.ngrok.com'
    '.tunnel.ngrok.com'
    'tunnel.us.ngrok.com'
    '.tunnel.us.ngrok.com'
    'tunnel.us-cal-1.ngrok.com'
    '.tunnel.us-cal-1.ngrok.com'
    'connect.ap.ngrok-agent.com'
    '.connect.ap.ngrok-agent.com'
    'connect.au.ngrok-agent.com'
    '.connect.au.ngrok-agent.com'
    'connect.ngrok-agent.com'
    '.connect.ngrok-agent.com'
    'connect.eu.ngrok-agent.com'
    '.connect.eu.ngrok-agent.com'
    'connect.eu-lon-1.ngrok-agent.com'
    '.connect.eu-lon-1.ngrok-agent.com'
    'connect.in.ngrok-agent.com'
    '.connect.in.ngrok-agent.com'
    'connect.jp.ngrok-agent.com'
    '.connect.jp.ngrok-agent.com'
    'connect.sa.ngrok-agent.com'
    '.connect.sa.ngrok-agent.com'
    'connect.us.ngrok-agent.com'
    '.connect.us.ngrok-agent.com'
    'connect.us-cal-1.ngrok-agent.com'
    '.connect.us-cal-1.ngrok-agent.com'
    'connect.ngrok-endpoints.com'
    '.connect.ngrok-endpoints.com'
    'dns.opendns.com'
    'doh.opendns.com'
    '.doh.opendns.com'
    'familyshield.opendns.com'
    'doh.familyshield.opendns.com'
    '.doh.familyshield.opendns.com'
    'sandbox.opendns.com'
    'doh.sandbox.opendns.com'
    '.doh.sandbox.opendns.com'
    'optimistixtunnel.com'
    '.optimistixtunnel.com'
    'packetriot.com'
    '.packetriot.com'
    'pitunnel.com'
    '.pitunnel.com'
    'basic.rethinkdns.com'
    '.basic.rethinkdns.com'
    'max.rethinkdns.com'
    '.max.rethinkdns.com'
    'rustdesk.com'
    '.rustdesk.com'
    'sharedwithexpose.com'
    '.sharedwithexpose.com'
    'ssh-j.com'
    '.ssh-j.com'
    'tunnel.staqlab.com'
    '.tunnel.staqlab.com'
    'api.relay.svix.com'
    '.api.relay.svix.com'
    '.tailscale.com'
    'teleconsole.com'
    '.teleconsole.com'
    'app.trybore.com'
    '.app.trybore.com'
    'api.trycloudflare.com'
    '.api.trycloudflare.com'
    'service.tunnelmole.com'
    '.service.tunnelmole.com'
    'twingate.com'
    '.twingate.com'
    'dns.umbrella.com'
    '.dns.umbrella.com'
    'doh.umbrella.com'
    '.doh.umbrella.com'
    'tunnels.api.visualstudio.com'
    '.tunnels.api.visualstudio.com'
    'my.webhookrelay.com'
    '.my.webhookrelay.com'
    'api.wiretrustee.com'
    '.api.wiretrustee.com'
    'zerotier.com'
    '.zerotier.com'
    'odvr.nic.cz'
    '.odvr.nic.cz'
    'dnsforge.de'
    '.dnsforge.de'
    'boltexpo.dev'
    '.boltexpo.dev'
    'expose.dev'
    '.expose.dev'
    'api.outray.dev'
    '.api.outray.dev'
    'pipenet.dev'
    '.pipenet.dev'
    'wormhole.tunnelto.dev'
    '.wormhole.tunnelto.dev'
    'bore.digital'
    '.bore.digital'
    'anycast.censurfridns.dk'
    '.anycast.censurfridns.dk'
    'unicast.censurfridns.dk'
    '.unicast.censurfridns.dk'
    'doh.dns4all.eu'
    '.doh.dns4all.eu'
    'doq.dns4all.eu'
    '.doq.dns4all.eu'
    'dot.dns4all.eu'
    '.dot.dns4all.eu'
    'child.joindns4.eu'
    '.child.joindns4.eu'
    'child-noads.joindns4.eu'
    '.child-noads.joindns4.eu'
    'noads.joindns4.eu'
    '.noads.joindns4.eu'
    'protective.joindns4.eu'
    '.protective.joindns4.eu'
    'unfiltered.joindns4.eu'
    '.unfiltered.joindns4.eu'
    'oast.fun'
    '.oast.fun'
    'relay.lpm.fyi'
    '.relay.lpm.fyi'
    'playit.gg'
    '.playit.gg'
    'proxy.tunnl.gg'
    '.proxy.tunnl.gg'
    'dns.google'
    '.dns.google'
    'doh.libredns.gr'
    '.doh.libredns.gr'
    'dot.libredns.gr'
    '.dot.libredns.gr'
    'gateway.loophole.host'
    '.gateway.loophole.host'
    'btunnel.in'
    '.btunnel.in'
    'tunnelapi.in'
    '.tunnelapi.in'
    'burrow.io'
    '.burrow.io'
    'gsocket.io'
    '.gsocket.io'
    'homeway.io'
    '.homeway.io'
    'jprq.io'
    '.jprq.io'
    'localxpose.io'
    '.localxpose.io'
    'lrok.io'
    '.lrok.io'
    'netbird.io'
    '.netbird.io'
    'dns.nextdns.io'
    '.dns.nextdns.io'
    'kubernetes-binding-ingress.ngrok.io'
    '.kubernetes-binding-ingress.ngrok.io'
    'openport.io'
    '.openport.io'
    'pinggy.io'
    '.pinggy.io'
    'portmap.io'
    '.portmap.io'
    'qsocket.io'
    '.qsocket.io'
    'shellhub.io'
    '.shellhub.io'
    'smee.io'
    '.smee.io'
    'log.tailscale.io'
    '.log.tailscale.io'
    'tmate.io'
    '.tmate.io'
    'tnl.webrelay.io'
    '.tnl.webrelay.io'
    'api.zrok.io'
    '.api.zrok.io'
    'api-v1.zrok.io'
    '.api-v1.zrok.io'
    'api-v2.zrok.io'
    '.api-v2.zrok.io'
    'ziti.zrok.io'
    '.ziti.zrok.io'
    'remote.it'
    '.remote.it'
    'public.dns.iij.jp'
    '.public.dns.iij.jp'
    'open.jprq.live'
    '.open.jprq.live'
    'oast.live'
    '.oast.live'
    'loca.lt'
    '.loca.lt'
    'localtunnel.me'
    '.localtunnel.me'
    'oast.me'
    '.oast.me'
    'sshreach.me'
    '.sshreach.me'
    'instatunnel.my'
    '.instatunnel.my'
    'mask.apple-dns.net'
    '.mask.apple-dns.net'
    'doh.ffmuc.net'
    '.doh.ffmuc.net'
    'doq.ffmuc.net'
    '.doq.ffmuc.net'
    'dot.ffmuc.net'
    '.dot.ffmuc.net'
    'ordns.he.net'
    '.ordns.he.net'
    'dns.mullvad.net'
    '.dns.mullvad.net'
    'doh.mullvad.net'
    '.doh.mullvad.net'
    'pagekite.net'
    '.pagekite.net'
    'dns.quad9.net'
    '.dns.quad9.net'
    'dns10.quad9.net'
    '.dns10.quad9.net'
    'dns11.quad9.net'
    '.dns11.quad9.net'
    'dns12.quad9.net'
    '.dns12.quad9.net'
    'dns9.quad9.net'
    '.dns9.quad9.net'
    'serveo.net'
    '.serveo.net'
    'use-application-dns.net'
    'dot.dns.yandex.net'
    '.dot.dns.yandex.net'
    'bore.network'
    '.bore.network'
    'hoppy.network'
    '.hoppy.network'
    'one.one.one.one'
    '.one.one.one.one'
    'oast.online'
    '.oast.online'
    'adult-filter-dns.cleanbrowsing.org'
    '.adult-filter-dns.cleanbrowsing.org'
    'doh.cleanbrowsing.org'
    '.doh.cleanbrowsing.org'
    'family-filter-dns.cleanbrowsing.org'
    '.family-filter-dns.cleanbrowsing.org'
    'security-filter-dns.cleanbrowsing.org'
    '.security-filter-dns.cleanbrowsing.org'
    'hyperdht.org'
    '.hyperdht.org'
    'gs.thc.org'
    '.gs.thc.org'
    'anycast.uncensoreddns.org'
    '.anycast.uncensoreddns.org'
    'unicast.uncensoreddns.org'
    '.unicast.uncensoreddns.org'
    'wikimedia-dns.org'
    '.wikimedia-dns.org'
    'oast.pro'
    '.oast.pro'
    'bore.pub'
    '.bore.pub'
    'dns.pub'
    '.dns.pub'
    'doh.pub'
    '.doh.pub'
    'dot.pub'
    '.dot.pub'
    'gw.run'
    '.gw.run'
    'hrzn.run'
    '.hrzn.run'
    'livecycle.run'
    '.livecycle.run'
    'localhost.run'
    '.localhost.run'
    'doh.dns.sb'
    '.doh.dns.sb'
    'doh.sb'
    '.doh.sb'
    'dot.sb'
    '.dot.sb'
    'expose.sh'
    '.expose.sh'
    'ssi.sh'
    '.ssi.sh'
    'teleport.sh'
    '.teleport.sh'
    'tuns.sh'
    '.tuns.sh'
    'oast.site'
    '.oast.site'
    'lokal.so'
    '.lokal.so'
    'dns.twnic.tw'
    '.dns.twnic.tw'
    'b5p.us'
    '.b5p.us'
    'srv.us'
    '.srv.us'
    'opentunnel.xyz'
    '.opentunnel.xyz'
)

if ($Role -eq 'Client') {
    if (-not $Remove -and $NameServers.Count -eq 0) {
        throw 'No resolver is known: name its addresses with -NameServers.'
    }
    @(Get-DnsClientNrptRule) | Where-Object { $_.Comment -clike 'TW-*' } | ForEach-Object {
        Remove-DnsClientNrptRule -Name $_.Name -Force
    }
    if (-not $Remove) {
        foreach ($Namespace in $Namespaces) {
            Add-DnsClientNrptRule -Namespace $Namespace -NameServers $NameServers -Comment "TW-$Namespace"
        }
    }
    Clear-DnsClientCache
} else {
    @(Get-DnsServerQueryResolutionPolicy) | Where-Object { $_.Name -clike 'TW-*' } | ForEach-Object {
        Remove-DnsServerQueryResolutionPolicy -Name $_.Name -Force
    }
    if (-not $Remove) {
        foreach ($Policy in $Policies.GetEnumerator()) {
            Add-DnsServerQueryResolutionPolicy -Name $Policy.Key -Action DENY -Fqdn $Policy.Value
        }
    }
}
