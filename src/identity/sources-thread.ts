import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { Address } from '../policy/network.ts';
import { InputError, type Problem } from '../policy/problem.ts';
import { createSources, type Looked, type SourceSettings } from './sources.ts';

// This file is a program: the thread that reads what may be long, so that no answer waits for it.

export type LookRequest = { readonly clients: readonly Address[] };

/** The first is `ready` or `faults`; then each request gets a `looked`, in order. */
export type LookReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'faults'; readonly problems: readonly Problem[] }
  | ({ readonly kind: 'looked' } & Looked);

const port = parentPort as MessagePort;
const report = (message: LookReport) => port.postMessage(message);

function start(): void {
  try {
    const { look } = createSources(workerData as SourceSettings, Date.now);
    port.on('message', async ({ clients }: LookRequest) => {
      report({ kind: 'looked', ...(await look(clients)) });
    });
    report({ kind: 'ready' });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    report({ kind: 'faults', problems: error.problems });
  }
}

start();
