import type { Change, Loader, Present, Run, StateFile, Step } from './loader.ts';
import { failureOf, formatMark } from './loader.ts';
import { carried, countersOf, fingerprintOf, markOf } from './nft-listing.ts';
import { addRoutes, removeRoutes } from './routes.ts';

const TABLE = 'inet tunnelwarden';
const LIST = ['nft', '-s', 'list', 'table', 'inet', 'tunnelwarden'] as const;
/** Both lines, so that it also works where there is no table. */
const CLEAR = [`add table ${TABLE}`, `delete table ${TABLE}`];

/**
 * Every change is one transaction: packets meet the old rules or the new, and a process that dies
 * leaves the one or the other.
 */
export const nftLoader: Loader = {
  format: 'nftables',
  programs: ['nft'],
  transactional: true,
  shape: ([first]) => nftShape(first?.text ?? ''),
  look,
  check: (change) => [nft(loadText(change), '-c')],
  load: (change) => [
    nft(loadText(change)),
    ...(change.artifacts.some(({ path }) => path === 'routes.sh') ? addRoutes() : []),
  ],
  checkRestore: (saved) => [nft(restoreText(saved), '-c')],
  restore: (saved) => [nft(restoreText(saved)), ...(saved.length === 0 ? removeRoutes() : [])],
  counters: (run) => {
    // Without elements (-t): with a hundred thousand of them, the list takes seconds.
    const ran = run({ argv: ['nft', '-t', '-j', 'list', 'table', 'inet', 'tunnelwarden'] });
    return ran.status === 0 ? countersOf(ran.stdout) : [];
  },
  hints: [],
};

function nft(input: string, ...flags: readonly string[]): Step {
  return { argv: ['nft', ...flags, '-f', '-'], input };
}

function look(run: Run): Present | undefined {
  const ran = run({ argv: [...LIST] });
  if (ran.status === 0) {
    return {
      ...markOf(ran.stdout),
      fingerprint: fingerprintOf(ran.stdout),
      saved: [{ name: 'rollback.nft', text: `${CLEAR.join('\n')}\n${ran.stdout}` }],
    };
  }
  if (ran.status !== undefined && ran.stderr.includes('No such file or directory'))
    return undefined;
  throw failureOf({ argv: [...LIST] }, ran);
}

/**
 * The artifact flushes our table and fills it again, which keeps what the resolver put into sets.
 * It cannot change what a set or a base chain is, though (another size is ignored without a word,
 * another priority refused), nor does it know the chains of earlier policies: where the shape is
 * not the one that is loaded, the table is made anew in the same transaction and takes the live
 * elements along.
 */
function loadText({ artifacts, mark, present, intact }: Change): string {
  const text = artifacts[0]?.text ?? '';
  const refill = present !== undefined && intact && present.mark?.shape === mark.shape;
  return [
    ...(refill ? [] : CLEAR),
    text,
    `add chain ${TABLE} tw_applied`,
    `flush chain ${TABLE} tw_applied`,
    // No packet comes here; a table's own comment could not be changed later.
    `add rule ${TABLE} tw_applied return comment "${formatMark(mark)}"`,
    ...(refill || !present ? [] : carriedLines(present, text)),
    '',
  ].join('\n');
}

function carriedLines({ saved }: Present, text: string): string[] {
  return carried(saved[0]?.text ?? '')
    .filter(({ set, type }) => declares(text, set, type))
    .map(({ set, elements }) => `add element ${TABLE} ${set} ${elements}`);
}

/** Whether a set of this name, with timeouts and of the same type, is among what a file makes. */
function declares(text: string, set: string, type: string): boolean {
  const name = set.replaceAll('.', '\\.');
  const body = new RegExp(`\\bset (?:${TABLE} )?${name} \\{([^}]*)\\}`).exec(text)?.[1] ?? '';
  return body.includes('timeout') && body.includes(type);
}

function restoreText(saved: readonly StateFile[]): string {
  return saved[0]?.text ?? `${CLEAR.join('\n')}\n`;
}

/** The declarations of an artifact, which `add` makes once and cannot alter. */
export function nftShape(text: string): string {
  const lines = text.split('\n');
  // A file in blocks: declarations and rules cannot be told apart by their first word.
  if (lines.some((line) => line.startsWith('table '))) return text;
  const declarations: string[] = [];
  let inside = false;
  for (const line of lines) {
    if (/^[a-z#]/.test(line)) inside = /^add (?!rule |element )/.test(line);
    if (inside) declarations.push(line);
  }
  return declarations.join('\n');
}
