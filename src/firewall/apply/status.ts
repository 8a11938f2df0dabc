import { pendingOf, type Site } from './apply.ts';
import type { Counter, Mark, Present } from './loader.ts';
import type { LoadedRecord, Pending, State } from './state.ts';

/**
 * In this order, the first that holds:
 *
 * - absent: nothing of ours is loaded
 * - awaiting: loaded, and taken back unless confirmed
 * - altered: somebody else changed our rules, or they were not loaded by `apply`
 * - outdated: the policy yields other rules now
 * - in-sync: what the policy says is what is loaded
 */
export type Standing = 'absent' | 'awaiting' | 'altered' | 'outdated' | 'in-sync';

export type Status = {
  readonly standing: Standing;
  readonly format: string;
  readonly loaded?: Mark;
  /** What the policy yields now; undefined where it cannot be read. */
  readonly wanted?: Mark;
  readonly record?: LoadedRecord;
  readonly pending?: Pending;
  readonly last?: State['last'];
  readonly counters: readonly Counter[];
};

export function statusOf(site: Site, format: string, wanted: Mark | undefined): Status {
  const loader = site.loaderOf(format);
  const state = site.store.read();
  const present = loader.look(site.run);
  const pending = pendingOf(site, state);
  const record = state.loaded?.format === format ? state.loaded : undefined;
  const loaded = present && (present.mark ?? record?.mark);
  return {
    standing: standingOf(present, record, pending, wanted),
    format,
    ...(loaded ? { loaded } : {}),
    ...(wanted ? { wanted } : {}),
    ...(record ? { record } : {}),
    ...(pending ? { pending } : {}),
    ...(state.last ? { last: state.last } : {}),
    counters: present ? loader.counters(site.run) : [],
  };
}

function standingOf(
  present: Present | undefined,
  record: LoadedRecord | undefined,
  pending: Pending | undefined,
  wanted: Mark | undefined,
): Standing {
  if (!present) return 'absent';
  if (pending) return 'awaiting';
  if (record?.fingerprint !== present.fingerprint) return 'altered';
  return wanted?.text === record.mark.text ? 'in-sync' : 'outdated';
}
