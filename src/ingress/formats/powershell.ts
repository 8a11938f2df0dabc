import { adviceComments, commentHeader } from '../advice.ts';
import type { Delegation, Ds } from '../records.ts';
import { type Format, textOf } from './format.ts';

export const powershellFormat: Format = {
  id: 'powershell',
  title: 'Windows DNS server',
  use: 'Run it on the DNS server as an administrator, again whenever the targets change.',
  print: (publication) => [
    {
      path: 'ingress.ps1',
      text: textOf([
        ...commentHeader(publication, 'Windows DNS delegation of a custom ingress', '#'),
        '# Windows keeps addresses beside the names of a delegation and wants them said; they are looked',
        '# up when this runs. Its cmdlet knows no TTL: the default of the zone counts.',
        ...FUNCTION,
        ...publication.delegations.flatMap(linesFor),
      ]),
    },
  ],
};

/** What is there already is set anew, what is there too much is taken away last: there is no gap. */
const FUNCTION: readonly string[] = [
  '[CmdletBinding()]',
  "param([string] $ComputerName = 'localhost')",
  'Set-StrictMode -Version Latest',
  "$ErrorActionPreference = 'Stop'",
  '',
  'function Publish-Delegation([string] $Zone, [string] $Child, [string[]] $Targets) {',
  '    $at = @{ Name = $Zone; ChildZoneName = $Child; ComputerName = $ComputerName }',
  '    $present = @(Get-DnsServerZoneDelegation @at -ErrorAction SilentlyContinue |',
  '        ForEach-Object { $_.NameServer.RecordData.NameServer })',
  '    foreach ($target in $Targets) {',
  '        $addresses = @(Resolve-DnsName -Name $target -Type A_AAAA -DnsOnly |',
  "            Where-Object { $_.Section -eq 'Answer' -and $_.Type -in 'A', 'AAAA' } |",
  '            ForEach-Object { $_.IPAddress })',
  '        if ($addresses.Count -eq 0) { throw "$target has no address" }',
  '        if ($target -in $present) {',
  '            Set-DnsServerZoneDelegation @at -NameServer $target -IPAddress $addresses',
  '        } else {',
  '            Add-DnsServerZoneDelegation @at -NameServer $target -IPAddress $addresses',
  '        }',
  '    }',
  '    foreach ($other in $present | Where-Object { $_ -notin $Targets }) {',
  '        Remove-DnsServerZoneDelegation @at -NameServer $other -Force',
  '    }',
  '    $there = @{ ZoneName = $Zone; ComputerName = $ComputerName }',
  '    Get-DnsServerResourceRecord @there -Name $Child -RRType DS -ErrorAction SilentlyContinue |',
  '        Remove-DnsServerResourceRecord @there -Force',
  '}',
];

function linesFor(delegation: Delegation): readonly string[] {
  const { zone, child, nameservers, ds } = delegation;
  return [
    '',
    ...adviceComments(delegation, '#'),
    `Publish-Delegation '${zone}' '${child}' @(${nameservers.map((target) => `'${target}.'`).join(', ')})`,
    ...ds.map((record) => dsLine(delegation, record)),
  ];
}

const ALGORITHMS: Readonly<Record<number, string>> = {
  5: 'RsaSha1',
  7: 'RsaSha1NSec3',
  8: 'RsaSha256',
  10: 'RsaSha512',
  13: 'ECDsaP256Sha256',
  14: 'ECDsaP384Sha384',
};
const DIGESTS: Readonly<Record<number, string>> = { 1: 'Sha1', 2: 'Sha256', 4: 'Sha384' };

function dsLine({ zone, child, ttl }: Delegation, record: Ds): string {
  const algorithm = ALGORITHMS[record.algorithm];
  const digestType = DIGESTS[record.digestType];
  if (algorithm === undefined || digestType === undefined) {
    return `# Windows has no word for this DS: ${record.keyTag} ${record.algorithm} ${record.digestType} ${record.digest}`;
  }
  return [
    `Add-DnsServerResourceRecordDS -ComputerName $ComputerName -ZoneName '${zone}' -Name '${child}'`,
    `-TimeToLive ([TimeSpan]::FromSeconds(${ttl})) -KeyTag ${record.keyTag}`,
    `-CryptoAlgorithm ${algorithm} -DigestType ${digestType} -Digest '${record.digest}'`,
  ].join(' ');
}
