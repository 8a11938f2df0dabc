# tunnelwarden: Windows DNS delegation of a custom ingress for Evil" ${file("x")} %{if} $(calc) `x` */ // ' ; # {{ x }} <U+000A>--- <U+000D><U+2028><U+202E><U+00E9><U+1F600> </script> @ \ .
# ingress: no.example.com, 1e3.example.com, _a-b.deep.example.net
# records 28ac4f9a52b41b55
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

# no.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below no.example.com out of example.com: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
# CAA: where example.com or a domain above it has CAA records, one must be: 0 issue "letsencrypt.org"
Publish-Delegation 'example.com' 'no' @('ns-1.example.net.')

# 1e3.example.com is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below 1e3.example.com out of example.com: they would hide the delegation, or it them.
# DS: when the service changes the keys of its zone, these have to change before.
Publish-Delegation 'example.com' '1e3' @('ns-1.example.net.', 'ns-2.example.net.')
Add-DnsServerResourceRecordDS -ComputerName $ComputerName -ZoneName 'example.com' -Name '1e3' -TimeToLive ([TimeSpan]::FromSeconds(604800)) -KeyTag 12345 -CryptoAlgorithm ECDsaP256Sha256 -DigestType Sha256 -Digest '49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC0011'
# Windows has no word for this DS: 1 15 4 49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55D4AC49FD46E6C4B45C55

# _a-b.deep.example.net is handed over to the service: what lies below it, addresses and certificates, is the service's.
# Keep A, AAAA, CNAME, TXT records at or below _a-b.deep.example.net out of deep.example.net: they would hide the delegation, or it them.
# No DS: unless the service signs its zone, one would make validating resolvers refuse all of it.
Publish-Delegation 'deep.example.net' '_a-b' @('ns-9.example.org.', '0.example.org.')
