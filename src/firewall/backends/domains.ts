import type { Backend, Plan } from '../backend.ts';
import { blocksOf, listText } from '../blocks.ts';
import { commentHeader } from '../header.ts';
import { isBlocked, plainBelowRoot, type Said, withReasons, zoneOf } from '../zone.ts';

const TITLE = 'domain list';

export const domainsBackend: Backend = {
  id: 'domains',
  title: TITLE,
  enforces: ['dns-name'],
  sni: [],
  use: 'Serve `domains.txt`, or the one without comments, to whatever reads lists of domains, such as Pi-hole or pfBlockerNG.',
  cannot: [
    'Whether a line covers the names below it is up to the reader: many take it for the one name.',
    'All below a name without the name itself cannot be said.',
    'How a refusal is answered is up to the reader.',
  ],
  print: (plan) => {
    const { said, omitted } = listed(plan);
    const text = [...commentHeader(plan, TITLE, '#'), '', ...withReasons(said, omitted, '#')];
    return [
      { path: 'domains.txt', text: `${text.join('\n')}\n` },
      // External dynamic lists of some firewalls have no word for comments.
      { path: 'domains-bare.txt', text: listText(blocksOf(said, ({ line }) => [line])) },
    ];
  },
};

function listed({ names }: Plan) {
  const { nodes, omitted } = zoneOf(names, plainBelowRoot);
  const said: Said[] = [];
  const rest: { pattern: string; why: string }[] = [...omitted];
  for (const { name, own, below, inherited, said: isSaid } of nodes) {
    if (!isSaid) continue;
    if (isBlocked(own) && isBlocked(below)) said.push({ line: name, entry: own });
    else if (isBlocked(below) && !isBlocked(inherited)) {
      rest.push({ pattern: `*.${name}`, why: 'all below a name cannot be listed without it' });
    } else if (isBlocked(own) && !isBlocked(inherited)) {
      rest.push({ pattern: `=${name}`, why: 'a name cannot be listed without those below it' });
    }
  }
  return { said, omitted: rest };
}
