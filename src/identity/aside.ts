import { Worker } from 'node:worker_threads';
import type { Address } from '../policy/network.ts';
import { InputError } from '../policy/problem.ts';
import type { Looked, SourceSettings } from './sources.ts';
import type { LookReport, LookRequest } from './sources-thread.ts';

/** The sources of this machine, read in a thread of their own. */
export type Aside = {
  /** One at a time. Rejects where the thread ends over it, or is not done in time; the next starts it anew. */
  readonly look: (clients: readonly Address[]) => Promise<Looked>;
  readonly close: () => void;
};

const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './sources-thread.ts' : './sources-thread.js',
  import.meta.url,
);

/** Milliseconds that one look may take: a file on a share that is gone never ends. */
const PATIENCE = 20_000;

/** Milliseconds before a thread that failed is started again: one that fails at once must not spin. */
const REST = 10_000;

const NOTHING: Looked = { facts: [], problems: [] };

/** Starts the thread. Rejects with InputError where the inventory has faults. */
export async function startAside(settings: SourceSettings): Promise<Aside> {
  let thread: Worker | undefined = await started(settings);
  let isClosed = false;
  let restsUntil = 0;
  const drop = () => {
    void thread?.terminate();
    thread = undefined;
  };
  return {
    async look(clients) {
      if (isClosed || performance.now() < restsUntil) return NOTHING;
      try {
        thread ??= await started(settings);
        const answer = await answerOf(thread, { clients });
        if (answer.kind === 'looked') return answer;
        throw new Error('the thread that looks clients up answers something else');
      } catch (error) {
        drop();
        if (isClosed) return NOTHING;
        restsUntil = performance.now() + REST;
        throw error;
      }
    },
    close() {
      isClosed = true;
      drop();
    },
  };
}

async function started(settings: SourceSettings): Promise<Worker> {
  const thread = new Worker(PROGRAM, { workerData: settings });
  // Whoever asks hears of it; between two questions nobody does, and it must not end this process.
  thread.on('error', () => {});
  const answer = await answerOf(thread);
  if (answer.kind !== 'faults') {
    thread.unref();
    return thread;
  }
  void thread.terminate();
  throw new InputError(answer.problems);
}

/** What the thread says next, after it was asked. */
function answerOf(thread: Worker, request?: LookRequest): Promise<LookReport> {
  const { promise, resolve, reject } = Promise.withResolvers<LookReport>();
  const onEnd = () => reject(new Error('the thread that looks clients up ended by itself'));
  const late = setTimeout(() => reject(new Error('looking clients up takes too long')), PATIENCE);
  late.unref();
  thread.once('message', resolve).once('error', reject).once('exit', onEnd);
  if (request) thread.postMessage(request);
  return promise.finally(() => {
    clearTimeout(late);
    thread.off('message', resolve).off('error', reject).off('exit', onEnd);
  });
}
