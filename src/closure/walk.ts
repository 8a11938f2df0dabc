import type { Name } from '../policy/name.ts';
import { type Hold, type Outcome, outcomesOf, type Passage, type World } from './probe.ts';
import { type Advice, adviceOn, type Situation } from './remedy.ts';
import type { Probe, Step, Way } from './step.ts';

/**
 * What becomes of a step.
 *
 * - closed: it does not get through
 * - open: it gets through, and a line of the policy would close it
 * - beyond: it gets through, and no name or address closes it without taking others along
 * - unknown: nobody knows the addresses that it would need
 */
export type State = 'closed' | 'open' | 'beyond' | 'unknown';

export type Walked = Pick<Step, 'id' | 'known' | 'notes'> & {
  readonly state: State;
  /** True where the policy means to close it and it is open. */
  readonly broken: boolean;
  /** What ends its ways, each once. */
  readonly by: readonly Hold[];
  /** What gets through: `tunnel.ngrok.com 198.51.100.20 443/tcp`, each once. */
  readonly through: readonly string[];
  /** Names whose addresses nobody has looked up. */
  readonly unlisted: readonly Name[];
} & Partial<Advice>;

/** Walks all steps of a service's chain. */
export function walkChain(world: World & Situation, steps: readonly Step[]): readonly Walked[] {
  const walked = steps.map((step) => walk(world, step));
  // A file of addresses is of use only to who gets through with one of them.
  return walked.map((one) => (one.id === 'file' && one.why ? withSequel(one, walked) : one));
}

/** Walks one step through resolver, packet filter and gate. */
export function walk(world: World & Situation, step: Step): Walked {
  const { id, known, notes } = step;
  const found = step.ways.map((way) => walkWay(world, way));
  const passing = found.filter((one) => one.kind === 'passes');
  const unlisted = unique(found.flatMap((one) => (one.kind === 'unknown' ? [one.name] : [])));
  const holds = found.flatMap((one) => (one.kind === 'closed' ? one.by : []));
  const by = [...new Map(holds.map((hold) => [`${hold.where} ${hold.rule}`, hold])).values()];
  const common = {
    id,
    known,
    notes,
    by,
    unlisted,
    through: unique(passing.map(({ what }) => what)),
  };
  // A proxy that nobody has named is somewhere.
  if (passing.length > 0 || step.ways.length === 0) {
    const passages = passing.map(({ passage }) => passage);
    const { state, isMeant, ...advice } = adviceOn(world, id, passages);
    return { ...common, state, broken: state === 'open' && isMeant, ...advice };
  }
  if (by.length > 0) return { ...common, state: 'closed', broken: false };
  return {
    ...common,
    state: 'unknown',
    broken: false,
    why: 'nobody has looked up where the names live',
    remedy: '`tunnelwarden addresses refresh`, and keep `serve` feeding the rule set',
  };
}

type WayOutcome =
  | Exclude<Outcome, { readonly kind: 'passes' }>
  | { readonly kind: 'passes'; readonly passage: Passage; readonly what: string };

/** A way ends at its first probe that does not get through; its last one says how it got through. */
function walkWay(world: World, way: Way): WayOutcome {
  let last: WayOutcome | undefined;
  for (const probe of way) {
    last = worst(outcomesOf(world, probe), probe);
    if (last.kind !== 'passes') return last;
  }
  if (!last) throw new Error('a way without probes');
  return last;
}

/** Of several addresses one that lets it through is enough. */
function worst(outcomes: readonly Outcome[], probe: Probe): WayOutcome {
  const passing = outcomes.find((one) => one.kind === 'passes');
  if (passing) return { ...passing, what: describe(probe, passing.passage) };
  const unknown = outcomes.find((one) => one.kind === 'unknown');
  if (unknown) return unknown;
  return { kind: 'closed', by: outcomes.flatMap((one) => (one.kind === 'closed' ? one.by : [])) };
}

function describe(probe: Probe, passage: Passage): string {
  if (probe.kind === 'question') return probe.name;
  const { to, port, transport } = probe;
  const name = 'name' in to ? [to.name] : [];
  const address = 'address' in to ? to.address : 'at' in passage ? passage.at.address : undefined;
  return [...name, ...(address === undefined ? [] : [address]), `${port}/${transport}`].join(' ');
}

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Set(items)];
}

/** What becomes of a session whose address came by a file. */
function withSequel(file: Walked, walked: readonly Walked[]): Walked {
  const sessions = walked.filter(({ id }) => id === 'session-name' || id === 'session-address');
  const by = [
    ...new Set(sessions.flatMap(({ by }) => by.map(({ where, rule }) => `${where} ${rule}`))),
  ];
  const is = (state: State) => sessions.some((session) => session.state === state);
  const sequel =
    is('open') || is('beyond')
      ? 'the session that follows is not closed'
      : is('closed') && !is('unknown')
        ? `the session that follows is closed by ${someOf(by)}`
        : 'nobody knows whether the session that follows is closed';
  return { ...file, why: `${file.why}; ${sequel}` };
}

function someOf(texts: readonly string[]): string {
  const first = texts.slice(0, 2).join(', ');
  return texts.length <= 2 ? first : `${first} and ${texts.length - 2} more`;
}
