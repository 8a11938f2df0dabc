# tunnelwarden: Windows DNS delegation of a custom ingress for Example Corp
# ingress: tunnels.example.com
# records 5271a1fe7e770f09
# Made by `tunnelwarden ingress records`; change the policy, not this file.
#
# Windows keeps addresses beside the names of a delegation and wants them said; they are looked
# up when this runs. Its cmdlet knows no TTL: the default of the zone counts.
[CmdletBinding()]
param([string] $ComputerName = 'localhost')
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Publish-Delegation([string] $Zone, [string] $Child, [string[]] $Targets) {
    $at = @{ Name = $Zone; ChildZoneName = $Child; ComputerName = $ComputerName }
    $present = @(Get-DnsServerZoneDelegation @at -ErrorAction SilentlyContinue |
        ForEach-Object { $_.NameServer.RecordData.NameServer })
    foreach ($target in $Targets) {
        $addresses = @(Resolve-DnsName -Name $target -Type A_AAAA -DnsOnly |
            Where-Object { $_.Section -eq 'Answer' -and $_.Type -in 'A', 'AAAA' } |
            ForEach-Object { $_.IPAddress })
        if ($addresses.Count -eq 0) { throw "$target has no address" }
        if ($target -in $present) {
            Set-DnsServerZoneDelegation @at -NameServer $target -IPAddress $addresses
        } else {
            Add-DnsServerZoneDelegation @at -NameServer $target -IPAddress $addresses
        }
    }
    foreach ($other in $present | Where-Object { $_ -notin $Targets }) {
        Remove-DnsServerZoneDelegation @at -NameServer $other -Force
    }
    $there = @{ ZoneName = $Zone; ComputerName = $ComputerName }
    Get-DnsServerResourceRecord @there -Name $Child -RRType DS -ErrorAction SilentlyContinue |
        Remove-DnsServerResourceRecord @there -Force
}

# tunnels.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below tunnels.example.com out of example.com: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
Publish-Delegation 'example.com' 'tunnels' @('ns-1.example.net.', 'ns-2.example.net.', 'ns-3.example.org.', 'ns-4.example.org.')
