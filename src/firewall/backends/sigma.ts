import { createHash } from 'node:crypto';
import type { Network } from '../../policy/network.ts';
import type { NamePattern } from '../../policy/pattern.ts';
import { printable } from '../../text.ts';
import type { Artifact, Backend, NameEntry, Plan } from '../backend.ts';
import { blocksOf } from '../blocks.ts';
import { kindOf, type Run, runsOf, withoutMoot } from '../first-match.ts';
import { commentHeader } from '../header.ts';
import { nameRegex } from '../name-regex.ts';
import { leftOutLines, plainEntries } from '../plain-name.ts';
import { refinementsOf } from '../refinements.ts';

const TITLE = 'Sigma rules';

export const sigmaBackend: Backend = {
  id: 'sigma',
  title: TITLE,
  enforces: ['tls-name', 'dns-name', 'wildcard', 'exact', 'exception', 'watch', 'networks'],
  sni: [],
  use: 'Convert the files with `sigma convert` for your SIEM, or import them where it reads Sigma.',
  cannot: ['It refuses nothing: a SIEM finds with it what has been asked for.'],
  print,
};

/** Where names are logged: what the rule reads, and the field that holds the name. */
const SOURCES = [
  { path: 'dns', seen: 'looked up', field: 'query', logsource: ['category: dns'] },
  {
    path: 'windows',
    seen: 'looked up on Windows',
    field: 'QueryName',
    logsource: ['category: dns_query', 'product: windows'],
  },
  {
    path: 'tls',
    seen: 'in a TLS ClientHello',
    field: 'server_name',
    logsource: ['product: zeek', 'service: ssl'],
  },
] as const;
type Source = (typeof SOURCES)[number];

/** Rules of one service, or of none, that do the same. */
type Group = { readonly about: string; readonly action: 'block' | 'watch'; readonly runs: Runs };
type Runs = readonly { readonly wanted: boolean; readonly entries: readonly NameEntry[] }[];

function print(plan: Plan): readonly Artifact[] {
  const { plain, leftOut } = plainEntries(withoutMoot(plan.names), { everything: true });
  const groups = groupsOf(plain);
  const header = [...commentHeader(plan, TITLE, '#'), ...leftOutLines(leftOut, '#')];
  const files = SOURCES.map((source) => ({
    path: `tunnelwarden_${source.path}.yml`,
    text: `${[header.join('\n'), ...groups.map((group) => rule(source, group))].join('\n---\n')}\n`,
  }));
  const { networks } = plan;
  if (networks.length === 0) return files;
  const addresses = [header.join('\n'), addressRule(networks)];
  return [...files, { path: 'tunnelwarden_addresses.yml', text: `${addresses.join('\n---\n')}\n` }];
}

function groupsOf(names: readonly NameEntry[]): readonly Group[] {
  const refinements = refinementsOf(names);
  const members = new Map<string, { about: string; action: 'block' | 'watch'; own: NameEntry[] }>();
  for (const entry of names) {
    if (entry.action === 'allow') continue;
    const { action } = entry;
    const about = entry.service ?? (entry.id.split('/', 1)[0] as string);
    const group = members.get(`${action} ${about}`) ?? { about, action, own: [] };
    members.set(`${action} ${about}`, group);
    group.own.push(entry);
  }
  return [...members.keys()].sort().map((key) => {
    const { about, action, own } = members.get(key) as NonNullable<ReturnType<typeof members.get>>;
    // Another service's rule that does the same excuses nothing.
    const others = new Set(own.flatMap(refinements));
    const ours = others.size === 0 ? own : inOrder(names, [...own, ...others]);
    const runs = runsOf(ours);
    return { about, action, runs: joined(runs, action) };
  });
}

/** Those of the names that are wanted, in their order. */
function inOrder(names: readonly NameEntry[], wanted: Iterable<NameEntry>): readonly NameEntry[] {
  const kept = new Set(wanted);
  return names.filter((entry) => kept.has(entry));
}

/** Neighbours that are both meant, or both not, are one. */
function joined(runs: readonly Run[], action: NameEntry['action']): Runs {
  const result: { wanted: boolean; entries: NameEntry[] }[] = [];
  for (const run of runs) {
    const wanted = run.action === action;
    const last = result.at(-1);
    if (last?.wanted === wanted) for (const entry of run.entries) last.entries.push(entry);
    else result.push({ wanted, entries: [...run.entries] });
  }
  return result;
}

function rule(source: Source, { about, action, runs }: Group): string {
  const title = `${about}: ${action === 'block' ? 'refused' : 'watched'} name ${source.seen}`;
  const meant = runs.filter(({ wanted }) => wanted).flatMap(({ entries }) => entries);
  const all = new Set(meant.map(({ reason }) => reason));
  const reasons = [...all].sort().slice(0, 3).join('; ');
  return [
    ...head(title, `${source.path} ${action} ${about}`, reasons, source.logsource),
    'detection:',
    ...runs.flatMap((run, i) => selection(source.field, run, i)),
    `    condition: ${condition(runs)}`,
    ...(about === BYPASS ? BYPASS_TAIL : tail(action)),
  ].join('\n');
}

/** What ids of ways round the resolver begin with. */
const BYPASS = 'bypass';
/** Every browser and phone asks for some of these; alarms would drown in them. */
const BYPASS_TAIL: readonly string[] = [
  'falsepositives:',
  "    - 'Devices that look for a resolver of their own, as most do'",
  'level: informational',
];

function head(title: string, key: string, about: string, logsource: readonly string[]): string[] {
  return [
    `title: ${quoted(title, 256)}`,
    `id: ${uuid(key)}`,
    'status: stable',
    `description: ${quoted(about, 1000)}`,
    'author: tunnelwarden',
    'tags:',
    '    - attack.command-and-control',
    '    - attack.t1572',
    'logsource:',
    ...logsource.map((line) => `    ${line}`),
  ];
}

function tail(action: 'block' | 'watch'): string[] {
  return [
    'falsepositives:',
    "    - 'People who have asked and been allowed, until the policy says so'",
    `level: ${action === 'block' ? 'medium' : 'low'}`,
  ];
}

const nameOf = ({ wanted }: Runs[number], i: number) => `${wanted ? 'meant' : 'spared'}_${i + 1}`;

/** A list of maps is an `or`: whole names, endings and expressions of one run. */
function selection(field: string, run: Runs[number], i: number): readonly string[] {
  const written = run.entries.filter(({ pattern }) => kindOf(pattern) !== 'wildcard');
  const subtrees = written.filter(({ pattern }) => kindOf(pattern) === 'subtree');
  const wildcards = run.entries.filter(({ pattern }) => kindOf(pattern) === 'wildcard');
  const list = (
    key: string,
    entries: readonly NameEntry[],
    textOf: (pattern: NamePattern) => string,
  ) =>
    entries.length === 0
      ? []
      : [
          `        - ${key}:`,
          ...blocksOf(entries, ({ pattern }) => [`              - '${textOf(pattern)}'`]),
        ];
  return [
    `    ${nameOf(run, i)}:`,
    ...list(field, written, ({ name }) => name),
    ...list(`${field}|endswith`, subtrees, ({ name }) => `.${name}`),
    ...list(`${field}|re|i`, wildcards, nameRegex),
  ];
}

/** The first run that fits decides: each that is meant counts unless one before it spares. */
function condition(runs: Runs): string {
  const spared: string[] = [];
  const terms: string[] = [];
  runs.forEach((run, i) => {
    if (!run.wanted) spared.push(` and not ${nameOf(run, i)}`);
    else terms.push(spared.length === 0 ? nameOf(run, i) : `(${nameOf(run, i)}${spared.join('')})`);
  });
  return terms.join(' or ');
}

function addressRule(networks: readonly Network[]): string {
  return [
    ...head('Blocked addresses dialled', 'addresses', 'Networks that only blocked services use', [
      'category: network_connection',
    ]),
    'detection:',
    '    meant:',
    '        DestinationIp|cidr:',
    ...blocksOf(networks, ({ text }) => [`            - '${withLength(text)}'`]),
    '    condition: meant',
    ...tail('block'),
  ].join('\n');
}

/** A single address with the length that it is written without. */
function withLength(text: string): string {
  return text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`;
}

/** A single-quoted YAML scalar on one line; only `'` means something in it. */
function quoted(text: string, longest: number): string {
  return `'${printable(text).slice(0, longest).replaceAll("'", "''")}'`;
}

const NAMESPACE = 'tunnelwarden/sigma/';

/** A name-based UUID (RFC 9562 5.5), so that a rule keeps its own from one run to the next. */
function uuid(key: string): string {
  const octets = createHash('sha1').update(`${NAMESPACE}${key}`).digest().subarray(0, 16);
  octets[6] = ((octets[6] as number) & 0x0f) | 0x50;
  octets[8] = ((octets[8] as number) & 0x3f) | 0x80;
  return octets.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
