import type { Artifact } from '../backend.ts';
import {
  type Change,
  hashOf,
  type Loader,
  MARKED_DIGITS,
  type Mark,
  type Present,
  type Run,
  runAll,
} from './loader.ts';
import type { LoadedRecord, Pending, State, StateStore } from './state.ts';
import type { StartTimer } from './timer.ts';

/** What the flows need of the world. */
export type Site = {
  readonly run: Run;
  readonly store: StateStore;
  readonly loaderOf: (format: string) => Loader;
  readonly now: () => Date;
  /** Which start of the machine this is. */
  readonly boot: () => string;
};

/** It was not done, and why; nothing has been changed, or it has been taken back. */
export class Refused extends Error {
  override name = 'Refused';
}

export type Request = {
  readonly format: string;
  readonly artifacts: readonly Artifact[];
  /** The same without the addresses of live sets, which change by themselves; `artifacts` when left out. */
  readonly lasting?: readonly Artifact[];
  /** The ruleset's. */
  readonly digest: string;
};

/** Takes a load back later; undefined where nobody has to confirm. */
export type Confirmation = {
  readonly seconds: number;
  readonly token: string;
  readonly start: StartTimer;
  readonly command: readonly [string, ...string[]];
};

/** What a rule set is to say of itself once it is loaded. */
export function markFor({ loaderOf }: Pick<Site, 'loaderOf'>, request: Request): Mark {
  const { format, artifacts, lasting = artifacts, digest } = request;
  return {
    policy: digest.slice(0, MARKED_DIGITS),
    text: hashOf(...lasting.map(({ text }) => text)),
    shape: hashOf(loaderOf(format).shape(artifacts)),
  };
}

/** What is there, and what is to come; reads only. */
function changeFor(site: Site, request: Request): Change {
  const loader = site.loaderOf(request.format);
  const present = loader.look(site.run);
  const { loaded } = site.store.read();
  return {
    artifacts: request.artifacts,
    mark: markFor(site, request),
    present,
    intact: isIntact(loaded, present, request.format),
  };
}

function isIntact(loaded: LoadedRecord | undefined, present: Present | undefined, format: string) {
  return loaded?.format === format && loaded.fingerprint === present?.fingerprint;
}

/** Has the real parser read everything a load would use, the way back included. Changes nothing. */
export function rehearse(site: Site, request: Request): Change {
  const loader = site.loaderOf(request.format);
  const change = changeFor(site, request);
  runAll(site.run, loader.check(change));
  runAll(site.run, loader.checkRestore(change.present?.saved ?? [], change.present));
  return change;
}

/**
 * Loads a rule set. The order is what makes it safe: all is checked and the way back written down
 * before anything is changed, and the timer runs before the rules do, so that whenever this process
 * dies, the rules are the old ones, or the new ones that go away by themselves.
 */
export function apply(site: Site, request: Request, confirmation?: Confirmation): LoadedRecord {
  return site.store.alone(() => {
    const { run, store, now } = site;
    const before = store.read();
    refuseWhilePending(site, before);
    refuseOther(site, before, request.format);
    const loader = site.loaderOf(request.format);
    const change = rehearse(site, request);

    const saved = change.present?.saved ?? [];
    store.save(saved);
    const timer = confirmation?.start(confirmation);
    const previous: State['previous'] = {
      format: request.format,
      files: saved.map(({ name }) => name),
      ...(change.present && before.loaded ? { loaded: before.loaded } : {}),
    };
    const pending: { readonly pending?: Pending } =
      confirmation && timer
        ? { pending: pendingFor(site, confirmation, request.format, timer) }
        : {};
    const kept = before.loaded ? { loaded: before.loaded } : {};
    store.write({ ...kept, ...pending, previous });

    try {
      runAll(run, loader.load(change));
    } catch (error) {
      // It may have stopped half-way.
      if (!loader.transactional) runAll(run, loader.restore(saved, loader.look(run)));
      store.write({ ...kept, ...lastOf(now, 'a load failed, and was taken back') });
      throw error;
    }
    const after = loader.look(run);
    if (after === undefined) throw new Refused('the rules were loaded, and are not there');
    const loaded: LoadedRecord = {
      format: request.format,
      mark: change.mark,
      fingerprint: after.fingerprint,
      at: now().toISOString(),
    };
    store.write({ loaded, ...pending, previous, ...lastOf(now, 'applied') });
    return loaded;
  });
}

function pendingFor(
  { now, boot }: Site,
  { seconds, token }: Confirmation,
  format: string,
  timer: string,
): Pending {
  const until = new Date(now().getTime() + seconds * 1000).toISOString();
  return { token, format, until, boot: boot(), timer };
}

function lastOf(now: () => Date, what: string): { readonly last: NonNullable<State['last']> } {
  return { last: { what, at: now().toISOString() } };
}

/** What waits for confirmation; after a restart of the machine, nothing does. */
export function pendingOf({ boot }: Pick<Site, 'boot'>, { pending }: State): Pending | undefined {
  return pending?.boot === boot() ? pending : undefined;
}

function refuseWhilePending(site: Site, state: State): void {
  const pending = pendingOf(site, state);
  if (pending)
    throw new Refused(
      `what was applied last still waits for confirmation, until ${pending.until}; \`confirm\` or \`rollback\` it first`,
    );
}

/** Two dialects at once would both rule, and each be rolled back without the other. */
function refuseOther({ loaderOf, run }: Site, { loaded }: State, format: string): void {
  if (!loaded || loaded.format === format) return;
  if (loaderOf(loaded.format).look(run) === undefined) return;
  throw new Refused(`rules for ${loaded.format} are loaded; \`tunnelwarden remove\` them first`);
}

/** Keeps what waits for confirmation. */
export function confirm(site: Site): LoadedRecord {
  return site.store.alone(() => {
    const { pending: old, ...state } = site.store.read();
    const pending = pendingOf(site, { ...state, ...(old ? { pending: old } : {}) });
    if (!pending || !state.loaded) {
      const last = state.last ? ` (last: ${state.last.what}, ${state.last.at})` : '';
      throw new Refused(`nothing waits for confirmation${last}`);
    }
    const present = site.loaderOf(pending.format).look(site.run);
    if (present?.fingerprint !== state.loaded.fingerprint)
      throw new Refused(
        'the rules that are loaded are not the ones that were applied; `rollback`, then apply again',
      );
    site.store.write({ ...state, ...lastOf(site.now, 'confirmed') });
    return state.loaded;
  });
}

/**
 * Goes back to what was there before the last load, once. With a token, only where that load still
 * waits for confirmation; false where it does not.
 */
export function rollback(site: Site, token?: string): boolean {
  return site.store.alone(() => {
    const { run, store, now } = site;
    const state = store.read();
    if (token !== undefined && state.pending?.token !== token) return false;
    const { previous } = state;
    if (!previous)
      throw new Refused(
        'there is nothing to go back to: nothing was applied, or it was rolled back already',
      );
    const loader = site.loaderOf(previous.format);
    runAll(run, loader.restore(store.saved(previous.files), loader.look(run)));
    store.write({
      ...(previous.loaded ? { loaded: previous.loaded } : {}),
      ...lastOf(now, token === undefined ? 'rolled back' : 'not confirmed in time, rolled back'),
    });
    return true;
  });
}

/** Takes out all that is ours; false where there was nothing. */
export function remove(site: Site, format: string): boolean {
  return site.store.alone(() => {
    const loader = site.loaderOf(format);
    const present = loader.look(site.run);
    if (present) runAll(site.run, loader.restore([], present));
    // Also where there was nothing: a timer that still runs must find nothing to bring back.
    site.store.write(lastOf(site.now, 'removed'));
    return present !== undefined;
  });
}
