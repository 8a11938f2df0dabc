import type { Artifact } from '../backend.ts';
import {
  type Change,
  type Counter,
  hashOf,
  type Loader,
  type Present,
  type Run,
  read,
  type StateFile,
  type Step,
} from './loader.ts';
import { summed } from './nft-listing.ts';

const ANCHOR = 'tunnelwarden';
const PFCTL = ['pfctl', '-a', ANCHOR] as const;

/**
 * Our anchor only. pf loads an anchor in one transaction, but it has no place for a comment, so
 * what is loaded is known from the state directory alone.
 */
export function pfLoader(format: 'pf-openbsd' | 'pf-freebsd'): Loader {
  // OpenBSD has no section of its own for translation.
  const translates = format === 'pf-freebsd';
  return {
    format,
    programs: ['pfctl'],
    transactional: true,
    shape: () => '',
    look: (run) => look(run, translates),
    check: ({ artifacts }) => [fromFile(textOf(artifacts), '-n')],
    load: ({ artifacts }: Change) => [fromFile(textOf(artifacts))],
    checkRestore: (saved) => (saved.length === 0 ? [] : [fromFile(rulesOf(saved), '-n')]),
    restore: (saved, present) =>
      saved.length > 0 ? bringBack(saved) : present ? clear(translates) : [],
    counters: (run) => {
      const ran = run({ argv: [...PFCTL, '-s', 'labels'] });
      return ran.status === 0 ? summed(countersIn(ran.stdout)) : [];
    },
    hints: [
      'Connections that run already keep their states: `pfctl -k 0.0.0.0/0 -k ADDRESS` ends those to an address.',
      'Your pf.conf has to name the anchor, once: the artifact says how.',
    ],
  };
}

function look(run: Run, translates: boolean): Present | undefined {
  const rules = read(run, [...PFCTL, '-s', 'rules']);
  const nat = translates ? read(run, [...PFCTL, '-s', 'nat']) : '';
  const names = read(run, [...PFCTL, '-s', 'Tables'])
    .split('\n')
    .filter(isOurTable);
  if (rules.trim() === '' && nat.trim() === '' && names.length === 0) return undefined;
  const tables = names.map((name): StateFile => {
    return { name: `${name}.table`, text: read(run, [...PFCTL, '-t', name, '-T', 'show']) };
  });
  const declared = names.map((name) => `table <${name}> persist\n`).join('');
  return {
    fingerprint: hashOf(nat, rules, ...names),
    saved: [{ name: 'rollback.pf', text: `${declared}${nat}${rules}` }, ...tables],
  };
}

/** `pfctl` pads what it lists; a name of somebody else's making is not used as a word. */
function isOurTable(line: string): boolean {
  return /^tw_[a-z0-9_]{1,27}$/.test(line);
}

function fromFile(text: string, ...flags: readonly string[]): Step {
  return { argv: [...PFCTL, ...flags, '-f', '-'], input: text };
}

function bringBack(saved: readonly StateFile[]): readonly Step[] {
  const tables = saved.filter(({ name }) => name.endsWith('.table'));
  return [
    fromFile(rulesOf(saved)),
    ...tables.map(({ name, text }): Step => {
      const table = name.slice(0, -'.table'.length);
      return { argv: [...PFCTL, '-t', table, '-T', 'replace', '-f', '-'], input: text };
    }),
  ];
}

/** Not `-F all`, which would take states of others along if it were ever run without the anchor. */
function clear(translates: boolean): readonly Step[] {
  const what = ['rules', ...(translates ? ['nat'] : []), 'Tables'];
  return what.map((section) => ({ argv: [...PFCTL, '-F', section] }));
}

function rulesOf(saved: readonly StateFile[]): string {
  return saved.find(({ name }) => name === 'rollback.pf')?.text ?? '';
}

function textOf(artifacts: readonly Artifact[]): string {
  return artifacts[0]?.text ?? '';
}

/** `label evaluations packets bytes …`, one line a rule. */
function countersIn(text: string): Counter[] {
  return text.split('\n').flatMap((line): Counter[] => {
    const [, id, packets, bytes] = /^(TW-\S+) \d+ (\d+) (\d+)/.exec(line) ?? [];
    return id ? [{ id, packets: Number(packets), bytes: Number(bytes) }] : [];
  });
}
