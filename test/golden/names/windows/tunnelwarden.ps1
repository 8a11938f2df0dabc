# tunnelwarden: Windows name resolution policies for Example Corp
# policy fd61d57fa7b1c3d6ed6a69117be9b7ea883de62ce4d2489daf4039aaa9f813d0
# sanctioned: tunnels.example.com
# Made by `tunnelwarden generate`; change the policy, not this file.
#
# Not enforced by this file:
# - *.*.deep.example.net, connect.*.ngrok-agent.com, connect.*.relay.example.net and 2 more: a * within a name cannot be said here: only the names known today are; the resolver knows all
# - 3 watched names: nothing is recorded by this format; the resolver does
# - 8 names with an answer of their own: this format has one answer for all
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
    # not allowed here
    'TW-example.com' = 'EQ,example.com,*.example.com,NE,tunnels.example.com,*.tunnels.example.com,www.example.com,*.www.example.com'
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
    # on the list lists/domains.txt
    'TW-xn--bcher-kva.example' = 'EQ,xn--bcher-kva.example,*.xn--bcher-kva.example'
    # ngrok: ngrok opens tunnels through this name
    'TW-kubernetes-binding-ingress.ngrok.io' = 'EQ,kubernetes-binding-ingress.ngrok.io,*.kubernetes-binding-ingress.ngrok.io'
    # not allowed here
    'TW-nodata.example.net' = 'EQ,nodata.example.net,*.nodata.example.net'
    'TW-nxdomain.example.net' = 'EQ,nxdomain.example.net,*.nxdomain.example.net'
    'TW-refused.example.net' = 'EQ,refused.example.net,*.refused.example.net'
    'TW-sink.example.net' = 'EQ,sink.example.net,*.sink.example.net'
    'TW-star.example.net' = 'EQ,*.star.example.net,NE,star.example.net,open.star.example.net'
    'TW-a.test.example.net' = 'EQ,a.test.example.net,*.a.test.example.net,NE,c.a.test.example.net,*.c.a.test.example.net,w.a.test.example.net,*.w.a.test.example.net'
    'TW-d.c.a.test.example.net' = 'EQ,d.c.a.test.example.net,*.d.c.a.test.example.net'
    # on the list lists/domains.txt
    'TW-below.example.org' = 'EQ,below.example.org,*.below.example.org'
    # On the hosts list
    'TW-host.example.org' = 'EQ,host.example.org'
    # not allowed here
    'TW-one.example.org' = 'EQ,one.example.org'
    'TW-under.one.example.org' = 'EQ,under.one.example.org,*.under.one.example.org'
    # On the hosts list
    'TW-three.example.org' = 'EQ,three.example.org'
    # on the list lists/domains.txt
    'TW-tunnel.example.org' = 'EQ,tunnel.example.org,*.tunnel.example.org'
    # On the hosts list
    'TW-two.example.org' = 'EQ,two.example.org'
}

# What clients ask the resolver of the policy, which knows the exceptions.
$Namespaces = @(
    'example.com'
    '.example.com'
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
    'xn--bcher-kva.example'
    '.xn--bcher-kva.example'
    'kubernetes-binding-ingress.ngrok.io'
    '.kubernetes-binding-ingress.ngrok.io'
    'nodata.example.net'
    '.nodata.example.net'
    'nxdomain.example.net'
    '.nxdomain.example.net'
    'refused.example.net'
    '.refused.example.net'
    'sink.example.net'
    '.sink.example.net'
    '.star.example.net'
    'a.test.example.net'
    '.a.test.example.net'
    'd.c.a.test.example.net'
    '.d.c.a.test.example.net'
    'below.example.org'
    '.below.example.org'
    'host.example.org'
    'one.example.org'
    'under.one.example.org'
    '.under.one.example.org'
    'three.example.org'
    'tunnel.example.org'
    '.tunnel.example.org'
    'two.example.org'
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
