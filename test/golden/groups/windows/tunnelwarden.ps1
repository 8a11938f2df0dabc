# tunnelwarden: Windows name resolution policies for Example Corp
# policy ce4744d4e570e1e0dfccd16125655bdd1804595ac9a8ca4f0daac1cca3eba749
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - 36 rules for some clients only: this format knows no clients; the resolver decides for 192.0.2.128/25, 2001:db8:9::/64, 192.0.2.17
# - connect.*.ngrok-agent.com, ngrok.*.tunnel.com, tunnel.*.ngrok.com: a * within a name cannot be said here: only the names known today are; the resolver knows all
# - 1 watched name: nothing is recorded by this format; the resolver does
# - 1 names with an answer of their own: this format has one answer for all
# - 198.51.100.0/24: addresses need a packet filter (nftables, iptables, pf)
# - ports 7835/tcp, 53/udp, 53/tcp and 8 more: public resolvers and the services' own ports need a packet filter
# - other resolvers: agents that are refused by name ask elsewhere; a packet filter or a gate closes that
# - A Windows DNS server answers REFUSED, whatever the policy says; clients then ask their next server.
# - Clients are only sent to the resolver for refused names: it must be there, and decides.
# - Programs with a resolver of their own, as browsers with DNS over HTTPS, do not ask Windows.
# - Each name is a policy of its own, asked one after another: not for lists of thousands.
# - The script has not been run on Windows by us.
#
# Addresses that the sanctioned ingress shares:
# - 203.0.113.10: tunnels.example.com beside connect.ngrok-agent.com

# Run it as an administrator; again after each change. What an earlier run made is removed first,
# by its beginning TW-.
#   tunnelwarden.ps1 -Role Client [-NameServers ADDRESS,...]   the table of a client (NRPT)
#   tunnelwarden.ps1 -Role Server                              the policies of a DNS server
#   tunnelwarden.ps1 -Role Client|Server -Remove               takes all of it away
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [ValidateSet('Client', 'Server')] [string] $Role,
    [string[]] $NameServers = @('192.0.2.53'),
    [switch] $Remove
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

# What a DNS server refuses: a name for each policy, and the names it is about.
$Policies = [ordered]@{
    # Discovery of Designated Resolvers goes round this resolver
    'TW-resolver.arpa' = 'EQ,resolver.arpa,*.resolver.arpa'
    # Apple Private Relay goes round this resolver
    'TW-mask.icloud.com' = 'EQ,mask.icloud.com,*.mask.icloud.com'
    'TW-mask-api.icloud.com' = 'EQ,mask-api.icloud.com,*.mask-api.icloud.com'
    'TW-mask-canary.icloud.com' = 'EQ,mask-canary.icloud.com,*.mask-canary.icloud.com'
    'TW-mask-h2.icloud.com' = 'EQ,mask-h2.icloud.com,*.mask-h2.icloud.com'
    # ngrok: ngrok opens tunnels through this name
    'TW-lennut.com' = 'EQ,lennut.com,*.lennut.com'
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
    'TW-kubernetes-binding-ingress.ngrok.io' = 'EQ,kubernetes-binding-ingress.ngrok.io,*.kubernetes-binding-ingress.ngrok.io'
    # Apple Private Relay goes round this resolver
    'TW-mask.apple-dns.net' = 'EQ,mask.apple-dns.net,*.mask.apple-dns.net'
    # not allowed here
    'TW-paste.example.net' = 'EQ,paste.example.net,*.paste.example.net,NE,status.paste.example.net'
    # Quad9 goes round this resolver
    'TW-dns.quad9.net' = 'EQ,dns.quad9.net,*.dns.quad9.net'
    'TW-dns10.quad9.net' = 'EQ,dns10.quad9.net,*.dns10.quad9.net'
    'TW-dns11.quad9.net' = 'EQ,dns11.quad9.net,*.dns11.quad9.net'
    'TW-dns12.quad9.net' = 'EQ,dns12.quad9.net,*.dns12.quad9.net'
    'TW-dns9.quad9.net' = 'EQ,dns9.quad9.net,*.dns9.quad9.net'
    # Canary name of Firefox goes round this resolver
    'TW-use-application-dns.net' = 'EQ,use-application-dns.net'
    # bore: bore.pub opens tunnels through this name
    'TW-bore.pub' = 'EQ,bore.pub,*.bore.pub'
}

# What clients ask the resolver of the policy, which knows the exceptions.
$Namespaces = @(
    'resolver.arpa'
    '.resolver.arpa'
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
    'kubernetes-binding-ingress.ngrok.io'
    '.kubernetes-binding-ingress.ngrok.io'
    'mask.apple-dns.net'
    '.mask.apple-dns.net'
    'paste.example.net'
    '.paste.example.net'
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
    'use-application-dns.net'
    'bore.pub'
    '.bore.pub'
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
