import type { Backend, Plan } from '../backend.ts';
import { commentHeader } from '../header.ts';
import {
  createSurroundings,
  isBlocked,
  isCovered,
  openedWith,
  plainBelowRoot,
  type Said,
  withReasons,
  zoneOf,
} from '../zone.ts';

const TITLE = 'adblock list';

export const adblockBackend: Backend = {
  id: 'adblock',
  title: TITLE,
  enforces: ['dns-name', 'exception'],
  sni: [],
  use: 'Add it as a filter list in AdGuard Home, or as an adlist in Pi-hole.',
  cannot: [
    'A filter covers a name and all below it: one name alone cannot be refused, and all below a name only with the name.',
    'Exceptions outweigh filters whatever their length: a refused name within an allowed one takes $important, which AdGuard Home knows and Pi-hole passes over.',
    'How a refusal is answered is up to the reader.',
  ],
  print: (plan) => [{ path: 'adblock.txt', text: print(plan) }],
};

/**
 * What a filter looks like, by how often refused and open have changed on the way down to it. Of
 * filters that match, the last of this list decides, not the longest: so none may repeat.
 */
const LEVELS: readonly ((name: string) => string)[] = [
  (name) => `||${name}^`,
  (name) => `@@||${name}^`,
  (name) => `||${name}^$important`,
  (name) => `@@||${name}^$important`,
];

function print(plan: Plan): string {
  const { nodes, omitted } = zoneOf(plan.names, plainBelowRoot);
  const said: Said[] = [];
  const rest = [...omitted];
  // Level 0 is open with nothing said; odd levels are refused.
  const levels = createSurroundings<number>();
  for (const node of nodes) {
    if (!node.said) continue;
    const { name, own, below } = node;
    const above = levels.above(name) ?? 0;
    const level = isCovered(node) === (above % 2 === 1) ? above : above + 1;
    const decides = isCovered(node) ? below : own;
    if (level > LEVELS.length) {
      rest.push({ pattern: name, why: 'it lies within too many exceptions' });
      continue;
    }
    levels.set(name, level);
    rest.push(...openedWith(node));
    if (isBlocked(own) && !isBlocked(below)) {
      rest.push({
        pattern: `=${name}`,
        why: 'one name without those below it cannot be said here',
      });
    }
    const filter = LEVELS[level - 1];
    if (filter) said.push({ line: filter(name), entry: decides });
  }
  return `${[...commentHeader(plan, TITLE, '!'), '', ...withReasons(said, rest, '!')].join(
    '\n',
  )}\n`;
}
