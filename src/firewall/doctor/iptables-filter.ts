import type { Chain, Condition, Rule, Value } from './filter.ts';

/** Reads a chain of the filter table out of what `iptables-save` prints. */
export function iptablesChain(text: string, name: string, program: string): Chain | undefined {
  const table = /^\*filter\n([\s\S]*?)^COMMIT$/m.exec(text)?.[1];
  if (table === undefined) return undefined;
  const policy = new RegExp(`^:${name} (\\S+)`, 'm').exec(table)?.[1];
  const chains = new Map<string, Rule[]>();
  for (const line of table.split('\n')) {
    const words = line.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? [];
    if (words[0] !== '-A' || words[1] === undefined) continue;
    const rules = chains.get(words[1]) ?? [];
    chains.set(words[1], rules);
    rules.push(ruleOf(words.slice(2)));
  }
  return {
    name,
    table: program,
    policy: policy === 'DROP' ? 'drop' : 'accept',
    rules: chains.get(name) ?? [],
    others: chains,
  };
}

const ABOUT: Readonly<Record<string, Condition['about']>> = {
  '-i': 'link',
  '-p': 'protocol',
  '--dport': 'port',
  '--dports': 'port',
  '--ctstate': 'state',
  '--state': 'state',
  '--mark': 'mark',
};

function ruleOf(words: readonly string[]): Rule {
  const conditions: Condition[] = [];
  let not = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const value = words[at + 1] ?? '';
    if (word === '-j' || word === '-g')
      return { conditions, verdict: verdictOf(value, word === '-g') };
    if (word === '!') {
      not = true;
      continue;
    }
    if (word === '-m' || word === '--comment') at += 1;
    else if (word.startsWith('-')) {
      const about = ABOUT[word] ?? 'other';
      conditions.push({
        about,
        not,
        values: about === 'other' ? [] : value.split(',').map(valueIn),
      });
      if (!value.startsWith('-')) at += 1;
    }
    not = false;
  }
  return { conditions, verdict: undefined };
}

function valueIn(text: string): Value {
  const [, first, last] = /^(\d+):(\d+)$/.exec(text) ?? [];
  if (first !== undefined) return [Number(first), Number(last)];
  // A mark under its mask.
  return /^0x[0-9a-f]+(\/|$)/.test(text) ? Number(text.split('/')[0]) : text;
}

function verdictOf(target: string, goto: boolean): Rule['verdict'] {
  if (target === 'ACCEPT') return 'accept';
  if (target === 'DROP' || target === 'REJECT') return 'drop';
  if (target === 'RETURN') return 'return';
  // Logging and marking go on to the next rule, as a chain that is not known here does.
  return { to: target, goto };
}
