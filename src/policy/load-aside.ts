import { Worker } from 'node:worker_threads';
import type { Loaded } from './load.ts';
import type { LoadJob, LoadResult } from './load-thread.ts';
import { InputError } from './problem.ts';

const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './load-thread.ts' : './load-thread.js',
  import.meta.url,
);

/**
 * `loadPolicy` in a thread of its own, so that a list of a million names holds up no answer while it
 * is read. Its tables are shared memory and come over as they are. Rejects with InputError.
 */
export function loadPolicyAside(file: string, now: number): Promise<Loaded> {
  const job: LoadJob = { file, now };
  return new Promise((resolve, reject) => {
    const thread = new Worker(PROGRAM, { workerData: job });
    thread.once('message', (result: LoadResult) => {
      if (result.kind === 'loaded') resolve(result.loaded);
      else reject(new InputError(result.problems));
    });
    thread.once('error', reject);
    // Without effect where a message or an error came first.
    thread.once('exit', () =>
      reject(new Error('the thread that reads the policy ended by itself')),
    );
  });
}
