import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Link, type LinkParts, linkCarrier } from '../gate/carrier/link.ts';
import { joinByPipes } from '../gate/join.ts';
import type { Log } from '../log.ts';
import { canPassDescriptors } from '../native/descriptors.ts';

const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../gate/carrier/program.ts' : '../gate/carrier/program.js',
    import.meta.url,
  ),
);

/** What carries connections that the gate lets pass: a process of its own where the system can, else this one. */
export async function startCarrier({
  log,
  ...parts
}: Pick<LinkParts, 'port' | 'onCarrying'> & { readonly log: Log }): Promise<Link> {
  if (!canPassDescriptors() || parts.port === 0) return { join: joinByPipes, close: () => {} };
  return await linkCarrier({
    ...parts,
    start: () => startProgram(parts.port),
    onProblem: (message) => log('error', 'carrier', { message }),
  });
}

/** In a session of its own: what ends this process does not end that one. */
function startProgram(port: number): void {
  spawn(process.execPath, [PROGRAM, String(port)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
    cwd: '/',
  }).unref();
}
