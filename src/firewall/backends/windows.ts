import { type Name, ROOT } from '../../policy/name.ts';
import type { Backend, Plan } from '../backend.ts';
import { blocksOf } from '../blocks.ts';
import { commentHeader } from '../header.ts';
import {
  createSurroundings,
  isBlocked,
  plainOnly,
  type Said,
  withReasons,
  zoneOf,
} from '../zone.ts';

const TITLE = 'Windows name resolution policies';

export const windowsBackend: Backend = {
  id: 'windows',
  title: TITLE,
  enforces: ['dns-name', 'exact', 'exception'],
  sni: [],
  use: 'Run `tunnelwarden.ps1` as an administrator, with `-Role Server` on a DNS server or `-Role Client -NameServers …` on a client.',
  cannot: [
    'A Windows DNS server answers REFUSED, whatever the policy says; clients then ask their next server.',
    'Clients are only sent to the resolver for refused names: it must be there, and decides.',
    'Programs with a resolver of their own, as browsers with DNS over HTTPS, do not ask Windows.',
    'Each name is a policy of its own, asked one after another: not for lists of thousands.',
    'The script has not been run on Windows by us.',
  ],
  print: (plan) => [{ path: 'tunnelwarden.ps1', text: print(plan) }],
};

/** Refused names as a DNS server's policy sees them: some that match, without some that do not. */
type Region = {
  readonly name: Name;
  readonly equal: string[];
  readonly unequal: string[];
  /** What a client's table has for it: `.name` for all below, `name` for itself. */
  readonly namespaces: readonly string[];
};

function print(plan: Plan): string {
  const { regions, said, omitted } = regionsOf(plan);
  return `${[
    ...commentHeader(plan, TITLE, '#'),
    '',
    ...PARAMETERS,
    `    [string[]] $NameServers = ${array(plan.settings.resolver.map(quoted))},`,
    ...PREPARATION,
    '',
    '# What a DNS server refuses: a name for each policy, and the names it is about.',
    '$Policies = [ordered]@{',
    ...withReasons(policiesOf(regions, said), omitted, '    #'),
    '}',
    '',
    '# What clients ask the resolver of the policy, which knows the exceptions.',
    '$Namespaces = @(',
    ...blocksOf(regions, ({ namespaces }) => namespaces.map((one) => `    ${quoted(one)}`)),
    ')',
    '',
    ...ACTIONS,
  ].join('\n')}\n`;
}

/** The lines of the regions, which are only whole when all names have been gone through. */
function* policiesOf(regions: readonly Region[], said: readonly Said[]): Iterable<Said> {
  for (const [i, { line, entry }] of said.entries()) {
    yield { line: line + criterion(regions[i] as Region), entry };
  }
}

/**
 * Server policies are asked in order and have no longest match: each stands for a name with all below
 * it, less the names inside that are open; a refused name inside those begins a policy of its own.
 */
function regionsOf({ names }: Plan) {
  const { nodes, omitted } = zoneOf(names, plainOnly);
  const regions: Region[] = [];
  const said: Said[] = [];
  const around = createSurroundings<Region | undefined>();
  for (const { name, own, below, said: isSaid } of nodes) {
    if (!isSaid) continue;
    const [under, outer] = [isBlocked(below), around.above(name)];
    // Nobody looks up the root alone.
    const at = name === ROOT ? under : isBlocked(own);
    const all = name === ROOT ? '*' : `*.${name}`;
    const begins = under ? !outer : at;
    let region = under ? outer : undefined;
    if (begins) {
      // Whether `*.name` takes in the name itself is nowhere written down: both are always said.
      const begun: Region = {
        name,
        equal: [...(at && name !== ROOT ? [name] : []), ...(under ? [all] : [])],
        unequal: at ? [] : [name],
        namespaces: [
          ...(at && name !== ROOT ? [name] : []),
          ...(under ? [name === ROOT ? ROOT : `.${name}`] : []),
        ],
      };
      regions.push(begun);
      said.push({ line: `    ${quoted(`TW-${name}`)} = `, entry: at ? own : below });
      if (under) region = begun;
    } else if (outer && !at) outer.unequal.push(name);
    if (outer && !under) outer.unequal.push(all);
    around.set(name, region);
  }
  return { regions, said, omitted };
}

function criterion({ equal, unequal }: Region): string {
  return quoted(['EQ', ...equal, ...(unequal.length > 0 ? ['NE', ...unequal] : [])].join(','));
}

/** A string in which nothing is expanded; only the quote itself has to be doubled. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function array(items: readonly string[]): string {
  return `@(${items.join(', ')})`;
}

const PARAMETERS: readonly string[] = [
  '# Run it as an administrator; again after each change. What an earlier run made is removed first,',
  '# by its beginning TW-.',
  '#   tunnelwarden.ps1 -Role Client [-NameServers ADDRESS,...]   the table of a client (NRPT)',
  '#   tunnelwarden.ps1 -Role Server                              the policies of a DNS server',
  '#   tunnelwarden.ps1 -Role Client|Server -Remove               takes all of it away',
  '[CmdletBinding()]',
  'param(',
  "    [Parameter(Mandatory)] [ValidateSet('Client', 'Server')] [string] $Role,",
];

const PREPARATION: readonly string[] = [
  '    [switch] $Remove',
  ')',
  'Set-StrictMode -Version Latest',
  "$ErrorActionPreference = 'Stop'",
];

const ACTIONS: readonly string[] = [
  "if ($Role -eq 'Client') {",
  '    if (-not $Remove -and $NameServers.Count -eq 0) {',
  "        throw 'No resolver is known: name its addresses with -NameServers.'",
  '    }',
  "    @(Get-DnsClientNrptRule) | Where-Object { $_.Comment -clike 'TW-*' } | ForEach-Object {",
  '        Remove-DnsClientNrptRule -Name $_.Name -Force',
  '    }',
  '    if (-not $Remove) {',
  '        foreach ($Namespace in $Namespaces) {',
  '            Add-DnsClientNrptRule -Namespace $Namespace -NameServers $NameServers -Comment "TW-$Namespace"',
  '        }',
  '    }',
  '    Clear-DnsClientCache',
  '} else {',
  "    @(Get-DnsServerQueryResolutionPolicy) | Where-Object { $_.Name -clike 'TW-*' } | ForEach-Object {",
  '        Remove-DnsServerQueryResolutionPolicy -Name $_.Name -Force',
  '    }',
  '    if (-not $Remove) {',
  '        foreach ($Policy in $Policies.GetEnumerator()) {',
  '            Add-DnsServerQueryResolutionPolicy -Name $Policy.Key -Action DENY -Fqdn $Policy.Value',
  '        }',
  '    }',
  '}',
];
