import type { Artifact } from '../backend.ts';
import { HOOKS } from '../backends/iptables/rules.ts';
import { formatSets, isLive, ourSets, refill } from './ipset-save.ts';
import { formatTables, oursIn, type Table, transition } from './iptables-save.ts';
import {
  type Change,
  type Counter,
  formatMark,
  hashOf,
  type Loader,
  type Mark,
  type Present,
  parseMark,
  type Run,
  read,
  type StateFile,
  type Step,
} from './loader.ts';
import { summed } from './nft-listing.ts';
import { addRoutes, removeRoutes } from './routes.ts';

const FAMILIES = ['', '6'] as const;
type Family = (typeof FAMILIES)[number];

const BUILT_IN = { filter: 'FORWARD', nat: 'PREROUTING', mangle: 'PREROUTING' };
/** No packet comes here. */
const MARKER = 'TW-APPLIED';

/**
 * Rules change in one commit a table, and our jumps within it; the families and the sets go one
 * after the other, so a load that dies in between is made good by the rollback.
 */
export const iptablesLoader: Loader = {
  format: 'iptables',
  programs: ['iptables', 'ip6tables', 'ipset'],
  transactional: false,
  shape: () => '',
  look,
  check: ({ artifacts, mark }) => {
    const sets = textOf(artifacts, 'sets');
    const rules = FAMILIES.map((family) => transition([], wantedTables(artifacts, family, mark)));
    return [sandboxed(sets, ...rules)];
  },
  load,
  checkRestore: (saved) => {
    const rules = FAMILIES.map((family) => transition([], savedTables(saved, family)));
    return saved.length === 0 ? [] : [sandboxed(savedText(saved, 'rollback.sets'), ...rules)];
  },
  restore,
  counters: (run) =>
    summed(FAMILIES.flatMap((family) => countersIn(read(run, [`ip${family}tables-save`, '-c'])))),
  hints: [
    'Docker and others put their jumps in front of ours when they start: apply again then. `tunnelwarden doctor` says so.',
  ],
};

/** `--test` does not ask the kernel, so rules are really loaded, where nothing is and nobody comes by. */
const SANDBOX = [
  'set -e',
  'ipset restore <"$1"',
  'iptables-restore --noflush <"$2"',
  'ip6tables-restore --noflush <"$3"',
].join('\n');

function sandboxed(sets: string, rules4 = '', rules6 = ''): Step {
  return {
    argv: ['unshare', '--net', 'sh', '-c', SANDBOX, 'sh'],
    files: [
      { name: 'sets', text: sets },
      { name: 'rules.v4', text: rules4 },
      { name: 'rules.v6', text: rules6 },
    ],
  };
}

function look(run: Run): Present | undefined {
  const [text4, text6] = FAMILIES.map((family) => read(run, [`ip${family}tables-save`]));
  const tables = [oursIn(text4 ?? ''), oursIn(text6 ?? '')] as const;
  const sets = ourSets(read(run, ['ipset', 'save']));
  if (tables.every(({ length }) => length === 0) && sets.length === 0) return undefined;
  const mark = markIn(tables[0]);
  const fixed = sets.map((set) => (isLive(set) ? { ...set, elements: [] } : set));
  const sorted = fixed.map((set) =>
    formatSets([{ ...set, options: lasting(set.options), elements: set.elements.toSorted() }]),
  );
  return {
    ...(mark ? { mark } : {}),
    fingerprint: hashOf(...tables.map(formatTables), ...slipped(tables.flat()), ...sorted.sort()),
    saved: [
      { name: 'rollback.v4', text: formatTables(tables[0]) },
      { name: 'rollback.v6', text: formatTables(tables[1]) },
      { name: 'rollback.sets', text: formatSets(sets) },
    ],
  };
}

/** A jump that is not the first any more is as bad as a changed rule. */
function slipped(tables: readonly Table[]): readonly string[] {
  return tables.filter(({ behind }) => behind > 0).map(({ name }) => name);
}

/** A set's hash table grows by itself, and its seed is drawn. */
function lasting(options: string): string {
  return options.replace(/ (hashsize|initval) \S+/g, '');
}

function load({ artifacts, mark, present }: Change): readonly Step[] {
  return [
    { argv: ['ipset', 'restore'], input: textOf(artifacts, 'sets') },
    ...(isTransparent(artifacts) ? addRoutes() : []),
    ...rulesSteps(
      FAMILIES.map((family) =>
        transition(presentTables(present, family), wantedTables(artifacts, family, mark)),
      ),
    ),
  ];
}

function restore(saved: readonly StateFile[], present: Present | undefined): readonly Step[] {
  const old = ourSets(savedText(saved, 'rollback.sets'));
  const stale = ourSets(savedText(present?.saved ?? [], 'rollback.sets')).filter(
    ({ name }) => !old.some((set) => set.name === name),
  );
  const rules = FAMILIES.map((family) =>
    transition(presentTables(present, family), savedTables(saved, family)),
  );
  return [
    { argv: ['ipset', 'restore'], input: refill(old) },
    ...rulesSteps(rules),
    ...(saved.length === 0 ? removeRoutes() : []),
    // The kernel lets go of a rule a moment after it is gone. What stays is empty of meaning.
    ...stale.map(({ name }): Step => ({ argv: ['ipset', 'destroy', name], optional: true })),
  ];
}

function rulesSteps(texts: readonly string[]): readonly Step[] {
  const steps = (...flags: readonly string[]) =>
    texts.flatMap((input, i): Step[] => {
      const argv = [`ip${FAMILIES[i]}tables-restore`, '--wait', '10', '--noflush'] as const;
      return input === '' ? [] : [{ argv: [...argv, ...flags], input }];
    });
  return [...steps('--test'), ...steps()];
}

function wantedTables(artifacts: readonly Artifact[], family: Family, mark: Mark): Table[] {
  const own = oursIn(textOf(artifacts, family === '' ? 'rules.v4' : 'rules.v6'));
  const tables = own.map((table): Table => {
    const hook = Object.entries(HOOKS).find(([name]) => name === table.name)?.[1];
    const builtIn = Object.entries(BUILT_IN).find(([name]) => name === table.name)?.[1];
    return hook && builtIn ? { ...table, jumps: [`-A ${builtIn} -j ${hook}`] } : table;
  });
  const rule = `-A ${MARKER} -m comment --comment "${formatMark(mark)}" -j RETURN`;
  return tables.map((table) =>
    table.name === 'filter'
      ? { ...table, chains: [...table.chains, MARKER], rules: [...table.rules, rule] }
      : table,
  );
}

function presentTables(present: Present | undefined, family: Family): Table[] {
  return savedTables(present?.saved ?? [], family);
}

function savedTables(saved: readonly StateFile[], family: Family): Table[] {
  return oursIn(savedText(saved, family === '' ? 'rollback.v4' : 'rollback.v6'));
}

function savedText(saved: readonly StateFile[], name: string): string {
  return saved.find((file) => file.name === name)?.text ?? '';
}

function textOf(artifacts: readonly Artifact[], path: string): string {
  return artifacts.find((artifact) => artifact.path === path)?.text ?? '';
}

function isTransparent(artifacts: readonly Artifact[]): boolean {
  return textOf(artifacts, 'rules.v4').includes(' -j TPROXY ');
}

function markIn(tables: readonly Table[]): Mark | undefined {
  const filter = tables.find(({ name }) => name === 'filter');
  const rule = filter?.rules.find((text) => text.startsWith(`-A ${MARKER} `));
  return parseMark(/--comment "([^"]*)"/.exec(rule ?? '')?.[1]);
}

/** By the first word of a rule's comment, which is its id. */
function countersIn(text: string): Counter[] {
  return text.split('\n').flatMap((line): Counter[] => {
    const [, packets, bytes, id] =
      /^\[(\d+):(\d+)\] -A TW-.* --comment "?(TW-[A-Za-z0-9.-]+)/.exec(line) ?? [];
    return id ? [{ id, packets: Number(packets), bytes: Number(bytes) }] : [];
  });
}
