import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Who runs where; undefined is wherever the kernel puts it. */
export type Cores = {
  readonly server: number | undefined;
  readonly load: number | undefined;
  readonly upstream: number | undefined;
  /** For the reader of the results. */
  readonly note: string;
};

/** The server has a core for itself; the load and the upstream share another, or have one each. */
export function shareCores(): Cores {
  const count = availableParallelism();
  if (count === 1) {
    const note =
      'one core: nothing is pinned, server, load and upstream disturb each other, and the ' +
      'saturated figures say little';
    return { server: undefined, load: undefined, upstream: undefined, note };
  }
  if (count === 2)
    return {
      server: 0,
      load: 1,
      upstream: 1,
      note: 'server on core 0, load and upstream on core 1',
    };
  return {
    server: 0,
    load: 1,
    upstream: 2,
    note: 'server on core 0, load on core 1, upstream on core 2',
  };
}

/** Keeps this process, which sends probes and reads /proc, off the server's core. */
export function leaveServerCore({ load }: Cores): void {
  if (load === undefined) return;
  spawnSync('taskset', ['-a', '-p', '-c', String(load), String(process.pid)]);
}
