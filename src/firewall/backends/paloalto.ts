import type { Artifact, Backend, Plan } from '../backend.ts';
import { type Blocked, blockOnly } from '../block-only.ts';
import { blocksOf, listText } from '../blocks.ts';
import { commentHeader } from '../header.ts';
import { leftOutLines } from '../plain-name.ts';

const TITLE = 'Palo Alto Networks external dynamic lists';

export const paloaltoBackend: Backend = {
  id: 'paloalto',
  title: TITLE,
  enforces: ['dns-name', 'tls-name', 'exact', 'networks'],
  sni: [],
  use: "Serve the three lists by HTTPS, put your server's name into `set-commands.txt`, and enter it in configure mode.",
  cannot: [
    'How many entries a list may have depends on the model.',
    'Lists hold refused names only: exceptions inside of them narrow what is listed.',
  ],
  print,
};

function print(plan: Plan): readonly Artifact[] {
  const { blocked, leftOut } = blockOnly(plan.names);
  const list = (path: string, blocks: readonly string[]) => ({ path, text: listText(blocks) });
  const commands = [
    ...commentHeader(plan, TITLE, '#'),
    '#',
    '# The lists have no comments, so this file speaks for them. In configure mode, with your own',
    '# server for lists.example.invalid; then name the two profiles in your security rules, and',
    '# tw-addresses as the destination of a rule that refuses.',
    '# Leave `expand to include subdomains` off: names below a listed one may have to stay open.',
    '# While the server cannot be reached the last copy counts; a certificate that fails ends it.',
    ...leftOutLines(leftOut, '#'),
    '',
    ...LISTS.flatMap(({ name, type, path }) => [
      `set external-list ${name} type ${type} url https://lists.example.invalid/paloalto/${path}`,
      `set external-list ${name} type ${type} recurring hourly`,
    ]),
    'set profiles spyware tw-dns botnet-domains lists tw-domains action sinkhole',
    'set profiles url-filtering tw-tls block tw-urls',
    '',
  ];
  return [
    { path: 'set-commands.txt', text: commands.join('\n') },
    list('domains.txt', blocksOf(blocked, forms(''))),
    list('urls.txt', blocksOf(blocked, forms('/'))),
    list(
      'addresses.txt',
      blocksOf(plan.networks, ({ text }) => [text]),
    ),
  ];
}

const LISTS = [
  { name: 'tw-domains', type: 'domain', path: 'domains.txt' },
  { name: 'tw-urls', type: 'url', path: 'urls.txt' },
  { name: 'tw-addresses', type: 'ip', path: 'addresses.txt' },
] as const;

/** A URL without its final slash would match names that go on behind it: `example.com.example.net`. */
function forms(end: '' | '/'): (blocked: Blocked) => readonly string[] {
  return ({ name, self, below }) => [
    ...(self ? [`${name}${end}`] : []),
    ...(below ? [`*.${name}${end}`] : []),
  ];
}
