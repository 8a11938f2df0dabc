import { type Name, parentOf, ROOT } from '../../policy/name.ts';
import type { NamePattern } from '../../policy/pattern.ts';
import type { Artifact, Backend, Plan } from '../backend.ts';
import { type Blocked, blockOnly } from '../block-only.ts';
import { commentHeader } from '../header.ts';
import { leftOutLines } from '../plain-name.ts';

const TITLE = 'FortiGate threat feeds';

export const fortigateBackend: Backend = {
  id: 'fortigate',
  title: TITLE,
  enforces: ['dns-name', 'tls-name', 'exact', 'networks'],
  sni: [],
  use: "Serve the lists by HTTPS, put your server's name into `external-resources.conf`, and enter it in the CLI.",
  cannot: [
    'Lists hold refused names only: exceptions inside of them narrow what is listed.',
    'At most 14 lists of 131,072 names; what does not fit is left out and counted in the file.',
  ],
  print,
};

/** A feed holds so many entries at most (FortiOS administration guide, threat feeds). */
const MOST = 131_072;
/** Remote categories are numbered so; the feeds of names and of URLs share them. */
const [FIRST_CATEGORY, LAST_CATEGORY] = [192, 221];
const MOST_FEEDS = Math.floor((LAST_CATEGORY - FIRST_CATEGORY) / 2);

type Feed = {
  readonly name: string;
  readonly type: 'domain' | 'category' | 'address';
  readonly category?: number;
  readonly path: string;
  readonly about: string;
};

function print(plan: Plan): readonly Artifact[] {
  const { blocked, leftOut } = blockOnly(plan.names);
  const open = new Set(
    plan.names.filter(({ action }) => action !== 'block').flatMap(({ pattern }) => above(pattern)),
  );
  // What a bare name takes along is not told: where something below it stays open, it is not listed.
  const isRisky = ({ name, self, below }: Blocked) => self && !below && open.has(name);
  const names = blocked
    .filter((one) => !isRisky(one))
    .flatMap(({ name, self, below }) => [...(self ? [name] : []), ...(below ? [`*.${name}`] : [])]);
  const nameParts = parts(names);
  const addressParts = parts(plan.networks.map(({ text }) => text));
  const files = [
    ...nameParts.slice(0, MOST_FEEDS).map((lines, i) => ({ path: `domains-${i + 1}.txt`, lines })),
    ...addressParts.map((lines, i) => ({ path: `addresses-${i + 1}.txt`, lines })),
  ];
  const over = nameParts.slice(MOST_FEEDS).flat().length;
  const config = [
    ...commentHeader(plan, TITLE, '#'),
    '#',
    '# The lists have no comments, so this file speaks for them. Put your own server for',
    '# lists.example.invalid, then set the categories to block in the DNS filter (tw-domains-*) and',
    '# in the web filter (tw-urls-*), and tw-addresses-* as the destination of a policy that denies.',
    ...(over > 0 ? [`# Left out: ${over} names for which there is no feed.`] : []),
    ...leftOutLines(
      [
        ...leftOut,
        ...blocked.filter(isRisky).map(({ entry: { id } }) => ({
          id,
          why: 'a name below it stays open, and the feed may take those below along',
        })),
      ],
      '#',
    ),
    '',
    'config system external-resource',
    ...files.flatMap(({ path }) => feedsOf(path).flatMap(edit)),
    'end',
    '',
  ];
  return [
    { path: 'external-resources.conf', text: config.join('\n') },
    ...files.map(({ path, lines }) => ({ path, text: lines.map((line) => `${line}\n`).join('') })),
  ];
}

/** The names that a pattern lies below. */
function above({ anchor }: NamePattern): readonly Name[] {
  const names: Name[] = [];
  for (let at = anchor; at !== ROOT; ) {
    at = parentOf(at);
    names.push(at);
  }
  return names;
}

function parts(lines: readonly string[]): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(lines.length / MOST) }, (_, i) =>
    lines.slice(i * MOST, (i + 1) * MOST),
  );
}

/** A list of names serves twice: for questions, and for the server names of TLS as URLs. */
function feedsOf(path: string): readonly Feed[] {
  const n = Number(/\d+/.exec(path)?.[0]);
  if (path.startsWith('addresses')) {
    return [{ name: `tw-addresses-${n}`, type: 'address', path, about: 'blocked addresses' }];
  }
  const category = FIRST_CATEGORY + 2 * (n - 1);
  return [
    { name: `tw-domains-${n}`, type: 'domain', category, path, about: 'blocked names' },
    {
      name: `tw-urls-${n}`,
      type: 'category',
      category: category + 1,
      path,
      about: 'blocked TLS names',
    },
  ];
}

function edit({ name, type, category, path, about }: Feed): readonly string[] {
  return [
    `    edit "${name}"`,
    `        set type ${type}`,
    ...(category === undefined ? [] : [`        set category ${category}`]),
    `        set comments "tunnelwarden: ${about}"`,
    `        set resource "https://lists.example.invalid/fortigate/${path}"`,
    '        set refresh-rate 5',
    '    next',
  ];
}
