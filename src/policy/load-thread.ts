import { parentPort, workerData } from 'node:worker_threads';
import { type Loaded, loadPolicy } from './load.ts';
import { InputError, type Problem } from './problem.ts';

/** What the thread is started with: the policy file, and the time that timed entries are held against. */
export type LoadJob = { readonly file: string; readonly now: number };

export type LoadResult =
  | { readonly kind: 'loaded'; readonly loaded: Loaded }
  | { readonly kind: 'faults'; readonly problems: readonly Problem[] };

function load({ file, now }: LoadJob): LoadResult {
  try {
    return { kind: 'loaded', loaded: loadPolicy(file, now) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { kind: 'faults', problems: error.problems };
  }
}

parentPort?.postMessage(load(workerData as LoadJob));
