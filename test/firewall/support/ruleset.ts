import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Artifact } from '../../../src/firewall/backend.ts';
import { type Ended, run, type Scope } from '../../support/e2e/process.ts';
import { folder } from '../../support/e2e/tunnelwarden.ts';

/** Writes artifacts into a folder of their own that goes with the test. */
export function written(scope: Scope, artifacts: readonly Artifact[]): string {
  const path = folder(scope);
  for (const { path: file, text, executable } of artifacts) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text, { mode: executable ? 0o755 : 0o644 });
  }
  return path;
}

let count = 0;

/** A network that nothing is connected to; gives the words that run a program inside. */
export async function emptyNamespace(scope: Scope): Promise<readonly string[]> {
  count += 1;
  const name = `tw-${process.pid}-e${count}`;
  await succeeds('ip', ['netns', 'add', name]);
  await succeeds('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  scope.after(() => run('ip', ['netns', 'del', name]));
  return ['ip', 'netns', 'exec', name];
}

/** Runs a program that has to succeed, and gives what it prints. */
export async function succeeds(
  command: string,
  args: readonly string[],
  options: Parameters<typeof run>[2] = {},
): Promise<string> {
  const ended = await run(command, args, options);
  if (ended.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${told(ended)}`);
  return ended.stdout;
}

export function told({ code, stdout, stderr }: Ended): string {
  return `exit ${code}\n${stdout}${stderr}`;
}
