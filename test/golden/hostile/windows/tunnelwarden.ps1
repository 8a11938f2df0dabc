# tunnelwarden: Windows name resolution policies for Evil' "Corp" $(id) `id` */ ; # % \ <U+000A>-A INPUT -j ACCEPT<U+000D><U+2028>Gr<U+00FC><U+00DF>e<U+202E> {
# policy 527c07487a1a850b1625cbe1df2519fde3f6493eca41d8ad1e7877d623826431
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - connect.*.ngrok-agent.com, ngrok.*.tunnel.com, tunnel.*.ngrok.com: a * within a name cannot be said here: only the names known today are; the resolver knows all
# - 51 names with an answer of their own: this format has one answer for all
# - 198.51.100.0/24: addresses need a packet filter (nftables, iptables, pf)
# - ports 25/tcp: public resolvers and the services' own ports need a packet filter
# - other resolvers: agents that are refused by name ask elsewhere; a packet filter or a gate closes that
# - A Windows DNS server answers REFUSED, whatever the policy says; clients then ask their next server.
# - Clients are only sent to the resolver for refused names: it must be there, and decides.
# - Programs with a resolver of their own, as browsers with DNS over HTTPS, do not ask Windows.
# - Each name is a policy of its own, asked one after another: not for lists of thousands.
# - The script has not been run on Windows by us.
#
# Addresses that the sanctioned ingress shares:
# - 198.51.100.10: www\;x.tunnels.example.com beside block/198.51.100.0/24
# - 198.51.100.9: tunnels.example.com beside block/198.51.100.0/24

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
    # left out: a#b.example.net: it has characters that cannot be written here
    # left out: a%b.example.net: it has characters that cannot be written here
    # left out: a,b.example.net: it has characters that cannot be written here
    # left out: a/b.example.net: it has characters that cannot be written here
    # left out: a\"b.example.net: it has characters that cannot be written here
    # left out: in.a\"b.example.net: it has characters that cannot be written here
    # left out: a\$b.example.net: it has characters that cannot be written here
    # left out: a\(b\).example.net: it has characters that cannot be written here
    # left out: a\.b.example.net: it has characters that cannot be written here
    # left out: a\000\255.example.net: it has characters that cannot be written here
    # left out: a\010b.example.net: it has characters that cannot be written here
    # left out: a\032b.example.net: it has characters that cannot be written here
    # left out: a\;b.example.net: it has characters that cannot be written here
    # left out: a\@b.example.net: it has characters that cannot be written here
    # left out: a\\b.example.net: it has characters that cannot be written here
    # left out: a||b.example.net: it has characters that cannot be written here
    # left out: in.a\;b.odd.example.net: it has characters that cannot be written here
    # left out: ok\;but.odd.example.net: it has characters that cannot be written here

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
    'TW--a.example.net' = 'EQ,-a.example.net,*.-a.example.net'
    'TW-_dmarc.example.net' = 'EQ,_dmarc.example.net,*._dmarc.example.net'
    # */ --> ]]> ' ; } <U+2028> <U+2029> // # !
    'TW-comment.example.net' = 'EQ,comment.example.net,*.comment.example.net'
    # <U+001B>[31mred<U+001B>[0m <U+0008><U+0008><U+0009><U+007F>
    'TW-control.example.net' = 'EQ,control.example.net,*.control.example.net'
    # Bitte den genehmigten Zugang nutzen: <U+00E4><U+00F6><U+00FC><U+00DF> <U+202E>evil<U+202C> <U+1F512> <U+0000>
    'TW-foreign.example.net' = 'EQ,foreign.example.net,*.foreign.example.net'
    # first<U+000A>server=/#/192.0.2.66<U+000D><U+000A>local-zone: "." refuse<U+000A>
    'TW-lines.example.net' = 'EQ,lines.example.net,*.lines.example.net'
    # not allowed here
    'TW-odd.example.net' = 'EQ,odd.example.net,*.odd.example.net'
    # it's "quoted", isn't it? \ .
    'TW-quote.example.net' = 'EQ,quote.example.net,*.quote.example.net'
    # $(reboot) `reboot` ${HOME} %PATH% $env:Path ; reboot & reboot | reboot
    'TW-shell.example.net' = 'EQ,shell.example.net,*.shell.example.net'
    # {{ 7*7 }} <script>alert(1)</script> &amp; ?*[a-z] $1 \1 \n
    'TW-template.example.net' = 'EQ,template.example.net,*.template.example.net'
    # not allowed here
    'TW-xn--bcher-kva.example.net' = 'EQ,xn--bcher-kva.example.net,*.xn--bcher-kva.example.net'
    # Canary name of Firefox goes round this resolver
    'TW-use-application-dns.net' = 'EQ,use-application-dns.net'
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
    '-a.example.net'
    '.-a.example.net'
    '_dmarc.example.net'
    '._dmarc.example.net'
    'comment.example.net'
    '.comment.example.net'
    'control.example.net'
    '.control.example.net'
    'foreign.example.net'
    '.foreign.example.net'
    'lines.example.net'
    '.lines.example.net'
    'odd.example.net'
    '.odd.example.net'
    'quote.example.net'
    '.quote.example.net'
    'shell.example.net'
    '.shell.example.net'
    'template.example.net'
    '.template.example.net'
    'xn--bcher-kva.example.net'
    '.xn--bcher-kva.example.net'
    'use-application-dns.net'
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
