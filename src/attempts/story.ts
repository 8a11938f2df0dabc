import type { Address } from '../policy/network.ts';
import type { ServiceId } from '../policy/service.ts';
import type { StoredAttempt } from './attempt.ts';
import { STEP_GAP, type Via, viaOf, whatOf } from './step.ts';

/** What one client's agent of one service tried, way after way. Times in milliseconds since the epoch. */
export type Story = {
  readonly client: Address;
  readonly service: ServiceId;
  readonly first: number;
  readonly last: number;
  /** In the order they were first taken. */
  readonly steps: readonly Step[];
};

export type Step = {
  readonly via: Via;
  /** A name, or an address and port. */
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** True where every try was refused. */
  readonly closed: boolean;
};

type Trial = { readonly attempt: StoredAttempt; readonly via: Via };

/** A story while it is put together; `last` is that of the attempts that are the service's own. */
type Draft = {
  readonly client: Address;
  readonly service: ServiceId;
  readonly first: number;
  last: number;
  readonly trials: Trial[];
};

/**
 * The stories that attempts tell, the newest first, whatever order the attempts come in. What belongs
 * to a service makes a story of all that is at most a minute apart. A way round that is no service's (a
 * public resolver), or that is a service's and others' as well, never begins a story and never
 * prolongs one: it belongs to the one it happens in, of several to the one that began last.
 */
export function storiesOf(attempts: readonly StoredAttempt[]): readonly Story[] {
  const trials = attempts.flatMap((attempt) => {
    const via = viaOf(attempt);
    return via === undefined ? [] : [{ attempt, via }];
  });
  const clients = Map.groupBy(trials, ({ attempt }) => attempt.client);
  return [...clients.values()]
    .flatMap(draftsOfClient)
    .map(storyOf)
    .sort((a, b) => b.first - a.first || compareTexts(keyOf(a), keyOf(b)));
}

function draftsOfClient(trials: readonly Trial[]): readonly Draft[] {
  const services = new Map<ServiceId, Draft[]>();
  for (const trial of trials.filter(({ attempt }) => beginsStory(attempt)).sort(byTime)) {
    const { client, service, first, last } = trial.attempt;
    const drafts = services.get(service as ServiceId) ?? [];
    services.set(service as ServiceId, drafts);
    const draft = drafts.at(-1);
    if (draft && first <= draft.last + STEP_GAP) {
      draft.trials.push(trial);
      draft.last = Math.max(draft.last, last);
    } else drafts.push({ client, service: service as ServiceId, first, last, trials: [trial] });
  }
  for (const trial of trials.filter(({ attempt }) => !beginsStory(attempt))) {
    draftAround(services, trial.attempt)?.trials.push(trial);
  }
  return [...services.values()].flat();
}

function beginsStory({ service, role }: StoredAttempt): boolean {
  return service !== undefined && role !== 'bypass';
}

/** The story that an attempt happens in: its service's, or of any service where it has none. */
function draftAround(
  services: ReadonlyMap<ServiceId, readonly Draft[]>,
  { service, first, last }: StoredAttempt,
): Draft | undefined {
  return [...services]
    .filter(([id]) => service === undefined || service === id)
    .map(([, drafts]) => lastBegun(drafts, last))
    .filter((draft) => draft !== undefined && first <= draft.last + STEP_GAP)
    .reduce((a, b) => (a && b && isLater(a, b) ? a : b), undefined);
}

function isLater(a: Draft, b: Draft): boolean {
  return a.first === b.first ? a.service < b.service : a.first > b.first;
}

/** The last of the drafts, which are in order, that began at this time or before. */
function lastBegun(drafts: readonly Draft[], time: number): Draft | undefined {
  let [low, high] = [0, drafts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((drafts[middle] as Draft).first <= time) low = middle + 1;
    else high = middle;
  }
  return drafts[low - 1];
}

function storyOf({ client, service, first, trials }: Draft): Story {
  const asked = new Set(
    trials.flatMap(({ attempt, via }) => (via === 'system-dns' ? [attempt.name] : [])),
  );
  // A session name that was not looked up here, among others that were, is one put on for the gate.
  const isPutOn = ({ attempt: { point, name }, via }: Trial) =>
    point === 'gate' && via === 'name' && asked.size > 0 && !asked.has(name);
  const ways = Map.groupBy(
    trials.map((trial) => (isPutOn(trial) ? { ...trial, via: 'sni' as const } : trial)),
    ({ attempt, via }) => `${via} ${whatOf(attempt, via)}`,
  );
  const steps = [...ways.values()].map((way) => stepOf(way, first)).sort(compareSteps);
  const last = Math.max(...steps.map((step) => step.last));
  return { client, service, first, last, steps };
}

/** What is folded with tries before the story began is shown from its beginning on. */
function stepOf(way: readonly Trial[], begin: number): Step {
  const { attempt, via } = way[0] as Trial;
  const attempts = way.map((trial) => trial.attempt);
  return {
    via,
    what: whatOf(attempt, via),
    first: Math.max(
      begin,
      attempts.reduce((least, { first }) => Math.min(least, first), Number.POSITIVE_INFINITY),
    ),
    last: attempts.reduce((most, { last }) => Math.max(most, last), 0),
    count: attempts.reduce((sum, { count }) => sum + count, 0),
    closed: attempts.every(({ verdict }) => verdict === 'blocked'),
  };
}

function byTime({ attempt: a }: Trial, { attempt: b }: Trial): number {
  return a.first - b.first;
}

function compareSteps(a: Step, b: Step): number {
  return (
    a.first - b.first || a.last - b.last || compareTexts(`${a.via} ${a.what}`, `${b.via} ${b.what}`)
  );
}

const keyOf = ({ client, service }: Story) => `${client} ${service}`;

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
