import type { Backend, Facet } from './backend.ts';
import { BACKENDS } from './backends/index.ts';

/** What is derived from the backends, by its path in the repository. */
export function backendFiles(): Readonly<Record<string, string>> {
  return { 'docs/backends.md': backendReference() };
}

/** The text of docs/backends.md. */
export function backendReference(): string {
  return [INTRODUCTION, tableOf(BACKENDS), FACETS, COMMANDS, ...BACKENDS.map(sectionOf)].join('\n');
}

/** What each facet means to the reader of a table, in the order they are told in. */
const WORDS: Readonly<Record<Facet, { readonly short: string; readonly long: string }>> = {
  packets: {
    short: 'packets',
    long: 'capture of port 53, public resolvers, addresses of blocked names, shared addresses, ports; each group of clients its own',
  },
  'dns-name': { short: 'names in DNS', long: 'names that are asked for' },
  'tls-name': { short: 'names in TLS', long: 'server names of connections' },
  wildcard: {
    short: '`*` within names',
    long: 'a `*` in the middle of a name, for whatever label; else only the labels known today',
  },
  exact: { short: 'one name alone', long: '`=example.com`: a name without those below it' },
  exception: {
    short: 'exceptions',
    long: 'names that stay open within a refused one; else the refused one is narrowed to what holds none',
  },
  answer: {
    short: 'ways to answer',
    long: 'a refused question gets what the policy says, as far as the format has it',
  },
  watch: { short: 'watching', long: 'what is only watched is recorded' },
  networks: {
    short: 'networks',
    long: 'addresses that are blocked as such, for everyone and on every port',
  },
  liveness: {
    short: 'fronts',
    long: 'TLS to the fronts of many goes to the gate, as long as that says that it is there',
  },
};
const ORDER = Object.keys(WORDS) as readonly Facet[];

function tableOf(backends: readonly Backend[]): string {
  const rows = backends.map((backend) => {
    const { id, title, enforces } = backend;
    const facets = ORDER.filter((facet) => enforces.includes(facet)).map((f) => WORDS[f].short);
    return row([`[\`${id}\`](#${id})`, title, facets.join(', '), looksAtTls(backend)]);
  });
  const head = ['format', 'is', 'enforces', 'who looks at TLS names'];
  return [row(head), row(head.map(() => '---')), ...rows].join('');
}

function looksAtTls({ enforces, sni }: Backend): string {
  if (enforces.includes('tls-name')) return 'itself';
  if (sni.length === 0) return 'nobody';
  const others = { gate: 'the gate', kernel: 'the kernel' };
  return sni.map((means) => others[means]).join(', else ');
}

function sectionOf({ id, title, use, cannot }: Backend): string {
  const limits = cannot.map((text) => `- ${text}\n`).join('');
  return `## ${id}\n\n${title}. ${use}\n\nWhat it cannot:\n\n${limits}`;
}

const row = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;

const INTRODUCTION = `# Formats

<!-- Made by \`npm run reference\` from src/firewall/backends and src/firewall/reference.ts; do not edit. -->

One policy, written for whatever enforces it. What a format cannot do by its nature stands below. What
it cannot say of your policy is never dropped in silence: it stands at the top of the files that
\`generate\` writes (beside them, where a list has no comments), and \`check --for FORMAT\` tells it. None
blocks by address where your ingress is known to live.
`;

const FACETS = `| enforces | means |
| --- | --- |
${ORDER.map((facet) => row([WORDS[facet].short, WORDS[facet].long])).join('')}`;

const COMMANDS = `## Commands

| to | run |
| --- | --- |
| see what there is | \`tunnelwarden generate --list\` |
| see what a format leaves open | \`tunnelwarden check --policy policy.yaml --for FORMAT\` |
| look at the main file | \`tunnelwarden generate FORMAT --policy policy.yaml\` |
| write all files of a format | \`tunnelwarden generate FORMAT --policy policy.yaml --out FOLDER\` |
| fail where anything is left open | \`tunnelwarden generate FORMAT --policy policy.yaml --strict\` |
| find the addresses that rules need | \`tunnelwarden addresses refresh --policy policy.yaml\` |
| load rules on this gateway, with a way back | \`tunnelwarden apply\`, then \`tunnelwarden confirm\` ([more](gateway.md#firewall-on-a-live-gateway)) |

Formats for packets need \`firewall.lan\`, the interfaces that clients are behind:

\`\`\`yaml
firewall:
  lan: [lan0]
  exempt: [192.0.2.53]      # your own resolvers
\`\`\`

The same policy and the same address book give the same bytes, so a changed file is a changed policy.
`;
