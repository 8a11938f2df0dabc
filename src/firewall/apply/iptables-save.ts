/** Reads what `iptables-save` prints and writes what `iptables-restore --noflush` reads, of our chains only. */

export type Table = {
  readonly name: string;
  /** Our chains. */
  readonly chains: readonly string[];
  /** Rules in our chains, each as `-A CHAIN …`. */
  readonly rules: readonly string[];
  /** Rules in other chains that lead to ours, as `-A CHAIN …`. */
  readonly jumps: readonly string[];
  /** How many rules of others are asked before the first of these. */
  readonly behind: number;
};

const OURS = /^TW-/;
const JUMP = / (?:-j|-g|--jump|--goto) TW-/;

/** What is ours in a saved or generated rule set; tables that hold nothing of ours are left out. */
export function oursIn(text: string): Table[] {
  const tables: Draft[] = [];
  for (const line of text.split('\n')) {
    const table = tables.at(-1);
    if (line.startsWith('*'))
      tables.push({
        name: line.slice(1).trim(),
        chains: [],
        rules: [],
        jumps: [],
        others: new Map(),
        behind: 0,
      });
    else if (!table) continue;
    else if (line.startsWith(':')) {
      const chain = line.slice(1).split(' ')[0] as string;
      if (OURS.test(chain)) table.chains.push(chain);
    } else {
      const rule = ruleOf(line);
      if (rule === undefined) continue;
      if (OURS.test(rule.slice('-A '.length))) table.rules.push(rule);
      // What stands in quotes is text of somebody else.
      else note(table, rule, JUMP.test(rule.replace(/"(?:\\.|[^"\\])*"/g, '""')));
    }
  }
  return tables
    .filter(({ chains, jumps }) => chains.length + jumps.length > 0)
    .map(({ others: _, ...table }) => table);
}

type Draft = {
  readonly name: string;
  readonly chains: string[];
  readonly rules: string[];
  readonly jumps: string[];
  /** Rules of others so far, by chain. */
  readonly others: Map<string, number>;
  behind: number;
};

function note(table: Draft, rule: string, isJump: boolean): void {
  const chain = rule.split(' ')[1] as string;
  const before = table.others.get(chain) ?? 0;
  if (!isJump) table.others.set(chain, before + 1);
  else {
    if (table.jumps.length === 0) table.behind = before;
    table.jumps.push(rule);
  }
}

/** `-A CHAIN …` of a line that adds a rule, at whatever place; counters in front are left out. */
function ruleOf(line: string): string | undefined {
  const [, append, insert, chain, rest] =
    /^(?:\[\d+:\d+\] )?(?:(-A)|(-I)) (\S+)(?: \d+(?= ))?(.*)$/.exec(line) ?? [];
  return (append ?? insert) ? `-A ${chain}${rest}` : undefined;
}

/** One text for `iptables-restore --noflush`: each table changes at once, and only what is ours. */
export function transition(current: readonly Table[], wanted: readonly Table[]): string {
  const names = [...new Set([...wanted, ...current].map(({ name }) => name))];
  const none = { chains: [], rules: [], jumps: [], behind: 0 };
  const tables = names.map((name) => {
    const old = current.find((table) => table.name === name) ?? { name, ...none };
    const next = wanted.find((table) => table.name === name) ?? { name, ...none };
    const stale = old.chains.filter((chain) => !next.chains.includes(chain));
    return [
      `*${name}`,
      // Makes the chain, or empties it.
      ...next.chains.map((chain) => `:${chain} - [0:0]`),
      ...old.jumps.map((jump) => `-D ${jump.slice('-A '.length)}`),
      ...stale.map((chain) => `-F ${chain}`),
      ...next.rules,
      // Ours come before all others': one that accepts first would let everything by.
      ...next.jumps.toReversed().map((jump) => jump.replace(/^-A (\S+)/, '-I $1 1')),
      ...stale.map((chain) => `-X ${chain}`),
      'COMMIT',
    ];
  });
  return tables.length === 0 ? '' : `${tables.flat().join('\n')}\n`;
}

/** The same as a rule set of its own, for a file. */
export function formatTables(tables: readonly Table[]): string {
  const texts = tables.map(({ name, chains, rules, jumps }) =>
    [`*${name}`, ...chains.map((chain) => `:${chain} - [0:0]`), ...rules, ...jumps, 'COMMIT'].join(
      '\n',
    ),
  );
  return texts.length === 0 ? '' : `${texts.join('\n')}\n`;
}
